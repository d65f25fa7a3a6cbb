"""A lint, not a wall: an answer that is, or calls, its own name from `vae_course.given` or `vae_course.teach.reference`."""

import inspect
import re
import types
from collections.abc import Callable
from typing import Any

_MODULE = re.compile(r"vae_course\.(given|teach\.reference(?:\.\w+)?)")


def forbidden_name(answer: Any, exercise: str) -> str:
    """The forbidden name that the answer to an exercise ("kl_normal", "VAE.loss") uses, as "given.kl_normal", or ""."""
    own = exercise.split(".")[-1]
    if taken := taken_from(_origin(answer), own):
        return taken
    for function in _functions(answer):
        seen = function.__globals__ | _closure(function)
        used = forbidden_in(function.__code__, own, lambda name, seen=seen: _origin(seen.get(name)))  # type: ignore[misc]
        if used:
            return used
    return ""


def forbidden_in(code: types.CodeType, own: str, origin: Callable[[str], str]) -> str:
    """The same for compiled code that need not have been run.

    Args:
        code: a function's.
        own: the name that it may not take from elsewhere.
        origin: what a name of the code stands for: "vae_course.given", "vae_course.given.kl_normal", or "".
    """
    used = _names(code)
    for name in used | set(code.co_freevars):
        for found in (origin(name), name):  # an import inside the answer has its module among the names
            if taken := taken_from(found if found.endswith(f".{own}") or own not in used else f"{found}.{own}", own):
                return taken
    return ""


def taken_from(origin: str, own: str) -> str:
    """ "given.kl_normal" for the origin "vae_course.given.kl_normal" of a name, or "" if it is no answer to `own`."""
    module = _MODULE.fullmatch(origin.removesuffix(f".{own}"))
    return f"{module[1]}.{own}" if module and origin.endswith(f".{own}") else ""


def sentence(used: str) -> str:
    """What its author is told."""
    if not used.startswith(("given.", "teach.reference.")):
        return (
            f"Your answer uses {used}, which belongs to the checks and not to the lesson. Write the formula yourself."
        )
    return f"Your answer calls {used}, which is the thing to write. Write the formula yourself."


def _origin(value: Any) -> str:
    if isinstance(value, types.ModuleType):
        return value.__name__
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}"


def _closure(function: types.FunctionType) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    empty = types.CellType()  # a name of the surrounding function that has no value yet
    return {name: cell.cell_contents for name, cell in cells if cell != empty}


def _functions(answer: Any) -> list[types.FunctionType]:
    if isinstance(answer, types.FunctionType):
        return [answer]
    if inspect.isclass(answer):
        return [f for f in vars(answer).values() if isinstance(f, types.FunctionType)]
    return []


def _names(code: types.CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*(_names(c) for c in inner))
