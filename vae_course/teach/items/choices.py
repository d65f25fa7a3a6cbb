"""The lessons' predictions as items: their choices, truth and reason are those of `checks/learning/questions.py`."""

import tomllib

from vae_course.checks.learning.questions import QUESTIONS
from vae_course.teach.items.bank import FOLDER, Choice, Refused

FILE = FOLDER / "choices.toml"


def choices() -> list[Choice]:
    """One for each prediction between words. (Of those with a slider the lesson's own cells know the number.)

    Raises:
        Refused: a prediction has no stem in `choices.toml`, or a stem no prediction.
    """
    stems = tomllib.loads(FILE.read_text(encoding="utf-8"))
    asked = {name: question for name, question in QUESTIONS.items() if question.choices}
    if alone := sorted(asked.keys() ^ stems.keys()):
        raise Refused(
            f"choices.toml: {alone[0]!r} stands in one of choices.toml and checks/learning/questions.py alone."
        )
    return [
        Choice(name, f"{stems[name]} {q.asks}", q.choices, q.truth, q.why) for name, q in asked.items() if stems[name]
    ]
