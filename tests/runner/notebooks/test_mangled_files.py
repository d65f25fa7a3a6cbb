"""A solved lesson stays solved, whatever its file went through on the way; and what is no hand-in is told so."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import LESSON_OF, ROOT, cell_defining, changed, solved, write
from vae_course.checks.learning.terminal import check_file
from vae_course.runner.notebooks import HandIn, Unreadable, read_hand_in
from vae_course.runner.notebooks.cells import definitions_of

STUB = "def sample_gaussian(m, v):\n    raise NotImplementedError\n"


def text(**options) -> str:
    return json.dumps(solved(), indent=1, ensure_ascii=False, **options)


def still_solved(path: Path) -> HandIn:
    """The hand-in, after every required answer of lesson 01 was found right in it."""
    report = check_file(path, seed=1)
    assert report.complete and report.lesson == "01_reparameterization", str(report)
    return read_hand_in(path, LESSON_OF)


def noted(hand_in: HandIn, words: str) -> bool:
    return any(words in note for note in hand_in.notes)


def test_a_lesson_as_it_was_built_needs_no_notes(tmp_path: Path):
    for folder in ("notebooks", "solutions"):
        for path in sorted((ROOT / folder).glob("*.ipynb")):
            hand_in = read_hand_in(path, LESSON_OF)
            assert (hand_in.lesson, hand_in.notes, hand_in.lost) == (path.stem, (), {})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_encodings_other_than_utf_8_are_read_and_noted(tmp_path: Path, encoding: str):
    path = write(tmp_path, text().encode(encoding, errors="replace"))
    assert noted(still_solved(path), "byte-order mark" if encoding == "utf-8-sig" else "UTF-8")


def test_a_few_damaged_bytes_do_not_spoil_the_rest(tmp_path: Path):
    data = text().encode()
    assert noted(
        still_solved(write(tmp_path, data.replace("·".encode(), b"\xb7", 1))), "1 characters could not be read"
    )


def test_windows_line_ends_change_nothing(tmp_path: Path):
    assert still_solved(write(tmp_path, text().replace("\n", "\r\n"))).notes == ()


def without_ids(notebook: dict) -> None:
    for cell in notebook["cells"]:
        del cell["id"]


def same_ids(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["id"] = "copy"


def bare(notebook: dict) -> None:
    """Only the cells' kinds and texts are left."""
    cells = [{key: cell[key] for key in ("cell_type", "source")} for cell in notebook["cells"]]
    notebook.clear()
    notebook["cells"] = cells


def sources_as_text(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])


def lines_without_ends(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).split("\n")


def of_the_future(notebook: dict) -> None:
    notebook["nbformat"], notebook["unheard_of"] = 9, {"a": 1}


def version_3(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    notebook["worksheets"] = [{"cells": notebook.pop("cells"), "metadata": {}}]
    notebook["nbformat"], notebook["nbformat_minor"] = 3, 0


@pytest.mark.parametrize(
    "change", [without_ids, same_ids, bare, sources_as_text, lines_without_ends, of_the_future, version_3]
)
def test_the_notebook_formats_details_do_not_matter(tmp_path: Path, change):
    assert still_solved(write(tmp_path, changed(solved(), change))).notes == ()


def test_cells_without_text_are_skipped_and_cells_without_a_kind_are_code(tmp_path: Path):
    def change(notebook: dict) -> None:
        del cell_defining(notebook, "def sample_gaussian")["cell_type"]
        notebook["cells"].insert(0, {"cell_type": "code", "metadata": {}})
        notebook["cells"].insert(1, None)

    hand_in = still_solved(write(tmp_path, changed(solved(), change)))
    assert noted(hand_in, "Cell 1 has no text") and noted(hand_in, "Cell 2 has no text")
    assert noted(hand_in, "does not say that it is code")


def conflict(ours: str, theirs: str, base: str = "") -> str:
    return f"<<<<<<< HEAD\n{ours}{base}=======\n{theirs}>>>>>>> their-branch\n"


@pytest.mark.parametrize("base", ["", "||||||| merged common ancestors\nnothing\n"])
@pytest.mark.parametrize("broken_side", ["first", "second"])
def test_of_a_conflict_in_the_file_the_side_that_parses_is_read(tmp_path: Path, broken_side: str, base: str):
    head, middle, tail = text().partition(' "metadata": {\n  "kernelspec"')
    good, bad = middle + tail + "\n", ' "metadata": {\n'
    whole = head + (conflict(bad, good, base) if broken_side == "first" else conflict(good, bad, base))
    other = {"first": "second", "second": "first"}[broken_side]
    assert noted(still_solved(write(tmp_path, whole)), f"the {other} side of the conflict was read")


def test_of_several_conflicts_each_may_need_another_side(tmp_path: Path):
    lines = text().split("\n")
    lines[0] = conflict("{\n", "[\n").rstrip("\n")
    lines[-1] = conflict("]\n", "}\n").rstrip("\n")
    assert noted(still_solved(write(tmp_path, "\n".join(lines))), "a mixture of both sides")


def test_of_two_sides_that_parse_the_first_is_read(tmp_path: Path):
    lines = "".join(f'"a{i}": 1,\n' for i in range(3))
    middle = conflict(lines, "") + conflict("", lines)
    path = write(tmp_path, "{\n" + middle + text().lstrip("{"))
    assert noted(still_solved(path), "the first side of the conflict was read")


def test_of_a_conflict_in_a_cell_the_side_that_parses_is_read(tmp_path: Path):
    def change(notebook: dict) -> None:
        cell = cell_defining(notebook, "def sample_gaussian")
        cell["source"] = conflict("def sample_gaussian(m, v:\n", "".join(cell["source"]) + "\n")

    assert noted(still_solved(write(tmp_path, changed(solved(), change))), "the second side of the conflict was read")


@pytest.mark.parametrize("garbage", ["}\n", "\n<script>alert()</script>", text()[:5000], "\n{}\n"])
def test_what_stands_behind_the_notebook_is_left_out(tmp_path: Path, garbage: str):
    assert noted(still_solved(write(tmp_path, text() + garbage)), "left out")


def test_what_stands_before_the_notebook_is_left_out(tmp_path: Path):
    assert noted(still_solved(write(tmp_path, "here it is:\n" + text())), "left out")


def test_commas_too_many_are_removed(tmp_path: Path):
    assert noted(still_solved(write(tmp_path, text().removesuffix("\n}") + ",\n}")), "superfluous commas")


def test_a_file_cut_off_in_the_middle_keeps_its_whole_cells(tmp_path: Path):
    whole = text()
    path = write(tmp_path, whole[: whole.index("def score_function_gradient") + 20])
    assert noted(still_solved(path), "damaged")


def test_one_damaged_cell_does_not_cost_the_others(tmp_path: Path):
    damaged = re.sub(r'"cell_type": "markdown"', '"cell_type": "markdown', text(), count=1)
    hand_in = still_solved(write(tmp_path, damaged, "unnamed.ipynb"))
    assert noted(hand_in, "damaged") and hand_in.lesson == "01_reparameterization"


def test_json_inside_json_is_unwrapped(tmp_path: Path):
    still_solved(write(tmp_path, json.dumps(text())))
    still_solved(write(tmp_path, json.dumps({"name": "x.ipynb", "type": "notebook", "content": solved()})))


@pytest.mark.parametrize("kind", ["raw", "markdown"])
@pytest.mark.parametrize("fence", ["", "My answer:\n\n```python\n", "```\n"])
def test_an_answer_in_a_cell_that_is_no_code_cell_is_found(tmp_path: Path, kind: str, fence: str):
    def change(notebook: dict) -> None:
        cell = cell_defining(notebook, "def sample_gaussian")
        cell["cell_type"] = kind
        cell["source"] = fence + "".join(cell["source"]) + ("\n```\nThat is all." if fence else "")

    hand_in = still_solved(write(tmp_path, changed(solved(), change)))
    assert noted(hand_in, f"is a {kind} cell that defines sample_gaussian")


@pytest.mark.parametrize(
    "line", ["def {}(x):", "async def {}():", "class {}:", "{} = 1", "{}: float = 1", "a, {} = 1, 2", "a = {} = 1"]
)
def test_no_way_to_define_an_answer_is_overlooked_in_prose(line: str):
    for name in ("f", "VAE.loss"):
        own = name.split(".")[-1]
        assert definitions_of({name, "other"}).search(f"Some words.\n    {line.format(own)}")
        assert not definitions_of({name}).search(f"{line.format(own + 'e')}  # as {own} is")
    assert not definitions_of(set()).search("a = 1")


def test_code_in_prose_never_replaces_an_answer(tmp_path: Path):
    def change(notebook: dict) -> None:
        source = f"A first attempt:\n```python\n{STUB}```"
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": source})

    assert still_solved(write(tmp_path, changed(solved(), change))).notes == ()


def test_a_percent_file_is_read(tmp_path: Path):
    source = (ROOT / "solutions" / "01_reparameterization.py").read_text(encoding="utf-8")
    assert still_solved(write(tmp_path, source, "01_reparameterization.py")).notes == ()


def test_a_notebook_saved_as_a_script_is_read_whatever_its_ending(tmp_path: Path):
    code = ["".join(c["source"]) for c in solved()["cells"] if c["cell_type"] == "code"]
    script = "#!/usr/bin/env python\n# coding: utf-8\n\n" + "\n\n".join(
        f"# In[{i}]:\n\n\n{c}" for i, c in enumerate(code)
    )
    assert still_solved(write(tmp_path, script, "01_reparameterization.py")).notes == ()
    assert noted(still_solved(write(tmp_path, script, "01_reparameterization.ipynb")), "it was read as Python")


def test_a_plain_python_file_is_read(tmp_path: Path):
    path = write(tmp_path, '"""Mine: {}."""\n' + "def sample_gaussian(m, v):\n    return m\n", "answers.py")
    hand_in = read_hand_in(path, LESSON_OF)
    assert [snippet.names for snippet in hand_in.cells] == [("sample_gaussian",)]
    assert hand_in.lesson == "01_reparameterization"


def zipped() -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.ipynb", "{}")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"my homework is late", 'begins with "my homework'),
        (b"[1, 2]", "begins with"),
        (b"{}", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"a": [1, 2', "damaged"),
        (b"<!DOCTYPE html>\n<html><body>def f(): class</body></html>", "a web page"),
        (b"<?xml version='1.0'?><a/>", "an XML file"),
        (zipped(), "a zip archive"),
        (gzip.compress(b"{}"), "a gzip archive"),
        (b"%PDF-1.7 ...", "a PDF"),
        (bytes(range(256)) * 40, "binary data"),
        (b'{"cells": []}', "no cell with text"),
        (b"[" * 100_000, "begins with"),
        (b'{"cells": ' + b"[" * 100_000, "damaged"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_is_no_hand_in_is_told_in_one_sentence(tmp_path: Path, data: bytes, what: str):
    with pytest.raises(Unreadable) as refusal:
        read_hand_in(write(tmp_path, data), LESSON_OF)
    sentence = str(refusal.value)
    assert what in sentence and "expected" in sentence and "\n" not in sentence and sentence.endswith(".")
    assert "01_reparameterization.ipynb" in sentence
