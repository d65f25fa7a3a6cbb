"""What reading one student's hand-ins may cost. Over that, nothing of theirs is read, and a person is told."""

import resource

from vae_course.teach.grading.incoming.archives import MOST_BYTES

MIB = 2**20

MEMORY = 1024 * MIB
SECONDS = 30
ANSWER = 16 * MIB
_FILES = 64  # open ones


def begin() -> None:
    """Limits for as long as the process lives. Files are written for archives alone, which have a limit of their own."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, MOST_BYTES),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def next_student() -> None:
    """From now on so many seconds of CPU time; then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
