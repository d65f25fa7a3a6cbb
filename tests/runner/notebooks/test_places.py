"""Every note and every definition says where it stands in the file as the student sees it, whatever is damaged before it."""

import json
import re
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import LESSON_OF, notebook_of, read, write
from vae_course.runner.notebooks import HandIn, Unreadable, read_hand_in, run_definitions

FIVE = [f"a{i} = {i}" for i in range(1, 6)]


def places(hand_in: HandIn) -> dict[str, str]:
    """Where each name is defined."""
    return {name: snippet.place for snippet in hand_in.cells for name in snippet.names}


def five(text_of_cell: dict[int, str] | None = None) -> str:
    """A notebook of five cells as text; some cells' JSON is replaced."""
    text = json.dumps(notebook_of(*FIVE), indent=1)
    for number, instead in (text_of_cell or {}).items():
        whole = json.dumps(notebook_of(FIVE[number - 1])["cells"][0], indent=1)
        shown = "\n".join(f"  {line}" for line in whole.split("\n"))
        assert shown in text
        text = text.replace(shown, instead, 1)
    return text


def of_text(folder: Path, text: str | bytes, name: str = "02_kl_divergence.ipynb") -> HandIn:
    return read_hand_in(write(folder, text, name), LESSON_OF)


# ---------------------------------------------------------------- numbers


def test_cells_are_counted_from_1_over_cells_of_every_kind(tmp_path: Path):
    notebook = notebook_of("a = 1", "", "b = 2")
    notebook["cells"].insert(0, {"cell_type": "markdown", "source": "Hello"})
    notebook["cells"].insert(2, {"cell_type": "raw", "source": "x"})
    notebook["cells"].append({"cell_type": "heading", "source": "End"})
    notebook["cells"].append({"cell_type": "code", "source": "c = 3"})
    assert places(of_text(tmp_path, json.dumps(notebook))) == {"a": "cell 2", "b": "cell 5", "c": "cell 7"}


@pytest.mark.parametrize("damaged", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "instead",
    [
        '  {"cell_type": "code, "source": "a = 1"}',
        '  {"cell_type": "code", "source": }',
        '  {"cell_type": "code", "source": ["x = 1",, ]}',
    ],
)
def test_a_damaged_cells_number_stays_taken_so_that_those_behind_it_keep_theirs(
    tmp_path: Path, damaged: int, instead: str
):
    """The student counts cells in Jupyter or in an editor, and there the damaged one is still a cell."""
    hand_in = of_text(tmp_path, five({damaged: instead}))
    assert places(hand_in) == {f"a{i}": f"cell {i}" for i in range(1, 6) if i != damaged}
    assert "The file's JSON is damaged; 4 cells could be read." in hand_in.notes
    assert f"Cell {damaged} has no text that can be read; it was skipped." in hand_in.notes


def test_two_damaged_cells_take_two_numbers(tmp_path: Path):
    hand_in = of_text(tmp_path, five({2: '  {"cell_type": "code}', 4: '  {"cell_type": "code", 3}'}))
    assert places(hand_in) == {"a1": "cell 1", "a3": "cell 3", "a5": "cell 5"}
    assert "The file's JSON is damaged; 3 cells could be read." in hand_in.notes


def test_cells_that_are_null_or_no_cells_keep_their_numbers(tmp_path: Path):
    notebook = notebook_of(*FIVE)
    notebook["cells"][1], notebook["cells"][3] = None, "no cell"
    hand_in = of_text(tmp_path, json.dumps(notebook))
    assert places(hand_in) == {"a1": "cell 1", "a3": "cell 3", "a5": "cell 5"}
    assert [note for note in hand_in.notes if "skipped" in note] == [
        f"Cell {i} has no text that can be read; it was skipped." for i in (2, 4)
    ]


def test_the_sheets_of_an_old_notebook_are_counted_through(tmp_path: Path):
    cells = [{"cell_type": "code", "input": text} for text in FIVE]
    old = {"nbformat": 3, "worksheets": [{"cells": cells[:2]}, {"cells": None}, 3, {"cells": cells[2:]}]}
    assert places(of_text(tmp_path, json.dumps(old))) == {f"a{i}": f"cell {i}" for i in range(1, 6)}


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_a_file_cut_off_anywhere_keeps_the_cells_before_the_cut_and_says_how_many(tmp_path: Path, kept: int):
    text = five()
    cut = text.index(f"a{kept + 1} =") + 3
    hand_in = of_text(tmp_path, text[:cut])
    assert places(hand_in) == {f"a{i}": f"cell {i}" for i in range(1, kept + 1)}
    assert f"The file's JSON is damaged; {kept} cells could be read." in hand_in.notes


def test_a_file_cut_off_inside_its_first_cell_is_refused(tmp_path: Path):
    text = five()
    with pytest.raises(Unreadable, match="its JSON is damaged.*open it in Jupyter, save it"):
        of_text(tmp_path, text[: text.index("a1 =")])


def test_a_file_cut_off_behind_its_cells_loses_nothing_and_its_lesson_is_still_found(tmp_path: Path):
    notebook = notebook_of(*FIVE)
    ordered = {"metadata": {"vae_course": {"lesson": "05_iwae"}}} | {k: v for k, v in notebook.items() if k == "cells"}
    text = json.dumps(ordered | {"nbformat": 4}, indent=1)
    hand_in = of_text(tmp_path, text[: text.rindex("nbformat")], "mine.ipynb")
    assert len(places(hand_in)) == 5 and hand_in.lesson == "05_iwae"


def test_of_two_cells_that_define_a_name_the_later_one_is_the_answer(tmp_path: Path):
    """Copies of a cell are common; each is kept, with its own place, and the last counts, as in the student's kernel."""
    hand_in = read(
        tmp_path, "def log_normal(x, m, v):\n    return 1", "b = 0", "def log_normal(x, m, v):\n    return 2"
    )
    assert [snippet.place for snippet in hand_in.cells] == ["cell 1", "cell 2", "cell 3"]
    assert run_definitions(hand_in).namespace["log_normal"](0, 0, 0) == 2


# ---------------------------------------------------------------- Python files


def test_cells_of_a_percent_file_are_counted_and_what_stands_above_is_the_head(tmp_path: Path):
    text = "a = 1\n# %% [markdown]\n# b = 2\n# %%\nc = 3\n# %% [raw]\n# d = 4\n# %% tags=['x']\ne = 5\n"
    hand_in = of_text(tmp_path, text, "02_kl_divergence.py")
    assert places(hand_in) == {"a": "the head", "c": "cell 2", "e": "cell 4"}


def test_a_file_without_cells_is_one_place(tmp_path: Path):
    hand_in = of_text(tmp_path, "import math\nlog_normal = lambda x, m, v: 1 / 0\nb = math.nothing\n", "answers.py")
    assert set(places(hand_in).values()) == {"the file"}
    assert run_definitions(hand_in).failed["b"].startswith("the file, line 3, raised AttributeError")


# ---------------------------------------------------------------- lines


def test_an_error_names_the_line_in_the_cell_whatever_was_left_out_above_it(tmp_path: Path):
    cell = "%matplotlib inline\ntrain()\n\nx = 3\ncheck(x)\ny = (\n    1 / 0\n)\n"
    failed = run_definitions(read(tmp_path, "a = 1", cell)).failed
    assert failed["y"] == "cell 2, line 6, raised ZeroDivisionError: division by zero"


def test_a_syntax_error_names_cell_line_and_what_was_saved(tmp_path: Path):
    cell = "a = 1\n\ndef kl_normal(qm, qv:\n    return 1\n\nb = 2"
    hand_in = read(tmp_path, "c = 1", cell)
    assert hand_in.notes == (
        "Cell 2 has a syntax error ('(' was never closed, line 3); what could be read by itself: a, b.",
    )
    assert hand_in.lost == {"kl_normal": "`kl_normal` could not be read: cell 2, line 3: '(' was never closed."}


def test_a_broken_method_names_its_own_line(tmp_path: Path):
    cell = "class VAE:\n    k = 2\n\n    def sample_x(self, batch)\n        return batch\n"
    assert read(tmp_path, "x = 1", cell).lost == {
        "VAE.sample_x": "`VAE.sample_x` could not be read: cell 2, line 4: expected ':'."
    }


def test_a_broken_constant_of_a_class_names_its_own_line(tmp_path: Path):
    cell = "class VAE:\n    z_dim: int = (10\n\n    def loss(self, x):\n        return x\n\n    scale = 2 *\n"
    hand_in = read(tmp_path, cell)
    assert hand_in.cells[0].names == ("VAE",) and "def loss" in hand_in.cells[0].source
    assert hand_in.lost == {
        f"VAE.{name}": f"`VAE.{name}` could not be read: cell 1, line {line}: {words}."
        for name, line, words in (("z_dim", 2, "'(' was never closed"), ("scale", 7, "invalid syntax"))
    }


def test_an_answer_whose_work_fails_names_cell_line_and_the_error(tmp_path: Path):
    hand_in = read(tmp_path, "x = 1", "\n\npredict_negative_share = train(x)")
    failed = run_definitions(hand_in).failed["predict_negative_share"]
    assert failed == "cell 2, line 3, raised NameError: name 'train' is not defined"


def test_code_in_a_text_keeps_the_lines_of_its_cell(tmp_path: Path):
    text = "My answer:\n\nis this\n```python\nimport math\nlog_normal = lambda x, m, v: 0\nb = 1 / 0\n```\n"
    notebook = notebook_of("a = 1")
    notebook["cells"].append({"cell_type": "markdown", "source": text})
    hand_in = of_text(tmp_path, json.dumps(notebook))
    assert hand_in.notes == ("Cell 2 is a markdown cell that defines log_normal; it was read as code.",)
    assert run_definitions(hand_in).failed["b"] == "cell 2, line 7, raised ZeroDivisionError: division by zero"


@pytest.mark.parametrize("fence", ["```", "~~~"])
@pytest.mark.parametrize("end", ["", "\nThat's all, (I hope.\n"])
def test_of_a_text_with_fenced_blocks_each_block_alone_is_code(tmp_path: Path, fence: str, end: str):
    """Words that are no Python are no syntax error, nor is a block that defines no answer; the last may be left open."""
    first = f"It's mine:\n{fence}\nlog_normal = lambda x, m, v: 0\n{fence}\n"
    second = f"Try it:\n{fence}bash\npip install (\n{fence}\nAnd\n{fence}python\npredict_negative_share = 0.25"
    text = first + second + (f"\n{fence}{end}" if end else "")
    notebook = notebook_of("a = 1")
    notebook["cells"].append({"cell_type": "markdown", "source": text})
    hand_in = of_text(tmp_path, json.dumps(notebook))
    assert hand_in.notes == (
        "Cell 2 is a markdown cell that defines log_normal; it was read as code.",
        "Cell 2 is a markdown cell that defines predict_negative_share; it was read as code.",
    )
    assert [snippet.source.strip() for snippet in hand_in.cells[1:]] == [
        "log_normal = lambda x, m, v: 0",
        "predict_negative_share = 0.25",
    ]


def test_notes_on_conflicts_and_invisible_characters_begin_with_their_cell(tmp_path: Path):
    clash = "<<<<<<< HEAD\na = (\n=======\na = 2\n>>>>>>> theirs\n"
    hand_in = read(tmp_path, "x = 1", clash, "    b = 3", "c\u00a0= 4")
    assert hand_in.notes == (
        "Cell 2: git's conflict markers stand in it; the second side of the conflict was read.",
        "Cell 3: invisible characters or an indentation of the whole cell were removed.",
        "Cell 4: invisible characters or an indentation of the whole cell were removed.",
    )
    found = run_definitions(hand_in).namespace
    assert (found["a"], found["b"], found["c"]) == (2, 3, 4)


# ---------------------------------------------------------------- what a file may begin with


@pytest.mark.parametrize("mark", ["\ufeff", "\n\n  ", "\ufeff\n"])
def test_what_is_invisible_before_a_notebook_costs_nothing(tmp_path: Path, mark: str):
    hand_in = of_text(tmp_path, mark + five())
    assert places(hand_in) == {f"a{i}": f"cell {i}" for i in range(1, 6)}
    assert any("byte-order mark" in note for note in hand_in.notes) is ("\ufeff" in mark)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_letters_survive_every_encoding(tmp_path: Path, encoding: str):
    text = json.dumps(notebook_of("name = 'Zoë Λ'"), ensure_ascii=False)
    mark = "\ufeff" if encoding in ("utf-16-be", "utf-32-be") else ""
    hand_in = of_text(tmp_path, (mark + text).encode(encoding))
    assert run_definitions(hand_in).namespace["name"] == "Zoë Λ"


def test_a_file_in_windows_1252_is_read_as_that_and_a_few_damaged_bytes_are_no_reason_to(tmp_path: Path):
    text = json.dumps(notebook_of("name = 'Zoë – ü'"), ensure_ascii=False)
    hand_in = of_text(tmp_path, text.encode("cp1252"))
    assert run_definitions(hand_in).namespace["name"] == "Zoë – ü"
    assert hand_in.notes[0] == "The file is not written in UTF-8; it was read as Windows-1252."
    good = json.dumps(notebook_of("name = 'Zoë – ü éèê'"), ensure_ascii=False).encode()
    hand_in = of_text(tmp_path, good.replace("ë".encode(), b"\xeb"))
    assert run_definitions(hand_in).namespace["name"] == "Zo\ufffd – ü éèê"
    assert hand_in.notes[0] == "The file is damaged: 1 characters could not be read."


@pytest.mark.parametrize(
    "opening",
    ["<<<<<<< HEAD\n", "<<<<<<< HEAD\n {\n=======\n", ">>>>>>> theirs\n"],
)
def test_a_file_that_begins_with_a_conflict_marker_is_no_web_page(tmp_path: Path, opening: str):
    hand_in = of_text(tmp_path, opening + five())
    assert len(places(hand_in)) == 5 and any("conflict" in note for note in hand_in.notes)


def test_a_page_that_shows_a_notebook_is_told_from_one(tmp_path: Path):
    for start in ("<!DOCTYPE html>", "\n  <html>", "<HTML lang='en'>"):
        with pytest.raises(Unreadable, match="is a web page, not the notebook.*raw file"):
            of_text(tmp_path, f"{start}\n<pre>{five()}</pre>")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "02_kl_divergence.ipynb"
    with open(path, "wb") as file:
        file.truncate(200 * 2**20 + 1)  # a hole, which takes no room
    with pytest.raises(Unreadable, match="is 200 MB large.*clear its outputs"):
        read_hand_in(path, LESSON_OF)
    small = tmp_path / "small.ipynb"
    small.write_bytes(b" " * 2**20 + five().encode())
    assert len(places(read_hand_in(small, LESSON_OF))) == 5


def test_a_folder_and_a_missing_file_are_errors_of_the_system(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nothing.ipynb"):
        with pytest.raises(OSError):
            read_hand_in(path, LESSON_OF)


@pytest.mark.parametrize(
    "cells", [[], [{"cell_type": "code", "source": ""}], [{"cell_type": "markdown", "source": " \n"}], [None, {}]]
)
def test_a_notebook_without_any_text_is_told_so(tmp_path: Path, cells: list):
    with pytest.raises(Unreadable, match="has no cell with text in it; a lesson was expected"):
        of_text(tmp_path, json.dumps({"cells": cells, "nbformat": 4}))


def test_sentences_of_a_hand_in_end_in_a_full_stop_and_begin_large(tmp_path: Path):
    hand_in = read(
        tmp_path,
        "%time x\na = 1",
        "def f(:",
        "predict_negative_share = 1",
        "predict_negative_share = None",
        "class A:\n  def b(",
    )
    assert len(hand_in.notes) == 4
    for note in hand_in.notes:
        assert re.match(r"[A-Z`]", note) and note.endswith(".") and "\n" not in note
