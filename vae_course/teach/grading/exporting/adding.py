"""What somebody's rows add up to, for gradebooks that know assignments and no exercises."""

from collections.abc import Sequence
from dataclasses import dataclass

from vae_course.teach.grading.deciding.standing import EXCUSED, Standing


@dataclass(frozen=True)
class Sum:
    """Somebody's points in some lessons: None where nothing was handed in; `excused` if every exercise that counts is."""

    points: float | None
    max_points: float
    excused: bool


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


def _sum(rows: Sequence[Standing]) -> Sum:
    counted = [row for row in rows if row.max_points]
    excused = not counted and any(row.decided == EXCUSED for row in rows)
    points = None if excused else round(sum(row.points for row in counted), 6)
    return Sum(points, round(sum(row.max_points for row in counted), 6), excused)
