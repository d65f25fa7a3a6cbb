"""The lessons' predictions as items: typed once."""

import pytest

from vae_course.checks.learning.questions import QUESTIONS
from vae_course.teach.items import choices as module
from vae_course.teach.items.bank import Refused
from vae_course.teach.items.choices import choices


def test_each_prediction_between_words_is_an_item_with_its_own_choices_truth_and_reason() -> None:
    items = {item.id: item for item in choices()}
    asked = {name: question for name, question in QUESTIONS.items() if question.choices}
    assert set(asked) - set(items) == {"00.sure"} and len(items) >= 13
    for name, item in items.items():
        question = asked[name]
        assert (item.choices, item.truth, item.why) == (question.choices, question.truth, question.why)
        assert item.question.endswith(question.asks) and len(item.question) > len(question.asks) + 40


def test_no_stem_tells_the_answer() -> None:
    for item in choices():
        asks = QUESTIONS[item.id].asks
        stem = item.question.removesuffix(asks)
        if len(item.truth) > 3:
            assert item.truth.lower() not in stem.lower() or all(
                choice.lower() in stem.lower() for choice in item.choices[:2]
            ), item.id


def test_a_prediction_without_a_stem_is_told(tmp_path, monkeypatch) -> None:
    (tmp_path / "choices.toml").write_text('"00.sure" = "A stem."', encoding="utf-8")
    monkeypatch.setattr(module, "FILE", tmp_path / "choices.toml")
    with pytest.raises(Refused, match="'00.who-draws' stands in one of"):
        choices()
