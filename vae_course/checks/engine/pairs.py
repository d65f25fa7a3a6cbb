"""All pairs of edits of a formula at once: which two slips make these numbers?

What an edit deep inside makes of the whole is computed for all edits together, stacked, on the way up: at each place the stacks of its
parts meet each other and the edits of the place itself. So a hundred thousand formulas cost what some hundred do.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.edits import Edit, at
from vae_course.checks.engine.expressions import Memo, evaluated_with, worth
from vae_course.checks.engine.pieces import DoesNotApply
from vae_course.checks.engine.slips import Slip

MOST = 120_000
"""Values of one place that are kept together: the first are the likeliest."""

Group = tuple[list[Slip], Tensor]
"""Slips, and what each makes of a place, stacked along a first axis."""


class Stacks:
    """What slips make of one place, in groups of one shape."""

    def __init__(self) -> None:
        self.found: dict[torch.Size, list[Group]] = defaultdict(list)

    def add(self, slips: Sequence[Slip], values: Any) -> None:
        """Values that are no tensors are left out."""
        if isinstance(values, Tensor) and slips:
            self.found[values.shape[1:]].append((list(slips), values))

    def groups(self) -> list[Group]:
        """One for each shape."""
        return [
            (
                [slip for slips, _ in each for slip in slips][:MOST],
                torch.cat([values.double() for _, values in each])[:MOST],
            )
            for each in self.found.values()
        ]


def two_slips(
    tree: ast.expr, edits: Sequence[Edit], inputs: Mapping[str, Any], value: Tensor, near: Callable[[Tensor], Tensor]
) -> Iterator[Slip]:
    """The pairs of edits after which a formula has this value.

    Args:
        near: compares stacked values with `value`, entry by entry.
    """
    local: dict[int, list[Edit]] = defaultdict(list)
    for edit in edits:
        if len(edit.paths) == 1:
            local[id(at(tree, edit.paths[0]))].append(edit)
    groups = _Local(local, inputs).of(tree)[1].groups()
    throughout = _Throughout(tree, [edit for edit in edits if len(edit.paths) > 1], inputs, local)
    groups += throughout.with_local(tree).groups()
    groups += throughout.of_each_other()
    for slips, values in groups:
        if values.shape[1:] == value.shape:
            for i in near(values).reshape(len(values), -1).all(1).nonzero().flatten().tolist():
                yield slips[i]


class _Local:
    """Singles and pairs of edits that each change one place, within each part of a formula."""

    def __init__(self, edits: Mapping[int, list[Edit]], inputs: Mapping[str, Any]) -> None:
        self.edits, self.inputs, self.memo = edits, inputs, Memo()
        self.known: dict[int, tuple[Stacks, Stacks]] = {}

    def of(self, node: ast.AST) -> tuple[Stacks, Stacks]:
        if id(node) not in self.known:
            self.known[id(node)] = self._fresh(node)
        return self.known[id(node)]

    def _fresh(self, node: ast.AST) -> tuple[Stacks, Stacks]:
        singles, pairs = Stacks(), Stacks()
        within = [(part, *self.of(part)) for part in _parts(node)]
        for i, (part, ones, twos) in enumerate(within):
            for slips, stack in ones.groups():
                singles.add(slips, self._stacked(node, {part: stack}))
                for other, others, _ in within[i + 1 :]:
                    for more, second in others.groups():
                        n, m = len(slips), len(more)
                        both = {part: stack.repeat_interleave(m, 0), other: _tiled(second, n)}
                        pairs.add([(*a, *b) for a in slips for b in more], self._stacked(node, both))
            for slips, stack in twos.groups():
                pairs.add(slips, self._stacked(node, {part: stack}))
        for edit, changed in _changes(self.edits, node):
            value = worth(changed, self.inputs, self.memo)
            if isinstance(value, float | int):
                value = torch.tensor(float(value), dtype=torch.float64)
            singles.add([(edit,)], value[None] if isinstance(value, Tensor) else None)
            for part in _outermost(changed, self.known):
                for slips, stack in self.known[id(part)][0].groups():
                    pairs.add([(edit, *slip) for slip in slips], self._stacked(changed, {part: stack}))
        return singles, pairs

    def _stacked(self, node: ast.AST, parts: Mapping[ast.AST, Tensor]) -> Tensor | None:
        return _stacked(node, parts, {}, self.inputs, self.memo)


class _Throughout:
    """Edits that change an input wherever it stands: what a formula is worth after one, and with another edit besides."""

    def __init__(
        self, tree: ast.expr, edits: Sequence[Edit], inputs: Mapping[str, Any], local: Mapping[int, list[Edit]]
    ) -> None:
        self.tree, self.inputs, self.local = tree, inputs, local
        made = [(edit, _changed(edit, tree, inputs)) for edit in edits]
        kept = [(edit, changed) for edit, changed in made if changed is not None]
        self.edits = [edit for edit, _ in kept]
        self.stacks = {name: torch.stack([changed[name] for _, changed in kept]) for name in _tensors(inputs) if kept}
        self.known: dict[int, Tensor | None] = {}

    def of(self, node: ast.AST) -> Tensor | None:
        """What a part is worth after each of the edits, stacked; None where it is the same after all, or no tensor."""
        if id(node) not in self.known:
            parts = {part: stack for part in _parts(node) if (stack := self.of(part)) is not None}
            if isinstance(node, ast.Name):
                self.known[id(node)] = self.stacks.get(node.id)
            else:
                self.known[id(node)] = _stacked(node, parts, {}, self.inputs, {}) if parts else None
        return self.known[id(node)]

    def with_local(self, node: ast.AST) -> Stacks:
        """What a part is worth after each of the edits and one of a place within the part."""
        found = Stacks()
        if not self.edits:
            return found
        for part in _parts(node):
            for slips, stack in self.with_local(part).groups():
                others = {other: o for other in _parts(node) if other is not part and (o := self.of(other)) is not None}
                values = {part: stack} | {other: _tiled(o, len(stack) // len(o)) for other, o in others.items()}
                found.add(slips, _stacked(node, values, {}, self.inputs, {}))
        for part in _parts(node):
            self.of(part)
        for edit, changed in _changes(self.local, node):
            parts = {part: o for part in _outermost(changed, self.known) if (o := self.known[id(part)]) is not None}
            value = _stacked(changed, parts, self.stacks, self.inputs, {})
            found.add([(edit, other) for other in self.edits], value)
        return found

    def of_each_other(self) -> list[Group]:
        """What the whole is worth after two of the edits."""
        found = Stacks()
        for edit in self.edits:
            both = dict(self.stacks)
            for path in edit.paths:
                node = at(self.tree, path)
                assert isinstance(node, ast.Name)
                changed = _stacked(edit.change(node), {}, self.stacks, self.inputs, {})
                if changed is not None and changed.shape == self.stacks[node.id].shape:
                    both[node.id] = changed
            found.add([(other, edit) for other in self.edits], _stacked(self.tree, {}, both, self.inputs, {}))
        return found.groups()


def _parts(node: ast.AST) -> list[ast.AST]:
    """What a node is computed from; of an index, what is indexed."""
    if isinstance(node, ast.Subscript):
        return [node.value]
    return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _changes(edits: Mapping[int, list[Edit]], node: ast.AST) -> Iterator[tuple[Edit, ast.AST]]:
    """The edits of a place, and what each makes of it."""
    for edit in edits.get(id(node), ()):
        try:
            yield edit, edit.change(node)
        except DoesNotApply:
            continue


def _outermost(tree: ast.AST, known: Mapping[int, Any]) -> list[ast.AST]:
    """The largest parts of a changed place that were there before."""
    if id(tree) in known:
        return [tree]
    return list(dict.fromkeys(part for child in _parts(tree) for part in _outermost(child, known)))


def _changed(edit: Edit, tree: ast.AST, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The inputs after an edit that works wherever one of them stands; None if one has another shape then."""
    changed = dict(inputs)
    for path in edit.paths:
        node = at(tree, path)
        assert isinstance(node, ast.Name)
        changed[node.id] = worth(edit.change(node), inputs, {})
    same = all(
        isinstance(changed[name], Tensor) and changed[name].shape == t.shape for name, t in _tensors(inputs).items()
    )
    return changed if same else None


def _tensors(inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: value for name, value in inputs.items() if isinstance(value, Tensor)}


def _tiled(stack: Tensor, times: int) -> Tensor:
    return stack.repeat(times, *[1] * (stack.ndim - 1))


def _stacked(
    node: ast.AST,
    parts: Mapping[ast.AST, Tensor],
    stacks: Mapping[str, Tensor],
    inputs: Mapping[str, Any],
    memo: Memo,
) -> Tensor | None:
    """What a node is worth for each of the stacked values of some of its parts and inputs; None where that cannot be computed."""
    if parts.keys() == {node}:
        return parts[node]
    names, count = list(stacks), len(parts)

    def one(*values: Tensor) -> Tensor:
        own = {**inputs, **dict(zip(names, values[count:], strict=True))}
        return _tensor(evaluated_with(node, own, dict(zip(parts, values, strict=False)), {} if names else memo))

    try:
        found: Tensor = torch.vmap(one)(*parts.values(), *stacks.values())
        return found
    except (RuntimeError, IndexError, TypeError, AttributeError, ValueError, ZeroDivisionError):
        return None


def _tensor(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise TypeError
    return value
