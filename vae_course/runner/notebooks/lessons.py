"""Which lessons a file answers. Its answers tell, as names carry dates and other numbers, and a notebook may hold several lessons.

A lesson that was cut in two is called by one number, "04" and "04b": whoever began it before has both in one file, that of the first.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from vae_course.runner.notebooks.names import bound, makes, members, read_by
from vae_course.runner.notebooks.stubs import is_stub

MOST_PASTED = 1
"""So many answers of another lesson, in a notebook that says which lesson it is, are taken for something pasted in."""

Found = dict[str, set[str]]
"""Answers, each with the names at the top of the file in which it stands: {"VAE.loss": {"MyVAE"}}."""


@dataclass(frozen=True)
class Told:
    """What a file tells of its lessons.

    Attributes:
        lesson: the one that it is, or empty.
        also: others of which it holds answers.
        answers: by lesson, the exercises for which it has more than a stub.
        notes: what was guessed or left aside, as sentences.
    """

    lesson: str
    also: tuple[str, ...]
    answers: Mapping[str, frozenset[str]]
    notes: tuple[str, ...]


def lessons_in(statements: list[ast.stmt], lost: Iterable[str], said: str, stem: str, names: Mapping[str, str]) -> Told:
    """The lessons of a file.

    Another lesson's answer is no sign of that lesson where the file's own answers use it: people bring along what they need.

    Args:
        lost: answers that are in the file and cannot be had.
        said: what the notebook itself says, or empty.
        stem: the file's name without its ending.
        names: every answer and its lesson.
    """
    lessons = sorted(set(names.values()))
    if not lessons:
        return Told(said or _any_lesson(stem), (), {}, ())
    said = said if said in lessons else next((lesson for lesson in lessons if lesson in stem), "")
    expected = said or lesson_by_number(stem, lessons)
    there = _found(statements, names, expected, lambda node: True)
    answered = _found(statements, names, expected, lambda node: not is_stub(node))
    for name in filter(None, (_exercise(name, names) for name in lost)):
        answered.setdefault(name, {name.partition(".")[0]})
    made = {node: makes(node, set()) for node in statements}
    own = {name for name in answered if not _is_brought_along(name, answered, made, names)}
    size, have = Counter(names.values()), Counter(names[name] for name in own or there)
    notes, lesson, least = [], expected, MOST_PASTED if said else 0
    if not any(_may_hold(expected, names[name]) for name in [*there, *answered]) and have.total() > least:
        lesson = max(have, key=lambda one: (have[one] / size[one], have[one]))
        if expected:
            notes.append(f"Its name says {expected}, and its answers are those of {lesson}, which count.")
        else:
            notes.append(f"Neither the file nor its name says which lesson this is; by its answers it is {lesson}.")
    also = tuple(
        one
        for one in lessons
        if one != lesson and sum(names[name] == one for name in own) > (0 if _may_hold(lesson, one) else least)
    )
    if also:
        notes.append(f"It holds answers of {' and '.join([lesson, *also])}.")
    by_lesson = ((one, frozenset(name for name in answered if names[name] == one)) for one in lessons)
    return Told(lesson, also, {one: found for one, found in by_lesson if found}, tuple(notes))


def _exercise(name: str, names: Mapping[str, str]) -> str:
    """The exercise that a lost definition would answer: "VAE.loss" for "MyVAE.loss"; or an empty string."""
    _, dot, method = name.partition(".")
    return name if name in names else next((n for n in names if dot and n.endswith(f".{method}")), "")


def lesson_by_number(stem: str, lessons: Iterable[str]) -> str:
    """The lesson whose number a file's name begins with: "04", or "04b" where no word goes on with the letter."""
    number = re.match(r"(\d\d)(?!\d)([a-z]?)(?![a-z])", stem) or re.match(r"(\d\d)(?!\d)()", stem)
    wanted = (f"{number[1]}{number[2]}_", f"{number[1]}_") if number else ()
    return next((lesson for start in wanted for lesson in lessons if lesson.startswith(start)), "")


def _may_hold(lesson: str, other: str) -> bool:
    """Whether the file of a lesson may hold another's answers from before they were cut in two: "04_nelbo" those of "04b_collapse"."""
    number, part = lesson.partition("_")[0], other.partition("_")[0]
    return lesson == other or (number == part[:2] != part)


def _any_lesson(stem: str) -> str:
    found = re.search(r"(?<!\d)\d\d[a-z]?_[a-z]+(?:_[a-z]+)*", stem)
    return found[0] if found else ""


def _found(
    statements: list[ast.stmt], names: Mapping[str, str], expected: str, counts: Callable[[ast.stmt], bool]
) -> Found:
    """The answers among these statements, and among the parts of classes, that count."""
    found: Found = {}
    for node in statements:
        if isinstance(node, ast.ClassDef):
            for name in _in_class(node, names, expected, counts):
                found.setdefault(name, set()).add(node.name)
        elif counts(node) and not _is_given(node):
            for name in bound(node) & names.keys():
                found.setdefault(name, set()).add(name)
    return found


def _is_given(node: ast.stmt) -> bool:
    """True for what comes from the course, or is a whole module."""
    return (
        isinstance(node, ast.Import) or isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("vae_course.")
    )


def _in_class(
    cls: ast.ClassDef, names: Mapping[str, str], expected: str, counts: Callable[[ast.stmt], bool]
) -> set[str]:
    """The exercises that a class answers: itself, where it is asked for as a whole, else those of its methods."""
    parts = {member for part in cls.body if counts(part) for member in bound(part)}
    if cls.name in names and not any(name.startswith(f"{cls.name}.") for name in names):
        return {cls.name} if parts else set()
    options = {m: [name for name in names if name.endswith(f".{m}")] for m in members(cls)}
    spanned = {names[options[m][0]] for m in options if len(options[m]) == 1}
    whole = next((name for name in names if any(other.startswith(f"{name}.") for other in names)), "")
    if whole and (names[whole] == expected if spanned else cls.name == whole and names[whole] == expected):
        return {whole} if parts else set()
    if whole and len(spanned) > 1 and "__init__" in options:
        return {whole} if parts else set()
    found = set()
    for member in parts & options.keys():
        named = [name for name in options[member] if name == f"{cls.name}.{member}"]
        fitting = [name for name in options[member] if _may_hold(expected, names[name]) or names[name] in spanned]
        found |= set([*named, *fitting, *options[member]][:1])
    return found


def _is_brought_along(
    name: str, answered: Found, made: Mapping[ast.stmt, frozenset[str]], names: Mapping[str, str]
) -> bool:
    """True if the answers of other lessons use it. `made`: see `read_by`."""
    others = set().union(*(tops for other, tops in answered.items() if names[other] != names[name]))
    return bool(answered[name]) and bool(others) and answered[name] <= read_by(made, others) - others
