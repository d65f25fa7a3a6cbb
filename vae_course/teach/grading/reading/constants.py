"""Constants that somebody wrote: of tame types alone, and as JSON."""

from typing import Any

_DEEPEST, _MOST_ENTRIES, _LONGEST, _LARGEST = 5, 1000, 10_000, 1e300

UNKNOWN = object()
"""In place of a constant that the text alone does not tell."""


def tame(value: Any, depth: int = _DEEPEST) -> Any:
    """A constant that a check can look at without harm: plain types of moderate size.

    Raises:
        ValueError: it is something else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST:
        return value
    if isinstance(value, int | float) and not abs(value) > _LARGEST or isinstance(value, float):
        return value
    if depth and isinstance(value, list | tuple) and len(value) <= _MOST_ENTRIES:
        return type(value)(tame(part, depth - 1) for part in value)
    if depth and isinstance(value, dict) and len(value) <= _MOST_ENTRIES:
        return {tame(key, 0): tame(part, depth - 1) for key, part in value.items()}
    raise ValueError(f"a {type(value).__name__} of this kind or size is no constant of this course")


def encoded(value: Any) -> Any:
    """A tame constant, or `UNKNOWN`, as JSON: lists, tuples and dictionaries in an object that says which of them it is."""
    if value is UNKNOWN:
        return {"unknown": []}
    if isinstance(value, dict):
        return {"dict": [[encoded(key), encoded(part)] for key, part in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [encoded(part) for part in value]}
    return value


def decoded(value: Any) -> Any:
    """What was `encoded`.

    Raises:
        ValueError, TypeError: it was not.
    """
    if isinstance(value, list):
        raise ValueError("a bare list")
    if not isinstance(value, dict):
        return tame(value)
    [(kind, parts)] = value.items()
    match kind:
        case "unknown":
            return UNKNOWN
        case "dict":
            return tame({decoded(key): decoded(part) for key, part in parts})
        case "list":
            return tame([decoded(part) for part in parts])
        case "tuple":
            return tame(tuple(decoded(part) for part in parts))
    raise ValueError(f"a constant of the kind {kind!r}")
