"""Names of files: those of macOS's archives, which are UTF-8 and do not say so; too long; alike to the eye; or without a notebook's ending."""

import csv
import unicodedata
import zipfile
from pathlib import Path

import pytest

from tests.teach.grading.test_collect import bodies, notebook, read, tree, zipped
from vae_course import cli

__all__ = ["read"]  # the fixture

LESSON = "01_reparameterization.ipynb"


def without_flag(path: Path) -> Path:
    """The archive as macOS's Finder writes it: the same bytes, and no flag that its names are UTF-8."""
    data = bytearray(path.read_bytes())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(head)
        while at >= 0:
            data[at + flags + 1] &= ~0x08  # of two bytes, 0x0800
            at = data.find(head, at + 4)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["Adaé Müller", "Łucja Żak", "Дарья", "李娜", "José 😀"])
def test_a_name_of_macos_is_the_one_that_its_student_bears(name: str, form: str, tmp_path: Path, read):
    written = unicodedata.normalize(form, name)
    path = without_flag(zipped(tmp_path / "class.zip", {f"{written}/{LESSON}": notebook("A"), f"bob/{LESSON}": "x"}))
    assert written not in zipfile.ZipFile(path).namelist()[0], "zipfile takes it for another: else this shows nothing"
    found = read(path)
    assert sorted(found) == sorted([name, "bob"])
    assert bodies(found[name]).endswith("return A")


def test_so_are_names_in_an_archive_inside_an_archive(tmp_path: Path, read):
    inner = without_flag(zipped(tmp_path / "inner.zip", {"Übung/aufgelöst.ipynb": "no notebook"}))
    found = read(zipped(tmp_path / "class.zip", {"ada/inner.zip": inner.read_bytes(), "bob/x.ipynb": notebook()}))
    assert "aufgelöst.ipynb" in " ".join([*found["ada"].notes, *found["ada"].unreadable.values()])


def test_a_name_of_code_page_437_stays_what_it_is(tmp_path: Path, read):
    """What is no UTF-8 is read as before: 0x82 is é there."""
    path = zipped(tmp_path / "class.zip", {f"Ren?/{LESSON}": notebook("A"), f"bob/{LESSON}": notebook("B")})
    path.write_bytes(path.read_bytes().replace(b"Ren?", b"Ren\x82"))
    assert sorted(read(path)) == ["René", "bob"]


def test_the_marks_of_a_class_zipped_by_macos_bear_the_students_names(tmp_path: Path):
    answer = notebook("m + v.sqrt() * __import__('torch').randn_like(m)")
    files = {f"Zoë/{LESSON}": answer, f"__MACOSX/Zoë/._{LESSON}": "x", f"ada/{LESSON}": answer}
    path = without_flag(zipped(tmp_path / "class.zip", files))
    assert cli.main(["grade", str(path), "--out", str(tmp_path / "marks")]) == 0
    with (tmp_path / "marks" / "totals.csv").open(encoding="utf-8", newline="") as file:
        assert {row["student"]: row["points"] for row in csv.DictReader(file)} == {"Zoë": "7", "ada": "7"}
    assert (tmp_path / "marks" / "reports" / "Zoë.html").exists()


def test_a_name_of_more_bytes_than_a_file_system_takes_costs_nobody_anything(tmp_path: Path, read):
    found = read(
        zipped(tmp_path / "class.zip", {f"ada/{'😀' * 70}.ipynb": notebook("A"), f"bob/{LESSON}": notebook("B")})
    )
    assert bodies(found["ada"]).endswith("return A")


@pytest.mark.parametrize("word", ["homework ", "Übung 😀 "])
def test_of_long_names_that_begin_alike_each_keeps_its_ending_and_its_content(word: str, tmp_path: Path, read):
    long = word * 20
    files = {
        f"ada/{long}/{long}1.ipynb": notebook("A"),
        f"ada/{long}/{long}2.ipynb": notebook("B", lesson="02_kl_divergence"),
    }
    found = read(zipped(tmp_path / "class.zip", files | {f"bob/{LESSON}": notebook("C")}))["ada"]
    assert list(found.hand_ins) == ["01_reparameterization", "02_kl_divergence"] and bodies(found).endswith("B")
    assert [fate.fate for fate in found.fates] == ["marked", "marked"] and found.notes == ()


@pytest.mark.parametrize("packed", [False, True])
def test_two_files_whose_names_are_the_same_to_the_eye_are_two(packed: bool, tmp_path: Path, read):
    files = {"ada/my x.ipynb": notebook("A"), "ada/my\u200bx.ipynb": notebook("B"), f"bob/{LESSON}": notebook("C")}
    found = read(zipped(tmp_path / "class.zip", files) if packed else tree(tmp_path / "class", files))["ada"]
    assert [(fate.path, fate.fate) for fate in found.fates] == [
        ("ada/my x.ipynb", "marked"),
        ("ada/my x.ipynb", "set aside"),
    ]
    assert bodies(found).endswith("B"), "the newer one"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["mine.txt", "mine.json", "mine"])
def test_a_notebook_is_known_by_its_content_where_its_name_says_nothing(name: str, packed: bool, tmp_path: Path, read):
    files = {
        f"ada/{name}": notebook("A"),
        "ada/other.ipynb": notebook("B", lesson="02_kl_divergence"),
        "ada/notes.txt": "cells: none",
        f"bob/{LESSON}": notebook("C"),
    }
    found = read(zipped(tmp_path / "class.zip", files) if packed else tree(tmp_path / "class", files))["ada"]
    assert list(found.hand_ins) == ["01_reparameterization", "02_kl_divergence"]
    assert {fate.path: fate.fate for fate in found.fates} == {
        f"ada/{name}": "marked",
        "ada/other.ipynb": "marked",
        "ada/notes.txt": "set aside",
    }
