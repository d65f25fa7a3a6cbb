"""class.toml: what it may say, and that whatever is no rule is told, all of it at once."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from vae_course.checks.lessons import BEYOND, CORE, EXERCISES, LESSONS
from vae_course.teach.grading.deciding.corrections import read_corrections
from vae_course.teach.grading.deciding.rules import Rules, read_rules
from vae_course.teach.grading.keeping.lock import FolderRefused

BERLIN = ZoneInfo("Europe/Berlin")


def rules(folder: Path, text: str) -> Rules:
    (folder / "class.toml").write_text(text, encoding="utf-8")
    return read_rules(folder)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(FolderRefused) as refused:
        rules(folder, text)
    return [line.removeprefix(f"{folder / 'class.toml'}: ") for line in str(refused.value).splitlines()]


def test_without_a_file_everything_counts_as_the_course_has_it(tmp_path: Path):
    found = read_rules(tmp_path)
    assert found == Rules() and found.lessons == LESSONS
    assert all(found.counts(name) for name in EXERCISES)
    assert all(found.worth(name) == (e.points if e.lesson in CORE else 0) for name, e in EXERCISES.items())
    assert found.days_late("ada", LESSONS[0], "2030-01-01T00:00:00") == 0


def test_every_rule_is_read(tmp_path: Path):
    found = rules(
        tmp_path,
        """
        timezone = "Europe/Berlin"
        lessons = ["01", "02_kl_divergence", "4b"]
        attempts = "newest on time"
        groups = true
        anonymous = true
        [points]
        kl_normal = 12
        "VAE.loss" = 0
        [deadlines]
        "01" = 2026-03-02T23:59:00
        "02" = 2026-03-09T22:00:00Z
        [extensions."Ada Byron"]
        "01" = 2026-03-16T23:59:00
        [late]
        grace_minutes = 15
        per_day = 0.1
        at_most = 0.5
        """,
    )
    first, second = datetime(2026, 3, 2, 23, 59, tzinfo=BERLIN), datetime(2026, 3, 9, 23, tzinfo=BERLIN)
    assert found.lessons == ("01_reparameterization", "02_kl_divergence", "04b_collapse")
    assert found.deadlines == {"01_reparameterization": first, "02_kl_divergence": second}
    assert found.deadline("Ada Byron", "01_reparameterization") == datetime(2026, 3, 16, 23, 59, tzinfo=BERLIN)
    assert found.deadline("bob", "01_reparameterization") == first and found.deadline("bob", "04b_collapse") is None
    assert (found.grace, found.per_day, found.at_most) == (timedelta(minutes=15), 0.1, 0.5)
    assert (found.attempts, found.groups, found.anonymous) == ("newest on time", True, True)
    assert found.worth("kl_normal") == 12 and found.worth("log_normal") == EXERCISES["log_normal"].points
    assert found.counts("kl_normal") and not found.counts("VAE.loss") and not found.counts("two_boxes")


def test_a_lesson_beyond_the_core_counts_where_it_is_named_or_its_exercise_has_points(tmp_path: Path):
    named = rules(tmp_path, "lessons = ['07', '08']")
    assert named.worth("free_bits") == EXERCISES["free_bits"].points and not named.is_apart(BEYOND[0])
    given = rules(tmp_path, "[points]\nfree_bits = 4")
    assert (given.worth("free_bits"), given.worth("VAE.beta_bound")) == (4, 0) and given.is_apart(BEYOND[0])


def test_the_examples_of_the_docs_are_read_as_they_stand_there(tmp_path: Path):
    text = (Path(__file__).parents[3] / "docs" / "marking.md").read_text(encoding="utf-8")
    [told], [corrections] = re.findall("```toml\n(.*?)```", text, re.S), re.findall("```text\n(.*?)```", text, re.S)
    found = rules(tmp_path, told)
    assert (
        found.groups and found.deadline("Ada Byron", "01_reparameterization") > found.deadlines["01_reparameterization"]
    )
    (tmp_path / "corrections.csv").write_text(corrections, encoding="utf-8")
    read = read_corrections(tmp_path, ("Bob Hill", "Ada Byron", "Cy Lee"), Rules().worth)
    assert [(one.points, one.excused) for one in read.values()] == [(4, False), (None, True), (None, False)]


@pytest.mark.parametrize(
    ("handed_in", "days"),
    [
        ("2026-03-28T23:00:00", 0),
        ("2026-03-28T23:15:00", 0),  # the last moment of grace
        ("2026-03-28T23:15:01", 1),
        ("2026-03-29T23:00:00", 1),  # this night has 23 hours in Berlin, and is a day all the same
        ("2026-03-29T23:00:01", 2),
        ("2026-03-28T22:00:00+00:00", 0),  # told with its zone: 23:00 in Berlin
        ("2026-03-28T22:15:01+00:00", 1),
        ("", None),
    ],
)
def test_late_is_counted_in_days_that_have_begun_by_the_clock_of_the_class(handed_in: str, days: int | None):
    found = Rules(zone=BERLIN, deadlines={"l": datetime(2026, 3, 28, 23, tzinfo=BERLIN)}, grace=timedelta(minutes=15))
    assert found.days_late("ada", "l", handed_in) == days


def test_what_days_cost_has_a_limit():
    found = Rules(per_day=0.1, at_most=0.25)
    assert [round(found.kept(days), 9) for days in range(5)] == [1.0, 0.9, 0.8, 0.75, 0.75]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("points = ", "is no TOML"),
        ("colour = 'red'", "there is no rule 'colour'; the rules: timezone, lessons,"),
        ("timezone = 'Berlin'", "timezone = 'Berlin': there is no such time zone here"),
        ("timezone = 1", "timezone = 1: a name such as 'Europe/Berlin' was expected"),
        ("lessons = ['99']", "lessons: there is no lesson '99'; the lessons: 00_start_here,"),
        ("lessons = '01'", "lessons = '01': a list of lessons such as"),
        ("attempts = 'all'", "attempts = 'all': one of 'newest', 'best', 'newest on time' was expected"),
        ("groups = 'yes'", "groups = 'yes': true or false was expected"),
        ("points = 3", "points = 3: a table [points] was expected"),
        ("[points]\nkl = 3", "points: there is no exercise 'kl'"),
        ("[points]\nVAE.loss = 3", 'points.VAE: names with a dot stand in quotes, as "VAE.loss"'),
        ("[points]\nkl_normal = -1", "points.kl_normal = -1: a number of points was expected"),
        ("[points]\nkl_normal = true", "points.kl_normal = True: a number of points was expected"),
        ("[deadlines]\n'01' = 2026-03-02T23:59:00", "in which zone? Add timezone ="),
        ("[deadlines]\n'01' = '2026-03-02'", "a time was expected, as 2026-03-02T23:59:00, without quotes"),
        ("[deadlines]\n'99' = 2026-03-02T23:59:00Z", "deadlines: there is no lesson '99'"),
        ("[extensions]\nada = 3", "extensions.ada = 3: a table of lessons and times was expected"),
        ("[late]\nper_day = 2", "late.per_day = 2: a number from 0 to 1 was expected"),
        ("[late]\nper_day = 0.1", "late.per_day needs deadlines"),
        ("[late]\nper_week = 0.1", "late.per_week is no rule"),
        ("late = 1", "late = 1: a table was expected"),
    ],
)
def test_what_is_no_rule_is_told_with_what_was_expected(text: str, says: str, tmp_path: Path):
    [told] = faults(tmp_path, text)
    assert says in told


def test_all_faults_are_told_at_once(tmp_path: Path):
    told = faults(tmp_path, "colour = 1\nattempts = 'all'\n[points]\nkl = 3\nx = 2\n")
    assert len(told) == 4
