"""Line ends, zero bytes, marks that are missing, and what stands around a notebook: the text that is made of a file's bytes."""

import json
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import LESSON_OF, notebook_of, write
from vae_course.runner.notebooks import HandIn, Unreadable, read_hand_in, run_definitions

CLASH = "<<<<<<< HEAD\n  [\n=======\n  {\n>>>>>>> theirs\n"


def of_text(folder: Path, text: str | bytes, name: str = "02_kl_divergence.ipynb") -> HandIn:
    return read_hand_in(write(folder, text, name), LESSON_OF)


def names(hand_in: HandIn) -> list[str]:
    return [name for snippet in hand_in.cells for name in snippet.names]


def two() -> str:
    return json.dumps(notebook_of("a = 1", "b = 2"), indent=1)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_told_without_a_mark_from_where_its_zero_bytes_stand(tmp_path: Path, encoding: str):
    text = json.dumps(notebook_of("name = 'Zoë Λ'"), ensure_ascii=False)
    hand_in = of_text(tmp_path, text.encode(encoding))
    assert run_definitions(hand_in).namespace["name"] == "Zoë Λ"
    assert hand_in.notes == (f"The file is written in {encoding.upper()}; notebooks are UTF-8.",)


@pytest.mark.parametrize("place", ['"cells": [', '"code",', "a = 1", "\n}"])
def test_a_few_zero_bytes_in_a_notebook_are_skipped_wherever_they_stand(tmp_path: Path, place: str):
    assert place in two()
    hand_in = of_text(tmp_path, two().replace(place, f"{place}\x00\x00", 1))
    assert names(hand_in) == ["a", "b"] and hand_in.notes == ()


def test_a_zero_byte_where_there_is_no_notebook_is_binary_data(tmp_path: Path):
    with pytest.raises(Unreadable, match="holds binary data"):
        of_text(tmp_path, "a = 1\n" * 100 + "\x00", "answers.py")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one(tmp_path: Path, end: str):
    text = '# %%\na = 1\n# %% [markdown]\n# Hello\n# %%\nb = """x\ny"""\nc = 1 / 0\n'
    found = run_definitions(of_text(tmp_path, text.replace("\n", end).encode(), "02_kl_divergence.py"))
    assert found.namespace["b"] == "x\ny"
    assert found.failed == {"c": "cell 3, line 3, raised ZeroDivisionError: division by zero"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_conflict_in_a_file_from_windows_is_settled_as_any_other(tmp_path: Path, end: str):
    first, rest = two().split("\n", 1)
    assert first == "{"
    hand_in = of_text(tmp_path, (CLASH + rest).replace("\n", end))
    assert names(hand_in) == ["a", "b"]
    assert hand_in.notes == ("Git's conflict markers stand in the file; the second side of the conflict was read.",)


@pytest.mark.parametrize("before", ['{"a": 1}\n', "{}\n", "[1, {}]\n", "{\n"])
def test_a_notebook_behind_other_json_is_found(tmp_path: Path, before: str):
    hand_in = of_text(tmp_path, before + two())
    assert names(hand_in) == ["a", "b"]
    assert hand_in.notes == ("The file's JSON is damaged; 2 cells could be read.",)


def test_what_stands_behind_an_old_notebook_costs_none_of_its_sheets(tmp_path: Path):
    sheets = [{"cells": [{"cell_type": "code", "input": text}]} for text in ("a = 1", "b = 2")]
    hand_in = of_text(tmp_path, json.dumps({"nbformat": 3, "worksheets": sheets}) + "\n}")
    assert names(hand_in) == ["a", "b"]
    assert hand_in.notes == ("Something stands before or behind the notebook in the file; it was left out.",)
