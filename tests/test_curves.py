"""What a training run wrote down: by name, by step, and in one line."""

import pytest

from vae_course.training import Curves, TrainingDiverged


def rows(count: int) -> list[dict[str, float]]:
    """The loss counts down to 1; every fifth step has a validation loss, which is the step."""
    return [
        {"train/loss": float(count - i)} | ({"valid/loss": float(i + 1)} if i % 5 == 4 else {}) for i in range(count)
    ]


def test_a_quantity_is_a_list_of_its_values_and_the_steps_count_from_1():
    curves = Curves(rows(12))
    assert curves["train/loss"] == [float(12 - i) for i in range(12)]
    assert curves["valid/loss"] == [5.0, 10.0] and curves.steps("valid/loss") == [5, 10]
    assert curves.steps() == list(range(1, 13)) and len(curves) == 12
    assert curves.keys() == ["train/loss", "valid/loss"]


def test_one_line_has_the_number_of_steps_and_means_of_the_last_hundred_values_of_each():
    """Of 1,200 losses the last hundred are 100 ... 1; of 240 validations the last hundred lie at 705, 710 ... 1,200."""
    assert repr(Curves(rows(1_200))) == (
        "Curves(1,200 steps; means of the last 100: train/loss 50.5, valid/loss 952.5)"
    )
    assert repr(Curves(rows(4))) == "Curves(4 steps; means of the last 100: train/loss 2.5)"


def test_no_steps_are_said_to_be_none():
    assert repr(Curves()) == "Curves(no steps)" and len(Curves()) == 0 and Curves().keys() == Curves().steps() == []
    with pytest.raises(KeyError, match="no 'train/loss', only no steps at all"):
        Curves()["train/loss"]
    with pytest.raises(KeyError, match="no 'gen/kl', only train/loss, valid/loss"):
        Curves(rows(5))["gen/kl"]


def test_two_runs_share_no_rows():
    one, other = Curves(), Curves()
    one.rows.append({"train/loss": 1.0})
    assert len(other) == 0


def test_a_run_that_diverged_may_be_caught_as_a_floating_point_error():
    assert issubclass(TrainingDiverged, FloatingPointError)
