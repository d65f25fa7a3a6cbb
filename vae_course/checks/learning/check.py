"""`check(answer)`: every answer is examined at once, and a wrong one gets the reason."""

import contextlib
import inspect
import secrets
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from vae_course import threads
from vae_course.checks.engine.constants import mark_of_choice, not_among_the_words
from vae_course.checks.engine.examine import examine, outcome
from vae_course.checks.engine.findings import Finding, Outcome
from vae_course.checks.learning import cards, edition, state
from vae_course.checks.learning.resolve import find_exercise, owner, plain, unwrap
from vae_course.checks.lessons import Exercise
from vae_course.printable import printable
from vae_course.runner import forbidden
from vae_course.runner.answers.isolation import default_device

_last: dict[str, bool] = {}
"""Whether the last check of an exercise passed, in this kernel; in the order of the checks."""


class Verdict(Outcome):
    """An outcome that shows itself as a card: HTML in a notebook, plain text everywhere else."""

    def __repr__(self) -> str:
        return printable(cards.verdict_text(self))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return cards.verdict_html(self)


def check(answer: Any, exercise: str | None = None, *, seed: int | None = None, quiet: bool = False) -> Verdict:
    """Examine an answer and say what was seen. True in a condition if and only if it is correct.

    Args:
        answer: a function, a method (`VAE.loss`), a class, or a constant; for a method that is named, its class too.
        exercise: the exercise's name; needed only for numbers, strings, lists and dictionaries.
        seed: repeats an earlier check; without it, every check draws new inputs.
        quiet: do not record the verdict in your progress.

    Whatever the answer does, the cell goes on: an endless loop is stopped (`answers.time_limit`), what it raises is in the
    verdict, and what it sets or prints is undone (`answers.isolation`). Ctrl-C, or the stop button, ends the check.

    Raises:
        ValueError: no exercise belongs to this answer; the sentence lists the names.
    """
    definition = find_exercise(answer, exercise)
    found = examined(definition, answer, seed)
    _last.pop(definition.name, None)  # the latest check stands last
    _last[definition.name] = bool(found)
    if not quiet:
        found = _recorded(definition, found, answer)
    return Verdict(**{f.name: getattr(found, f.name) for f in fields(Outcome)})


def examined(definition: Exercise, answer: Any, seed: int | None = None) -> Outcome:
    """What `check` finds, and nothing is remembered: neither `solved`, nor `hint`, nor the progress hears of it."""
    seed = secrets.randbelow(2**31) if seed is None else seed
    # A method is examined on its own class, where its helper methods are.
    target = (owner(answer) if definition.method else None) or plain(answer)
    own = target
    if definition.method and inspect.isclass(target):
        own = getattr(target, definition.method, None)
    used = forbidden.forbidden_name(unwrap(own), definition.name)
    if used:
        return outcome(definition, "forbidden", forbidden.sentence(used), seed)
    return _by_the_checks(definition, target, seed)


def _or_open(name: str) -> str:
    ours = edition.solutions()
    return f", or open {ours.opened_by(name)}" if ours else ""


def _recorded(definition: Exercise, found: Outcome, answer: Any) -> Outcome:
    """The verdict goes into the learner's progress; of a choice it says what that means for tries and points."""
    if not_among_the_words(definition, answer):
        return _with_note(found, "An entry that is misspelt or empty costs no try.")
    tries = definition.tries
    mark = mark_of_choice(answer) if tries else ""
    kept = state.record_verdict(definition.name, found.status, found.points, tries, mark)
    said = ""
    if tries and found.status == "wrong":
        if kept.passed:
            said = f"You have passed before: this costs no try.\n{cards.reasons(definition)}"
        elif kept.used >= tries:
            said = (
                f"The {tries} tries are used up, and your points stay what they are. Go on until you know why"
                f"{_or_open(definition.name)}.\n{cards.reasons(definition)}"
            )
        else:
            found = replace(found, misconception="")  # a name would tell which choice it is
            said = f"Try {kept.used} of {tries}.{' The same answer again costs no other.' if kept.again else ''}"
    elif found and kept.points < found.points:
        said = (
            f"Your {tries} tries were used up before this one: your progress keeps {kept.points:g} of "
            f"{found.max_points:g}."
        )
    return _with_note(found, said) if said else found


def _with_note(found: Outcome, said: str) -> Outcome:
    return replace(found, findings=(*found.findings, Finding(said)))


def solved(answer: Any, exercise: str | None = None) -> bool:
    """True once the last `check` of this answer passed, in this kernel. Accepts a name too.

    Raises:
        ValueError: there is no such exercise; the sentence lists the names.
    """
    if isinstance(answer, str) and exercise is None:
        answer, exercise = None, answer
    return _last.get(find_exercise(answer, exercise).name, False)


def last_failed() -> str:
    """The exercise whose last check, in this kernel, did not pass: the latest such, or an empty string."""
    return next((name for name, passed in reversed(_last.items()) if not passed), "")


def _by_the_checks(definition: Exercise, target: Any, seed: int) -> Outcome:
    """What the checks say; where one of them breaks on a result that nobody thought of, a sentence, not a traceback."""
    try:
        with settled():
            return examine(definition, definition.answer(target).limited(definition.seconds), seed)
    except Exception as error:  # noqa: BLE001 - a lesson goes on
        place = traceback.extract_tb(error.__traceback__)[-1]
        sentence = (
            f"The check could not examine your result: {type(error).__name__}: {error} ({Path(place.filename).name}, line "
            f"{place.lineno}). Return ordinary tensors, as the card asks. If you do, this is our mistake: please report it."
        )
        return outcome(definition, "raised", sentence, seed)


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """How checks run, whatever the notebook has set for itself: float32, on the CPU, one thread, without warnings."""
    with _float32_on_the_cpu(), threads.computing_on(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # our own, over odd results, say nothing that the card does not
        yield


@contextlib.contextmanager
def _float32_on_the_cpu() -> Iterator[None]:
    """Draw the checks' inputs so, whatever the notebook has set for itself, which is put back.

    A default device is a mode that each call of torch leaves and enters again, and an interruption in between loses it. So
    there is none while an answer runs: `torch.device("cpu")` is for the one that only a `with` of the cell's own can end.
    """
    dtype, device = torch.get_default_dtype(), default_device()
    torch.set_default_dtype(torch.float32)
    if device.type != "cpu":
        torch.set_default_device(None)
    try:
        with contextlib.nullcontext() if default_device().type == "cpu" else torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(dtype)
        if default_device() != device:
            torch.set_default_device(device)
