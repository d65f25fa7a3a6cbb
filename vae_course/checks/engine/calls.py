"""A call that does not fit the function: which was called, what it lacks or has too much, and how the call is meant."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from vae_course import given
from vae_course.checks.engine.exercise import Called, Exercise
from vae_course.checks.engine.unknown_names import MODELS, model_of
from vae_course.checks.engine.written_calls import arguments_in
from vae_course.runner.answers import CallError

_UNFITTING = re.compile(
    r"(?P<whole>[\w.<>]+)\(\) (?:"
    r"missing \d+ required (?:positional|keyword-only) arguments?: (?P<missing>.+)"
    r"|takes (?:from \d+ to )?(?P<taken>\d+) positional arguments? but (?P<got>\d+) (?:was|were) given"
    r"|got an unexpected keyword argument '(?P<unknown>\w+)')"
)
"""Python's words; `whole` is the function's qualified name."""
NAMELESS = ("<lambda>", "__call__")
GAUSSIAN = {"v", "qv", "pv"}
"""Arguments that come in pairs, a mean and a variance."""
PAIRS = (r"{model}\.z_prior(?!\w|\[)", r"{model}\.enc\([^()]*\)(?!\[)")
"""What a model has that is a mean and a variance, as it is written in a line."""


def unfitting_call(error: CallError, exercise: Exercise) -> str:
    """A sentence on a call with other arguments than the function takes, or an empty string for another error.

    Of the answer's own `def` line it speaks only where the answer was called, by the check: under its name, and on no line of its own.
    """
    if error.type != "TypeError" or not (found := _UNFITTING.match(error.message)):
        return ""
    *owners, name = found["whole"].split(".")
    if not error.line and name in (exercise.name.split(".")[-1], *NAMELESS):
        parameters = exercise.parameters if isinstance(exercise, Called) else ()
        names = f", ({', '.join(parameters)})" if parameters else ""
        return (
            f"The check calls your function with the arguments of the stub{names}: keep all of them in its `def` line."
        )
    if not error.line and not model_of(exercise) and owners[-1:] in (["Encoder"], ["Decoder"]):
        return (
            f"The check calls {owners[-1]}.{name} with the arguments of the stub: keep all of them in its `def` line."
        )
    right = _known(name, exercise, found)
    return (
        _without_model(name, owners, error, exercise, right)
        or _model_twice(name, found, error)
        or _pair(name, found, error, exercise)
        or _as_it_is(name, found, error, exercise, right)
    )


def _known(name: str, exercise: Exercise, found: "re.Match[str]") -> Callable[..., Any] | None:
    """The function that was called, where we know one of this name whose arguments fit the message."""
    scaffold = exercise.scaffold if isinstance(exercise, Called) else {}
    lent = {known.split(".")[-1]: right for known, right in scaffold.items()}
    right = lent.get(name) or vars(given).get(name)
    if not inspect.isfunction(right):
        return None
    names = list(inspect.signature(right).parameters)
    fits = set(_missing(found)) <= set(names) and found["taken"] in (None, str(len(names)))
    return right if fits else None


def _without_model(
    name: str, owners: list[str], error: CallError, exercise: Exercise, right: Callable[..., Any] | None
) -> str:
    """What is said of a call that forgot its model: a method called on its class, a function that takes the model first."""
    model = model_of(exercise)
    if not model or not re.search(r"missing 1 required", error.message):
        return ""
    if owners and (written := arguments_in(error.line, rf"\b{owners[-1]}\.{name}")) is not None:
        call = f"{model}.{name}({', '.join(written)})"
        return f"{model}. is missing: {name} is a method, called on the model itself, {call}."
    first, *others = inspect.signature(right).parameters if right else ("",)
    written = arguments_in(error.line, rf"(?<![\w.]){name}")
    if first in MODELS and written is not None and written[:1] != [model]:
        return f"{model} is missing: {name} takes the model first, {name}({', '.join((model, *others))})."
    return ""


def _model_twice(name: str, found: "re.Match[str]", error: CallError) -> str:
    """ "self.negative_elbo_bound already passes self", where the line says `self.negative_elbo_bound(self, x)`."""
    if found["taken"] is None or int(found["got"]) != int(found["taken"]) + 1:
        return ""
    for model in MODELS:
        for called in (name, *(("enc", "dec") if name == "forward" else ())):
            first, *others = arguments_in(error.line, rf"\b{model}\.{called}") or [""]
            if first == model:
                call = f"{model}.{called}"
                return f"{call} already passes {model}: write {call}({', '.join(others)})."
    return ""


def _pair(name: str, found: "re.Match[str]", error: CallError, exercise: Exercise) -> str:
    """A pair that is given as one argument, where an argument is missing."""
    model, written = model_of(exercise), arguments_in(error.line, rf"(?<!\w){name}")
    if not model or not found["missing"] or not written:
        return ""
    for pattern, names in zip(PAIRS, ("pm, pv", "m, v"), strict=True):
        for one in written:
            if re.fullmatch(pattern.format(model=model), one):
                return f"{_lacks(name, found)} {one} is one pair: {names} = {one}, or *{one}."
    return ""


def _lacks(name: str, found: "re.Match[str]") -> str:
    return f"{name} was called, and nothing is given for its {' and '.join(_missing(found))}."


def _missing(found: "re.Match[str]") -> list[str]:
    return re.findall(r"['\"](\w+)['\"]", found["missing"] or "")


def _as_it_is(
    name: str, found: "re.Match[str]", error: CallError, exercise: Exercise, right: Callable[..., Any] | None
) -> str:
    """Which arguments the function takes, where it is known, beside those that it got."""
    if not right:
        said = "This line calls" if error.line else "Your code calls"
        return f"{said} a function with other arguments than it takes: help(its_name) shows which."
    names, model = list(inspect.signature(right).parameters), model_of(exercise)
    is_method = names[0] == "self"
    takes = f"{model}.{name}({', '.join(names[1:])})" if is_method and model else f"{name}({', '.join(names)})"
    if names[0] in MODELS and not is_method:
        takes = f"{name}({', '.join([model or names[0], *names[1:]])})"
    if found["unknown"]:
        return f"{name} has no argument {found['unknown']}: {takes}."
    if found["missing"]:
        pairs = f" A pair counts as one argument, as {model}.z_prior is: *pair passes both." if model else ""
        return f"{_lacks(name, found)} It is {takes}.{pairs if GAUSSIAN & set(names) else ''}"
    return f"{name} got more arguments than it takes: {takes}."
