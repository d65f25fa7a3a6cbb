"""A name that is not defined in an answer: which one was meant?"""

import difflib
import inspect
import re

import torch
from torch.nn import functional

from vae_course import given
from vae_course.checks.engine.exercise import Called, Exercise
from vae_course.checks.engine.written_calls import arguments_in

MODELS = ("self", "model")  # what an exercise calls the model that it is given
OF_A_MODEL = ("enc", "dec", "z_prior", "z_dim", "z_prior_m", "z_prior_v")
METHODS = (
    "negative_elbo_bound",
    "negative_iwae_bound",
    "loss",
    "sample_z",
    "sample_x",
    "sample_x_given",
    "sample_sigmoid",
    "compute_sigmoid_given",
    "beta_bound",
    "mixture_bound",
    "unlabelled_bound",
)
"""What the lessons write into a model's class."""
NEAR = 0.75  # difflib's ratio from which a name counts as misspelt; torch has so many names that some is always near
NEAR_IN_TORCH = 0.85
VARIABLES = ("logits", "loss", "mean", "std", "var")
"""What people call their own numbers, though torch has them or nearly so."""

_KNOWN = {
    "np": "The lessons do without numpy: torch has functions of the same names, and gradients flow through them.",
    "nn": "It stands for torch.nn: add `from torch import nn`.",
    "F": "It stands for torch.nn.functional: add `import torch.nn.functional as F`.",
    "torch": "Its import stands in the lesson's first code cell: run that.",
    "math": "It is Python's module: add `import math`, or run the cell of imports.",
}
_KNOWN["numpy"] = _KNOWN["np"]
_SHORTER = {"encoder": "enc", "encode": "enc", "decoder": "dec", "decode": "dec"}
_OURS = {name: f for name, f in vars(given).items() if inspect.isfunction(f) and name[0] != "_"}


def unknown_name(name: str, exercise: Exercise, line: str = "") -> str:
    """What to do about a name that is not defined; `line`: the one that uses it, where it is known."""
    if name in _KNOWN:
        return f"{name} is not defined here. {_KNOWN[name]}"
    for module, how in ((torch.distributions, "torch.distributions"), (functional, "torch.nn.functional")):
        if hasattr(module, name) and not hasattr(torch, name):
            return f"{name} is not imported here: add `from {how} import {name}`."
    if name in _arguments(exercise):
        return f"{name} is an argument in the stub: keep the stub's `def` line as it was."
    if said := without_its_model(name, exercise, line):
        return said
    meant = _meant(name, exercise)
    ask = f"Did you mean {meant}? If not, give" if meant else "Give"
    return f"{name} was never defined here. {ask} it a value before this line, or run the cell that does."


def without_its_model(name: str, exercise: Exercise, line: str = "") -> str:
    """What to do about a method that is called as a function; empty where the name is no method, or is not called."""
    model = model_of(exercise)
    is_called = re.search(rf"(?<![\w.]){name}\(", line) or (not line and name not in VARIABLES)
    if not model or name not in METHODS or not is_called:
        return ""
    written = arguments_in(line, rf"(?<![\w.]){name}")
    rest = "..." if written is None else ", ".join(written[written[:1] == [model] :])
    whose = "your class" if model == "self" else "the model"
    return f"{model}. is missing: {name} is a method of {whose}, {model}.{name}({rest})."


def not_a_method(message: str, exercise: Exercise, line: str = "") -> str:
    """What to do about a name that the model lacks: a function called as its method, or a network called otherwise. Else an empty string."""
    found, model = re.match(r"'(?:GM|SS)?VAE' object has no attribute '(\w+)'", message), model_of(exercise)
    if not found or not model or found[1] in METHODS:
        return ""
    name = found[1]
    lent = exercise.scaffold if isinstance(exercise, Called) else {}
    function = lent.get(name) or _OURS.get(name)
    if function is None:
        methods = [n.split(".")[1] for n in lent if "." in n]
        meant = {n: f"{model}.{n}" for n in (*OF_A_MODEL, *methods)}
        near = meant[_SHORTER[name]] if name in _SHORTER else _near(name, meant, NEAR)
        return f"The model has no {name}. Did you mean {near}?" if near else ""
    written = arguments_in(line, rf"\b{model}\.{name}")
    rest = list(inspect.signature(function).parameters) if written is None else written
    first = next(iter(inspect.signature(function).parameters))
    if first in MODELS and rest[:1] != [model]:
        rest = [model, *rest[rest[:1] == [first] :]]
    return f"{name} is a function, not a method: {name}({', '.join(rest)})."


def not_in_module(message: str) -> str:
    """What to do about a module that is not there, or a name that a module lacks; empty for another message."""
    if missing := re.match(r"No module named '([\w.]+)'", message):
        return (
            f"There is no package {missing[1]} here. An answer needs torch alone; a file of your own stands beside the notebook; a package that "
            f"whoever marks knows can be added: vae-course grade --with {missing[1].partition('.')[0]}."
        )
    found = re.match(r"module '([\w.]+)' has no attribute '(\w+)'", message) or re.match(
        r"cannot import name '(\w+)' from '([\w.]+)'", message
    )
    if not found:
        return ""
    module, name = found.groups() if message.startswith("module") else found.groups()[::-1]
    known = {"vae_course.given": given, "torch": torch, "torch.nn.functional": functional}.get(module)
    near = _near(name, {n: n for n in dir(known) if n[0] != "_"}, NEAR) if known else ""
    return f"{module} has no {name}.{f' Did you mean {near}?' if near else ''}"


def _meant(name: str, exercise: Exercise) -> str:
    """How the name must be written, or an empty string: the very name elsewhere, else the name that is most alike."""
    own = {n: n for n in _arguments(exercise)}
    model = model_of(exercise)
    members = {n: f"{model}.{n}" for n in OF_A_MODEL} if model else {}
    this = exercise.name.split(".")[-1]
    ours = {n: f"given.{n}" for n in _OURS if n != this}
    near = _near(name, members, NEAR) or _near(name, ours, NEAR) or _near(name, own, NEAR)
    if near or name in VARIABLES:
        return near
    return _near(name, {n: f"torch.{n}" for n in dir(torch) if n.strip("_") == n and n.islower()}, NEAR_IN_TORCH)


def _near(name: str, names: dict[str, str], ratio: float) -> str:
    """The name itself, or for four letters and more the one most like it."""
    found = difflib.get_close_matches(name, names, n=1, cutoff=ratio if len(name) > 3 else 1)
    return names[found[0]] if found else ""


def model_of(exercise: Exercise) -> str:
    """The name of the argument that is the model, or an empty string where an exercise has none."""
    return next((name for name in _arguments(exercise) if name in MODELS), "")


def _arguments(exercise: Exercise) -> tuple[str, ...]:
    return exercise.parameters if isinstance(exercise, Called) else ()
