"""Which of the things in a hand-in are meant as the answer to an exercise, and the reason where there is none."""

from pathlib import Path
from typing import Any

import pytest

from tests.runner.notebooks.hand_ins import LESSON_OF, read
from vae_course.runner.notebooks import answers_in, reason_for, run_definitions

BROKEN_LOSS = "class {}:\n    k = 1\n\n    def loss(self:\n        return 2\n"


def found(folder: Path, name: str, *cells: str) -> list[Any]:
    return answers_in(run_definitions(read(folder, *cells)), name, LESSON_OF)


def classes(folder: Path, name: str, *cells: str) -> list[str]:
    """The answers' docstrings, by which classes of one name are told apart."""
    return [cls.__doc__ or cls.__name__ for cls in found(folder, name, *cells)]


def having(cls: str, *methods: str, doc: str = "", base: str = "") -> str:
    """A class with these methods, none of which is a stub."""
    lines = [f'    """{doc}"""'] if doc else []
    lines += [f"    def {method}(self): return 1" for method in methods]
    return f"class {cls}({base}):\n" + "\n".join(lines or ["    pass"]) + "\n"


def reason(folder: Path, name: str, *cells: str) -> str:
    return reason_for(name, run_definitions(read(folder, *cells)).failed)


def test_of_an_answer_written_several_times_the_last_comes_first_and_each_object_once(tmp_path: Path):
    cells = ["a = 0.25\npredict_negative_share = a", "predict_negative_share = 0.5", "predict_negative_share = a"]
    assert found(tmp_path, "predict_negative_share", *cells) == [0.25, 0.5]


@pytest.mark.parametrize("name", ["kl_normal", "VAE.loss", "VAE"])
def test_what_a_hand_in_does_not_define_has_no_answer(tmp_path: Path, name: str):
    assert found(tmp_path, name, "x = 1", having("Encoder", "forward")) == []


def test_a_method_is_looked_for_in_the_class_of_that_name_and_then_in_any_other_the_last_first(tmp_path: Path):
    cells = [
        having("Mine", "loss"),
        having("VAE", "loss", doc="first"),
        having("VAE", "loss", doc="second"),
        having("Yours", "loss"),
        having("Encoder", "forward"),
    ]
    assert classes(tmp_path, "VAE.loss", *cells) == ["second", "first", "Yours", "Mine"]


def test_the_method_of_a_class_of_another_name_is_an_answer_unless_it_is_that_classs_own_exercise(tmp_path: Path):
    """`IWAE.loss` is an exercise, and `IWAE.sample_z` is none: a learner's IWAE may answer `VAE.sample_z`, not `VAE.loss`."""
    cell = having("IWAE", "loss", "sample_z")
    assert classes(tmp_path, "VAE.sample_z", cell) == ["IWAE"]
    assert classes(tmp_path, "VAE.loss", cell) == []
    assert classes(tmp_path, "IWAE.loss", having("VAE", "loss"), having("Mine", "loss")) == ["Mine"]


def test_a_method_may_come_from_a_class_of_the_hand_in_that_the_class_is_derived_from(tmp_path: Path):
    cells = [having("Bounds", "loss"), having("VAE", base="Bounds")]
    assert classes(tmp_path, "VAE.loss", *cells) == ["VAE", "Bounds"]


def test_a_method_that_a_library_brings_is_no_answer(tmp_path: Path):
    found = run_definitions(read(tmp_path, "from collections import Counter\nclass VAE(Counter):\n    k = 1\n"))
    assert issubclass(found.namespace["VAE"], found.namespace["Counter"])
    assert answers_in(found, "VAE.update", ["VAE.update"]) == []


def test_a_class_is_looked_for_by_its_name_and_then_by_how_many_of_its_methods_are_exercises(tmp_path: Path):
    cells = [
        having("Most", "loss", "sample_z", "sample_x"),
        having("Few", "loss"),
        having("VAE", "forward", doc="ours"),
        having("Some", "loss", "sample_z"),
        having("Encoder", "forward"),
    ]
    assert classes(tmp_path, "VAE", *cells) == ["ours", "Most", "Some", "Few"]


def test_the_reason_is_the_answers_own_and_begins_large(tmp_path: Path):
    cell = "predict_negative_share = 1 / 0"
    assert (
        reason(tmp_path, "predict_negative_share", cell) == "Cell 1, line 1, raised ZeroDivisionError: division by zero"
    )
    assert reason(tmp_path, "log_normal", cell) == ""


def test_a_function_is_not_excused_by_a_method_of_its_name(tmp_path: Path):
    cell = BROKEN_LOSS.replace("loss", "log_normal").format("Mine")
    assert reason(tmp_path, "log_normal", cell) == ""


def test_the_reason_for_a_method_is_its_own_else_its_classs_else_that_of_such_a_method_elsewhere(tmp_path: Path):
    raising = "class {}:\n    k = 1 / 0\n    def loss(self): return 1\n"
    own, whole, mine = BROKEN_LOSS.format("VAE"), raising.format("VAE"), BROKEN_LOSS.format("Mine")
    assert reason(tmp_path, "VAE.loss", mine, own).startswith("`VAE.loss` could not be read: cell 2, line 4")
    assert reason(tmp_path, "VAE.loss", mine, whole) == "Cell 2, line 1, raised ZeroDivisionError: division by zero"
    assert reason(tmp_path, "VAE.loss", "x = 1", mine).startswith("`Mine.loss` could not be read: cell 2")
    assert reason(tmp_path, "VAE.sample_z", mine) == ""
