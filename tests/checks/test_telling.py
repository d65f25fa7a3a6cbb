"""A fault of ours in looking for a reason costs the reason, never the verdict, and does not stay hidden."""

import logging
from dataclasses import replace

import pytest

from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Check
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.lessons import EXERCISES


def test_a_closer_look_that_breaks_is_logged_and_the_verdict_stands(caplog: pytest.LogCaptureFixture) -> None:
    def never(trial: Trial) -> None:
        raise Wrong("It is wrong.", "It should be right.", lambda: str(1 / 0))

    exercise = replace(EXERCISES["sample_gaussian"], checks=(Check("one", never, points=1),))
    with caplog.at_level(logging.DEBUG, "vae_course.checks.engine.telling"):
        found = examine(exercise, exercise.answer(lambda m, v: 3 * m + 17 * v), seed=1)
    assert found.status == "wrong" and "It is wrong. It should be right." in found.message
    assert "ZeroDivisionError" in caplog.text
