"""Classes in which hand-ins are mangled on their way: nobody is missing, nobody merged, every file has its fate, and a mark is what it
was or a person is told. See `mangled.mutations` for what happens to them."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.share import one_in
from tests.teach.grading.mangled.classes import Class, make_class, mangled_class
from tests.teach.grading.mangled.hand_ins import hand_in, person
from tests.teach.grading.mangled.invariants import Marks, Tables, tables, violations
from tests.teach.grading.mangled.mutation import KINDS
from tests.teach.grading.mangled.mutations import MUTATIONS
from vae_course import cli
from vae_course.teach.grading.incoming.fates import MARKED

STUDENTS = 400


def graded(made: Class, *options: str) -> Tables:
    out = made.path.parent / "marks"
    code = cli.main(["grade", str(made.path), "--out", str(out), "--seed", "3", "--roster", str(made.roster), *options])
    return tables(out, code)


Whole = Callable[[int], tuple[Class, Tables, dict[str, Marks]]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A class of so many before anything happens to it, how it is marked, and by the roster's id everybody's marks."""

    @cache
    def marked(students: int) -> tuple[Class, Tables, dict[str, Marks]]:
        folder = tmp_path_factory.mktemp("whole") / "class"
        made = make_class(folder, "folders", [hand_in(person(place)) for place in range(students)], False, {})
        found = graded(made)
        ids = {row["student"]: row["id"] for row in found.totals}
        return made, found, {ids[student]: marks for student, marks in found.of_everybody().items()}

    return marked


@pytest.mark.slow
def test_in_a_class_that_is_not_mangled_nothing_is_wrong_and_no_two_have_the_same_marks(whole: Whole):
    made, found, right = whole(len(MUTATIONS))
    assert violations(made, found, right) == [] and found.code == 0
    assert len(right) == len({str(marks) for marks in right.values()}) == len(MUTATIONS)


@pytest.mark.parametrize("seed", one_in(3, range(3)))
def test_whatever_happens_to_hand_ins_nobody_and_nothing_is_lost(seed: int, whole: Whole, tmp_path: Path):
    """Each mutation once, in three layouts, of which one is packed."""
    made = mangled_class(tmp_path / "class", len(MUTATIONS), seed, share=1)
    assert {mutation.name for mutation in made.mangled.values()} == {mutation.name for mutation in MUTATIONS}
    assert violations(made, graded(made), whole(len(MUTATIONS))[2]) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_in_a_class_of_400_of_which_every_tenth_hand_in_is_mangled_nobody_and_nothing_is_lost(
    seed: int, whole: Whole, tmp_path: Path
):
    """Every layout, packed and in a folder, by one process and by two."""
    made = mangled_class(tmp_path / "class", STUDENTS, seed, first=seed * STUDENTS // 10)
    assert len(made.mangled) == STUDENTS // 10
    assert violations(made, graded(made, "--jobs", str(1 + seed % 2)), whole(STUDENTS)[2]) == []


def test_there_are_mutations_of_every_kind_and_each_changes_something():
    assert {mutation.kind for mutation in MUTATIONS} == set(KINDS)
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 30
    before = hand_in(person(0))
    for mutation in MUTATIONS:
        after = mutation.of(before, person(1), random.Random(0))
        assert (after.person.shown, after.person.name, after.files) != (
            before.person.shown,
            before.person.name,
            before.files,
        )


# ---------------------------------------------------------------- what would be found


def without(rows: list[dict[str, str]], place: int = 5) -> list[dict[str, str]]:
    return rows[:place] + rows[place + 1 :]


def merged(found: Tables) -> Tables:
    """One of two has both their files and rows."""
    one, other = (row["student"] for row in found.totals[5:7])
    files = [row | {"student": one} if row["student"] == other else row for row in found.files]
    return replace(found, totals=without(found.totals, 6), files=files)


def exchanged(found: Tables) -> Tables:
    """Two have each other's marks."""
    one, other = (row["student"] for row in found.totals[5:7])
    turned = {one: other, other: one}
    return replace(found, marks=[row | {"student": turned.get(row["student"], row["student"])} for row in found.marks])


FAULTS: Mapping[str, Callable[[Tables], Tables]] = {
    "a student is missing": lambda found: replace(found, totals=without(found.totals)),
    "a student is there twice": lambda found: replace(found, totals=[*found.totals, found.totals[5]]),
    "a stranger is there": lambda found: replace(found, totals=[*found.totals, found.totals[5] | {"id": ""}]),
    "two are merged": merged,
    "two have each other's marks": exchanged,
    "a file is forgotten": lambda found: replace(found, files=without(found.files)),
    "a file is there twice": lambda found: replace(found, files=[*found.files, found.files[5]]),
    "a file is somebody else's": lambda found: replace(
        found, files=[found.files[5] | {"student": found.files[9]["student"]}, *without(found.files)]
    ),
    "a fate has no reason": lambda found: replace(found, files=[found.files[5] | {"why": ""}, *without(found.files)]),
    "a mark is missing": lambda found: replace(found, marks=without(found.marks)),
    "a mark is another": lambda found: replace(
        found, marks=[found.marks[5] | {"status": "correct!"}, *without(found.marks)]
    ),
    "points are lost": lambda found: replace(
        found, totals=[found.totals[5] | {"points": "99"}, *without(found.totals)]
    ),
    "a file needs a person, and nobody is told": lambda found: replace(
        found, files=[found.files[5] | {"fate": "needs a person"}, *without(found.files)]
    ),
    "a person is called for nothing": lambda found: replace(
        found, totals=[found.totals[5] | {"needs_a_person": "yes"}, *without(found.totals)]
    ),
    "the exit code is 1 for nothing": lambda found: replace(found, code=1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_would_be_found(name: str, whole: Whole):
    made, found, right = whole(len(MUTATIONS))
    assert found.files[5]["fate"] == MARKED
    assert violations(made, FAULTS[name](found), right)
