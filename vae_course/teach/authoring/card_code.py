"""What a card's code cells define and check, read from the syntax tree."""

import ast
from collections.abc import Iterator

from vae_course.teach.authoring.lesson_source import Cell


def parse(source: str) -> ast.Module:
    """The syntax tree; empty for code with magics or errors, which the execution judges."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def code_start(source: str) -> str:
    """The code from its first line that is neither blank nor a comment."""
    lines = source.split("\n")
    while lines and (not lines[0].strip() or lines[0].startswith("#")):
        lines.pop(0)
    return "\n".join(lines)


def defines(cell: Cell, name: str) -> bool:
    """Whether the cell defines `name` with a solution region inside (for a constant: at the left margin)."""
    for defined, node in _definitions(cell.source):
        same = defined == name or ("." in name and "." in defined and defined.split(".")[-1] == name.split(".")[-1])
        if not same:
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign):
            return any(not region.in_function for region in cell.regions)
        first, last = cell.line + node.lineno - 1, cell.line + (node.end_lineno or node.lineno) - 1
        if any(first <= region.line <= last or defined in names_bound(region.text) for region in cell.regions):
            return True
    return False


Definition = ast.ClassDef | ast.FunctionDef | ast.Assign | ast.AnnAssign


def _definitions(source: str) -> Iterator[tuple[str, Definition]]:
    """Names bound at the top level, and methods as `Class.method`."""
    for node in parse(source).body:
        if isinstance(node, ast.ClassDef):
            yield node.name, node
            yield from ((f"{node.name}.{item.name}", item) for item in node.body if isinstance(item, ast.FunctionDef))
        elif isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from ((leaf.id, node) for leaf in ast.walk(target) if isinstance(leaf, ast.Name))


def checked_names(source: str) -> list[str]:
    """The exercises that the cell's `check(...)` calls name, by their second argument or the text of the first."""
    names = []
    for call in ast.walk(parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check" and call.args:
            given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "exercise")]
            if given and isinstance(given[0], ast.Constant):
                names.append(str(given[0].value))
            else:
                names.append(ast.unparse(call.args[0]))
    return names


def names_bound(source: str) -> set[str]:
    """The names that the source binds at its top level."""
    return {name for name, _ in _definitions(source)}
