"""Which of the things that a hand-in defines are meant as the answer to an exercise? One rule, wherever the hand-in was run."""

from collections.abc import Collection, Mapping
from typing import Any

from vae_course.runner.notebooks.run import EVERYTHING, Definitions


def answers_in(definitions: Definitions, name: str, exercises: Collection[str] = ()) -> list[Any]:
    """What may be meant as the answer to an exercise, the likeliest first; nothing if the hand-in does not define it.

    Who asks takes the first that is more than a stub. A function or a constant counts by its name; of several, the last, as when
    a cell is run again. The answer to a method is the class that has it: one of that name, else any class of the hand-in, the last
    first, unless the method of that very class is another exercise. The answer to a class is the class of that name, else the
    one with most of the methods that are exercises of it.

    Args:
        definitions: what the hand-in defines.
        name: the exercise's: "kl_normal", "VAE" or "VAE.loss".
        exercises: the names of all.
    """
    owner, _, method = name.rpartition(".")
    if method and owner:
        having = [cls for cls in _classes(definitions) if method in _members(cls)]
        named = [cls for cls in _versions(definitions, owner) if cls in having]
        elsewhere = {cls for other in exercises if other.endswith(f".{method}") and other != name
                     for cls in _versions(definitions, other.partition(".")[0])}  # fmt: skip
        return _once([*named, *(cls for cls in having if cls not in elsewhere)])
    found = _versions(definitions, name)
    methods = {other.partition(".")[2] for other in exercises if other.startswith(f"{name}.")}
    others = [cls for cls in _classes(definitions) if methods & _members(cls)]
    return _once([*found, *sorted(others, key=lambda cls: -len(methods & _members(cls)))])


def reason_for(name: str, failed: Mapping[str, str]) -> str:
    """Why an exercise's answer, which is in the file, could not be had; empty if nothing is known.

    Args:
        name: the exercise's.
        failed: see `Definitions`.
    """
    owner, _, method = name.rpartition(".")
    reason = failed.get(name) or failed.get(owner, "")
    if not reason and owner:
        reason = next((text for other, text in failed.items() if other.endswith(f".{method}")), "")
    reason = reason or failed.get(EVERYTHING, "")
    return reason[:1].upper() + reason[1:]


def _versions(definitions: Definitions, name: str) -> list[Any]:
    """What the name has stood for, the last first."""
    return list(reversed(definitions.versions.get(name, ())))


def _classes(definitions: Definitions) -> list[type]:
    """The classes that the hand-in itself defines, the last first."""
    module = definitions.namespace.get("__name__")
    values = [value for versions in definitions.versions.values() for value in versions]
    return [value for value in reversed(values) if isinstance(value, type) and value.__module__ == module]


def _members(cls: type) -> set[str]:
    """What a class, or one of the hand-in's that it is derived from, defines."""
    return set().union(*(vars(base) for base in cls.__mro__ if base.__module__ == cls.__module__))


def _once(values: list[Any]) -> list[Any]:
    """Each object once, in order."""
    return list({id(value): value for value in values}.values())
