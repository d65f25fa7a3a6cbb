"""Which cells are code; which magics take their cell with them; what is read of a broken cell."""

import json
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import LESSON_OF, notebook_of, read, values, write
from vae_course.runner.notebooks import Unreadable, read_hand_in, run_definitions


@pytest.mark.parametrize("magic", ["time", "timeit", "capture", "prun", "python", "python3", "debug", "memit"])
def test_a_magic_that_runs_python_leaves_its_cell_and_every_other_takes_it_along(tmp_path: Path, magic: str):
    assert values(tmp_path, f"%%{magic} -n 1\na = 1", f"\n\n%%{magic}\nb = 2") == {"a": 1, "b": 2}
    hand_in = read(tmp_path, f"%%{magic}x\na = 1", "b = 2")
    assert [snippet.names for snippet in hand_in.cells] == [("b",)]


def test_a_magic_that_is_all_of_a_block_leaves_a_block_that_runs(tmp_path: Path):
    assert values(tmp_path, "if 1:\n    %time x\nb = 2\n", "try:\n    !ls\nexcept ImportError:\n    pass\nc = 3\n") == {
        "b": 2,
        "c": 3,
    }


@pytest.mark.parametrize(
    ("line", "is_magic"),
    [("%matplotlib inline", True), ("!ls", True), ("?f", True), ("f?", True), ("f??", True), ("a.b?", True),
     ("files = !ls", True), ("a, b = %sql x", True), ("x = 7 % 4", False), ("x = '%d' % 3", False), ("x = 5 if 1 else 6", False)],
)  # fmt: skip
def test_lines_for_ipython_are_told_from_python(tmp_path: Path, line: str, is_magic: bool):
    notes = read(tmp_path, f"{line}\ny = 1\n%time z").notes
    (note,) = notes
    assert note.startswith("Cell 1: lines for IPython alone were left out (")
    assert (f"`{line}`" in note) is is_magic and "`%time z`" in note


@pytest.mark.parametrize("key", ["source", "input", "code", "text"])
def test_a_cells_text_may_stand_under_any_of_four_names(tmp_path: Path, key: str):
    notebook = {"cells": [{"cell_type": "code", key: ["a = 1\n", "b = 2"]}], "nbformat": 4}
    hand_in = read_hand_in(write(tmp_path, json.dumps(notebook), "02_kl_divergence.ipynb"), LESSON_OF)
    assert hand_in.cells[0].names == ("a", "b") and hand_in.notes == ()


@pytest.mark.parametrize(
    ("kind", "code", "noted"),
    [("code", True, False), ("markdown", False, False), ("raw", False, False), ("heading", False, False),
     ("html", False, False), (None, True, True), ("python", True, True)],
)  # fmt: skip
def test_a_cell_of_unknown_kind_is_code_and_said_to_be(tmp_path: Path, kind: str | None, code: bool, noted: bool):
    notebook = notebook_of("x = 0", "a = 1")
    notebook["cells"][1]["cell_type"] = kind
    hand_in = read_hand_in(write(tmp_path, notebook, "02_kl_divergence.ipynb"), LESSON_OF)
    assert [snippet.place for snippet in hand_in.cells] == ["cell 1", *(["cell 2"] if code else [])]
    assert hand_in.notes == (("Cell 2 does not say that it is code; it was read as code.",) if noted else ())


@pytest.mark.parametrize(
    ("name", "lesson"),
    [("05_iwae.ipynb", "05_iwae"), ("ada 05_iwae (1).ipynb", "05_iwae"), ("99_of_my_own.ipynb", "99_of_my_own"),
     ("2024_05_iwae.ipynb", "05_iwae"), ("mine.ipynb", ""), ("123_x.ipynb", "")],
)  # fmt: skip
def test_without_a_list_of_answers_the_lesson_is_read_off_the_files_name(tmp_path: Path, name: str, lesson: str):
    assert read_hand_in(write(tmp_path, notebook_of("x = 1"), name)).lesson == lesson


def test_imports_define_the_name_that_they_bind(tmp_path: Path):
    cells = ("import a.b", "import c.d as e", "from f import g as h, i", "from j import *")
    assert [snippet.names for snippet in read(tmp_path, *cells).cells[:3]] == [("a",), ("e",), ("h", "i")]
    assert read(tmp_path, *cells).cells[3].names == ()


@pytest.mark.parametrize("gap", ["", "\n", "\n    \n", "    # a remark\n", "# a remark\n"])
@pytest.mark.parametrize("indent", ["    ", "  ", "\t"])
def test_the_methods_beside_a_broken_one_are_kept_however_the_class_is_laid_out(tmp_path: Path, gap: str, indent: str):
    good, bad = "def good(self):\n{0}{0}return 1\n", "def bad(self:\n{0}{0}return 2\n"
    for order in ((good, bad), (bad, good), (good, bad, "other = 3\n")):
        body = "".join(f"{gap}{indent}{part.format(indent)}" for part in order)
        hand_in = read(tmp_path, f"x = 1\nclass A:\n{body}\ny = 2\n")
        names = {name for snippet in hand_in.cells for name in snippet.names}
        assert names == {"x", "A", "y"} and hand_in.lost.keys() == {"A.bad"}
        assert "def good" in hand_in.cells[0].source and "def bad" not in hand_in.cells[0].source


def test_a_broken_line_costs_itself_and_the_indented_lines_below_it(tmp_path: Path):
    cell = "a = 1\nfor i in range(:\n    b = 2\n    c = 3\nd = [\n1,\n]\nif d:\n    e = 5\nelse:\n    e = 6\nf = (\npredict_negative_share = e\n"
    hand_in = read(tmp_path, cell)
    assert hand_in.cells[0].names == ("a", "d", "e", "predict_negative_share") and hand_in.lost.keys() == {"f"}
    assert "what could be read by itself: a, d" in hand_in.notes[0]


def test_lines_are_counted_alike_whether_a_cells_text_is_one_string_or_a_list_with_or_without_line_breaks(
    tmp_path: Path,
):
    for source in ("a = 1\nb = 1 / 0\n", ["a = 1\n", "b = 1 / 0\n"], ["a = 1", "b = 1 / 0"], "a = 1\r\nb = 1 / 0"):
        notebook = notebook_of("x = 1")
        notebook["cells"][0]["source"] = source
        hand_in = read_hand_in(write(tmp_path, notebook, "02_kl_divergence.ipynb"), LESSON_OF)
        assert run_definitions(hand_in).failed["b"].startswith("cell 1, line 2, raised ZeroDivisionError")


def test_work_on_the_line_of_a_definition_is_blanked_where_it_stands(tmp_path: Path):
    (snippet,) = read(tmp_path, "train(); a = 1; check(a)").cells
    assert snippet.source == "0      ; a = 1; 0       "


def test_lines_behind_a_broken_method_keep_their_numbers_and_each_of_two_broken_classes_is_mended(tmp_path: Path):
    one = (
        "class {0}:\n    def bad(self:\n        x = 1\n        return 2\n\n    def good(self):\n        return 1 / 0\n"
    )
    hand_in = read(tmp_path, one.format("A") + one.format("B"))
    assert hand_in.lost.keys() == {"A.bad", "B.bad"}
    found = run_definitions(hand_in).namespace
    assert [found[name].good.__code__.co_firstlineno for name in "AB"] == [6, 13]


@pytest.mark.parametrize(("share", "binary"), [(0.01, False), (0.05, True)])
def test_a_few_control_characters_are_forgiven_and_many_are_binary_data(tmp_path: Path, share: float, binary: bool):
    text = "a = 1  # " + "x" * 990
    count = round(share * 1_000)
    data = (text[: 1_000 - count] + "\x01" * count).encode()
    path = write(tmp_path, data, "answers.py")
    if binary:
        with pytest.raises(Unreadable, match="holds binary data"):
            read_hand_in(path, LESSON_OF)
    else:
        assert read_hand_in(path, LESSON_OF).path == path


def test_a_python_file_that_speaks_of_cells_is_python(tmp_path: Path):
    text = "a = 1\nempty = '''\"cells\": ['''\n"
    hand_in = read_hand_in(write(tmp_path, text, "answers.py"), LESSON_OF)
    assert hand_in.cells[0].names == ("a", "empty") and hand_in.notes == ()


def test_blank_lines_around_a_notebook_are_nothing_to_speak_of(tmp_path: Path):
    text = "\n  " + json.dumps(notebook_of("a = 1"), indent=1).removesuffix("\n}") + ",\n}\n \n"
    hand_in = read_hand_in(write(tmp_path, text, "02_kl_divergence.ipynb"), LESSON_OF)
    assert hand_in.notes == ("The notebook's JSON has superfluous commas, which were removed.",)


@pytest.mark.parametrize(("mark", "kind"), [("[raw]", "raw"), ("[markdown]", "markdown"), ("[md]", "markdown")])
def test_an_answer_in_a_cell_of_a_percent_file_that_is_no_code_is_found_and_its_kind_said(
    tmp_path: Path, mark: str, kind: str
):
    text = f"# %%\na = 1\n# %% {mark}\n# def log_normal(x, m, v):\n#     return 1\n"
    hand_in = read_hand_in(write(tmp_path, text, "02_kl_divergence.py"), LESSON_OF)
    assert f"Cell 2 is a {kind} cell that defines log_normal; it was read as code." in hand_in.notes
