"""What can be told of two sets of numbers that should agree: how is yours related to the right one?

A sentence is said only when it holds for every entry of every draw: it is a fact, and no guess.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

TOLERANCE = 1e-4  # relative to 1 + |right|: only float32's rounding is forgiven; sums of 784 terms lie well inside
FEWEST = 4  # entries from which a constant factor or shift is believed


@dataclass(frozen=True, eq=False)
class Pair:
    """An answer's value and the right one, for one draw of arguments whose first tensor has shape `shape`."""

    value: Tensor
    expected: Tensor
    shape: tuple[int, ...] = ()


Candidate = tuple[str, Iterable[tuple[Tensor, Tensor]]]
"""A sentence, and for each pair the two tensors that agree if it is true."""


def relation(pairs: Sequence[Pair]) -> str:
    """The first sentence that is true of all pairs, or an empty string."""
    pairs = [Pair(p.value.detach().double(), p.expected.detach().double(), p.shape) for p in pairs]
    if not pairs or not all(bool(torch.isfinite(p.expected).all()) for p in pairs):
        return ""
    if any(p.value.shape != p.expected.shape for p in pairs):
        return _first_true(_reductions(pairs))
    if not all(bool(torch.isfinite(p.value).all()) for p in pairs):
        return ""
    right = torch.cat([p.expected.flatten() for p in pairs])
    if all(close(p.value, p.expected) for p in pairs):
        return ""
    if len(right) < FEWEST or float(right.std()) < 0.05:
        return ""  # so few or so equal numbers would agree with any factor and any shift
    return _first_true(_same_shape(pairs))


def all_right(pairs: Sequence[Pair]) -> bool:
    return all(close(p.value, p.expected) for p in pairs)


def _first_true(candidates: Iterable[Candidate]) -> str:
    return next((words for words, sides in candidates if _all_agree(sides)), "")


def _all_agree(sides: Iterable[tuple[Tensor, Tensor]]) -> bool:
    try:
        told = [close(a, b) for a, b in sides]
        return bool(told) and all(told)
    except (RuntimeError, IndexError):  # the value has no such axes
        return False


def _reductions(pairs: list[Pair]) -> Iterator[Candidate]:
    """Of different shapes: what must be done to one of them to get the other, up to the sign."""
    for sign, also in ((1, ""), (-1, ", up to its sign")):
        yield (
            f"The numbers are right{also}, {_other_shape(pairs)}",
            ((sign * p.value.flatten(), p.expected.flatten()) for p in pairs),
        )
        yield (
            f"Transposed, your result is right{also}.",
            ((sign * p.value.transpose(-2, -1), p.expected) for p in pairs),
        )
        yield (
            f"Its diagonal is right{also}: (batch, 1) and (batch,) were broadcast to (batch, batch).",
            ((sign * p.value.diagonal(), p.expected) for p in pairs),
        )
        for axis in range(max(p.value.ndim for p in pairs)):
            yield (
                f"Summed over its axis {axis}, your result is right{also}.",
                ((sign * p.value.sum(axis), p.expected) for p in pairs),
            )
            yield (
                f"Averaged over its axis {axis}, your result is right{also}.",
                ((sign * p.value.mean(axis), p.expected) for p in pairs),
            )
        for axis in range(max(p.expected.ndim for p in pairs)):
            for word, reduced in (("summed", torch.sum), ("averaged", torch.mean)):
                yield (
                    f"It is the right result{also}, {word} over its axis {axis}: that axis should stay.",
                    ((sign * p.value, reduced(p.expected, axis)) for p in pairs if p.expected.ndim > 1),
                )
        yield f"It is the sum of all the right numbers{also}.", ((sign * p.value, p.expected.sum()) for p in pairs)
        yield f"It is the mean of all the right numbers{also}.", ((sign * p.value, p.expected.mean()) for p in pairs)


def _other_shape(pairs: list[Pair]) -> str:
    """How the shapes of the same numbers differ, as the end of a sentence."""
    lengths = [[[n for n in t.shape if n != 1] for t in (p.value, p.expected)] for p in pairs]
    if any(yours != right for yours, right in lengths):
        return "and in the right order, in another shape. (torch.cat joins along an axis that is there, torch.stack makes a new one.)"
    fewer = all(p.value.ndim < p.expected.ndim for p in pairs)
    return "but an axis of length 1 is " + (
        "gone: squeeze() without an axis drops every one." if fewer else "left over."
    )


def _same_shape(pairs: list[Pair]) -> Iterator[Candidate]:
    """Of the same shape: value = factor · right + shift, then other orders of the same numbers."""
    largest = int(pairs[0].expected.abs().argmax())
    value, right = (float(t.flatten()[largest]) for t in (pairs[0].value, pairs[0].expected))
    for words, factors in _factors(pairs, value / right):
        sides = ((p.value, f * p.expected) for p, f in zip(pairs, factors, strict=True))
        yield f"Your numbers are the right ones, {words}.", sides
    for sign, also in ((1, ""), (-1, "with the sign flipped, and ")):
        for words, shifts in _shifts(pairs, value - sign * right):
            moved = ((p.value, sign * p.expected + s) for p, s in zip(pairs, shifts, strict=True))
            yield f"Your numbers are the right ones, {also}{words}.", moved
    yield "Transposed, your result is right.", ((p.value.transpose(-2, -1), p.expected) for p in pairs)
    yield (
        "They are the right numbers, in another order.",
        ((p.value.flatten().sort().values, p.expected.flatten().sort().values) for p in pairs),
    )
    slope, shift = _line(pairs)
    if abs(slope) > 0.01:
        words = f"Everywhere, yours is {slope:.4g} × the right number {'−' if shift < 0 else '+'} {abs(shift):.4g}."
        yield words, ((p.value, slope * p.expected + shift) for p in pairs)


def _factors(pairs: list[Pair], ratio: float) -> Iterator[tuple[str, list[float]]]:
    """Factors in words, and for each pair in numbers."""
    yield "with the sign flipped", [-1.0 for _ in pairs]
    for name, lengths in _lengths(pairs):
        yield f"divided by {name}, as a mean is (or by a sum below a fraction)", [1 / n for n in lengths]
        yield f"times {name}, as a sum is where a mean belongs", [float(n) for n in lengths]
        yield f"with the sign flipped and divided by {name}", [-1 / n for n in lengths]
    yield "divided by log 2: bits where nats are asked", [1 / math.log(2) for _ in pairs]
    whole = round(1 / ratio) if abs(ratio) > 1e-4 else 0
    if whole > 1 and abs(ratio * whole - 1) < TOLERANCE:
        yield f"divided by {whole}", [1 / whole for _ in pairs]
    if ratio:
        yield f"times {told_apart(ratio, 1.0)[0]}", [ratio for _ in pairs]


def _shifts(pairs: list[Pair], difference: float) -> Iterator[tuple[str, list[float]]]:
    log_2pi = math.log(2 * math.pi)
    for name, lengths in _lengths(pairs):
        for sign, word in ((1, "plus"), (-1, "minus")):
            for what, each in (("½ log 2π times ", log_2pi / 2), ("log 2π times ", log_2pi), ("½ ", 0.5), ("", 1.0)):
                yield f"{word} {what}{name}", [sign * each * n for n in lengths]
            yield f"{word} the logarithm of {name}", [sign * math.log(n) for n in lengths]
    yield f"{'minus' if difference < 0 else 'plus'} {abs(difference):.4g}", [difference for _ in pairs]


def _lengths(pairs: list[Pair]) -> Iterator[tuple[str, list[int]]]:
    """The length of the last axis and of the others: by them, mistakes in counting are known."""
    for axis in range(-1, min(len(p.shape) for p in pairs) - 1):
        name = "the length of the last axis" if axis < 0 else f"the length of axis {axis}"
        yield name, [p.shape[axis] for p in pairs]
    yield "the number of all entries", [math.prod(p.shape) for p in pairs]


def _line(pairs: list[Pair]) -> tuple[float, float]:
    """The best slope and shift in value = slope · right + shift."""
    value = torch.cat([p.value.flatten() for p in pairs])
    right = torch.cat([p.expected.flatten() for p in pairs])
    design = torch.stack([right, torch.ones_like(right)], -1)
    slope, shift = torch.linalg.lstsq(design, value[:, None]).solution.flatten().tolist()
    return slope, shift


def share(pairs: Sequence[Pair]) -> str:
    """How many entries are right, when some are; and whether they are all those that are finite."""
    if any(p.value.shape != p.expected.shape for p in pairs):
        return ""
    right = sum(int(entries_agree(p.value, p.expected).sum()) for p in pairs)
    finite = sum(int(torch.isfinite(p.value).sum()) for p in pairs)
    total = sum(p.value.numel() for p in pairs)
    if not 0 < right < total:
        return ""
    rest = "; the others are not finite." if right == finite else "."
    return f"{right} of the {total} numbers compared are right{rest}"


def close(value: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> bool:
    """Every entry agrees, and the shapes are one."""
    return value.shape == expected.shape and bool(entries_agree(value, expected, tolerance).all())


def told_apart(got: float, right: float, digits: int = 4, kind: str = "g") -> tuple[str, str]:
    """Two numbers in so many digits, or in as many as it takes to see that they differ. `kind`: "g", or "f" for digits behind the point."""
    for more in range(digits, 18):
        shown = tuple(f"{0.0 if number == 0 else number:.{more}{kind}}" for number in (got, right))
        if shown[0] != shown[1] or got == right:
            break
    return shown[0], shown[1]


def entries_agree(value: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Which entries agree, relative to 1 + |expected|; an infinity agrees with itself, NaN with nothing."""
    value, expected = value.detach().double(), expected.detach().double()
    return (value == expected) | ((value - expected).abs() <= tolerance * (1 + expected.abs()))
