"""Whatever the run's secret seed: the solved course gets every point, and the untouched one none, in the real sandbox.

7.3 is the course's own trained model; with a network of the student's own it has tests of its own (test_trained_model.py).
"""

import random
from collections.abc import Iterator
from functools import cache

import pytest

from tests.teach.grading.conftest import solved_and_untouched
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.incoming.collect import collect
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.marking.marking import Order, mark_student
from vae_course.teach.grading.marking.shared import with_shared_draws
from vae_course.teach.grading.reading import here
from vae_course.teach.grading.sandbox.remote import Workers

FAST, ALL = 1, 20
LUCK = random.Random(20)
SEEDS = [LUCK.getrandbits(63) for _ in range(ALL)]


@pytest.fixture(scope="module")
def students(tmp_path_factory: pytest.TempPathFactory) -> tuple[Student, ...]:
    folder = tmp_path_factory.mktemp("course")
    return tuple(collect(solved_and_untouched(folder / "class"), folder / "out").students)


@pytest.fixture(scope="module", autouse=True)
def read_once() -> Iterator[None]:
    """What is read does not depend on the seed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here, "manifest_of", cache(here.manifest_of))
        yield


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.slow] if i >= FAST else []) for i, seed in enumerate(SEEDS)]
)
def test_the_solved_course_has_full_marks_and_the_untouched_one_none(
    seed: int, students: tuple[Student, ...], tmp_path_factory: pytest.TempPathFactory, workers: Workers
):
    found = {}
    for student in students:
        marked = mark_student(
            student, Order(seed), [], workers.submission, tmp_path_factory.getbasetemp(), here.read_here
        )
        assert not marked.faults, marked.faults
        found[student.name] = marked.marks
    assert [mark.exercise for mark in found["ada"]] == [mark.exercise for mark in found["bob"]] == list(EXERCISES)
    assert [mark for mark in found["ada"] if mark.status != "correct" or mark.points != mark.max_points] == []
    assert [mark for mark in found["bob"] if mark.status != "not started" or mark.points != 0] == []
    assert sum(mark.points for mark in found["ada"]) == sum(e.points for e in EXERCISES.values())
    with_shared_draws.cache_clear()  # a run has one seed; twenty seeds' images would fill the memory
