"""A lint, not a wall: an answer that calls its own name from `vae_course.given` or `vae_course.reference`."""

import inspect
import types
from typing import Any

_KEYS = ("vae_course.given", "vae_course.reference")


def forbidden_name(answer: Any, exercise: str) -> str:
    """The forbidden name that the answer to an exercise ("kl_normal", "VAE.loss") uses, as "given.kl_normal", or ""."""
    own = exercise.split(".")[-1]
    for function in _functions(answer):
        used = _names(function.__code__)
        seen = function.__globals__ | _closure(function)
        for name in used | set(function.__code__.co_freevars):
            value = seen.get(name)
            if isinstance(value, types.ModuleType) and value.__name__.startswith(_KEYS) and own in used:
                return f"{value.__name__.removeprefix('vae_course.')}.{own}"
            if getattr(value, "__name__", "") == own and _is_key(value):
                return f"{value.__module__.removeprefix('vae_course.')}.{own}"
            if name.startswith(_KEYS) and own in used:  # an import inside the answer
                return f"{name.removeprefix('vae_course.')}.{own}"
    return ""


def sentence(used: str) -> str:
    """What its author is told."""
    return f"Your answer calls {used}, which is the thing to write. Write the formula yourself."


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


def _is_key(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith(_KEYS)
