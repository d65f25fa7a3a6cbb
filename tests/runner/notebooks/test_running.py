"""What running the definitions leaves: a value for each name, all that it stood for before, and no endless second tries."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import read
from vae_course.runner.notebooks import Definitions, answers_in, run_definitions


def found(folder: Path, *cells: str) -> Definitions:
    return run_definitions(read(folder, *cells))


def test_everything_that_a_name_has_stood_for_is_kept_in_order_and_nothing_of_the_modules_own(tmp_path: Path):
    assert found(tmp_path, "a = 'x'\nb = 1", "a = 'y'", "a = 'z'").versions == {"a": ["x", "y", "z"], "b": [1]}


def test_a_version_that_a_value_is_changed_into_is_no_new_one(tmp_path: Path):
    """Filled in, it is the same dictionary, seen at each of the two statements."""
    cells = ["predict_negative_share = {}", "predict_negative_share['x'] = 1"]
    definitions = found(tmp_path, *cells)
    assert definitions.versions == {"predict_negative_share": [{"x": 1}, {"x": 1}]}
    assert answers_in(definitions, "predict_negative_share") == [{"x": 1}]


def test_a_statement_that_fails_adds_no_version(tmp_path: Path):
    assert found(tmp_path, "a = 1", "a = 1 / 0").versions == {"a": [1]}


def test_what_code_inside_another_statement_binds_is_a_version_too_and_the_last(tmp_path: Path):
    definitions = found(tmp_path, "a = 'x'", "a = 'y'", "class A:\n    global a, b\n    a = 'x'\n    b = 2")
    assert definitions.versions["a"] == ["x", "y", "x"] and definitions.versions["b"] == [2]
    assert answers_in(definitions, "a") == ["x", "y"]


def test_a_name_in_a_branch_that_is_not_taken_is_not_defined_and_costs_nothing(tmp_path: Path):
    definitions = found(
        tmp_path,
        "if 1 > 2:\n    a = 1\nb = 2",
        "try:\n    c = 3\nexcept ValueError as error:\n    c = 4",
        "predict_negative_share = [c, 0]\nif 1 > 2:\n    predict_negative_share = a",
    )
    assert (
        definitions.versions == {"b": [2], "c": [3], "predict_negative_share": [[3, 0]] * 2}
        and definitions.failed == {}
    )


def test_a_statement_that_lacks_a_name_is_tried_again_as_long_as_that_helps_any(tmp_path: Path):
    tries: list[str] = []

    def counting(work: Callable[[], None]) -> None:
        tries.append("one")
        assert len(tries) < 20
        work()

    cells = ["class C(B): pass", "class B(A): pass", "class A: pass", "class D:\n    x = nowhere"]
    definitions = run_definitions(read(tmp_path, *cells), counting)
    assert definitions.versions.keys() == set("ABC")
    assert definitions.failed == {"D": "cell 4, line 1, raised NameError: name 'nowhere' is not defined"}
    assert len(tries) == 4 + 3 + 2 + 1


@pytest.mark.parametrize("between", ["", "c = 1"])
def test_a_statement_that_lacks_a_name_is_not_tried_again_when_a_later_one_has_taken_its_place(
    tmp_path: Path, between: str
):
    definitions = found(tmp_path, "class A(B): pass", between, "class A: k = 1", "class B: pass")
    assert [vars(cls)["k"] for cls in definitions.versions["A"]] == [1] and definitions.failed == {}


@pytest.mark.parametrize(
    ("first", "annotation"), [("from math import pi", int), ("from __future__ import annotations", "int")]
)
def test_annotations_are_postponed_where_the_hand_in_says_so_and_nowhere_else(
    tmp_path: Path, first: str, annotation: object
):
    f = found(tmp_path, first, "def f(x: int): return x").namespace["f"]
    assert f.__annotations__ == {"x": annotation}
