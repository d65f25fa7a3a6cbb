"""What counts of what was found: of several attempts at a lesson, the newest."""

from collections.abc import Collection, Iterator, Sequence

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.marks import Attempt, Mark
from vae_course.teach.grading.outgoing.found import Found


def standings(found: Found) -> Iterator[tuple[str, list[Mark]]]:
    """Everybody who has handed in, by name, with the marks that count, in the course's order."""
    for student in found.students():
        yield student, standing(found.attempts(student), found.marks(student))


def standing(attempts: Sequence[Attempt], marks: Collection[Mark]) -> list[Mark]:
    """The marks that count.

    Args:
        attempts: one student's, by `seen`.
        marks: of all their answers.
    """
    of_answer = {(mark.exercise, mark.answer): mark for mark in marks}
    found: dict[str, Mark] = {}
    for attempt in sorted(attempts, key=lambda attempt: (_is_readable(attempt, of_answer), attempt.seen)):
        # Of an attempt that was not marked whole (`--only`) the other exercises keep the marks that they had.
        found |= {mark.exercise: mark for answer in attempt.answers.items() if (mark := of_answer.get(answer))}
    return [found[name] for name in EXERCISES if name in found]


def _is_readable(attempt: Attempt, of_answer: dict[tuple[str, str], Mark]) -> bool:
    """False for what nobody could read: it never takes the place of what was read."""
    marks = [of_answer.get(answer) for answer in attempt.answers.items()]
    return not all(mark is not None and mark.status == "unreadable" for mark in marks)
