"""Designed cases: the same formula on a batch of one, with leading axes, with inputs that broadcast, and at extremes.

They serve twice: as checks (`holds_for`, `stays_finite`), and in `case_fingerprint` as the signs by which
mistakes are told apart that leave ordinary inputs right.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.checks import compare, inputs, output, shapes
from vae_course.checks.engine.closer_look import examples_of, pairs_of, smallest_failing
from vae_course.checks.engine.diagnosis import numbers_of
from vae_course.checks.engine.errors import shortened
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.extremes import at_an_extreme
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.formulas import Example, formula_read_off
from vae_course.checks.engine.relations import Pair, close, relation
from vae_course.checks.engine.trial import Raised, Trial, Wrong, generator
from vae_course.runner.answers import Answer, Call, LocalAnswer

AT_EXTREMES = 1e-2
BETWEEN = 2
"""Inputs between an extreme and ordinary ones, on which a formula is confirmed that was read off there."""
NEARER = (-1.0, -0.1, 0.1, 0.01)
"""Factors that take extreme inputs to the other side of 0, and towards it."""
ORDINARY = 4
"""Draws on which a formula counts as right, before it is asked where it goes wrong."""

Layouts = Callable[[Generator], dict[str, Arguments]]


def holds_for(layouts: Layouts) -> Callable[[Trial], None]:
    """Shape and value in other layouts, each with a name that completes the sentence "For ...".

    An error counts as a wrong answer here, so that the message can say which layout it was.
    """

    def test(trial: Trial) -> None:
        for i, (name, arguments) in enumerate(layouts(trial.generator("layouts")).items()):
            expected = trial.truth(arguments)
            layout = f"{name}, inputs of shape {shapes(arguments)}"
            wanted = f"It should return shape {tuple(expected.shape)} there."
            try:
                value = output(trial.call(*arguments, seed=200 + i))
            except Raised as raised:
                error = raised.call.error
                if error is None or error.is_stub:
                    raise
                raise Wrong(
                    f"For {layout}, your code raised {error.type}: {shortened(error.message)}", wanted
                ) from None
            except Wrong as wrong:
                found = wrong.finding
                raise Wrong(f"For {layout}: {found.got}", found.expected, wrong.closer) from None
            if value.shape != expected.shape:
                pair = Pair(value, expected, tuple(expected.shape))
                raise Wrong(
                    f"For {layout}, you returned shape {tuple(value.shape)}.", wanted, partial(relation, [pair])
                )
            compare(value, expected, layout, partial(_there, trial, arguments, value))

    return test


def stays_finite(cases: Callable[[], list[Arguments]], slopes_in: str = "") -> Callable[[Trial], None]:
    """The value at extreme inputs, where a careless formula overflows, underflows or loses all digits; and a slope there.

    To 1 %: float32 may lose digits where large terms cancel, and that is no mistake.

    Args:
        slopes_in: the positions of the inputs whose gradients count, "1" or "013"; empty: of all.
    """

    def test(trial: Trial) -> None:
        for i, arguments in enumerate(cases()):
            call, where = trial.call(*arguments, seed=100 + i), inputs(trial, arguments)
            value, expected = output(call), trial.truth(arguments)
            if value.shape == expected.shape and not bool(torch.isfinite(value).all()):
                bad = value[~torch.isfinite(value)].flatten()[0].item()
                raise Wrong(
                    f"You returned {bad} for {where}.",
                    "The right value is finite there.",
                    partial(_there, trial, arguments, value),
                )
            if not close(value, expected, AT_EXTREMES):
                compare(value, expected, where, partial(_there, trial, arguments, value))
            if not _finite_slopes(call, value, slopes_in):
                raise Wrong(
                    f"Your value is right for {where}, but its gradient is not finite.",
                    "It should be: one NaN in a gradient ruins a whole training.",
                )

    return test


def _finite_slopes(call: Call, value: Tensor, slopes_in: str) -> bool:
    slopes = call.pull_back({"0": torch.ones_like(value)}).items()
    return all(g is None or bool(torch.isfinite(g).all()) for n, g in slopes if n in slopes_in or not slopes_in)


def _there(trial: Trial, arguments: Arguments, value: Tensor) -> Reading:
    """What ordinary inputs say, and the formula that they, this one and some between follow; else the smallest input that shows it."""
    expected = trial.truth(arguments)
    if value.shape != expected.shape:
        return Reading.of(relation([Pair(value, expected, tuple(expected.shape))]))
    ordinary = examples_of(trial)
    examples = [Example(trial.named(arguments), value)]
    others = [between(arguments, trial.generator(f"between {i}")) for i in range(BETWEEN)]
    for i, other in enumerate([*others, *nearer(arguments, trial.generator("grey"))]):
        call = trial.call(*other, seed=300 + i)
        if "0" in call.outputs:
            examples.append(Example(trial.named(other), call.outputs["0"]))
    found = formula_read_off(trial.formula.formulas, [*examples, *ordinary]) if ordinary else Reading()
    shown = found or smallest_failing(trial, arguments)
    told = () if found else at_an_extreme(trial, arguments)
    return Reading((*filter(None, [_only_here(trial)]), *told, *shown.sentences), shown.table)


def between(arguments: Arguments, generator: Generator) -> Arguments:
    """Inputs between these and ordinary ones, entry by entry, on a scale of logarithms; zeros, and pixels, stay."""

    def mixed(a: object) -> object:
        if not isinstance(a, Tensor) or not a.is_floating_point() or {0.0, 1.0} == set(a.flatten().tolist()):
            return a
        share = torch.rand(a.shape, generator=generator)
        ordinary = torch.exp(torch.randn(a.shape, generator=generator))
        return a.sign() * a.abs().clamp(min=1e-30) ** share * ordinary ** (1 - share)

    return tuple(mixed(a) for a in arguments)


def nearer(arguments: Arguments, generator: Generator) -> Iterator[Arguments]:
    """These inputs on the other side of 0, and nearer to it, with grey pixels: where a clamp at one side, or of something else, differs."""

    def moved(a: object, factor: float) -> object:
        if not isinstance(a, Tensor) or not a.is_floating_point() or bool((a > 0).all()):
            return a
        pixels = {0.0, 1.0} >= set(a.flatten().tolist()) and bool(a.any())
        return torch.rand(a.shape, generator=generator) if pixels else factor * a

    yield from (tuple(moved(a, factor) for a in arguments) for factor in NEARER)


def _only_here(trial: Trial) -> str:
    """The sentence that keeps a learner from doubting a formula that is right, if it is."""
    pairs = pairs_of(trial)
    right = bool(pairs) and all(close(p.value, p.expected) for p in pairs)
    return f"On {len(pairs)} ordinary draws of its inputs your values are right." if right else ""


@dataclass(frozen=True)
class Measured:
    """A fingerprint, and the layouts of inputs that it looks at."""

    measure: Callable[[Answer], dict[str, Tensor]]
    layouts: Callable[[], list[Arguments]]

    def __call__(self, answer: Answer) -> dict[str, Tensor]:
        return self.measure(answer)


def case_fingerprint(
    draw: Callable[[Generator], Arguments],
    truth: Callable[..., Tensor],
    layouts: Layouts,
    extremes: Callable[[], list[Arguments]],
    slopes_in: str = "",
) -> "Measured":
    """Outputs and gradients on a few ordinary draws; where they are right, which layouts and which extremes go wrong.

    So a mistake in the formula is known by its numbers alone, however the answer treats the rare cases. `slopes_in`: see
    `stays_finite`.
    """

    def measure(answer: Answer) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        right: dict[str, Tensor] = {}
        changed = False
        for i in range(ORDINARY):
            arguments = draw(generator(i, "fingerprint"))
            call = answer.call(*arguments, seed=i)
            if call.error is not None:
                return {}
            changed = changed or bool(call.changed)
            found |= numbers_of(call, i, arguments, slopes_in)
            right |= numbers_of(LocalAnswer(truth).call(*arguments, seed=i), i, arguments, slopes_in)
        if found.keys() != right.keys() or not all(close(found[n], right[n]) for n in right):
            return found
        cases = list(layouts(generator(0, "fingerprint")).values()) + extremes()
        signs = {f"case {i}": _sign(answer, truth, arguments, i, slopes_in) for i, arguments in enumerate(cases)}
        return signs | {"changed": torch.tensor(float(changed))}

    return Measured(measure, lambda: list(layouts(generator(0, "fingerprint")).values()))


def _sign(answer: Answer, truth: Callable[..., Tensor], arguments: Arguments, i: int, slopes_in: str) -> Tensor:
    """0: right, ½: right, with a gradient that is not finite, 1: a wrong value or shape, 1½: an infinite one, 1¾: NaN, 2: raised."""
    call = answer.call(*arguments, seed=i)
    if call.error is not None:
        return torch.tensor(2.0)
    doubles = [a.double() if isinstance(a, Tensor) and a.is_floating_point() else a for a in arguments]
    value = call.outputs.get("0")
    if value is None or not close(value, truth(*doubles), AT_EXTREMES):
        return torch.tensor(
            1.0 if value is None or bool(value.isfinite().all()) else 1.75 if bool(value.isnan().any()) else 1.5
        )
    return torch.tensor(0.0 if _finite_slopes(call, value, slopes_in) else 0.5)
