"""Exercises 7.2 to 7.4: what the card says is true of the answer, points at the way out, and keeps a choice's answer to itself."""

from typing import Any

import pytest

from vae_course import check
from vae_course.exercises import EXERCISES
from vae_course.exercises.capstone.slips import OVERLOOKED, STATEMENTS

SLIPS = {letter: statement.right for letter, statement in STATEMENTS.items()}
ALL_FINE = dict.fromkeys(SLIPS, "fine")
REASONS = [mistake.reason for mistake in EXERCISES["slips"].misconceptions]


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


def test_all_fine_is_told_how_many_are_still_to_be_found_and_not_which_slips_they_are() -> None:
    message = check(ALL_FINE, "slips").message
    assert "Your A, B, C, D, E, F, G, H (8 entries): that is not it." in message and message.count(OVERLOOKED) == 1
    assert not any(reason in message for reason in REASONS)


@pytest.mark.parametrize("letter", SLIPS)
def test_another_wrong_word_gets_a_pointer_for_its_statement(letter: str) -> None:
    word = "order" if SLIPS[letter] != "order" else "data"
    message = check(SLIPS | {letter: word}, "slips").message
    assert f"Your {letter} is '{word}', and that is not it. {STATEMENTS[letter].pointer}" in message
    assert not any(reason in message for reason in REASONS)


def test_no_pointer_says_the_word_that_is_asked_for() -> None:
    said = {letter: f"{statement.pointer} {OVERLOOKED}".lower() for letter, statement in STATEMENTS.items()}
    assert [letter for letter, right in SLIPS.items() if right != "fine" and right in said[letter]] == []


def test_every_reason_is_shown_after_the_last_try() -> None:
    for letter in "AB":
        message = check(SLIPS | {letter: "fine"}, "slips").message
        assert not any(reason in message for reason in REASONS)
    message = check(SLIPS | {"C": "fine"}, "slips").message
    assert "tries are used up" in message and all(reason in message for reason in REASONS)


def test_every_reason_is_shown_after_a_pass() -> None:
    for answer in (SLIPS, SLIPS | {"A": "fine"}):
        assert all(reason in check(answer, "slips").message for reason in REASONS)


def test_all_fine_run_five_times_costs_one_try() -> None:
    for _ in range(5):
        assert "Try 1 of 3." in check(ALL_FINE, "slips").message


def test_an_empty_entry_gets_no_pointer() -> None:
    assert STATEMENTS["C"].pointer not in check(SLIPS | {"C": None}, "slips").message
