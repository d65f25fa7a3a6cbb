"""What must hold of every class that was marked, however its hand-ins were mangled: nobody missing, nobody merged, no file lost, no mark
that is wrong and said to be right."""

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.teach.grading.mangled.classes import Class
from tests.teach.grading.mangled.mutations import FOR_A_PERSON
from vae_course.teach.grading.incoming.fates import PERSON
from vae_course.teach.grading.incoming.items import shown
from vae_course.teach.grading.marks import NEEDS_A_PERSON

Row = dict[str, str]
Marks = Mapping[str, tuple[str, ...]]
"""By exercise, what marks.csv says of it."""
_SAID = ("status", "points", "max_points", "misconception", "message")


@dataclass(frozen=True)
class Tables:
    """What a run leaves."""

    totals: list[Row]
    files: list[Row]
    marks: list[Row]
    code: int

    def of_everybody(self) -> dict[str, Marks]:
        """By the student's name, the marks."""
        found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for row in self.marks:
            found[row["student"]][row["exercise"]] = tuple(row[column] for column in _SAID)
        return dict(found)


def tables(out: Path, code: int) -> Tables:
    return Tables(_rows(out / "totals.csv"), _rows(out / "files.csv"), _rows(out / "marks.csv"), code)


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def violations(made: Class, found: Tables, right: Mapping[str, Marks]) -> list[str]:
    """Each breach of a promise as a sentence.

    Args:
        right: by the roster's id, the marks of the hand-ins before they were mangled.
    """
    return [*_people(made, found), *_files(made, found), *_marks(made, found, right), *_code(found)]


def _people(made: Class, found: Tables) -> list[str]:
    rows = Counter(row["id"] for row in found.totals)
    wrong = [f"{who} has {rows[who]} rows ({_what(made, who)})" for who in made.people if rows[who] != 1]
    wrong += [f"{row['student']} is not on the roster" for row in found.totals if row["id"] not in made.people]
    names = Counter(row["student"] for row in found.totals)
    return wrong + [f"{name!r} are {count} people" for name, count in names.items() if count > 1]


def _files(made: Class, found: Tables) -> list[str]:
    """Each file has one row, with its owner's name; or the folder around it has, which was set aside as a whole."""
    who = {row["student"]: row["id"] for row in found.totals} | {"": ""}
    rows = Counter((row["path"], who.get(row["student"], "?")) for row in found.files)
    expected = Counter((shown(path.split("/")), owner) for path, owner in made.files)
    covered: Counter[tuple[str, str]] = Counter()
    folders = {(path, owner) for path, owner in rows if path.endswith("/")}
    for (path, owner), count in expected.items():
        ends = (place + 1 for place, letter in enumerate(path) if letter == "/")
        inside = next((path[:end] for end in ends if (path[:end], owner) in folders), "")
        covered[(inside or path, owner)] += 1 if inside else count
    wrong = [f"of {key} the ledger has {rows[key]} rows ({_what(made, key[1])})" for key in covered if not rows[key]]
    wrong += [f"{key} has {count} rows" for key, count in rows.items() if key not in covered or count > covered[key]]
    wrong += [
        f"{count} files are {key}, with {rows[key]} rows" for key, count in expected.items() if 0 < rows[key] < count
    ]
    return wrong + [f"nothing is said of {row['path']}" for row in found.files if not (row["fate"] and row["why"])]


def _marks(made: Class, found: Tables, right: Mapping[str, Marks]) -> list[str]:
    wrong, marks = [], found.of_everybody()
    for row in found.totals:
        who, needs = row["id"], row["needs_a_person"] == "yes"
        if needs != (made.mangled.get(who) in FOR_A_PERSON):
            wrong.append(f"{who} {'needs' if needs else 'does not need'} a person ({_what(made, who)})")
        mine = marks.get(row["student"], {})
        if not needs and mine != right.get(who):
            moved = [
                (name, mine.get(name), mark) for name, mark in right.get(who, {}).items() if mine.get(name) != mark
            ]
            wrong.append(f"{who} has other marks, and needs no person ({_what(made, who)}): {moved[:2]}")
        given = sum(float(points or 0) for _, points, *_ in mine.values())
        if abs(float(row["points"] or 0) - given) > 1e-6:
            wrong.append(f"the points of {who} are not the sum of the marks")
    return wrong


def _what(made: Class, who: str) -> str:
    return made.mangled[who].name if who in made.mangled else "not mangled"


def _code(found: Tables) -> list[str]:
    """The exit code is 1, and a student's row says so, exactly if something needs a person."""
    needed = {row["student"] for row in found.files if row["fate"] == PERSON}
    needed |= {row["student"] for row in found.marks if row["status"] in NEEDS_A_PERSON}
    said = {row["student"] for row in found.totals if row["needs_a_person"] == "yes"}
    wrong = [f"{name} needs a person, or is said to, and not both" for name in sorted((needed - {""}) ^ said)]
    return wrong + ([] if found.code == bool(needed) else [f"the exit code is {found.code}"])
