"""Whatever reading a hand-in does to the process that reads it: that student needs a person, and the others have their marks."""

import csv
import json
import os
import shutil
import signal
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.runner.notebooks.hand_ins import notebook_of
from tests.share import one_in
from tests.teach.grading.test_collect import FIRST, tree, zipped
from tests.teach.grading.test_kill import in_box
from tests.test_house import run_python
from vae_course import cli
from vae_course.runner.notebooks import files
from vae_course.teach.grading.incoming import archives, hand_ins
from vae_course.teach.grading.reading import limits, lint, reader

RIGHT = "import torch\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn_like(m)"
NEIGHBOURS = ("ada", "zoe")


def hand_in(source: str) -> str:
    return json.dumps(notebook_of(source) | {"metadata": {"vae_course": {"lesson": FIRST}}})


def nested_finally() -> str:
    """Python copies what stands under `finally`: twenty of them make a million of the innermost line."""
    inner = "".join(f"    {' ' * i}try: pass\n    {' ' * i}finally:\n" for i in range(19))
    return hand_in(f"def sample_gaussian(m, v):\n{inner}{' ' * 24}{'m = v; ' * 40}")


def with_metadata(text: str) -> str:
    whole = json.loads(hand_in(RIGHT))
    whole["metadata"]["x"] = "here"
    return json.dumps(whole).replace('"here"', text)


def empty_lists() -> str:
    """60 MB of JSON, and 20 million lists."""
    return with_metadata("[" + "[]," * (20 * 2**20) + "[]]")


def conflict_markers() -> str:
    """The end of a conflict is looked for behind each of 50,000 beginnings."""
    return hand_in("<<<<<<< a\n" * 50_000 + RIGHT)


def a_list_of_lists() -> str:
    """One statement with millions of parts."""
    return hand_in(f"x = [{'[],' * 3_000_000}]\n{RIGHT}")


@dataclass
class Class:
    """A class in `folder`, and what `vae-course grade` makes of it."""

    folder: Path
    out: Path

    def hand_in(self, **students: str | bytes) -> None:
        neighbours = dict.fromkeys(NEIGHBOURS, hand_in(RIGHT))
        tree(self.folder, {f"{name}/x.ipynb": text for name, text in (neighbours | students).items()})

    def grade(self, *options: str) -> int:
        return cli.main(["grade", str(self.folder), "--out", str(self.out), "--lesson", FIRST, *options])

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def told(self, student: str) -> str:
        """The one sentence on somebody of whose files none could be read; their marks and files say so too."""
        mine = [row for row in self.rows("marks.csv") if row["student"] == student]
        assert {row["status"] for row in mine} == {"unreadable"} and all(row["lesson"] == FIRST for row in mine)
        [sentence] = {row["message"] for row in mine}
        mine = [row for row in self.rows("files.csv") if row["student"] == student]
        assert mine and all(row["fate"] == "needs a person" and row["why"] in sentence for row in mine)
        assert [row["needs_a_person"] for row in self.rows("totals.csv") if row["student"] == student] == ["yes"]
        return sentence

    def neighbours_keep_their_marks(self) -> None:
        found = {
            (row["student"], row["status"]) for row in self.rows("marks.csv") if row["exercise"] == "sample_gaussian"
        }
        assert {(name, "correct") for name in NEIGHBOURS} <= found
        assert not (self.out / ".unpacked").exists() and not (self.out / "grader_errors.txt").exists()


@pytest.fixture
def students(tmp_path: Path) -> Class:
    return Class(tmp_path / "class", tmp_path / "marks")


@pytest.mark.parametrize("make", one_in(2, [nested_finally, empty_lists]))
def test_what_takes_too_much_memory_to_read_costs_its_own_student(
    make: Callable[[], str], students: Class, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MEMORY", 512 * limits.MIB)
    students.hand_in(bob=make())
    assert students.grade() == 1
    sentence = students.told("bob")
    assert 'Reading "' in sentence and "x.ipynb" in sentence and "more than 512 MB of memory" in sentence
    students.neighbours_keep_their_marks()


@pytest.mark.slow
@pytest.mark.parametrize("make", one_in(2, [conflict_markers, a_list_of_lists]))
def test_what_takes_too_long_to_read_costs_its_own_student(
    make: Callable[[], str], students: Class, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "SECONDS", 3)
    students.hand_in(bob=make())
    assert students.grade() == 1
    assert "x.ipynb" in students.told("bob") and "more than 3 seconds of computing time" in students.told("bob")
    students.neighbours_keep_their_marks()


DEEP = {
    "brackets": "x = " + "(" * 5_000 + ")" * 5_000,
    "minus signs": "x = " + "-" * 100_000 + "1",
    "attributes": "x = a" + ".b" * 100_000,
    "a sum": "x = " + "+".join(["1"] * 100_000),
    "branches": "if 1: pass\n" + "elif 1: pass\n" * 20_000,
    "functions": "x = " + "lambda: " * 50_000 + "1",
}


@pytest.mark.slow
def test_text_that_is_too_deep_for_python_costs_a_cell_and_no_neighbour(students: Class):
    made = {name.replace(" ", "_"): hand_in_of(DEEP[name]) for name in DEEP}
    students.hand_in(**made, json=with_metadata("[" * 10**5 + "]" * 10**5))
    assert students.grade() == 1, "what is damaged may have held other answers"
    found = {(r["student"], r["status"]) for r in students.rows("marks.csv") if r["exercise"] == "sample_gaussian"}
    assert found == {(name, "correct") for name in (*made, "json", *NEIGHBOURS)}
    students.neighbours_keep_their_marks()


def hand_in_of(*cells: str) -> str:
    return json.dumps(notebook_of(*cells, RIGHT) | {"metadata": {"vae_course": {"lesson": FIRST}}})


@pytest.fixture
def very_deep(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Makes folders in folders whose path is longer than the system takes, and removes them again."""
    made: list[Path] = []

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        made.append(folder)
        here = os.open(folder, os.O_RDONLY)
        for _ in range(400):
            os.mkdir("d" * 200, dir_fd=here)
            inner = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(os.open("x.ipynb", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.close(here)

    yield make
    for folder in made:
        shutil.rmtree(folder)


def test_a_very_deep_folder_is_told_of_and_costs_nobody_anything(students: Class, very_deep: Callable[[Path], None]):
    students.hand_in()
    very_deep(students.folder / "bob" / "deep")
    many = {"/".join(["é" * 120] * 38) + "/x.ipynb": hand_in(RIGHT), "x.ipynb": hand_in(RIGHT)}
    zipped(students.folder / "cleo" / "x.zip", {name: text.encode() for name, text in many.items()})
    assert students.grade() == 1
    mine = {row["student"]: row for row in students.rows("files.csv") if row["fate"] == "needs a person"}
    assert "folders deep" in mine["bob"]["why"] and mine["cleo"]["path"].startswith("cleo/x.zip/ééé")
    [mark] = [r for r in students.rows("marks.csv") if (r["student"], r["exercise"]) == ("cleo", "sample_gaussian")]
    assert mark["status"] == "correct"
    students.neighbours_keep_their_marks()


@pytest.mark.parametrize(
    ("how", "times", "reason"),
    one_in(
        2,
        [
            (signal.SIGSEGV, 1, ""),
            (signal.SIGSEGV, 2, "SIGSEGV"),
            (signal.SIGKILL, 2, ""),
            (signal.SIGKILL, 3, "SIGKILL"),
        ],
    ),
)
def test_a_reader_that_dies_is_started_again_and_the_student_is_read_by_a_fresh_one(
    how: signal.Signals, times: int, reason: str, students: Class, monkeypatch: pytest.MonkeyPatch
):
    """Once may be because of those before; twice is the student's. Who is killed from outside is given one more try."""
    students.hand_in(bob=hand_in(RIGHT))
    asks, ended = reader.student_as_json, []

    def ask(student):
        if student.name == "bob" and len(ended) < times:
            ended.extend(in_box(psutil.Process(), "reader"))
            ended[-1].send_signal(how)
            psutil.wait_procs(ended, 10)
        return asks(student)

    monkeypatch.setattr(reader, "student_as_json", ask)
    assert students.grade() == bool(reason)
    assert len(ended) == times and len({process.pid for process in ended}) == times
    if reason:
        assert f"made Python itself end ({reason})" in students.told("bob")
    students.neighbours_keep_their_marks()


def test_the_trusted_process_reads_no_file_itself(students: Class, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read in the grader's own process")

    for module, name in ((files, "read_document"), (hand_ins, "read_hand_in"), (hand_ins, "files_of"), (lint, "_tree")):
        monkeypatch.setattr(module, name, refuse)
    zipped(students.folder / "bob" / "x.zip", {"x.ipynb": hand_in(RIGHT)})
    students.hand_in()
    assert students.grade() == 0
    students.neighbours_keep_their_marks()


def crowded() -> bytes:
    """A zip archive of which the table of contents names one member 400,000 times."""
    head = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"x"
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    table = entry * 400_000
    return head + table + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(table), len(head), 0)


@pytest.mark.slow
def test_the_trusted_process_opens_no_archive_with_a_huge_table_of_contents(
    students: Class, monkeypatch: pytest.MonkeyPatch
):
    opened: list[str] = []

    class Seen(zipfile.ZipFile):
        def __init__(self, file, *arguments):
            opened.append(Path(getattr(file, "name", None) or file).name)
            super().__init__(file, *arguments)

    monkeypatch.setattr(archives.zipfile, "ZipFile", Seen)
    students.folder.mkdir()
    (students.folder / "bob.zip").write_bytes(crowded())
    for name in NEIGHBOURS:
        zipped(students.folder / f"{name}.zip", {"x.ipynb": hand_in(RIGHT)})
    opened.clear()
    assert students.grade() == 1
    assert "ada.zip" in opened and "bob.zip" not in opened
    assert "400,000 files" in students.told("bob")
    students.neighbours_keep_their_marks()


def test_the_reader_needs_no_torch(tmp_path: Path):
    code = (
        "import sys\nimport vae_course.teach.grading.reading.serve\nassert not {'torch', 'numpy'} & sys.modules.keys()"
    )
    run_python(Path(hand_ins.__file__).parents[4], code)


def test_the_folder_for_the_marks_may_be_named_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT)})
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", "class", "--out", "marks"]) == 0
    assert "correct" in (tmp_path / "marks" / "marks.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("own", "helper"),
    one_in(
        3,
        [
            ("byronada_11_101_kl.ipynb", "byronada_11_102_helpers.py"),
            ("byronada_LATE_11_103_kl-1.ipynb", "byronada_LATE_11_104_helpers-1.py"),
            ("HW_abyron_attempt_2026-03-02-10-00-00_kl.ipynb", "HW_abyron_attempt_2026-03-02-10-00-00_helpers.py"),
            ("ada/kl.ipynb", "ada/helpers.py"),
            ("ada/kl.ipynb", "ada/vae_2026_11_helpers.py"),
        ],
    ),
)
def test_a_module_comes_along_under_the_name_that_it_had_before_a_platform_named_its_file(
    own: str, helper: str, tmp_path: Path
):
    module_name = "vae_2026_11_helpers" if "vae_2026" in helper else "helpers"
    answer = (
        f"from {module_name} import noise_like\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * noise_like(m)"
    )
    module = "import torch\ndef noise_like(m):\n    return torch.randn_like(m)\n"
    tree(tmp_path / "class", {own: hand_in(answer), helper: module})
    assert cli.main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks")]) == 0
    with (tmp_path / "marks" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        [mark] = [row for row in csv.DictReader(file) if row["exercise"] == "sample_gaussian"]
    assert mark["status"] == "correct"
