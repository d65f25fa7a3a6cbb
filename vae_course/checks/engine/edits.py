"""Small edits of an expression: what a formula looks like with one slip in it.

One grammar serves twice. The diagnosis looks among a formula's edits for the one that makes a wrong answer's numbers (`formulas`);
the tests make mutants of the answer key with it, of which none may pass. An edit is a rule: the pieces of what stands at a place (A and
B, the sides of an operation; A, what a function is taken of, and D, along which axis; X, the whole) are put together in another way.
"""

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from vae_course.checks.engine.pieces import DoesNotApply, called, exchanged, filled, pieces_of, template

Path = tuple[tuple[str, int | None], ...]
"""Field by field, from the root of a tree to a node; the index in a field that is a list."""

COMMON, RARE = 1, 2
"""What people write often, and what they seldom do. Pairs within one term are looked for among the first."""

Rules = Mapping[int, tuple[str, ...]]

OPERATIONS: Mapping[type[ast.operator], Rules] = {
    ast.Add: {COMMON: ("A", "B", "A - B", "B - A"), RARE: ("A * B",)},
    ast.Sub: {COMMON: ("A", "-B", "A + B", "B - A"), RARE: ("A * B", "A / B")},
    ast.Mult: {COMMON: ("A", "B"), RARE: ("A / B", "A + B")},
    ast.Div: {COMMON: ("A", "A * B", "B / A", "A / square(B)", "A / sqrt(B)")},
    ast.Pow: {COMMON: ("A", "abs(A)", "2 * A"), RARE: ("A ** 3", "A ** 4", "A ** 0.5")},
}
FUNCTIONS: Mapping[str, Rules] = {
    "log": {
        COMMON: ("A", "log(log(A))", "log1p(A)", "log2(A)", "log10(A)", "exp(A)"),
        RARE: tuple(f"log(A + {small:g})" for small in (1e-2, 1e-3, 1e-4, 1e-6, 1e-8)),
    },
    "exp": {COMMON: ("A", "exp(exp(A))", "expm1(A)", "sqrt(A)", "log(A)", "exp(-A)")},
    "sqrt": {COMMON: ("A", "sqrt(sqrt(A))", "square(A)", "exp(A)")},
    "square": {COMMON: ("A", "abs(A)", "2 * A", "exp(A)", "sqrt(A)"), RARE: ("A ** 3", "A ** 4")},
    "softplus": {COMMON: ("A", "relu(A)", "sigmoid(A)", "exp(A)", "softplus(-A)", "softplus(sigmoid(A))")},
    "sigmoid": {COMMON: ("A", "sigmoid(sigmoid(A))", "tanh(A)", "exp(A)", "softplus(A)", "softmax(A, -1)")},
    "logsigmoid": {COMMON: ("A", "sigmoid(A)", "log(A)", "log(softmax(A, -1))")},
    "softmax": {COMMON: ("A", "exp(A)", "sigmoid(A)", "softmax(A, 0)")},
    "size": {COMMON: ("size(A, 0)", "size(A, 1)", "size(A, -1)", "size(A, -2)", "size(A, D) + 1", "size(A, D) - 1")},
    "sample_gaussian": {COMMON: ("A", "sample_gaussian(B, A)")},
}
REDUCTION: Rules = {
    COMMON: (
        *("A", "F(A)", "F(A, 0)", "F(A, 1)", "F(A, -2)", "F(A, D, keepdim=True)"),
        *("sum(A, D)", "mean(A, D)", "amax(A, D)", "prod(A, D)", "cumsum(A, D)", "logsumexp(A, D)"),
    ),
    RARE: tuple(f"F(clamp(A, {floor}), D)" for floor in (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2)),
}
REDUCTIONS = ("sum", "mean", "logsumexp")
OF_AN_INPUT: Rules = {
    COMMON: ("square(X)", "sqrt(X)", "exp(X)", "log(X)", "softplus(X)"),
    RARE: ("abs(X)", "X + 1.0", "X + 0.01", "X + 0.001", "X + 1e-06", "X.detach()"),
}
THROUGHOUT: Rules = {
    COMMON: (*OF_AN_INPUT[COMMON], "sigmoid(X)", "2 * X", "0.5 * X", "-X", "full_like(X, 0)", "full_like(X, 1)"),
    RARE: (
        "round(X)",
        *(f"X + {small:g}" for small in (1e-2, 1e-3, 1e-4, 1e-6)),
        *(f"clamp(X, {small:g})" for small in (1e-1, 1e-2, 1e-3, 1e-4, 1e-6)),
        *(f"clamp(X, -{most}, {most})" for most in (1, 2, 3, 5, 10, 15, 20, 30, 50, 80, 88, 100, 1000)),
    ),
}
"""What an input is taken for wherever it stands: a standard deviation or a logarithm for a variance, a number."""
OF_A_TERM: Rules = {
    COMMON: ("2 * X", "0.5 * X", "-1 * X"),
    RARE: (
        *("abs(X)", "relu(X)", "exp(X)", "log(X)", "square(X)", "sqrt(X)", "X.detach()"),
        *(f"clamp(X, -{most}, {most})" for most in (1, 2, 10, 50, 100)),
    ),
}


@dataclass(frozen=True, eq=False)
class Edit:
    """One change at one place of an expression, or of one input wherever it stands.

    Args:
        paths: where.
        rule: how the pieces that stand there are put together.
        names: of an exchange of inputs: which name takes the place of which.
        rank: `COMMON` or `RARE`.
    """

    paths: tuple[Path, ...]
    rule: str
    names: Mapping[str, str] | None = None
    rank: int = COMMON

    @property
    def depth(self) -> int:
        return max(len(path) for path in self.paths)

    def change(self, node: ast.AST) -> ast.AST:
        """What takes the place of a node.

        Raises:
            DoesNotApply: the node has no such pieces, since another edit was there before.
        """
        if self.rule.startswith("exchanged"):
            return exchanged(node, int(self.rule.split()[1]))
        if self.names is None:
            return filled(template(self.rule), pieces_of(node))
        if not isinstance(node, ast.Name) or node.id not in self.names:
            raise DoesNotApply
        return filled(template("like(B, A)"), {"A": node, "B": ast.Name(self.names[node.id], ast.Load())})


def at(tree: ast.AST, path: Path) -> ast.AST:
    for field, index in path:
        tree = getattr(tree, field) if index is None else getattr(tree, field)[index]
    return tree


def applied(edit: Edit, tree: ast.AST) -> ast.AST:
    """The tree with the edit in it; what does not change is shared with the old tree.

    Raises:
        DoesNotApply: another edit was there before.
    """
    for path in edit.paths:
        tree = _replaced(tree, path, edit)
    return tree


def _replaced(tree: ast.AST, path: Path, edit: Edit) -> ast.AST:
    if not path:
        return edit.change(tree)
    (field, index), rest = path[0], path[1:]
    child = getattr(tree, field, None)
    if child is None:
        raise DoesNotApply
    parent = copy.copy(tree)
    if index is None:
        setattr(parent, field, _replaced(child, rest, edit))
    else:
        setattr(parent, field, [_replaced(c, rest, edit) if i == index else c for i, c in enumerate(child)])
    return parent


def edits(tree: ast.AST, inputs: Iterable[str]) -> Iterator[Edit]:
    """All single edits of a tree.

    Args:
        inputs: the names that stand for tensors.
    """
    inputs = tuple(inputs)
    places: dict[str, tuple[Path, ...]] = {}
    for path, node, parent in _walk(tree):
        if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        if isinstance(node, ast.Name) and node.id in inputs:
            places[node.id] = (*places.get(node.id, ()), path)
            yield from (Edit((path,), "", {node.id: other}) for other in inputs if other != node.id)
            yield from by((path,), OF_AN_INPUT)
        for rules in _rules_for(node, parent):
            yield from by((path,), rules)
    for name, paths in places.items():
        yield from by(paths, THROUGHOUT)
        yield from (Edit(paths, "", {name: other}) for other in inputs if other != name)
    for one, other in permutations(places, 2):
        if one < other:
            yield Edit(places[one] + places[other], "", {one: other, other: one})


def by(paths: tuple[Path, ...], rules: Rules) -> Iterator[Edit]:
    """An edit for each rule."""
    return (Edit(paths, rule, rank=rank) for rank, each in rules.items() for rule in each)


def _walk(
    tree: ast.AST, path: Path = (), parent: ast.AST | None = None
) -> Iterator[tuple[Path, ast.AST, ast.AST | None]]:
    yield path, tree, parent
    for field, value in ast.iter_fields(tree):
        if isinstance(tree, ast.FunctionDef) and field != "body":
            continue
        if isinstance(tree, ast.Subscript) and field == "slice":
            continue
        if isinstance(value, ast.AST):
            yield from _walk(value, (*path, (field, None)), tree)
        elif isinstance(value, list):
            for i, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield from _walk(child, (*path, (field, i)), tree)


def _rules_for(node: ast.expr, parent: ast.AST | None) -> Iterator[Rules]:
    """The rules for what stands at a place."""
    if isinstance(node, ast.BinOp):
        yield OPERATIONS.get(type(node.op), {})
        if isinstance(node.op, ast.Pow) and _is_sum(node.left):
            yield {COMMON: ("P ** 2 + Q ** 2", "P ** 2 - Q ** 2")}
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield {COMMON: ("A",)}
    elif isinstance(node, ast.Constant) and isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.Pow):
        if type(node.value) in (int, float):
            yield {RARE: ("0", "1", "2 * X", "X / 2", "-X", "1 / X")}
    elif isinstance(node, ast.Call):
        name = called(node)
        yield FUNCTIONS.get(name, {})
        inner = pieces_of(node).get("A")
        if name in ("log", "exp") and _is_sum(inner):
            yield {COMMON: (f"P - {name}(Q)",)}  # log(1 - p) and 1 - log(p)
        if name in REDUCTIONS:
            yield {rank: tuple(rule for rule in each if rule != f"{name}(A, D)") for rank, each in REDUCTION.items()}
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult):
                yield {COMMON: ("F(P, D) * F(Q, D)",)}
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
                yield {COMMON: ("F(P, D) / F(Q, D)",)}
            if isinstance(inner, ast.Call) and called(inner) == "exp":
                yield {COMMON: ("F(softmax(P, D), D)", "F(log(softmax(P, D)), D)")}
        elif len(node.args) > 1 and not isinstance(node.args[1], ast.Constant) and name not in FUNCTIONS:
            yield {COMMON: tuple(f"exchanged {i}" for i in range(len(node.args) - 1))}
    if _is_term(node, parent):
        yield OF_A_TERM


def _is_sum(node: ast.AST | None) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def _is_term(node: ast.expr, parent: ast.AST | None) -> bool:
    """What is added to something, or reduced, or the whole."""
    if isinstance(node, ast.Constant | ast.Tuple | ast.Lambda) or isinstance(getattr(node, "operand", 0), ast.Constant):
        return False
    if isinstance(parent, ast.BinOp):
        return _is_sum(parent)
    if isinstance(parent, ast.Call):
        return called(parent) in (*REDUCTIONS, "log", "exp") and parent.func is not node
    return not isinstance(parent, ast.Attribute | ast.Subscript | ast.keyword)
