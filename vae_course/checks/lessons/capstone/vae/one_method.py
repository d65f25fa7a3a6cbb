"""One method of a learner's class under examination: its checks, whatever its other methods do, and why it fails.

A method is marked by itself: what it raises, or that it is not written yet, fails its own checks and hides no other's. And its
reason is looked for where the method was taught: by the diagnosis of that lesson's own exercise.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.diagnosis import diagnose
from vae_course.checks.engine.errors import finding_on
from vae_course.checks.engine.exercise import Arguments, Exercise, Method, Misconception
from vae_course.checks.engine.findings import Finding
from vae_course.checks.engine.running import finding_on_the_way_back
from vae_course.checks.engine.trial import NotStarted, Raised, Trial, Unwritten, Wrong
from vae_course.checks.lessons.capstone.vae.mistakes import derived
from vae_course.checks.worlds.iwae import weighing
from vae_course.checks.worlds.models import still
from vae_course.runner.answers import Answer, BackwardFailed, Call, CallError, LocalAnswer, Model, Stopped

Test = Callable[[Trial], None]

NEEDS = {
    "z_prior": (),
    "negative_elbo_bound": ("z_prior",),
    "log_weights": ("z_prior",),
    "negative_iwae_bound": ("z_prior", "log_weights", "negative_elbo_bound"),
    "loss": ("z_prior", "negative_elbo_bound"),
    "sample_z": ("z_prior",),
    "compute_sigmoid_given": (),
    "sample_sigmoid": ("z_prior", "sample_z", "compute_sigmoid_given"),
    "sample_x_given": ("compute_sigmoid_given",),
    "sample_x": ("z_prior", "sample_z", "compute_sigmoid_given", "sample_sigmoid", "sample_x_given"),
}
"""Which methods of the class a method may stand on, the innermost first."""


def of_method(*tests: Test, name: str, arguments: Arguments | None = None, alone: bool = False) -> Test:
    """Checks of one method, put to that method of a class; `arguments` replace the exercise's own.

    Checks of the same method share one trial, and with it their calls. `alone`: no mistake in a method that it calls fails them.
    """

    def on_class(trial: Trial) -> None:
        try:
            on_method(trial)
        except Wrong as wrong:
            wrong.part, wrong.rests_on = name, () if alone else NEEDS[name]
            raise

    def on_method(trial: Trial) -> None:
        own = trial.once(name, lambda: Trial(trial.exercise, trial.answer.method(name), trial.seed, arguments))
        try:
            for test in tests:
                test(own)
        except Wrong as wrong:
            got, expected = wrong.finding.got, wrong.finding.expected
            got = got if got.startswith(f"{name} ") else f"{name}: {got}"
            raise Wrong(got, expected, wrong.closer, partial(_reason, trial, tests, name, arguments)) from None
        except NotStarted as untouched:
            raise Unwritten(f"{name}: {untouched}", reason=nothing) from None
        except Raised as raised:
            raise _error(raised.error, name, trial) from None
        except BackwardFailed as failed:
            raise _of(name, finding_on_the_way_back(failed, _taught(trial, name))) from None

    return on_class


def _taught(trial: Trial, name: str) -> Exercise:
    """The exercise in which a method was taught."""
    assert isinstance(trial.exercise, Method)
    taught = trial.exercise.taught
    return taught.get(name) or taught[f"VAE.{name}"]


def _of(name: str, finding: Finding) -> Wrong:
    """What a method raised, with the method's name."""
    return Wrong(replace(finding, got=f"{name}: {finding.got}"), reason=nothing)


def three_numbers(name: str, call: Callable[[Trial], Call]) -> Test:
    """A gate: a bound's call brought three numbers back, in a tuple or a list."""

    def test(trial: Trial) -> None:
        kinds = call(trial).kinds
        bound, returned = name.removeprefix("negative_").removesuffix("_bound"), kinds["returned"]
        if returned in ("tuple", "list") and len(kinds) == 4:
            return
        what = {"NoneType": "None", "Tensor": "one tensor", "dict": "a dictionary", "float": "one number"}.get(
            returned, f"{len(kinds) - 1} values" if returned in ("tuple", "list") else f"one {returned}"
        )
        missing = " Is the `return` missing?" if returned == "NoneType" else ""
        raise Wrong(f"{name} returns {what}.", f"It should return three numbers: n{bound}, kl, rec.{missing}")

    return test


def stubs_among(answer: Answer, model: Model, names: tuple[str, ...]) -> dict[str, CallError]:
    """Those of these methods that are not written yet or not there, and what they raise."""
    x, z = torch.zeros(2, 784), torch.zeros(2, model.z_dim)
    inputs: dict[str, tuple[int | Tensor, ...]] = {"negative_iwae_bound": (x, 2), "log_weights": (x, 2)}
    inputs |= {name: (x,) for name in ("negative_elbo_bound", "loss")}
    inputs |= {name: (z,) for name in ("compute_sigmoid_given", "sample_x_given")}
    found = {}
    for name in names:
        reader, given = ("__getattribute__", (name,)) if name == "z_prior" else (name, inputs.get(name, (2,)))
        error = answer.method(reader).call(model, *given, seed=0).error
        if error is not None and (error.is_stub or _is_missing(error, name)):
            found[name] = error
    return found


def _is_missing(error: CallError, name: str) -> bool:
    return error.type == "AttributeError" and error.message.endswith(f"has no attribute '{name}'") and not error.line


def _error(error: CallError, name: str, trial: Trial) -> Wrong:
    """What a method raised, with the method's name; of a stub within it, with that one's."""
    if _is_missing(error, name):
        return Unwritten(f"Your class has no method {name}.", reason=nothing)
    if error.is_stub:
        stubs = stubs_among(trial.answer, trial.arguments[0], NEEDS[name])
        stub = next((inner for inner, raised in stubs.items() if raised.line == error.line), "")
        return Unwritten(f"{name} {f'needs {stub}, which ' if stub else ''}is not written yet.", reason=nothing)
    return _of(name, finding_on(error, _taught(trial, name)))


def nothing() -> None:
    """An error, or a stub, has said what there is to say."""


@dataclass(frozen=True)
class _Source:
    """An exercise to ask for a reason, by a method of the class; `in_class` writes its mistakes as that class's method."""

    exercise: Exercise
    method: str
    in_class: Callable[[Any], Any] = lambda wrong: wrong


def _reason(trial: Trial, tests: tuple[Test, ...], name: str, arguments: Arguments | None) -> Misconception | None:
    """The mistake that a method shows, in the exercise that taught it; else, for the IWAE bound, in its log weights."""
    sources = [_Source(_taught(trial, name), name)]
    if name == "negative_iwae_bound" and _weights_lie_as_asked(trial):
        sources.append(_Source(_taught(trial, "log_weights"), "log_weights", weighing))
    for source in sources:
        found = diagnose(source.exercise, trial.answer.method(source.method))
        if found is not None and _fails(trial, tests, name, arguments, source.in_class(found.wrong)):
            return found
    # The class's own catalogue knows the loss that is another bound.
    return diagnose(trial.exercise, trial.answer) if name == "loss" else None


def _fails(trial: Trial, tests: tuple[Test, ...], name: str, arguments: Arguments | None, wrong: Any) -> bool:
    """Does a right class with this mistake fail the same tests? If not, it is not the reason why they failed."""
    other = Trial(trial.exercise, LocalAnswer(derived(**{name: wrong})).method(name), trial.seed, arguments)
    try:
        for test in tests:
            test(other)
    except (Wrong, NotStarted, Raised, BackwardFailed, Stopped):
        return True
    return False


def _weights_lie_as_asked(trial: Trial) -> bool:
    """True if the class has log weights, and they are (batch, iw)."""
    model, x = trial.arguments
    return _shape_of_weights(trial, model, x) == (len(x), len(x) + 1)


def weights_lie_as_asked(trial: Trial) -> None:
    """log_weights, where the class has it, gives (batch, iw), whatever the bound makes of it."""
    case = still(trial.generator("still"), batch=4)
    shape = _shape_of_weights(trial, case.model, case.x)
    if shape not in (None, (4, 5)):
        raise Wrong(
            f"log_weights: you returned shape {shape} for 4 images and iw = 5.",
            "It should be (batch, iw) = (4, 5), one log weight for each image and draw.",
            reason=nothing,
        )


def _shape_of_weights(trial: Trial, model: Model, x: Tensor) -> tuple[int, ...] | None:
    """The shape for one draw more than there are images; None: the class has no log weights that can be called."""
    call = trial.answer.method("log_weights").call(model, x, len(x) + 1, seed=0)
    return tuple(call.outputs["0"].shape) if call.error is None and "0" in call.outputs else None
