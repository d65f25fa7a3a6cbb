"""The page on a class: how it stands, what it has misunderstood, who is stuck where, and what the next lecture might say."""

import ast
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.outgoing.pages.pictures import bars, histogram
from vae_course.teach.grading.outgoing.pages.rendering import rendered
from vae_course.teach.grading.outgoing.pages.student import NOT_BEGUN

MOST_LINES = 12
MOST_TO_SAY = 3
MOST_NAMES = 12


@dataclass(frozen=True)
class Misunderstood:
    """One misconception of this class: how many have it, of how many who tried, its sentence, and how one of them wrote it."""

    exercise: Exercise
    name: str
    count: int
    tried: int
    sentence: str
    example: str


@dataclass(frozen=True)
class Hardness:
    """One exercise in this class: the mean share of its points, and how many stand how."""

    exercise: Exercise
    share: float
    students: int
    statuses: str


def class_page(rows: Sequence[Standing], absent: Sequence[str], waiting: Sequence[str], stamp: str = "") -> str:
    """The page on a class.

    Args:
        rows: what counts, of everybody.
        absent: who handed in nothing.
        waiting: files that a person has to look at.
    """
    of_student: dict[str, list[Standing]] = defaultdict(list)
    for row in rows:
        of_student[row.student].append(row)
    known = [[row for row in mine if not row.needs_a_person] for mine in of_student.values()]
    shares = [sum(row.points for row in mine) / most for mine in known if (most := sum(row.max_points for row in mine))]
    hard = hardness(rows)
    misunderstood = misconceptions(rows)
    names = [f"{one.exercise.number} {one.exercise.name}" for one in hard]
    return rendered(
        "class.html",
        students=len(of_student),
        mean=sum(shares) / len(shares) if shares else 0.0,
        histogram=histogram(shares) if shares else None,
        bars=bars(names, [one.share for one in hard]) if hard else None,
        hard=hard,
        misunderstood=misunderstood,
        to_say=misunderstood[:MOST_TO_SAY],
        stuck=stuck(of_student),
        persons=sorted({row.student for row in rows if row.needs_a_person}),
        absent=absent,
        waiting=waiting,
        stamp=stamp,
        few=few_names,
    )


def hardness(rows: Sequence[Standing]) -> list[Hardness]:
    """The exercises that count for something, the hardest first."""
    of_exercise: dict[str, list[Standing]] = defaultdict(list)
    for row in rows:
        if row.max_points and not row.needs_a_person:
            of_exercise[row.exercise].append(row)
    found = []
    for name, mine in of_exercise.items():
        count = Counter(row.status for row in mine)
        statuses = ", ".join(f"{number} {status}" for status, number in count.most_common())
        share = sum(row.as_found / row.max_points for row in mine if not row.decided)
        counted = sum(not row.decided for row in mine) or 1
        found.append(Hardness(EXERCISES[name], share / counted, len(mine), statuses))
    return sorted(found, key=lambda one: one.share)


def misconceptions(rows: Sequence[Standing]) -> list[Misunderstood]:
    """What this class has misunderstood, the commonest first; the examples have lost their comments, and whose they are."""
    having: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    tried: Counter[str] = Counter()
    for row in rows:
        tried[row.exercise] += row.status not in NOT_BEGUN and not row.needs_a_person
        if row.misconception:
            having[row.exercise, row.misconception].append(row)
    found = []
    for (exercise, name), mine in having.items():
        known = next((m for m in EXERCISES[exercise].misconceptions if m.name == name), None)
        sentence = (known and (known.message or known.reason)) or f"{name.replace('-', ' ').capitalize()}."
        example = min(filter(None, map(_example, mine)), key=len, default="")
        found.append(Misunderstood(EXERCISES[exercise], name, len(mine), tried[exercise], sentence, example))
    return sorted(found, key=lambda one: (-one.count, one.exercise.number, one.name))


def stuck(of_student: dict[str, list[Standing]]) -> list[tuple[Exercise, list[str]]]:
    """By the first exercise that they have begun and not solved, who is stuck there; in the course's order."""
    at: dict[str, list[str]] = defaultdict(list)
    for student, mine in of_student.items():
        for row in mine:
            if row.max_points and row.status not in ("correct", *NOT_BEGUN) and not row.needs_a_person:
                at[row.exercise].append(student)
                break
    return [(EXERCISES[name], at[name]) for name in EXERCISES if name in at]


def few_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _example(row: Standing) -> str:
    """A student's answer without comments and docstrings, if it is short."""
    code = json.loads(row.details)["code"] if row.details else []
    if len(code) != 1:
        return ""
    try:
        tree = ast.parse(code[0][2])
    except (SyntaxError, ValueError, RecursionError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[0], ast.Expr) and len(node.body) > 1:
            node.body = node.body[1:] if isinstance(node.body[0].value, ast.Constant) else node.body
    text = ast.unparse(tree)
    return text if len(text.splitlines()) <= MOST_LINES else ""
