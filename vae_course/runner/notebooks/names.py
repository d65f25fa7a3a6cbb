"""Which names a piece of syntax binds, changes and needs."""

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_INNER = (*_SCOPES, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

_SURROUNDINGS = ("sys.path", "os.environ")
MOST = 4_000  # statements that are remembered: each is asked about several times, and files of one lesson share most of theirs


def bound(statement: ast.stmt) -> frozenset[str]:
    """The names that a statement gives a value in the namespace it stands in."""
    return _touched(statement)[0]


def changed(statement: ast.stmt) -> frozenset[str]:
    """The names whose value a statement changes from within: `a[0] = 1`, `a.b = 1`, `a += 1`."""
    return _touched(statement)[1]


@lru_cache(maxsize=MOST)
def _touched(statement: ast.stmt) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """What it binds, what it changes, and what it may change by a call."""
    binds: set[str] = set()
    changes: set[str] = set()
    by_call: set[str] = set()
    for node in own_nodes(statement):
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
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            by_call.add(_changed_by(node.value))
    return frozenset(binds - {"*"}), frozenset(changes - {""}), frozenset(by_call - {""})


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


def imported(statement: ast.stmt) -> frozenset[str]:
    """The names under which a statement imports something."""
    found = (node for node in own_nodes(statement) if isinstance(node, ast.Import | ast.ImportFrom))
    return frozenset(alias.asname or alias.name.split(".")[0] for node in found for alias in node.names)


def makes(statement: ast.stmt, modules: set[str]) -> frozenset[str]:
    """The names that a statement binds or changes; by a call too: `order.reverse()`, `setattr(VAE, "loss", loss)`. `del` makes nothing.

    Args:
        modules: the names that stand for what is imported, which nobody changes.
    """
    if isinstance(statement, ast.Delete):
        return frozenset()
    binds, changes, by_call = _touched(statement)
    return binds | ((changes | by_call) - modules)


def _changed_by(call: ast.Call) -> str:
    """What a call that stands for itself may change: that whose method it is, or the first argument of `setattr`."""
    if isinstance(call.func, ast.Attribute):
        return root(call.func)
    return root(call.args[0]) if dotted(call.func) == "setattr" and call.args else ""


def changes_surroundings(statement: ast.stmt) -> bool:
    """True for what is said where Python itself looks things up: `sys.path.append(...)`, `os.environ["DEVICE"] = "cpu"`."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=place))):
            return dotted(place) in _SURROUNDINGS
        case ast.Assign(targets=[ast.Subscript(value=place)]):
            return dotted(place) in _SURROUNDINGS
    return False


@lru_cache(maxsize=MOST)
def needed(node: ast.AST) -> frozenset[str]:
    """The names that a piece of syntax takes from outside: those that it reads before it has bound them itself."""
    return frozenset(_reads([node], frozenset())[0])


def _reads(nodes: Sequence[ast.AST | None], own: frozenset[str]) -> tuple[set[str], frozenset[str]]:
    """What nodes, one after the other, read that is not bound yet; and the names that are bound for certain after them."""
    found: set[str] = set()
    for node in nodes:
        reads, own = _read_by(node, own) if node is not None else (set(), own)
        found |= reads
    return found, own


def _read_by(node: ast.AST, own: frozenset[str]) -> tuple[set[str], frozenset[str]]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return {name} - own, own
        case ast.Name(id=name, ctx=ast.Store()):
            return set(), own | {name}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            return _of_a_scope(node) - own, own | ({node.name} if not isinstance(node, ast.Lambda) else set())
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return _reads([*node.generators, node.elt], own)[0], own
        case ast.DictComp():
            return _reads([*node.generators, node.key, node.value], own)[0], own
        case ast.comprehension():
            return _reads([node.iter, node.target, *node.ifs], own)
        case ast.Assign():
            return _reads([node.value, *node.targets], own)
        case ast.AnnAssign():
            return _reads([node.annotation, node.value, node.target], own)
        case ast.AugAssign():
            return _reads([node.value, node.target], own)[0] | {root(node.target)} - own, own | bound(node)
        case ast.NamedExpr():
            return _reads([node.value, node.target], own)
        case ast.For() | ast.AsyncFor():
            found, inside = _reads([node.iter, node.target], own)
            return found | _branches([node.body, node.orelse], inside), own
        case ast.If() | ast.While():
            return _reads([node.test], own)[0] | _branches([node.body, node.orelse], own), own
        case ast.Try():
            handlers = [[handler.type, *handler.body] for handler in node.handlers]
            named = own | {handler.name for handler in node.handlers if handler.name}
            return _branches([[*node.body, *node.orelse], node.finalbody], own) | _branches(handlers, named), own
        case ast.Import() | ast.ImportFrom():
            return set(), own | bound(node)
    return _reads(children(node), own)


def _branches(bodies: Sequence[Sequence[ast.AST | None]], own: frozenset[str]) -> set[str]:
    return set().union(*(_reads(body, own)[0] for body in bodies))


def _of_a_scope(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda) -> set[str]:
    """What a function or class reads that neither it nor anything in it binds, roughly; and what its head reads, where nothing is bound yet."""
    nodes: list[ast.AST] = [node]
    for one in nodes:  # it grows
        nodes += children(one)
    own = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    own |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    head = [*getattr(node, "decorator_list", []), *getattr(node, "bases", [])]
    if not isinstance(node, ast.ClassDef):
        head += [*node.args.defaults, *node.args.kw_defaults]
    reads = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return (reads - own) | _reads(head, frozenset())[0]


def members(cls: ast.ClassDef) -> set[str]:
    """The names that a class defines."""
    return set().union(*(bound(statement) for statement in cls.body))


def read_by(made: Mapping[ast.stmt, frozenset[str]], names: set[str]) -> set[str]:
    """These names, and every other that what makes them reads, directly or not.

    Args:
        made: what each statement makes, see `makes`.
    """
    wanted, waiting = set(names), dict(made)
    while ready := [node for node, some in waiting.items() if some & wanted]:
        for node in ready:
            del waiting[node]
        wanted = wanted.union(*map(needed, ready))
    return wanted


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


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes that belong to the same namespace: not the inside of functions, classes and comprehensions."""
    found = [node]
    for one in found:  # it grows
        if not isinstance(one, _INNER):
            found += children(one)
    return found
