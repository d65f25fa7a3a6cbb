"""What somebody's rows add up to, for gradebooks that know assignments and no exercises."""

from collections.abc import Sequence
from dataclasses import dataclass

from vae_course.teach.grading.deciding.standing import EXCUSED, Standing


@dataclass(frozen=True)
class Sum:
    """Somebody's points in some lessons: None where nothing was handed in.

    Args:
        excused: True if every exercise that counts is.
        partly: True if some are and others are not.
    """

    points: float | None
    max_points: float
    excused: bool
    partly: bool


def sums(rows: Sequence[Standing], lessons: Sequence[str]) -> dict[str, Sum]:
    """By student."""
    mine: dict[str, list[Standing]] = {}
    for row in rows:
        if row.lesson in lessons:
            mine.setdefault(row.student, []).append(row)
    return {student: _sum(of_student) for student, of_student in mine.items()}


def worth(found: dict[str, Sum]) -> float:
    """What could be had by whoever has everything."""
    return max((one.max_points for one in found.values()), default=0.0)


def counts(found: dict[str, Sum]) -> bool:
    """False where nothing is to be had and nobody is excused: of lessons beyond the core that class.toml does not name."""
    return any(one.max_points or one.excused for one in found.values())


def on_partly_excused(found: dict[str, Sum], where: str) -> list[str]:
    """A sentence on whom a gradebook that knows no exercises will wrong, unless somebody acts; none if there are none."""
    most = worth(found)
    wronged = {student: one for student, one in found.items() if one.partly and one.max_points < most}
    if not wronged:
        return []
    of_each = ", ".join(f"{student} ({one.points:g} of {one.max_points:g})" for student, one in sorted(wronged.items()))
    return [
        f"Excused from single exercises, which {where} does not know: {of_each}. There their points count out of {most:g}, as everybody's; "
        "weigh them yourself."
    ]


def _sum(rows: Sequence[Standing]) -> Sum:
    counted = [row for row in rows if row.max_points]
    some = any(row.decided == EXCUSED for row in rows)
    excused = some and not counted
    points = None if excused else round(sum(row.points for row in counted), 6)
    return Sum(points, round(sum(row.max_points for row in counted), 6), excused, partly=some and not excused)
