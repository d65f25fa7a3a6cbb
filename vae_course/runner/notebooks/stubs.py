"""The stubs of the lessons as they are handed out, told from their text."""

import ast


def is_stub(node: ast.stmt) -> bool:
    """True for a definition in which nothing is written yet.

    A function without a body or whose body raises NotImplementedError, a class of nothing but such functions, and a constant
    that is None, or holds None alone.
    """
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return all(_is_nothing(part) for part in node.body)
        case ast.ClassDef():
            parts = [part for part in node.body if not _is_nothing(part)]
            inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            return bool(parts) and all(isinstance(part, inner) and is_stub(part) for part in parts)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return _is_placeholder(value)
    return False


def _is_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"))):
            return True
    return False


def _is_placeholder(value: ast.expr) -> bool:
    """None, a list or dictionary of it, `[None] * 6`, `dict.fromkeys("ABC")`."""
    match value:
        case ast.Constant(value=None):
            return True
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
            return bool(parts) and all(map(_is_placeholder, parts))
        case ast.BinOp(left=ast.List() as part, op=ast.Mult()):
            return _is_placeholder(part)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="dict"), attr="fromkeys"), args=[_]):
            return True
    return False
