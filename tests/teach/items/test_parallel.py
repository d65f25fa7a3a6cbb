"""The short questions with numbers: each truth again, and what they may not give away."""

import itertools
import math
from collections.abc import Iterator

import pytest

from tests.teach.items.again import AGAIN, CHANCE
from vae_course.checks.engine.exercise import Constant
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.items.bank import Numeric, Slip, numeric, sitting_of
from vae_course.teach.items.parallel import numbers

SEEDS = range(300)


def drawn() -> Iterator[Numeric]:
    """Every question that the seeds draw, once each."""
    there = set()
    for seed in SEEDS:
        for item in numbers(seed):
            if item.question not in there:
                there.add(item.question)
                yield item


DRAWN = list(drawn())


@pytest.mark.parametrize("id", AGAIN)
def test_the_truth_is_what_the_question_asks_computed_by_other_means(id: str) -> None:
    items = [item for item in DRAWN if item.id == id]
    assert items
    for item in items[:6]:
        again = AGAIN[id](item.question)
        assert again == pytest.approx(item.truth, rel=5e-3 if id in CHANCE else 1e-3), item.question


def test_every_family_is_recomputed() -> None:
    assert {item.id for item in DRAWN} == set(AGAIN) and len(AGAIN) >= 40


def test_a_seed_changes_the_numbers_of_every_question() -> None:
    for id in AGAIN:
        assert len({item.question for item in DRAWN if item.id == id}) >= 2, id


def test_no_answer_is_taken_for_another_and_each_wrong_one_is_answered() -> None:
    for item in DRAWN:
        assert len(item.slips) >= 2, item.question
        ends = sorted(
            (n - t, n + t) for n, t in [(item.truth, item.tolerance), *((s.number, s.tolerance) for s in item.slips)]
        )
        assert all(before[1] < after[0] for before, after in itertools.pairwise(ends)), item.question
        assert all(math.isfinite(slip.number) and slip.says and slip.credit in (0, 50) for slip in item.slips)
        assert item.question.endswith("(Right to 1 %.)")


def test_no_question_gives_away_the_answer_of_a_marked_exercise() -> None:
    marked: dict[str, list[float]] = {}
    for exercise in EXERCISES.values():
        if isinstance(exercise, Constant):
            values = exercise.right.values() if isinstance(exercise.right, dict) else [exercise.right]
            marked.setdefault(exercise.lesson[:2], []).extend(v for v in values if isinstance(v, int | float))
    assert len(marked) >= 5 and sum(map(len, marked.values())) >= 14
    for item in DRAWN:
        for value in marked.get(sitting_of(item.id)[:2], []):
            assert abs(item.truth - value) > 0.01 * abs(value), f"{item.id} asks for {value:g}: {item.question}"


def test_a_slip_with_the_number_of_the_truth_or_of_another_is_left_out() -> None:
    item = numeric("00.x", "How much?", 2.0, "So.", Slip(2.01, "a"), Slip(4.0, "b"), Slip(4.02, "c"), Slip(-2.0, "d"))
    assert [slip.says for slip in item.slips] == ["b", "d"]


def test_a_truth_of_which_a_hundredth_is_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="draw other numbers"):
        numeric("00.x", "How much?", 0.001, "So.")
