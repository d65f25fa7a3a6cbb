"""What can be told of a closed form far out: the arithmetic, a draw, grey pixels, something that holds a number."""

from collections.abc import Iterator

import torch

from vae_course.checks.engine.changes import (
    FAR_OUT,
    is_float,
    is_right,
    kind_of,
    value_of,
)
from vae_course.checks.engine.dimensions import dimension_by_dimension
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.structure import MOST, ordered
from vae_course.checks.engine.trial import Trial


def at_an_extreme(trial: Trial, arguments: Arguments) -> tuple[str, ...]:
    """Of inputs far out: is it the arithmetic, and not the formula; and which entries, together or alone."""
    found = [*_drawn(trial, arguments), *_grey(trial, arguments)]
    exact = value_of(trial, tuple(a.double() if is_float(a) else a for a in arguments))
    # As closely as an ordinary value: to less, a small number may be added.
    if exact is not None and close(exact, trial.truth(arguments)):
        found.append(
            "In double precision the same code is right there: the formula is, and float32's seven digits or its range are too "
            "small for a number on the way."
        )
    single = dimension_by_dimension(trial, arguments)
    if single is not None and trial.truth(single).numel() > trial.truth(arguments).numel():
        alone = value_of(trial, single)
        if alone is not None and close(alone, trial.truth(single), FAR_OUT):
            found.append("Each dimension by itself comes out right there, and all together do not.")
    if not found:
        found += [*_stuck(trial, arguments), *ordered(trial, (arguments,))]
    return tuple(found[:MOST])


def _drawn(trial: Trial, arguments: Arguments) -> Iterator[str]:
    values = [trial.call(*arguments, seed=seed).outputs.get("0") for seed in (400, 401)]
    if all(v is not None and bool(v.isfinite().all()) for v in values) and not torch.equal(*values):  # type: ignore[arg-type]
        yield "Two calls with the same inputs give different numbers: something is drawn at random."


def _grey(trial: Trial, arguments: Arguments) -> Iterator[str]:
    """Grey pixels are wrong, and black and white ones in their place are right."""
    for i, (name, a) in enumerate(zip(trial.formula.parameters, arguments, strict=True)):
        if is_float(a) and kind_of(a) != "pixels" and kind_of(trial.arguments[i]) == "pixels":
            if is_right(trial, tuple(b.round() if j == i else b for j, b in enumerate(arguments))):
                yield f"With every entry of {name} rounded to 0 or 1 your number is right: those between are counted wrongly."


def _stuck(trial: Trial, arguments: Arguments) -> Iterator[str]:
    """A number that should change with an input stays the same."""
    yours, right = value_of(trial, arguments), trial.truth(arguments)
    if yours is None or not bool(yours.isfinite().all()):
        return
    for i, name in enumerate(trial.formula.parameters):
        if not is_float(arguments[i]) or kind_of(arguments[i]) == "pixels":
            continue
        larger = tuple(10 * a if j == i else a for j, a in enumerate(arguments))
        more, grown = value_of(trial, larger), trial.truth(larger)
        if more is not None and close(yours, more) and not close(right, grown, FAR_OUT):
            yield (
                f"With {name} ten times as large your number stays the same, and it should not: something holds it, a clamp or a "
                "small number that is added."
            )
            return
