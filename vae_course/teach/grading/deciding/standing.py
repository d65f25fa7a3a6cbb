"""What counts of what was found, by the rules and by what a person decided."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.deciding.corrections import Correction
from vae_course.teach.grading.deciding.rules import BEST, NEWEST_ON_TIME, Rules
from vae_course.teach.grading.keeping.found import Found
from vae_course.teach.grading.marks import NEEDS_A_PERSON, NOT_HANDED_IN, Attempt, Mark

Corrections = Mapping[tuple[str, str], Correction]
UNKNOWN, LATE = "unknown", "late"
CORRECTED, EXCUSED = "corrected", "excused"


@dataclass(frozen=True)
class Standing(Mark):
    """A mark as it counts: `points` and `max_points` are those of this class.

    Args:
        as_found: the points before what is late and what a person decided.
        handed_in: when, as it was told; empty if nobody said it.
        days_late: how many days have begun; where there is a deadline and nobody says when, `LATE` if the platform calls it so, else
            `UNKNOWN`; empty in time.
        attempt: "2 of 3", where there were several.
        decided: `CORRECTED`, `EXCUSED`, or empty.
        comment: a person's.
    """

    as_found: float = 0.0
    handed_in: str = ""
    days_late: str = ""
    attempt: str = ""
    decided: str = ""
    comment: str = ""

    @property
    def needs_a_person(self) -> bool:
        return self.status in NEEDS_A_PERSON and not self.decided


def standings(
    found: Found, rules: Rules, corrections: Corrections, groups: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, list[Standing]]]:
    """Everybody who has handed in, or of whom something was decided, by name; with what counts, in the course's order.

    Args:
        groups: by student, everybody whose hand-ins are theirs too.
    """
    handed_in = set(found.students())
    groups = groups if rules.groups else {}
    others = {name for name, members in groups.items() if handed_in & set(members)} | {name for name, _ in corrections}
    for student in sorted(handed_in | others):
        members = sorted({student, *groups.get(student, ())})
        attempts = [attempt for member in members for attempt in found.attempts(member)]
        marks = [mark for member in members for mark in found.marks(member)]
        yield student, standing(student, attempts, marks, rules, corrections)


def standing(
    student: str, attempts: Sequence[Attempt], marks: Collection[Mark], rules: Rules, corrections: Corrections
) -> list[Standing]:
    """What counts of a student's attempts.

    Args:
        attempts: theirs, and their group's, each person's by `seen`.
        marks: of all answers in these.
    """
    of_answer = {(mark.student, mark.exercise, mark.answer): mark for mark in marks}
    found: dict[str, Standing] = {}
    for lesson in dict.fromkeys(attempt.lesson for attempt in attempts):
        of_lesson = [_as_found(student, a, of_answer, rules) for a in attempts if a.lesson == lesson]
        several = len(of_lesson) > 1
        for number, (_, rows) in _by_preference(of_lesson, rules):
            # Of an attempt that was not marked whole (`--only`) the other exercises keep the marks that they had.
            found |= {
                row.exercise: replace(row, attempt=f"{number} of {len(of_lesson)}" if several else "") for row in rows
            }
    for (who, exercise), correction in corrections.items():
        if who == student and rules.counts(exercise):
            found[exercise] = _corrected(found.get(exercise) or _nothing(student, exercise, rules), correction)
    return [found[name] for name in EXERCISES if name in found and rules.counts(name)]


def _by_preference(
    attempts: list[tuple[Attempt, list[Standing]]], rules: Rules
) -> list[tuple[int, tuple[Attempt, list[Standing]]]]:
    """The attempts with their numbers, the one that counts last. What nobody could read takes the place of nothing that was read."""
    timed = all(attempt.handed_in for attempt, _ in attempts)
    alone = len({attempt.student for attempt, _ in attempts}) == 1

    def points(rows: list[Standing]) -> float:
        return round(sum(row.points for row in rows), 6)

    def age(one: tuple[Attempt, list[Standing]]) -> tuple[datetime | float, int]:
        """What grows from one attempt to the next. In a group whose times nobody says it is the points."""
        attempt, rows = one
        last = attempt.last_handed_in or attempt.handed_in
        return rules.moment(last) if timed else 0.0 if alone else points(rows), attempt.seen

    def preference(one: tuple[int, tuple[Attempt, list[Standing]]]) -> tuple[object, ...]:
        number, (_, rows) = one
        readable = not rows or any(row.status != "unreadable" for row in rows)
        in_time = rules.attempts == NEWEST_ON_TIME and all(not row.days_late for row in rows)
        return readable, in_time, points(rows) if rules.attempts == BEST else 0.0, number

    return sorted(enumerate(sorted(attempts, key=age), start=1), key=preference)


def _as_found(
    student: str, attempt: Attempt, of_answer: Mapping[tuple[str, str, str], Mark], rules: Rules
) -> tuple[Attempt, list[Standing]]:
    """An attempt with those of its marks that there are, as they count if it does."""
    days = rules.days_late(student, attempt.lesson, attempt.handed_in)
    rows = []
    for name, answer in attempt.answers.items():
        mark = of_answer.get((attempt.student, name, answer))
        if mark is not None and name in EXERCISES:
            points = _scaled(mark, rules.worth(name))
            kept = points if not days else round(points * rules.kept(days), 6)
            columns = {field.name: getattr(mark, field.name) for field in fields(Mark)}
            columns |= {"student": student, "points": kept, "max_points": rules.worth(name)}
            late = str(days or "") if days is not None else LATE if attempt.is_late else UNKNOWN
            rows.append(Standing(**columns, as_found=points, handed_in=attempt.handed_in, days_late=late))
    return attempt, rows


def _scaled(mark: Mark, worth: float) -> float:
    """The points of a mark where its exercise is worth so much. One that the course gives no points is right or it is not."""
    if mark.max_points == worth:
        return mark.points
    return round(mark.points / mark.max_points * worth, 6) if mark.max_points else worth * (mark.status == "correct")


def _nothing(student: str, exercise: str, rules: Rules) -> Standing:
    return Standing(student, EXERCISES[exercise].lesson, exercise, NOT_HANDED_IN, 0.0, rules.worth(exercise), "", "")


def _corrected(row: Standing, correction: Correction) -> Standing:
    row = replace(row, comment=correction.comment)
    if correction.excused:
        return replace(row, points=0.0, max_points=0.0, decided=EXCUSED)
    if correction.points is None:
        return row
    return replace(row, points=correction.points, decided=CORRECTED)
