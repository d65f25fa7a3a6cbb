"""When no known mistake explains a wrong value: everything that its numbers say, and the smallest input that shows it."""

from itertools import product

import torch
from torch import Tensor

from vae_course.checks.engine.changes import DRAWS
from vae_course.checks.engine.dimensions import dimension_by_dimension, put_together
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.formulas import Example, formula_read_off
from vae_course.checks.engine.relations import Pair, all_right, close, relation, share
from vae_course.checks.engine.structure import ignores_its_axis, structure
from vae_course.checks.engine.trial import Raised, Trial
from vae_course.runner.answers import Call


def closer_look(trial: Trial, arguments: Arguments) -> Reading | str:
    """How the values relate to the right ones on all draws; then the formula that they follow; where neither is
    known, the smallest input that shows the difference. Of a random draw: whether its shape follows the inputs'."""
    if trial.formula.draws:
        return _one_shape_for_all(trial)
    if _is_random(trial, arguments):
        return "Two calls with the same inputs gave different numbers. Asked is a closed form, without any draw."
    pairs = pairs_of(trial)
    related, partly = Reading.of(relation(pairs)), Reading.of(share(pairs))
    examples = examples_of(trial)
    shown = formula_read_off(trial.formula.formulas, examples, in_pairs=not related) or (
        Reading() if related else one_dimension(trial)
    )
    if not shown and not related and not all_right(pairs):
        shown = smallest_failing(trial, arguments)
        shown = Reading(partly.sentences + structure(trial) + shown.sentences, shown.table)
    axis = Reading.of("" if shown.sentences[:1] and "formula" in shown.sentences[0] else ignores_its_axis(trial))
    return Reading(related.sentences + axis.sentences + shown.sentences, shown.table)


def one_dimension(trial: Trial) -> Reading:
    """The formula that the numbers of single dimensions follow, where the whole is their sum or their mean."""
    joined = {put_together(trial, trial.draw(i)) for i in range(DRAWS)}
    if len(joined) > 1 or joined == {""}:
        return Reading()
    examples = []
    for i in range(DRAWS):
        single = dimension_by_dimension(trial, trial.draw(i))
        value = trial.call(*single, seed=i).outputs.get("0") if single else None
        if value is None or single is None:
            return Reading()
        few = tuple(a[: 4 - i] for a in single)
        for given, made in ((single, value), (few, value[: 4 - i])):
            examples.append(Example(trial.named(given), made))
    found = formula_read_off(trial.formula.formulas, examples)
    if not found:
        said = relation([Pair(e.value, trial.truth(tuple(e.inputs.values()))) for e in examples])
        return Reading.of(f"Each dimension by itself: {said}" if said and joined == {"sum"} else "")
    mean = joined == {"mean"}
    over = " Over the dimensions you take the mean, where the sum belongs." if mean else ""
    return Reading((f"Each dimension by itself: {found.sentences[0]}{over}", *found.sentences[1:]), found.table)


def examples_of(trial: Trial) -> list[Example]:
    """The answer's values on all draws and on a small one, with their slopes on the first, by the names of the inputs.

    Where they are not finite, an example for each entry of the inputs, of one dimension: what one entry makes NaN, others may not;
    or, where inputs have axes of different meaning, inputs without their signs.
    """
    finite = all(bool(p.value.isfinite().all()) for p in pairs_of(trial))
    found = []
    for i in range(DRAWS + 1):
        drawn = _small(trial.draw(0)) if i == DRAWS else trial.draw(i) if finite else _entry_by_entry(trial.draw(i))
        call = trial.call_on_draw(i) if finite and i < DRAWS else trial.call(*drawn, seed=i)
        if "0" not in call.outputs or not call.outputs["0"].is_floating_point():
            return []
        arguments = trial.named(drawn)
        slopes = _slopes(call, arguments, _sloped(trial)) if finite and not i else None
        found.append(Example(arguments, call.outputs["0"], slopes))
    return found


def _small(arguments: Arguments) -> Arguments:
    """Cut to two, three and four entries: axes of one length to one length, so that what belongs together still does."""
    tensors = [a for a in arguments if isinstance(a, Tensor)]
    lengths = dict.fromkeys(n for t in tensors for n in t.shape if n > 1)
    cut = {n: min(n, 2 + i) for i, n in enumerate(lengths)}
    return tuple(a[tuple(slice(cut.get(n, 1)) for n in a.shape)] if isinstance(a, Tensor) else a for a in arguments)


def _sloped(trial: Trial) -> set[str]:
    """The inputs in which the right value has a slope."""
    arguments = [
        a.detach().clone().requires_grad_() if isinstance(a, Tensor) and a.is_floating_point() else a
        for a in trial.arguments
    ]
    value = trial.formula.truth(*arguments)
    tensors = {n: a for n, a in trial.named(tuple(arguments)).items() if isinstance(a, Tensor) and a.requires_grad}
    if not value.requires_grad:
        return set()
    found = torch.autograd.grad(value.sum(), list(tensors.values()), allow_unused=True)
    return {name for name, slope in zip(tensors, found, strict=True) if slope is not None}


def _slopes(call: Call, arguments: dict[str, object], asked: set[str]) -> dict[str, Tensor] | None:
    """Of the sum of the values in some inputs; None where the values carry no gradient."""
    if "0" not in call.differentiable:
        return None
    found = call.pull_back({"0": torch.ones_like(call.outputs["0"])})
    tensors = [
        (name, str(i), a) for i, (name, a) in enumerate(arguments.items()) if isinstance(a, Tensor) and name in asked
    ]
    return {name: torch.zeros_like(a) if (slope := found.get(i)) is None else slope for name, i, a in tensors}


def _entry_by_entry(arguments: Arguments) -> Arguments:
    """(batch, dim) as (batch · dim, 1), where all inputs have this one shape."""
    shapes = {a.shape for a in arguments if isinstance(a, Tensor)}
    if len(shapes) > 1 or len(shapes.pop()) != 2 or not all(isinstance(a, Tensor) for a in arguments):
        return tuple(a.abs() if isinstance(a, Tensor) else a for a in arguments)
    return tuple(a.reshape(-1, 1) if isinstance(a, Tensor) else a for a in arguments)


def pairs_of(trial: Trial) -> list[Pair]:
    """The answer's values beside the right ones, on all draws."""
    pairs = []
    for i in range(DRAWS):
        arguments = trial.draw(i)
        try:
            value = trial.call_on_draw(i).outputs.get("0")
        except Raised:
            continue
        if value is not None and value.is_floating_point():
            first = next(a for a in arguments if isinstance(a, Tensor))
            pairs.append(Pair(value, trial.truth(arguments), tuple(first.shape)))
    return pairs


def _is_random(trial: Trial, arguments: Arguments) -> bool:
    first, second = (trial.call(*arguments, seed=500 + i).outputs["0"] for i in range(2))
    return not torch.equal(torch.nan_to_num(first), torch.nan_to_num(second))


def _one_shape_for_all(trial: Trial) -> str:
    """What a draw's shape follows, where it does not follow the inputs'."""
    for i in range(DRAWS):
        batch, one = trial.draw(i), tuple(a[:1] if isinstance(a, Tensor) else a for a in trial.draw(i))
        values = [trial.call(*arguments, seed=300).outputs.get("0") for arguments in (batch, one)]
        wanted = [trial.truth(arguments).shape for arguments in (batch, one)]
        if wanted[0] != wanted[1] and None not in values and values[0].shape == values[1].shape:  # type: ignore[union-attr]
            return "For a batch of one you return the same shape: it does not follow that of the inputs."
    return ""


LENGTHS = (1, 2, 3)
TRIES = 12


def smallest_failing(trial: Trial, arguments: Arguments) -> Reading:
    """Inputs, your result and the right one, or nothing if only long inputs go wrong.

    Every axis of the arguments is cut to its first one, two or three entries, the smallest cut first. Where your result is
    finite for one of them, that one is shown: a NaN may come from the cut itself (the deviation of one entry).
    """
    not_finite = Reading()
    ndim = max((a.ndim for a in arguments if isinstance(a, Tensor)), default=0)
    for limits in sorted(product(LENGTHS, repeat=ndim), key=lambda cut: (torch.tensor(cut).prod().item(), cut))[:TRIES]:
        cut = tuple(_cut(a, limits) if isinstance(a, Tensor) else a for a in arguments)
        try:
            value = trial.call(*cut, seed=300).outputs.get("0")
        except Raised:
            continue
        expected = trial.truth(cut)
        if value is not None and not close(value, expected):
            table = _table(trial, cut, value, expected)
            if bool(torch.isfinite(value).all()):
                return table
            not_finite = not_finite or table
    return not_finite


def _cut(a: Tensor, limits: tuple[int, ...]) -> Tensor:
    """The first entries along each axis; axes are counted from the last, as in broadcasting."""
    return a[tuple(slice(0, limit) for limit in limits[len(limits) - a.ndim :])] if a.ndim else a


def _table(trial: Trial, arguments: Arguments, value: Tensor, expected: Tensor) -> Reading:
    inputs = ((name, shown(a)) for name, a in trial.named(arguments).items())
    digits = next((n for n in (4, 6, 8) if shown(value, n) != shown(expected, n)), 10)
    rows = (*inputs, ("yours", shown(value, digits)), ("expected", shown(expected, digits)))
    return Reading(("The smallest input for which it shows:",), rows)


def shown(a: object, digits: int = 4) -> str:
    """A tensor as nested lists, with so many digits, or more where its size needs them; anything else as Python shows it."""
    if not isinstance(a, Tensor):
        return repr(a)

    def nested(entry: object) -> str:
        if isinstance(entry, list):
            return f"[{', '.join(nested(part) for part in entry)}]"
        short = f"{entry:.{digits}g}"
        return (
            short if not isinstance(entry, float) or abs(float(short) - entry) < 1e-2 else f"{entry:.{max(digits, 7)}g}"
        )

    return nested(a.tolist())
