"""The rules of a puzzle, read from the syntax of an answer; and its length in operations."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = {
    *("all", "any", "enumerate", "filter", "map", "reversed", "sorted", "sum", "zip"),  # builtins; `x.sum()` is torch's
    *("apply_", "map_", "map2_", "vectorize", "vmap"),
}
"""Calls that run over something one by one, or let something be run so."""


SYMBOLS = ("**", "[]", "<", "if")
"""What has no name: the power operator, a subscript, a comparison of any kind, a choice between two branches."""


@dataclass(frozen=True)
class Broken:
    """Where a rule is broken.

    Args:
        line: of the file or cell; 0 where it is the whole.
        got, expected: what stands there, what may stand there.
        then: what to do, a sentence.
    """

    line: int
    got: str
    expected: str
    then: str


class Rule(Protocol):
    """A rule about how an answer is written."""

    @property
    def says(self) -> str:
        """In a few words, as they stand on the card."""

    def broken(self, function: ast.FunctionDef) -> Broken | None:
        """The first place where it is broken, or None. The docstring is not part of `function`, nor are annotations."""


@dataclass(frozen=True)
class Without:
    """Certain names may not occur.

    Args:
        says: what is missing, in words: "without a square root".
        names: patterns of names, in small letters, of functions, modules and methods alike: `sqrt` is `torch.sqrt`, `v.sqrt()` and
            `v.sqrt_()`. `SYMBOLS` stand for what has no name.
        but: names that the patterns do not mean.
        words: what stands for such a name in a sentence, and is none itself.
    """

    says: str
    names: tuple[str, ...]
    but: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def broken(self, function: ast.FunctionDef) -> Broken | None:
        own = own_names(function)  # what they hold came by another name, which is seen
        for node in in_order(function):
            name = _name(node)
            if isinstance(node, ast.Name) and name in own:
                continue
            if name and self.forbids(name):
                return Broken(
                    node.lineno,
                    f"`{name}`",
                    f"an answer {self.says}",
                    f"Not allowed here: {', '.join(map(_shown, self.names))}.",
                )
        return None

    def forbids(self, name: str) -> bool:
        return name not in self.but and any(_fits(name, pattern) for pattern in self.names)


@dataclass(frozen=True)
class OneLine:
    """The body is a single return statement, the docstring apart; nothing in it gets a name."""

    says: str = "in one line"

    def broken(self, function: ast.FunctionDef) -> Broken | None:
        expected, then = "one `return`, and nothing else but a docstring", "Put it into one expression."
        for statement in function.body[1:]:
            return Broken(statement.lineno, f"statement 2 of {len(function.body)}", expected, then)
        if not isinstance(function.body[0], ast.Return) or function.body[0].value is None:
            return Broken(function.body[0].lineno, "no `return` of a value", expected, then)
        for node in in_order(function):
            if isinstance(node, ast.NamedExpr):
                return Broken(node.lineno, "`:=`, which is a second line in disguise", expected, then)
            if isinstance(node, COMPREHENSIONS):
                return Broken(node.lineno, "a comprehension, which gives a name to a value", expected, then)
        return None


@dataclass(frozen=True)
class NoLoop:
    """Nothing is repeated by Python: no `for`, no `while`, no comprehension, no `map`, `sum` or `vmap`."""

    says: str = "without a Python loop"

    def broken(self, function: ast.FunctionDef) -> Broken | None:
        if (loop := first_loop(function)) is None:
            return None
        node, what = loop
        return Broken(
            node.lineno,
            what,
            f"an answer {self.says}",
            "Let torch do it for all entries at once: a new axis, then broadcasting.",
        )


@dataclass(frozen=True)
class NoMoreThan:
    """At most so many operations, see `operations`. A loop would repeat what it counts once, so there is none."""

    most: int

    @property
    def says(self) -> str:
        return f"with at most {self.most} operations"

    def broken(self, function: ast.FunctionDef) -> Broken | None:
        if (loop := first_loop(function)) is not None:
            return Broken(
                loop[0].lineno,
                f"{loop[1]}, which repeats its operations",
                f"an answer {self.says}",
                "Write it without.",
            )
        if (count := operations(function)) <= self.most:
            return None
        by_line: dict[int, int] = {}
        for node in in_order(function):
            by_line[node.lineno] = by_line.get(node.lineno, 0) + _worth(node)
        shares = ", ".join(f"line {line}: {number}" for line, number in sorted(by_line.items()) if number)
        return Broken(
            0,
            f"{count} operations ({shares})",
            f"at most {self.most}",
            "Each call, each operator and each subscript is one. Which of them can be joined, or left out?",
        )


def operations(function: ast.FunctionDef) -> int:
    """The length of an answer: its operations, as they are written.

    One each: a call; an arithmetic or bitwise operator (`+` and `+=`, `@` too), a comparison, `and`, `or`, `not`, `... if ... else ...`; a sign
    before anything but a number; a subscript. None: a number with its sign, a name, an assignment, an attribute (`x.shape`, `x.T`,
    and the dots of `torch.special.exp2`), a slice inside its subscript, a keyword argument, a star.
    """
    return sum(map(_worth, in_order(function)))


def _worth(node: ast.AST) -> int:
    match node:
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant()):
            return 0
        case ast.Compare():
            return len(node.ops)
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.Call() | ast.BinOp() | ast.UnaryOp() | ast.AugAssign() | ast.IfExp() | ast.Subscript():
            return 1
    return 0


def first_loop(function: ast.FunctionDef) -> tuple[ast.stmt | ast.expr, str] | None:
    """The first thing that repeats something, and what it is."""
    for node in in_order(function):
        match node:
            case ast.For() | ast.While():
                return node, f"a `{type(node).__name__.lower()}` loop"
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return node, "a comprehension"
            case ast.Name(id=name) if name in LOOPS:
                return node, f"`{name}`, which goes through its entries one by one"
            case ast.Attribute(attr=name) if name in LOOPS - {"all", "any", "sum"}:
                return node, f"`{name}`, which stands for a loop"
    return None


def in_order(function: ast.FunctionDef) -> Iterator[ast.stmt | ast.expr]:
    """The statements and expressions of the body, by their lines."""
    nodes = [n for statement in function.body for n in ast.walk(statement) if isinstance(n, ast.stmt | ast.expr)]
    return iter(sorted(nodes, key=lambda node: (node.lineno, node.col_offset)))


def own_names(function: ast.FunctionDef) -> set[str]:
    """The arguments, and what the function sets itself."""
    arguments = {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
    return arguments | {n.id for n in in_order(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _fits(name: str, pattern: str) -> bool:
    return name == pattern if pattern in SYMBOLS else fnmatchcase(name.casefold().strip("_"), pattern)


def _shown(pattern: str) -> str:
    """On a card a star would begin an emphasis."""
    return pattern if pattern in SYMBOLS else pattern.replace("*", "…")


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.BinOp(op=ast.Pow()) | ast.AugAssign(op=ast.Pow()):
            return "**"
        case ast.Subscript():
            return "[]"
        case ast.Compare():
            return "<"
        case ast.If() | ast.IfExp():
            return "if"
    return ""
