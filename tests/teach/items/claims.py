"""What a model answer claims, held against what a test computes."""

import re
from collections.abc import Mapping

from vae_course.teach.items.bank import Open, sittings

DECIMAL = re.compile(r"\d+\.\d+")


def question(id: str) -> Open:
    return next(item for item in sittings()[id.partition(".")[0]].questions if item.id == id)


def told(id: str) -> str:
    """All that a question tells a marker: answer, scheme, the common wrong answer."""
    item = question(id)
    return "\n".join([item.answer, *(what for _, what in item.earns), item.often])


def hold(sitting: str, claims: Mapping[str, Mapping[str, float]]) -> None:
    """Every decimal number that the sitting's answers claim is in `claims` with a value that was computed, and rounds to what is written.

    Numbers that the question itself gives are no claims. Signs are left to the test that computes.
    """
    for item in sittings()[sitting].questions:
        given = set(DECIMAL.findall(item.question))
        said = set(DECIMAL.findall(told(item.id))) - given
        computed = claims.get(item.id, {})
        assert said == set(computed) - given, f"{item.id}: said {sorted(said)}, computed {sorted(computed)}"
        for text, value in computed.items():
            digits = len(text.partition(".")[2])
            assert abs(abs(value) - float(text)) <= 0.5 * 10**-digits + 1e-9, f"{item.id}: {text} is {value:.6g}"
    unknown = set(claims) - {item.id for item in sittings()[sitting].questions}
    assert not unknown, f"claims of no question: {unknown}"


def says(id: str, *texts: str) -> None:
    """The answer has these words, next to a number that the test computed."""
    for text in texts:
        assert text in " ".join(told(id).split()), f"{id} does not say {text!r}"
