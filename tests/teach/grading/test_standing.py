"""What counts: which attempt, what is late, what it is worth here, and what a person decided. The numbers are computed by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from vae_course.teach.grading.deciding.corrections import Correction
from vae_course.teach.grading.deciding.rules import BEST, NEWEST, NEWEST_ON_TIME, Rules
from vae_course.teach.grading.deciding.standing import Standing, standing, standings
from vae_course.teach.grading.keeping.folder import opened
from vae_course.teach.grading.keeping.found import Reading
from vae_course.teach.grading.marks import Attempt, Mark

LESSON = "02_kl_divergence"  # log_normal 5, kl_normal 6 points
ZONE = ZoneInfo("Europe/Berlin")
DEADLINE = datetime(2026, 3, 9, 12, tzinfo=ZONE)
LATE = Rules(zone=ZONE, deadlines={LESSON: DEADLINE}, per_day=0.1, at_most=0.5)
PLAIN = Rules()
DAY = {None: "", 0: "2026-03-09T11:00:00", 1: "2026-03-09T13:00:00", 2: "2026-03-10T13:00:00", 9: "2026-03-18T00:00:00"}
WORTH = {"log_normal": 5, "kl_normal": 6, "kl_derivation": 0}


class Class:
    """Attempts and their marks: `hand_in("ada", {"kl_normal": 3}, day=1)`."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.marks: list[Mark] = []

    def hand_in(
        self, student: str, points: Mapping[str, float], day: int | None = None, status: str = "wrong"
    ) -> "Class":
        answers = {name: f"{len(self.attempts)} {name}" for name in points}
        self.attempts.append(Attempt(student, LESSON, answers, "x", DAY[day], seen=len(self.attempts)))
        for name, number in points.items():
            said = "correct" if number == WORTH[name] and status == "wrong" else status
            self.marks.append(Mark(student, LESSON, name, said, number, WORTH[name], "", "", answers[name], "c"))
        return self

    def of(
        self, student: str, rules: Rules = PLAIN, decided: Mapping[str, Correction] | None = None
    ) -> dict[str, Standing]:
        corrections = {(student, name): one for name, one in (decided or {}).items()}
        return {row.exercise: row for row in standing(student, self.attempts, self.marks, rules, corrections)}

    def points(self, rules: Rules = PLAIN) -> float:
        return sum(row.points for row in self.of("ada", rules).values())


def correction(points: float | None, excused: bool = False, comment: str = "") -> Correction:
    return Correction("ada", "kl_normal", points, excused, comment, 2)


@pytest.mark.parametrize(
    ("day", "kept", "late"), [(None, 6, "unknown"), (0, 6, ""), (1, 5.4, "1"), (2, 4.8, "2"), (9, 3, "9")]
)
def test_a_late_day_costs_its_share_of_the_points_up_to_the_limit(day: int | None, kept: float, late: str):
    row = Class().hand_in("ada", {"kl_normal": 6}, day).of("ada", LATE)["kl_normal"]
    assert (row.points, row.as_found, row.max_points, row.days_late) == (kept, 6, 6, late)
    assert row.handed_in == DAY[day] and row.status == "correct"


def test_without_a_deadline_nothing_is_late():
    row = Class().hand_in("ada", {"kl_normal": 6}, 9).of("ada", Rules(per_day=0.1))["kl_normal"]
    assert (row.points, row.days_late) == (6, "")


def test_an_extension_is_the_deadline_of_one_alone():
    later = Rules(**{**vars(LATE), "extensions": {"bob": {LESSON: datetime(2026, 3, 20, tzinfo=ZONE)}}})
    found = Class().hand_in("ada", {"kl_normal": 6}, 9)
    assert found.of("ada", later)["kl_normal"].points == 3 and found.of("bob", later)["kl_normal"].points == 6


def attempts() -> Class:
    """Half right in time, wholly right two days late, and worse nine days late."""
    return (
        Class()
        .hand_in("ada", {"kl_normal": 3, "log_normal": 5}, 0)
        .hand_in("ada", {"kl_normal": 6, "log_normal": 5}, 2)
        .hand_in("ada", {"kl_normal": 2, "log_normal": 0}, 9)
    )


@pytest.mark.parametrize(
    ("which", "late", "points", "told"),
    [
        (NEWEST, False, 2, "3 of 3"),
        (BEST, False, 11, "2 of 3"),
        (NEWEST_ON_TIME, False, 2, "3 of 3"),  # without a deadline everything is in time
        (NEWEST, True, 1, "3 of 3"),
        (BEST, True, 8.8, "2 of 3"),  # 11 - 20 % is more than 8
        (NEWEST_ON_TIME, True, 8, "1 of 3"),
    ],
)
def test_which_attempt_counts_is_a_rule(which: str, late: bool, points: float, told: str):
    rules = Rules(**{**vars(LATE if late else Rules()), "attempts": which})
    assert attempts().points(rules) == pytest.approx(points)
    assert {row.attempt for row in attempts().of("ada", rules).values()} == {told}


def test_the_best_is_that_which_has_most_after_what_is_late():
    found = Class().hand_in("ada", {"kl_normal": 5}, 0).hand_in("ada", {"kl_normal": 6}, 2)
    assert found.of("ada", Rules(**{**vars(LATE), "attempts": BEST}))["kl_normal"].attempt == "1 of 2"  # 5 against 4.8


def test_where_everybody_s_time_is_known_the_newest_is_the_last_in_time_else_the_last_that_was_seen():
    assert Class().hand_in("ada", {"kl_normal": 6}, 2).hand_in("ada", {"kl_normal": 1}, 0).points() == 6
    assert Class().hand_in("ada", {"kl_normal": 6}, 2).hand_in("ada", {"kl_normal": 1}, None).points() == 1


def test_whoever_comes_back_to_an_earlier_answer_means_that_one_and_had_it_in_time():
    found = Class().hand_in("ada", {"kl_normal": 6}, 0).hand_in("ada", {"kl_normal": 1}, 1)
    found.attempts[0] = replace(found.attempts[0], last_handed_in=DAY[2])
    assert found.points(LATE) == 6 and found.of("ada", LATE)["kl_normal"].attempt == "2 of 2"


def test_nobody_whose_time_is_unknown_is_called_in_time():
    found = Class().hand_in("ada", {"kl_normal": 2}, 0).hand_in("ada", {"kl_normal": 6}, None)
    assert found.points(Rules(**{**vars(LATE), "attempts": NEWEST_ON_TIME})) == 2


def test_points_of_this_class_scale_what_was_found_and_zero_leaves_an_exercise_out():
    found = Class().hand_in("ada", {"kl_normal": 4.5, "log_normal": 5, "kl_derivation": 0}, status="correct")
    rows = found.of("ada", Rules(points={"kl_normal": 20, "log_normal": 0, "kl_derivation": 3}))
    assert {name: (row.points, row.max_points) for name, row in rows.items()} == {
        "kl_normal": (15, 20),
        "kl_derivation": (3, 3),  # worth nothing in the course: right or not
    }
    assert Class().hand_in("ada", {"kl_derivation": 0}, status="raised").points(Rules(points={"kl_derivation": 3})) == 0


def test_only_lessons_that_count_are_there():
    assert attempts().of("ada", Rules(lessons=("01_reparameterization",))) == {}


def test_what_a_person_decided_is_final_and_says_what_was_found():
    found = Class().hand_in("ada", {"kl_normal": 3, "log_normal": 5}, 2)
    row = found.of("ada", LATE, {"kl_normal": correction(5.5, comment="explained it")})["kl_normal"]
    assert (row.points, row.as_found, row.decided, row.comment, row.status) == (
        5.5,
        3,
        "corrected",
        "explained it",
        "wrong",
    )
    row = found.of("ada", LATE, {"kl_normal": correction(None, excused=True)})["kl_normal"]
    assert (row.points, row.max_points, row.decided) == (0, 0, "excused")
    row = found.of("ada", LATE, {"kl_normal": correction(None, comment="look again")})["kl_normal"]
    assert (row.points, row.decided, row.comment) == (2.4, "", "look again")


def test_points_may_be_given_where_nothing_was_handed_in():
    row = Class().of("ada", Rules(), {"kl_normal": correction(4)})["kl_normal"]
    assert (row.points, row.max_points, row.status, row.lesson) == (4, 6, "not handed in", LESSON)


def test_whoever_was_corrected_needs_nobody_any_more():
    found = Class().hand_in("ada", {"kl_normal": 0}, status="unreadable")
    assert found.of("ada")["kl_normal"].needs_a_person
    assert not found.of("ada", Rules(), {"kl_normal": correction(4)})["kl_normal"].needs_a_person
    assert found.of("ada", Rules(), {"kl_normal": correction(None, comment="?")})["kl_normal"].needs_a_person


def in_group(folder: Path, made: Class, rules: Rules) -> dict[str, float]:
    with opened(folder, sandbox=True, version="1") as found:
        for attempt in made.attempts:
            mine = [mark for mark in made.marks if mark.answer in attempt.answers.values()]
            found.add(attempt.student, [attempt], mine, Reading("files"))
        groups = dict.fromkeys(("ada", "bob"), ["ada", "bob"])
        return {name: sum(row.points for row in rows) for name, rows in standings(found, rules, {}, groups)}


def test_a_group_has_one_work_whoever_handed_it_in(tmp_path: Path):
    made = Class().hand_in("ada", {"kl_normal": 3}, 0).hand_in("cy", {"kl_normal": 1}, 0)
    assert in_group(tmp_path / "1", made, Rules()) == {"ada": 3, "cy": 1}
    assert in_group(tmp_path / "2", made, Rules(groups=True)) == {"ada": 3, "bob": 3, "cy": 1}


@pytest.mark.parametrize(("days", "points"), [((0, 2), 1), ((2, 0), 6), ((None, None), 6)])
def test_of_a_group_s_works_the_newest_counts_and_where_no_time_is_known_the_better(
    days: tuple[int | None, int | None], points: float, tmp_path: Path
):
    made = Class().hand_in("ada", {"kl_normal": 6}, days[0]).hand_in("bob", {"kl_normal": 1}, days[1])
    assert in_group(tmp_path, made, Rules(groups=True)) == {"ada": points, "bob": points}
