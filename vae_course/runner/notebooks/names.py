"""Which names a piece of syntax binds, changes and needs."""

import ast
from functools import lru_cache

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_INNER = (*_SCOPES, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

MOST = 4_000  # statements that are remembered: each is asked about several times, and files of one lesson share most of theirs


def bound(statement: ast.stmt) -> frozenset[str]:
    """The names that a statement gives a value in the namespace it stands in."""
    return _touched(statement)[0]


def changed(statement: ast.stmt) -> frozenset[str]:
    """The names whose value a statement changes from within: `a[0] = 1`, `a.b = 1`, `a += 1`."""
    return _touched(statement)[1]


@lru_cache(maxsize=MOST)
def _touched(statement: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """What it binds, and what it changes."""
    binds: set[str] = set()
    changes: set[str] = set()
    for node in _own_nodes(statement):
        if isinstance(node, _SCOPES):
            binds.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            binds |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            binds.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            binds.add(node.name)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changes.add(root(node))
        elif isinstance(node, ast.AugAssign):
            changes.add(root(node.target))
    return frozenset(binds - {"*"}), frozenset(changes - {""})


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


@lru_cache(maxsize=MOST)
def needed(node: ast.AST) -> frozenset[str]:
    """The names that it takes from outside: those it reads and does not bind within itself, roughly for functions in functions."""
    nodes = [node]
    for one in nodes:  # it grows
        nodes += children(one)
    reads = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own: set[str] = set()
    if isinstance(node, _SCOPES):
        own |= {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        own |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    return frozenset(reads - own)


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


def children(node: ast.AST) -> list[ast.AST]:
    """What `ast.iter_child_nodes` gives, in less time; every tree of a hand-in is walked several times.

    Fields alone: IPython's tracebacks give every node a `parent`, and all trees of a process share the nodes `Load` and `Store`.
    """
    found: list[ast.AST] = []
    own = vars(node)
    for value in map(own.get, node._fields):
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [part for part in value if isinstance(part, ast.AST)]
    return found


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes that belong to the same namespace: not the inside of functions, classes and comprehensions."""
    found = [node]
    for one in found:  # it grows
        if not isinstance(one, _INNER):
            found += children(one)
    return found
