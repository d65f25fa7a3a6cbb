"""`predict(...)`: the first answer is kept, the truth stands beside it, and only what was predicted counts on the card."""

import re
from pathlib import Path
from typing import Any

import pytest

from vae_course import predict, progress
from vae_course.checks.learning import state
from vae_course.checks.learning.questions import QUESTIONS, Question

SOLUTIONS = Path(__file__).parents[3] / "solutions"
CHOICE, NUMBER = "00.who-draws", "00.dice"


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VAE_COURSE_STATIC", raising=False)


def parts(name: str) -> Any:
    """The sliders (one or none), the buttons by their words, and the line below."""
    _, *sliders, buttons, line = predict(name).form().children
    return sliders, {button.description: button for button in buttons.children}, line


def answer(name: str, value: Any) -> str:
    """As a learner does: press a choice, or move the slider and press the button."""
    sliders, buttons, line = parts(name)
    for slider in sliders:
        slider.value = value
    buttons[value if not sliders else "Keep my answer"].click()
    return line.value


def card_of(lesson: str) -> str:
    return next(line for line in repr(progress()).splitlines() if line.strip().startswith(lesson))


@pytest.mark.parametrize(("name", "value", "words"), [(CHOICE, "neither", "neither"), (NUMBER, 40.0, "40 nats")])
def test_the_form_keeps_the_answer_and_says_so(name: str, value: Any, words: str):
    assert f"You predicted: {words}" in answer(name, value) and state.prediction(name) == value


def test_an_answer_may_be_changed_until_the_truth_is_shown_and_then_stays_also_in_another_kernel():
    answer(CHOICE, "both alike")
    assert "You predicted: neither" in answer(CHOICE, "neither"), "a slip of the finger is no prediction"
    predict(CHOICE).was()
    _, buttons, line = parts(CHOICE)
    assert all(button.disabled for button in buttons.values()) and "You predicted: neither" in line.value
    predict(CHOICE).keep("the VAE")
    assert state.prediction(CHOICE) == "neither"


def test_a_form_that_is_still_open_when_the_truth_is_shown_changes_nothing_any_more():
    answer(CHOICE, "neither")
    _, buttons, line = parts(CHOICE)
    predict(CHOICE).was()
    buttons["the VAE"].click()
    assert "You predicted: neither" in line.value and state.prediction(CHOICE) == "neither"
    assert all(button.disabled for button in buttons.values())


@pytest.mark.parametrize(("name", "said"), [(CHOICE, 40.0), (CHOICE, "a choice of last year"), (NUMBER, "the VAE")])
def test_an_answer_that_fits_the_question_no_more_is_none(name: str, said: Any):
    predict(name).keep(said)
    told = predict(name).was(*([53.0] if name == NUMBER else []))
    assert repr(told).startswith("It is:") and "<details" in told._repr_html_()
    answer(name, 40.0 if name == NUMBER else "neither")
    assert "You predicted" in repr(predict(name).was(*([53.0] if name == NUMBER else [])))


def test_a_prediction_that_is_neither_right_nor_wrong_is_damage_and_stops_no_card(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "progress.json").write_text(
        '{"exercises": {}, "nats": null, "predictions": {"00.sure": {"said": "lower", "right": "perhaps"}}}'
    )
    with pytest.warns(UserWarning, match="neither right nor wrong"):
        progress()


def test_the_truth_stands_beside_the_prediction_with_the_reason():
    answer(CHOICE, "neither")
    told, question = predict(CHOICE).was(), QUESTIONS[CHOICE]
    assert repr(told) == f"You predicted: neither. It is: {question.truth}.\n{question.why}"
    assert "<details" not in told._repr_html_() and question.why in told._repr_html_()


@pytest.mark.parametrize(("value", "right"), [(40, True), (70, True), (80, False)])
def test_a_number_is_right_within_what_the_question_allows(value: float, right: bool):
    answer(NUMBER, value)
    told = predict(NUMBER).was(53)
    assert ("✓ Near enough" in repr(told)) == right and f"{value} nats" in repr(told) and "it is" in repr(told).lower()
    assert "53 nats" in repr(told)
    assert f"predictions: {int(right)} of 1" in card_of("00_")


def test_a_number_is_said_in_digits():
    answer("05b.blind", 1_000)
    assert repr(predict("05b.blind").was(999.96)).startswith("You predicted: 1000 draws. ✓ So it is.")


def test_without_a_prediction_the_answer_is_folded_and_counts_for_nothing():
    told = predict(CHOICE).was()
    assert "<details><summary>The answer</summary>" in told._repr_html_() and repr(told).startswith("It is: the VAE.")
    assert "predictions" not in repr(progress())


def test_the_card_counts_what_came_true_in_text_and_in_the_page():
    answer(CHOICE, "the VAE")
    assert "predictions" not in card_of("00_"), "nothing is known before the truth was shown"
    predict(CHOICE).was()
    answer(NUMBER, 0)
    predict(NUMBER).was(53)
    assert "predictions: 1 of 2" in card_of("00_") and "predictions: 1 of 2" in progress()._repr_html_()
    assert "predictions" not in card_of("01_")


def test_predictions_move_no_points():
    before = repr(progress()).splitlines()[0]
    answer(CHOICE, "the VAE")
    predict(CHOICE).was()
    assert repr(progress()).splitlines()[0] == before


def test_a_state_of_before_predictions_is_read(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "progress.json").write_text('{"exercises": {}, "nats": 99.0}')
    answer(CHOICE, "neither")
    assert state.prediction(CHOICE) == "neither" and state.load()["nats"] == 99.0


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: predict("00.nothing"), "no question '00.nothing'. There are: 00.who-draws"),
        (lambda: predict(CHOICE).was(3), "the truth is a choice"),
        (lambda: predict(NUMBER).was(), "the truth is a number"),
        (lambda: Question(asks="What?", why=""), "either choices"),
        (lambda: Question(asks="What?", why="", choices=("a",), truth="b"), "either choices"),
        (lambda: Question(asks="What?", why="", choices=("a",), truth="a", between=(0, 1)), "either choices"),
    ],
)
def test_a_mistake_of_the_author_is_told(ask: Any, words: str):
    with pytest.raises(ValueError, match=words):
        ask()


def test_without_a_kernel_the_question_and_its_choices_stand_as_text():
    assert repr(predict(CHOICE)).endswith("\n  the autoencoder · the VAE · both alike · neither")
    assert "a number from 0 to 100 nats" in predict(NUMBER)._repr_html_()


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_asked_in_its_own_lesson_once_before_its_answer_and_nothing_there_tells_it(name: str):
    [source] = SOLUTIONS.glob(f"{name.partition('.')[0]}_*.py")
    text = source.read_text(encoding="utf-8")
    calls = [match.group(1) for match in re.finditer(rf'predict\("{re.escape(name)}"\)(\.was\(|$)', text, re.MULTILINE)]
    assert calls == ["", ".was("]
    assert QUESTIONS[name].why not in " ".join(text.split())
