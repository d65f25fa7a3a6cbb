"""What reading one student's hand-ins may cost. Over that, nothing of theirs is read, and a person is told.

A notebook of 200 MB, the largest that is read, needs 0.6 GB; with an emoji in it, so that each character takes four bytes, 1.8 GB. It takes
a second. An archive that unpacks to the most that is allowed takes three, and the longest class that was met a tenth for each student.
"""

import resource

from vae_course.teach.grading.incoming.archives import MOST_BYTES

MIB = 2**20

MEMORY = 2048 * MIB
SECONDS = 30
ANSWER = 16 * MIB  # of what is handed back; the definitions of a whole course have a hundredth of it
_FILES = 64  # open ones


def begin(memory: int) -> None:
    """Limits for as long as the process lives. Files are written for archives alone, which have a limit of their own."""
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, MOST_BYTES),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def next_student(seconds: int) -> None:
    """From now on so many seconds of CPU time; then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
