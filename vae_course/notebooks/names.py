"""Which names a piece of syntax binds, changes and needs."""

import ast
from collections.abc import Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value in the namespace it stands in."""
    names: set[str] = set()
    for node in _own_nodes(statement):
        if isinstance(node, _SCOPES):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    return names - {"*"}


def changed(statement: ast.stmt) -> set[str]:
    """The names whose value a statement changes from within: `a[0] = 1`, `a.b = 1`, `a += 1`."""
    names: set[str] = set()
    for node in _own_nodes(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            names.add(root(node))
        elif isinstance(node, ast.AugAssign):
            names.add(root(node.target))
    return names - {""}


def root(node: ast.expr) -> str:
    """`a` of `a`, `a.b`, `a[0].c`; an empty string where there is no name at the root."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.expr) -> str:
    """ "math.log" for that expression, and an empty string for anything but names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def needed(node: ast.AST) -> set[str]:
    """The names that it takes from outside: those it reads and does not bind within itself, roughly for functions in functions."""
    reads = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own: set[str] = set()
    if isinstance(node, _SCOPES):
        own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return reads - own


def members(cls: ast.ClassDef) -> set[str]:
    """The names that a class defines."""
    return set().union(*(bound(statement) for statement in cls.body))


def read_by(statements: list[ast.stmt], answers: set[str]) -> set[str]:
    """These names, and every other that their definitions read, directly or not."""
    simple = [n for n in statements if isinstance(n, (*_SCOPES, ast.Assign, ast.AnnAssign, ast.AugAssign))]
    table = [(bound(node) | changed(node), needed(node)) for node in simple]
    wanted = set(answers)
    while True:
        more = set().union(*(reads for names, reads in table if names & wanted)) - wanted
        if not more:
            return wanted
        wanted |= more


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that belong to the same namespace: not the inside of functions, classes and comprehensions."""
    yield node
    if isinstance(node, (*_SCOPES, ast.Lambda, *_COMPREHENSIONS)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _own_nodes(child)
