"""The shape of every lesson and every exercise card. The tables on top are data: change them here, nowhere else."""

import re
from itertools import pairwise

from vae_course.teach.authoring.card_code import checked_names, code_start, defines
from vae_course.teach.authoring.exercise_facts import Exercises
from vae_course.teach.authoring.lesson_source import Cell, Lesson
from vae_course.teach.authoring.problems import Problem

# Sections (level 2) of every lesson, in this order: the title's beginning, what its cells must contain, in words.
SKELETON: tuple[tuple[str, str | None, str], ...] = (
    ("What you will build", None, ""),
    ("Before you start", r"\d+ minutes", "the minutes that the lesson takes, as in `90 minutes`"),
    (
        "Warm-up",
        r"(?s)(?:^\s*\d\..*?){3}|(?:<details>.*?){3}",
        "three retrieval questions (numbered, or in `<details>`)",
    ),
    ("Summary", None, ""),
    ("Check your progress", r"\bprogress\(", "a code cell calling `progress()`"),
    ("Where people get stuck", None, ""),
    ("Blank page", None, ""),
    ("Further reading", None, ""),
)

# Parts of a card in prose, in this order: name, pattern. The code cells stand between SHAPES and HINTS.
GOAL = ("**Goal.**", r"\*\*Goal\.\*\* +\S")
FORMULA = ("a formula ($...$ or $$...$$)", r"\$[^$]+\$")
SHAPES = ("**Shapes.**", r"\*\*Shapes\.\*\* +\S")
ANSWER = ("**Answer.**", r"\*\*Answer\.\*\* +\S")
STUB = "the stub: a code cell with a solution region that defines the answer"
CHECK = "a code cell with check(...) for it"
DRAWING = (
    "a cell that begins `if solved(` and draws the result beside the target (or the tag no-drawing on the check cell)"
)
HINTS = ("a hint by symptom: <summary>I get ... instead", r"<summary>[^<]*I get\b[^<]*\binstead")
THINK = ("**Think.** and below it <details> with the answer", r"\*\*Think\.\*\*(?s:.)*?<details>")
AXES = r"(?i)\bsum|averag|\bmean\b|element"  # what the Shapes must speak of

_PLACE = "put it in its place: head, Goal, formula, Shapes or Answer, stub, check, drawing, hints, Think"


def check_cards(lesson: Lesson, exercises: Exercises) -> list[Problem]:
    """Every exercise of the lesson has one whole card, and every solution region belongs to one."""
    problems: list[Problem] = []
    heads = [cell for cell in lesson.cells if cell.exercises]
    carded = [name for head in heads for name in head.exercises]
    for exercise in exercises.values():
        count = carded.count(exercise.name)
        if exercise.lesson == lesson.name and count != 1:
            problems.append(
                Problem(
                    lesson.path,
                    1,
                    "one card",
                    "none" if count == 0 else f"{count} of them",
                    f"begin one markdown cell with `{{{{ exercise {exercise.name} }}}}`",
                    exercise.name,
                )
            )
    for cell in lesson.cells:
        if cell.regions and not cell.card and not cell.puzzles:
            problems.append(
                Problem(
                    lesson.path,
                    cell.regions[0].line,
                    "a solution region only inside an exercise card or in the section of puzzles",
                    "one outside (a card ends at the next heading of level 1 to 3)",
                    "move the cell into its card, or show the code without markers",
                )
            )
    for head in heads:
        start = lesson.cells.index(head)
        end = start + 1
        while end < len(lesson.cells) and lesson.cells[end].card == head.exercises:
            if lesson.cells[end].exercises:
                break
            end += 1
        problems += _check_card(lesson, lesson.cells[start:end])
    return problems


def _check_card(lesson: Lesson, cells: list[Cell]) -> list[Problem]:
    head, names = cells[0], cells[0].exercises
    problems: list[Problem] = []

    def refuse(expected: str, got: str, what_next: str = _PLACE, line: int = head.line, name: str = names[0]) -> None:
        problems.append(Problem(lesson.path, line, expected, got, what_next, name))

    prose = [(index, cell) for index, cell in enumerate(cells) if cell.kind == "markdown"]
    places: list[tuple[str, tuple[int, int] | None]] = []

    def in_prose(part: tuple[str, str], after: tuple[int, int] | None = None) -> None:
        places.append((part[0], _first(prose, part[1], after)))

    in_prose(GOAL)
    with_answer = _first(prose, SHAPES[1]) is None and _first(prose, ANSWER[1]) is not None
    if not with_answer:
        in_prose(FORMULA, after=places[0][1])
        in_prose((f"{SHAPES[0]} (or {ANSWER[0]} where the answer is no tensor)", SHAPES[1]))
        shapes = re.search(SHAPES[1] + r"(?s:.)*?(?:\n\n|$)", "\n\n".join(cell.source for _, cell in prose))
        if shapes and not re.search(AXES, shapes[0]):
            refuse(
                "Shapes that say which axis is summed and which averaged",
                f"`{shapes[0].strip()[:80]}`",
                'write it out; "nothing is summed, nothing averaged" is an answer too',
            )
    else:
        in_prose(ANSWER)

    code = [(index, cell) for index, cell in enumerate(cells) if cell.kind == "code"]
    stubs = [index for index, cell in code if cell.regions]
    for name in names:
        if not any(defines(cell, name) for _, cell in code if cell.regions):
            refuse(STUB, "no such cell in this card", "add it, with ### BEGIN SOLUTION and ### END SOLUTION", name=name)
    checks = [index for index, cell in code if not cell.regions and checked_names(cell.source)]
    checked = {name for index in checks for name in checked_names(cells[index].source)}
    for name in names:
        if name not in checked and name.split(".")[-1] not in {c.split(".")[-1] for c in checked if "." in name}:
            got = f"check(...) of {', '.join(sorted(checked))}" if checked else "none in this card"
            refuse(CHECK, got, f'add `check({name})`, or `check(..., "{name}")`', name=name)
    places.append(("the stub", (stubs[-1], 0) if stubs else None))
    places.append(("the check", (checks[0], 0) if checks else None))
    drawings = [index for index, cell in code if code_start(cell.source).startswith("if solved(")]
    if drawings:
        places.append(("the drawing", (drawings[0], 0)))
    elif any(r.in_function for _, c in code for r in c.regions) and not any("no-drawing" in c.tags for c in cells):
        refuse(DRAWING, "neither")
    in_prose(HINTS)
    in_prose(THINK)

    for part, place in places:
        if place is None and part not in ("the stub", "the check"):  # those two were named above
            refuse(part, "a card without it", _PLACE)
    found = [(part, place) for part, place in places if place is not None]
    for (earlier, before), (later, after) in pairwise(found):
        if after < before:
            refuse(f"{earlier} before {later}", "them the other way round", line=cells[after[0]].line)
    return problems


def _first(prose: list[tuple[int, Cell]], pattern: str, after: tuple[int, int] | None = None) -> tuple[int, int] | None:
    for index, cell in prose:
        for match in re.finditer(pattern, cell.source):
            if after is None or (index, match.start()) > after:
                return index, match.start()
    return None
