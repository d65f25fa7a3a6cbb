"""Which statements of a hand-in are definitions. They are kept; everything that does work is left out."""

import ast
import builtins
from collections.abc import Iterable, Sequence

from vae_course.runner.notebooks.allowed import may_call, may_call_method
from vae_course.runner.notebooks.names import bound, changed, dotted, members, needed, read_by, root
from vae_course.runner.notebooks.snippets import Snippet, only
from vae_course.runner.notebooks.stubs import is_stub
from vae_course.runner.notebooks.syntax import Parsed

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NEVER = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


class Selection:
    """Goes through the cells from top to bottom.

    A value is kept if it is computed from literals, kept names and the calls of `allowed`; what an answer's value is computed
    from may besides call functions that the hand-in itself or `vae_course.given` defines. What needs a name that dropped code
    computes is dropped too: it would be missing, or have another value than in the student's kernel. So is the stub of an answer
    that stands above it, as in a notebook with a cell of the handed-out lesson pasted in again.

    Attributes:
        snippets: one for each cell that defines something.
        notes: sentences for the student's report.
        lost: answers that the file has and that cannot be had here, with the reason as a sentence.
    """

    def __init__(self, cells: Sequence[tuple[str, Parsed]], answers: Iterable[str]) -> None:
        self.snippets: list[Snippet] = []
        self.notes: list[str] = []
        self.lost: dict[str, str] = {}
        self._answers = {name.split(".")[0] for name in answers}
        statements = [node for _, parsed in cells for node in parsed.tree.body]
        self._wanted = read_by(statements, self._answers)
        self._anywhere = set().union(*map(bound, statements))
        self._kept: set[str] = set()
        self._functions: set[str] = set()
        self._origins: dict[str, str] = {}  # what an imported name really is: {"F": "torch.nn.functional"}
        self._stars: list[str] = []
        self._answered: set[str] = set()  # answers that are more than a stub
        self._dropped: dict[str, str] = {}  # names that dropped code computes, whatever they were, and its place
        users: dict[str, tuple[str, frozenset[str]]] = {}
        for place, parsed in cells:
            self._cell(place, parsed)
            for node in parsed.tree.body:
                if isinstance(node, _DEFINITIONS) and node.name in self._wanted:
                    users[node.name] = (place, needed(node))
        for name, (place, names) in users.items():
            for other in sorted(names & self._dropped.keys()):
                where = self._dropped[other]
                self.notes.append(
                    f"`{name}` ({place}) uses `{other}`, which {where} computes by code that is not run here."
                )

    def _cell(self, place: str, parsed: Parsed) -> None:
        self.lost |= parsed.lost
        keep = []
        for node in parsed.tree.body:
            if is_stub(node) and bound(node) & self._answered:
                name = ", ".join(sorted(bound(node)))
                self.notes.append(
                    f"{place}, line {node.lineno}: a stub of `{name}` stands below its answer, and was left out."
                )
                continue
            reason = self._refusal(node)
            if not reason:
                keep.append(node)
                self._record(node)
                self._answered |= set() if is_stub(node) else bound(node) & self._answers
            else:
                self._drop(node, reason, f"{place}, line {node.lineno}")
        if any(not isinstance(node, ast.Pass) for node in keep):
            if parsed.magics:
                self.notes.append(parsed.magics)
            names = dict.fromkeys(name for node in keep for name in sorted(bound(node)))
            self.snippets.append(Snippet(place, only(parsed.source, parsed.tree, keep), tuple(names)))

    def _record(self, node: ast.stmt) -> None:
        for name in bound(node):
            self._kept.add(name)
            for forgotten in (self._dropped, self._origins, self.lost):
                forgotten.pop(name, None)
            self._functions.discard(name)
        if isinstance(node, _DEFINITIONS) or isinstance(getattr(node, "value", None), ast.Lambda):
            self._functions |= bound(node)
        if isinstance(node, ast.ClassDef):
            for member in members(node):
                self.lost.pop(f"{node.name}.{member}", None)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                self._origins[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    self._stars.append(f"{node.module}")
                else:
                    self._origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def _drop(self, node: ast.stmt, reason: str, place: str) -> None:
        for name in bound(node):
            if name in self._answers:
                sentence = (
                    f"`{name}` is computed by code that is not run here ({place}: {reason}). Write its value there."
                )
                self.lost[name] = sentence
                self.notes.append(sentence)
            self._dropped[name] = place
            self._kept.discard(name)
        for name in changed(node) & self._kept - self._origins.keys() - self._functions:
            self._dropped[name] = place
            if name in self._answers:
                self.notes.append(f"`{name}` is changed by code that is not run here ({place}: {reason}).")

    def _refusal(self, node: ast.stmt) -> str:
        """Why a statement is no definition; an empty string if it is one."""
        relaxed = bool((bound(node) | changed(node)) & self._wanted)
        match node:
            case (
                ast.Import()
                | ast.ImportFrom()
                | ast.FunctionDef()
                | ast.AsyncFunctionDef()
                | ast.ClassDef()
                | ast.Pass()
            ):
                return ""
            case ast.Assign():
                targets = (self._bad_target(target, relaxed) for target in node.targets)
                return next(filter(None, targets), "") or self._work(node.value, relaxed)
            case ast.AnnAssign(value=ast.expr() as value):
                return self._bad_target(node.target, relaxed) or self._work(value, relaxed)
            case ast.AugAssign():
                read = self._name(root(node.target)) or self._bad_target(node.target, relaxed)
                return read or self._work(node.value, relaxed)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update")) as call):
                if name not in self._kept or name in self._origins:
                    return "it is no definition"
                parts = [*call.args, *call.keywords]
                return next(filter(None, (self._work(part, name in self._wanted) for part in parts)), "")
            case ast.If():
                return self._work(node.test, relaxed) or self._block([*node.body, *node.orelse])
            case ast.Try():
                handled = [inner for handler in node.handlers for inner in handler.body]
                return self._block([*node.body, *handled, *node.orelse, *node.finalbody])
        return "it is no definition"

    def _block(self, statements: list[ast.stmt]) -> str:
        for node in statements:
            reason = self._refusal(node)
            if reason:
                return reason
            self._record(node)
        return ""

    def _bad_target(self, target: ast.expr, relaxed: bool) -> str:
        if isinstance(target, ast.Tuple | ast.List):
            return next(filter(None, (self._bad_target(part, relaxed) for part in target.elts)), "")
        if isinstance(target, ast.Attribute | ast.Subscript):
            name = root(target)
            if name not in self._kept or name in self._origins or name in self._dropped:
                return f"it changes `{ast.unparse(target)[:40]}`"
            return self._work(target.slice, relaxed) if isinstance(target, ast.Subscript) else ""
        return ""

    def _work(self, node: ast.AST, relaxed: bool, local: frozenset[str] = frozenset()) -> str:
        """What in an expression is more than a value; an empty string if nothing is."""
        if isinstance(node, ast.Lambda):
            return ""
        if isinstance(node, ast.Name):
            return "" if node.id in local else self._name(node.id)
        if isinstance(node, _NEVER):
            return "it does more than compute a value"
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            local |= {n.id for part in node.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)}
        if isinstance(node, ast.Call):
            if not self._callable(node.func, relaxed, local):
                return f"it calls `{ast.unparse(node.func)[:40]}`"
            inner: list[ast.AST] = [*node.args, *node.keywords]
        else:
            inner = list(ast.iter_child_nodes(node))
        return next(filter(None, (self._work(child, relaxed, local) for child in inner)), "")

    def _name(self, name: str) -> str:
        if name in self._dropped:
            return f"it uses `{name}`, which {self._dropped[name]} computes"
        if name in self._kept or name in self._anywhere or hasattr(builtins, name) or self._stars:
            return ""  # what a later cell defines is tried again at the end
        return f"it uses `{name}`, which nothing in the file defines"

    def _callable(self, func: ast.expr, relaxed: bool, local: frozenset[str]) -> bool:
        head, _, rest = dotted(func).partition(".")
        if head and head not in local and head not in self._dropped:
            if head in self._functions:
                return relaxed and not rest
            origins = [self._origins[head]] if head in self._origins else []
            if not origins and head not in self._kept:
                origins = ["builtins", *self._stars]
                rest = dotted(func)
            names = [f"{origin}.{rest}".rstrip(".") for origin in origins]
            if any(may_call(name) or relaxed and name.startswith("vae_course.given.") for name in names):
                return True
            if head in self._origins:
                return False
        return (
            isinstance(func, ast.Attribute)
            and may_call_method(func.attr)
            and not self._work(func.value, relaxed, local)
        )
