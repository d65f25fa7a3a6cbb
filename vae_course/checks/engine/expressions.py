"""What an expression of tensors is worth: an interpreter for the few things that formulas are written with."""

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Memo = dict[int, tuple[ast.AST, Any]]
"""Values by the identity of a node, so that what two trees share is computed once."""


def _along(reduce: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A reduction over one axis, or over all."""

    def of(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
        return reduce(x.flatten(), 0) if dim is None else reduce(x, dim, keepdim=keepdim)

    return of


def _each(function: Callable[[Tensor], Tensor]) -> Callable[[Any], Tensor]:
    return lambda x: function(x if isinstance(x, Tensor) else torch.tensor(float(x), dtype=torch.float64))


def _product(x: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    return x.prod(dim, keepdim=keepdim)


FUNCTIONS: dict[str, Any] = {
    **{
        name: _each(getattr(torch, name))
        for name in (
            "log",
            "log1p",
            "log2",
            "log10",
            "exp",
            "expm1",
            "sqrt",
            "square",
            "abs",
            "relu",
            "round",
            "sigmoid",
            "tanh",
        )
    },
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "softmax": torch.softmax,
    "clamp": torch.clamp,
    "like": lambda x, other: x.expand_as(other) if x.ndim < other.ndim else x,
    "log_normal": lambda x, m, v: -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v).sum(-1),
    "full_like": torch.full_like,
    "cumsum": torch.cumsum,
    "size": lambda x, dim: float(x.shape[dim]),
    **{name: _along(getattr(torch, name)) for name in ("sum", "mean", "amax", "logsumexp")},
    "prod": _along(_product),
    "stations": lambda n: torch.arange(n, dtype=torch.float64)[:, None],
    "pi": torch.pi,
}
"""What a formula is written with."""


def evaluated_with(tree: ast.AST, inputs: Mapping[str, Any], parts: Mapping[ast.AST, Any], memo: Memo) -> Any:
    """What an expression is worth where some of its parts have these values, whatever torch raises; `memo` knows parts that hold none of them."""
    touched: Memo = {id(part): (part, value) for part, value in parts.items()}

    def of(node: ast.AST) -> Any:
        if id(node) in touched:
            return touched[id(node)][1]
        if not any(id(below) in touched for below in ast.walk(node)):
            return _computed(node, inputs, memo)
        touched[id(node)] = node, _fresh(node, inputs, of)
        return touched[id(node)][1]

    return of(tree)


def worth(node: ast.AST, inputs: Mapping[str, Any], memo: Memo) -> Any:
    """What an expression is worth, or None where it cannot be computed; parts that two trees share are computed once."""
    try:
        return _computed(node, inputs, memo)
    except (RuntimeError, IndexError, TypeError, AttributeError, ZeroDivisionError):
        return None


def _computed(node: ast.AST, inputs: Mapping[str, Any], memo: Memo) -> Any:
    known = memo.get(id(node))
    if known is not None and known[0] is node:
        return known[1]
    found = _fresh(node, inputs, lambda child: _computed(child, inputs, memo))
    memo[id(node)] = node, found
    return found


def _fresh(node: ast.AST, inputs: Mapping[str, Any], of: Callable[[ast.AST], Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return inputs[node.id] if node.id in inputs else FUNCTIONS[node.id]
    if isinstance(node, ast.UnaryOp):
        return -of(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = of(node.left), of(node.right)
        return _OPERATIONS[type(node.op)](left, right)
    if isinstance(node, ast.Attribute):
        return getattr(of(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        index = _index(node.slice)  # a column is made behind all axes: values may be stacked
        return of(node.value)[(..., None) if index == (slice(None), None) else index]
    assert isinstance(node, ast.Call)
    return of(node.func)(*(of(a) for a in node.args), **{str(k.arg): of(k.value) for k in node.keywords})


def _index(node: ast.expr) -> Any:
    """What stands in brackets: numbers, `...`, `None` and slices of them."""
    if isinstance(node, ast.Tuple):
        return tuple(_index(each) for each in node.elts)
    if isinstance(node, ast.Slice):
        return slice(*(each and ast.literal_eval(each) for each in (node.lower, node.upper, node.step)))
    return ast.literal_eval(node)


_OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
