"""No mark moves in silence: what is another than it was shown last."""

from collections.abc import Mapping, Sequence

from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.keeping.found import Shown


def moved(before: Mapping[tuple[str, str], Shown], now: Sequence[Standing], new: bool) -> list[str]:
    """A line for every mark that counts otherwise than it did, is gone, or was found otherwise under a person's correction.

    Args:
        new: also for each that was not there, as where nothing has been marked; else only for those that a person gave.
    """
    lines = []
    for row in now:
        was = before.get((row.student, row.exercise))
        if was is None:
            if before and (new or row.decided):
                by_hand = f" ({row.decided} by a person)" if row.decided else ""
                lines.append(f"{row.student}  {row.exercise}: nothing -> {row.status} {row.points:g}{by_hand}")
            continue
        if (was.status, was.points, was.decided) != (row.status, row.points, row.decided):
            by_hand = f" ({row.decided} by a person)" if row.decided else ""
            told = f"{was.status} {was.points:g} -> {row.status} {row.points:g}"
            lines.append(f"{row.student}  {row.exercise}: {told}{by_hand}")
        if row.decided and (was.status, was.as_found) != (row.status, row.as_found):
            found = f"{was.status} {was.as_found:g} -> {row.status} {row.as_found:g}"
            lines.append(f"{row.student}  {row.exercise}: found otherwise under its correction, which stays: {found}")
    gone = sorted(before.keys() - {(row.student, row.exercise) for row in now})
    lines += [f"{student}  {exercise}: {before[student, exercise].status} -> not counted" for student, exercise in gone]
    return lines
