"""Every shape in which a class's work arrives becomes students and their lessons; what is dangerous is refused by name."""

import json
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import notebook_of, solved, write
from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import archives, collect, hand_ins, opening
from vae_course.teach.grading.incoming.fates import PERSON
from vae_course.teach.grading.incoming.hand_ins import Work
from vae_course.teach.grading.reading.here import SYLLABUS

FIRST, SECOND = "01_reparameterization", "02_kl_divergence"
ANSWER = "def sample_gaussian(m, v):\n    return {}"


def notebook(text: str = "m", lesson: str = FIRST) -> str:
    made = notebook_of(ANSWER.format(text))
    made["metadata"] = {"vae_course": {"lesson": lesson}}
    return json.dumps(made)


def tree(root: Path, files: dict[str, str | bytes], age: dict[str, int] | None = None) -> Path:
    for number, (name, text) in enumerate(files.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(path, (0, 1_700_000_000 + 100 * (age or {}).get(name, number)))
    return root


def zipped(path: Path, files: dict[str, str | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, text) in enumerate(files.items()):
            member = zipfile.ZipInfo(name, (2024, 1, 1, 10, number % 60, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text)
    return path


def read_class(path: Path, tmp_path_factory: pytest.TempPathFactory, **options) -> dict[str, Work]:
    found = collect.collect(path)
    return {
        student.name: hand_ins.read_student(student, tmp_path_factory.mktemp("unpacked"), SYLLABUS, **options)
        for student in found.students
    }


@pytest.fixture
def read(tmp_path_factory: pytest.TempPathFactory):
    return lambda path, **options: read_class(path, tmp_path_factory, **options)


def bodies(work: Work) -> str:
    return "".join(cell.source for hand_in in work.hand_ins.values() for cell in hand_in.cells)


LAYOUTS = {
    "a folder of notebooks": {"ada.ipynb": "A", "bob.ipynb": "B"},
    "notebooks named after student and lesson": {f"ada_{FIRST}.ipynb": "A", f"{FIRST}-bob.ipynb": "B"},
    "a folder for each student": {"ada/mine.ipynb": "A", f"bob/{FIRST}.ipynb": "B"},
    "folders inside the students' folders": {"ada/week 3/final/mine.ipynb": "A", "bob/mine.ipynb": "B"},
    "nbgrader": {
        f"submitted/ada/{FIRST}/x.ipynb": "A",
        f"submitted/ada/{FIRST}/timestamp.txt": "2024",
        f"submitted/bob/{FIRST}/x.ipynb": "B",
        f"source/{FIRST}/x.ipynb": "S",
        "gradebook.db": "no",
    },
    "Moodle": {
        "ada_11_assignsubmission_file_/x.ipynb": "A",
        "bob_12_assignsubmission_file_/y.ipynb": "B",
        "bob_12_assignsubmission_onlinetext_/onlinetext.html": "<p>hello",
    },
    "Moodle without folders": {
        "ada_11_assignsubmission_file_x.ipynb": "A",
        "bob_12_assignsubmission_file_x.ipynb": "B",
    },
    "Canvas": {"ada_11_500_x.ipynb": "A", "bob_LATE_12_501_x-1.ipynb": "B"},
    "with what systems leave behind": {
        "ada/x.ipynb": "A",
        "ada/.ipynb_checkpoints/x-checkpoint.ipynb": "stale",
        "ada/.DS_Store": "\0",
        "ada/venv/lib/x.py": "def sample_gaussian(): 1",
        "ada/before-update/x.ipynb": "stale",
        "__MACOSX/ada/._x.ipynb": "\0",
        ".git/HEAD": "x",
        "bob/x.ipynb": "B",
        "bob/__MACOSX/._x.ipynb": "\0",
    },
    "endings that browsers add": {"ada.ipynb.txt": "A", "bob.IPYNB": "B"},
    "Python files": {"ada.py": "A", "bob/answers.py": "B", "bob/helper.py": "H"},
}


def layout(name: str) -> dict[str, str | bytes]:
    texts: dict[str, str | bytes] = {}
    for path, text in LAYOUTS[name].items():
        if path.endswith("helper.py"):
            texts[path] = "def unrelated(): return 1"
        elif path.endswith(".py"):
            texts[path] = ANSWER.format(text)
        else:
            texts[path] = notebook(text) if len(text) == 1 and text != "\0" else text
    return texts


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_on_disk_is_understood(name: str, tmp_path: Path, read):
    found = read(tree(tmp_path / "class", layout(name)))
    assert sorted(found) == ["ada", "bob"]
    for student, letter in (("ada", "A"), ("bob", "B")):
        assert list(found[student].hand_ins) == [FIRST] and not found[student].unreadable
        assert bodies(found[student]).endswith(f"return {letter}")


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_in_an_archive_is_understood(name: str, wrapped: bool, tmp_path: Path, read):
    files = layout(name)
    if wrapped:
        files = {path if path.startswith("__MACOSX") else f"week 1/{path}": text for path, text in files.items()}
    found = read(zipped(tmp_path / "class.zip", files))
    assert sorted(found) == ["ada", "bob"]
    assert bodies(found["ada"]).endswith("return A") and bodies(found["bob"]).endswith("return B")


def test_one_notebook_is_one_student(tmp_path: Path, read):
    assert list(read(write(tmp_path, notebook(), "ada.ipynb"))) == ["ada"]


def test_a_learners_own_folder_is_one_student(tmp_path: Path, read):
    folder = tree(tmp_path / "ada", {f"{FIRST}.ipynb": notebook(), f"{SECOND} (1).ipynb": notebook(lesson=SECOND)})
    assert list(read(folder)) == ["ada"] and list(read(folder)["ada"].hand_ins) == [FIRST, SECOND]
    packed = zipped(tmp_path / "bob.zip", {f"{FIRST}.ipynb": notebook(), "notes.txt": "x"})
    assert list(read(packed)) == ["bob"]


ONE_FOLDER = {
    "of lessons with notes and a module": {
        f"{FIRST}.ipynb": "A",
        f"{SECOND}.ipynb": "B",
        "notes.ipynb": "",
        "helper.py": "",
    },
    "of lessons by number": {"01 mine.ipynb": "A", "02 mine.ipynb": "B"},
    "of versions of a lesson": {f"{FIRST}.ipynb": "A", f"{FIRST} (1).ipynb": "A", f"{SECOND}.ipynb": "B"},
}


@pytest.mark.parametrize("name", ONE_FOLDER)
def test_one_folder_with_the_lessons_of_one_learner_is_one_student(name: str, tmp_path: Path, read):
    texts = {"A": notebook("A"), "B": notebook("B", SECOND), "": notebook("x", "")}
    files = {f"ada/{path}": texts[text] for path, text in ONE_FOLDER[name].items()}
    files = {path: "def unrelated(): return 1" if path.endswith(".py") else text for path, text in files.items()}
    for path in (zipped(tmp_path / "ada.zip", files), tree(tmp_path / "work", files) / "ada"):
        found = read(path)
        assert list(found) == ["ada"] and {FIRST, SECOND} <= found["ada"].hand_ins.keys()


def test_one_folder_with_one_lesson_of_several_people_is_a_class(tmp_path: Path, read):
    files = {f"week 1/{who}_{FIRST}.ipynb": notebook() for who in ("ada", "bob")}
    assert list(read(zipped(tmp_path / "week.zip", files))) == ["ada", "bob"]


def test_zips_of_students_are_opened_wherever_they_lie(tmp_path: Path, read):
    inner = zipped(tmp_path / "inner.zip", {"deep/x.ipynb": notebook("A")}).read_bytes()
    twice = zipped(tmp_path / "twice.zip", {"inner.zip": inner}).read_bytes()
    files = {"ada/work.zip": twice, "bob.zip": inner, "cy_11_12_work.zip": inner}
    for path in (tree(tmp_path / "class", files), zipped(tmp_path / "class.zip", files)):
        found = read(path)
        assert sorted(found) == ["ada", "bob", "cy"]
        assert all(bodies(work).endswith("return A") for work in found.values())


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (["p.ipynb", "p (1).ipynb"], "p (1).ipynb"),
        (["p (1).ipynb", "p.ipynb"], "p.ipynb"),
        (["final.ipynb", "really final.ipynb", "old.py"], "old.py"),
    ],
)
def test_of_several_versions_the_newest_counts_and_the_report_says_so(
    names: list[str], newest: str, tmp_path: Path, read
):
    texts = [ANSWER.format(i) if name.endswith("py") else notebook(str(i)) for i, name in enumerate(names)]
    files: dict = {f"ada/{name}": text for name, text in zip(names, texts, strict=True)} | {"bob.ipynb": notebook()}
    for path in (tree(tmp_path / "class", files), zipped(tmp_path / "class.zip", files)):
        work = read(path)["ada"]
        assert bodies(work).endswith(f"return {len(names) - 1}")
        (note,) = [note for note in work.notes if "times" in note]
        assert f'{newest}", the newest, counts' in note and all(name in note for name in names)


def test_versions_of_the_same_second_are_told_apart_by_their_number(tmp_path: Path, read):
    ages = {f"ada{name}.ipynb": 1 for name in ("", " (1)", " (2)")}
    folder = tree(tmp_path / "class", {name: notebook(str(i)) for i, name in enumerate(ages)}, ages)
    assert bodies(read(folder)["ada"]).endswith("return 2")
    canvas = {"ada_1_700_x-1.ipynb": notebook("new"), "ada_1_600_x.ipynb": notebook("old")}
    assert bodies(read(tree(tmp_path / "canvas", canvas))["ada"]).endswith("return new"), (
        "Canvas's number, not the date"
    )


def test_of_two_lessons_both_count(tmp_path: Path, read):
    folder = tree(tmp_path / "class", {"ada/a.ipynb": notebook(lesson=SECOND), "ada/b.ipynb": notebook(lesson=FIRST)})
    assert list(read(folder)["ada"].hand_ins) == [FIRST, SECOND]
    assert list(read(folder, only=SECOND)["ada"].hand_ins) == [SECOND]


def test_people_of_one_name_stay_two_people(tmp_path: Path, read):
    files = {f"Kim Lee_{i}_assignsubmission_file_/x.ipynb": notebook(str(i)) for i in (7, 8)}
    found = read(zipped(tmp_path / "class.zip", files))
    assert sorted(found) == ["Kim Lee_7", "Kim Lee_8"] and bodies(found["Kim Lee_8"]).endswith("return 8")


def test_names_lose_what_could_harm_a_terminal_or_a_table(tmp_path: Path, read):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("ada\x1b[31m.ipynb", "b\nob.ipynb", "\u202ecy.ipynb", "x" * 200 + ".ipynb"):
        (folder / name).write_text(notebook())
    (Path(os.fsdecode(os.fsencode(folder) + b"/d\xff.ipynb"))).write_text(notebook())
    found = read(folder)
    assert all(name.isprintable() and len(name) <= 100 for name in found) and len(found) == 5


def test_a_lesson_is_found_by_the_folder_where_the_file_does_not_say_it(tmp_path: Path, read):
    folder = tree(tmp_path / "class", {f"submitted/ada/{SECOND}/x.ipynb": json.dumps(notebook_of("x = 1"))})
    assert list(read(folder)["ada"].hand_ins) == [SECOND]


def test_an_unreadable_file_costs_its_lesson_only(tmp_path: Path, read):
    folder = tree(tmp_path / "class", {f"ada/{FIRST}.ipynb": "", f"ada/{SECOND}.ipynb": notebook(lesson=SECOND)})
    work = read(folder)["ada"]
    assert list(work.hand_ins) == [SECOND] and "is empty" in work.unreadable[FIRST] and len(work.unreadable) == 1


def test_an_older_version_counts_where_the_newest_cannot_be_read(tmp_path: Path, read):
    work = read(tree(tmp_path / "class", {"ada/p.ipynb": notebook("1"), f"ada/{FIRST}.ipynb": ""}))["ada"]
    assert bodies(work).endswith("return 1") and not work.unreadable
    assert any("is empty" in note for note in work.notes)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"x.ipynb": ""}, "is empty"),
        ({"x.ipynb": "<!DOCTYPE html><html>"}, "web page"),
        ({"x.ipynb": b"PK\x03\x04junk"}, "zip archive"),
        ({"x.zip": b"this is no zip"}, "cannot be read as a zip archive"),
        ({"report.pdf": b"%PDF"}, 'only "ada/report.pdf"'),
        ({"x.ipynb": json.dumps(notebook_of("x = 1"))}, "does not say which lesson"),
    ],
)
def test_where_nothing_can_be_read_every_lesson_is_unreadable_with_the_reason(
    files: dict[str, str | bytes], reason: str, tmp_path: Path, read
):
    path = tree(tmp_path / "class", {f"ada/{name}": text for name, text in files.items()} | {"bob.ipynb": notebook()})
    found = read(path)
    assert set(found["ada"].unreadable) == set(LESSONS) and not found["ada"].hand_ins
    assert all(reason in why for why in found["ada"].unreadable.values()), found["ada"].unreadable
    assert found["bob"].hand_ins, "the class goes on"


def test_where_a_lesson_is_asked_for_it_alone_is_unreadable_and_a_file_that_says_nothing_counts_for_it(
    tmp_path: Path, read
):
    folder = tree(tmp_path / "class", {"ada/x.ipynb": "", "bob/x.ipynb": json.dumps(notebook_of("x = 1"))})
    found = read(folder, only=SECOND)
    assert list(found["ada"].unreadable) == [SECOND] and list(found["bob"].hand_ins) == [SECOND]


def test_an_empty_folder_is_a_student_who_handed_in_nothing(tmp_path: Path, read):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    assert "No notebook" in read(tmp_path / "class")["ada"].unreadable[FIRST]


def member(name: str, *, mode: int = 0, system: int = 3) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr, made.create_system = mode << 16, system
    return made


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (member("ada/../../escaped.ipynb"), "leads out of its folder"),
        (member("ada\\..\\..\\escaped.ipynb"), "leads out of its folder"),
        (member("ada/link.ipynb", mode=stat.S_IFLNK | 0o777), "symbolic link"),
        (member("ada/fifo.ipynb", mode=stat.S_IFIFO | 0o644), "device or a pipe"),
        (member("ada/disk.ipynb", mode=stat.S_IFBLK | 0o644), "device or a pipe"),
    ],
)
def test_a_dangerous_member_is_refused_and_the_others_count(bad: zipfile.ZipInfo, reason: str, tmp_path: Path, read):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(bad, "/etc/hostname")
        archive.writestr("ada/x.ipynb", notebook("A"))
        archive.writestr("bob/x.ipynb", notebook("B"))
    found = read(path)
    assert any(reason in note for note in found["ada"].notes), found["ada"].notes
    assert bodies(found["ada"]).endswith("return A") and bodies(found["bob"]).endswith("return B")
    assert not list(tmp_path.rglob("escaped.ipynb"))


@pytest.mark.parametrize("name", ["../escaped.ipynb", "/tmp/escaped.ipynb", "C:\\escaped.ipynb"])
def test_a_member_that_belongs_to_nobody_is_a_warning(name: str, tmp_path: Path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, notebook())
        archive.writestr("ada/x.ipynb", notebook())
    found = collect.collect(path)
    assert [student.name for student in found.students] == ["ada"] and "escaped.ipynb" in found.warnings[0]


def test_links_and_devices_on_disk_are_refused(tmp_path: Path, read):
    (tmp_path / "secret.ipynb").write_text(notebook("secret"))
    folder = tree(tmp_path / "class", {"ada/x.ipynb": notebook("A"), "bob/x.ipynb": notebook("B")})
    (folder / "ada" / f"{SECOND}.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "ada" / "folder").symlink_to(tmp_path)
    (folder / "cy.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "dan").symlink_to(tmp_path)
    os.mkfifo(folder / "bob" / "pipe.ipynb")
    os.mkfifo(folder / "eve.ipynb")
    found = read(folder)
    assert "secret" not in "".join(map(bodies, found.values()))
    assert sum("symbolic link" in note for note in found["ada"].notes) == 2 and found["ada"].hand_ins.keys() == {FIRST}
    assert any("pipe" in note for note in found["bob"].notes) and bodies(found["bob"]).endswith("return B")
    assert "symbolic link" in found["cy"].unreadable[FIRST] and "no regular file" in found["eve"].unreadable[FIRST]
    assert "symbolic link" in collect.collect(folder).warnings[0]
    for_a_person = {fate.path for work in found.values() for fate in work.fates if fate.fate == PERSON}
    assert for_a_person == {f"ada/{SECOND}.ipynb", "ada/folder", "bob/pipe.ipynb", "cy.ipynb", "eve.ipynb"}


def test_a_folder_too_deep_is_for_a_person_and_the_rest_is_read(tmp_path: Path, read):
    found = read(
        tree(tmp_path / "class", {"ada/" + "d/" * 45 + "x.ipynb": notebook(), "ada/y.ipynb": notebook(lesson=SECOND)})
    )
    (fate,) = (fate for fate in found["ada"].fates if fate.fate == PERSON)
    assert "folders deep" in fate.why and list(found["ada"].hand_ins) == [SECOND]


def test_a_file_without_permission_is_unreadable(tmp_path: Path, read, monkeypatch):
    folder = tree(tmp_path / "class", {"ada.ipynb": notebook(), "bob.ipynb": notebook()})
    whole = hand_ins.read_hand_in

    def deny(path, *more):  # root, as in containers, may read everything
        if "ada" in path.name:
            raise PermissionError(13, "Permission denied")
        return whole(path, *more)

    monkeypatch.setattr(hand_ins, "read_hand_in", deny)
    found = read(folder)
    assert "Permission denied" in found["ada"].unreadable[FIRST] and found["bob"].hand_ins


def test_a_bomb_is_refused_by_its_ratio_its_size_and_what_really_comes_out(tmp_path: Path, read, monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 2**21)
    monkeypatch.setattr(archives, "SMALL", 2**20)
    monkeypatch.setattr(archives.unpack, "__defaults__", (2**21,))
    monkeypatch.setattr(opening, "MOST_BYTES", 2**21)
    ratio = zipped(tmp_path / "ratio.zip", {"x.ipynb": b"0" * 2**22}).read_bytes()
    noisy = os.urandom(2**20)
    size = zipped(tmp_path / "size.zip", {f"{i}.ipynb": noisy for i in range(3)}).read_bytes()
    liar = zipped(tmp_path / "liar.zip", {"x.ipynb": b"0" * 2**22}).read_bytes()
    large, small = struct.pack("<L", 2**22), struct.pack("<L", 900_000)
    liar = liar.replace(large, small)
    files = {"ratio/x.zip": ratio, "size/x.zip": size, "liar/x.zip": liar, "ada/x.ipynb": notebook("A")}
    for path in (tree(tmp_path / "class", files), zipped(tmp_path / "class.zip", files)):
        found = read(path)
        assert "zip bomb" in found["ratio"].unreadable[FIRST]
        assert "larger than 2 MB" in found["size"].unreadable[FIRST]
        assert "could not be unpacked" in found["liar"].unreadable[FIRST]
        assert bodies(found["ada"]).endswith("return A")


def test_archives_in_archives_without_end_are_left(tmp_path: Path, read):
    inner = zipped(tmp_path / "0.zip", {"x.ipynb": notebook()})
    for level in range(1, 6):
        inner = zipped(tmp_path / f"{level}.zip", {"inner.zip": inner.read_bytes()})
    wide = {f"{i}.zip": zipped(tmp_path / "w.zip", {"a.txt": "x"}).read_bytes() for i in range(30)}
    folder = tree(tmp_path / "class", {"ada/deep.zip": inner.read_bytes()} | {f"bob/{n}": t for n, t in wide.items()})
    found = read(folder)
    assert "more than 3 deep" in found["ada"].unreadable[FIRST]
    assert any("more than 20 of them" in note for note in found["bob"].notes)


@pytest.mark.slow
def test_100000_files_are_refused_in_a_folder_and_in_archives(tmp_path: Path, read):
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(100_000):
            archive.writestr(zipfile.ZipInfo(f"eve/{number}.ipynb"), b"")
        archive.writestr("ada/x.ipynb", notebook("A"))
    found = read(many)
    assert "100,000 files" in found["eve"].unreadable[FIRST] and bodies(found["ada"]).endswith("return A")
    folder = tree(tmp_path / "class", {"ada/x.ipynb": notebook("A"), "bob/all.zip": many.read_bytes()})
    (folder / "eve").mkdir()
    for number in range(3_000):
        (folder / "eve" / f"{number}.ipynb").touch()
    found = read(folder)
    assert "more than 2,000" in found["eve"].unreadable[FIRST] and "100,001 files" in found["bob"].unreadable[FIRST]
    assert bodies(found["ada"]).endswith("return A")


def test_a_warning_that_was_printed_thirty_thousand_times_is_no_bomb(tmp_path: Path, read):
    printing = json.loads(notebook())
    said = ["UserWarning: 'pin_memory' argument is set as true but no accelerator is found.\n"] * 30_000
    printing["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stderr", "text": said}]
    path = tmp_path / "warnings.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.ipynb", json.dumps(printing))
    [member] = zipfile.ZipFile(path).infolist()
    assert member.file_size > 200 * member.compress_size, "it shrinks as a bomb does"
    found = read(tree(tmp_path / "class", {"ada/a.zip": path.read_bytes()}))
    assert list(found["ada"].hand_ins) == [FIRST]


def test_a_damaged_or_locked_member_is_told(tmp_path: Path, read):
    good = zipped(tmp_path / "good.zip", {"x.ipynb": notebook(), "y.ipynb": notebook(lesson=SECOND)})
    data = bytearray(good.read_bytes())
    at = data.index(zlib.compress(notebook().encode())[2:8])
    data[at : at + 8] = b"\xff" * 8
    locked = bytearray(zipped(tmp_path / "locked.zip", {"x.ipynb": notebook()}).read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    found = read(tree(tmp_path / "class", {"ada/a.zip": bytes(data), "bob/b.zip": bytes(locked)}))
    assert list(found["ada"].hand_ins) == [SECOND] and any(
        "could not be unpacked" in note for note in found["ada"].notes
    )
    assert "password" in found["bob"].unreadable[FIRST]


def test_what_lies_a_thousand_folders_deep_is_refused_and_the_rest_is_read(tmp_path: Path, read):
    deep = {"d/" * 1_000 + "x.ipynb": notebook(), "y.ipynb": notebook(lesson=SECOND)}
    found = read(
        tree(
            tmp_path / "class",
            {"ada/a.zip": zipped(tmp_path / "deep.zip", deep).read_bytes(), "bob/x.ipynb": notebook()},
        )
    )
    assert list(found["ada"].hand_ins) == [SECOND] and any("folders deep" in note for note in found["ada"].notes)
    assert list(found["bob"].hand_ins) == [FIRST]


def test_the_folder_of_the_marks_is_no_student(tmp_path: Path):
    folder = tree(tmp_path / "class", {"ada.ipynb": notebook(), "marks/reports/ada.html": "x"})
    assert [s.name for s in collect.collect(folder, folder / "marks").students] == ["ada"]


@pytest.mark.parametrize("marks", [{"found.sqlite": ""}, {"run.json": "{}", "marks.jsonl": ""}])
def test_the_marks_of_an_earlier_run_are_no_student_but_a_hand_in_beside_them_is(marks: dict[str, str], tmp_path: Path):
    files = {f"{who}/{name}": text for who in ("marks", "bob") for name, text in marks.items()}
    folder = tree(tmp_path / "class", {"ada.ipynb": notebook(), "bob/x.ipynb": notebook(), **files})
    found = collect.collect(folder, tmp_path / "elsewhere")
    assert [student.name for student in found.students] == ["ada", "bob"]
    assert found.warnings == ('"marks" holds the marks of an earlier run; it was skipped.',)


def test_a_path_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(collect.NoClass, match="there is no file or folder .*submission"):
        collect.collect(tmp_path / "submission")


@pytest.mark.parametrize("content", [{}, {"readme.txt": "x"}])
def test_a_folder_without_hand_ins_is_said_to_be_one(content: dict[str, str | bytes], tmp_path: Path):
    (tmp_path / "class").mkdir()
    with pytest.raises(collect.NoClass, match="class holds no hand-in"):
        collect.collect(tree(tmp_path / "class", content))


def test_a_model_stays_beside_its_notebook(tmp_path: Path, read):
    files = {"ada/x.ipynb": json.dumps(solved()), "ada/model.safetensors": b"weights"}
    work = read(zipped(tmp_path / "class.zip", files))["ada"]
    assert (work.hand_ins[FIRST].path.parent / "model.safetensors").read_bytes() == b"weights"


def models(work: Work) -> list[str]:
    return [model.path.read_bytes().decode() for model in work.models]


FLAT = {
    "Canvas": {
        "byronada_11_500_x.ipynb": "a",
        "byronada_11_501_model.safetensors": "A",
        "hillbob_LATE_12_502_x-1.ipynb": "b",
        "hillbob_LATE_12_503_model-1.safetensors": "B",
    },
    "Moodle without folders": {
        "byronada_11_assignsubmission_file_x.ipynb": "a",
        "byronada_11_assignsubmission_file_model (1).safetensors": "A",
        "hillbob_12_assignsubmission_file_x.ipynb": "b",
        "hillbob_12_assignsubmission_file_model.safetensors": "B",
    },
    "a plain folder": {
        "byronada.ipynb": "a",
        "byronada model.safetensors": "A",
        "hillbob.ipynb": "b",
        "model_hillbob.safetensors": "B",
        "hill.ipynb": "c",
        "model.safetensors": "nobody's",
    },
}


@pytest.mark.parametrize("name", FLAT)
def test_in_a_flat_layout_a_model_belongs_to_the_student_whom_its_name_names_and_else_to_nobody(
    name: str, tmp_path: Path, read
):
    files = {path: notebook(text) if len(text) == 1 and text.islower() else text for path, text in FLAT[name].items()}
    for path in (tree(tmp_path / "class", files), zipped(tmp_path / "class.zip", files)):
        found = read(path)
        assert (models(found["byronada"]), models(found["hillbob"])) == (["A"], ["B"])
        assert [models(work) for who, work in found.items() if who == "hill"] == [[]] * (name == "a plain folder")
        warnings = collect.collect(path).warnings
        assert [w for w in warnings if "names none of the students" in w] == list(warnings)
        assert len(warnings) == (name == "a plain folder")


@pytest.mark.parametrize(
    ("beside", "expected"), [({}, ["W"]), ({"bob.ipynb": "b"}, []), ({"02_kl_divergence.ipynb": "b"}, ["W"])]
)
def test_one_notebook_has_the_model_beside_it_unless_others_lie_there(tmp_path: Path, read, beside, expected):
    files = {name: notebook(text) for name, text in {"07_capstone.ipynb": "a", **beside}.items()}
    if "bob.ipynb" in beside:
        files = {"ada.ipynb": notebook("a"), "bob.ipynb": notebook("b")}
    folder = tree(tmp_path / "class", files | {"model.safetensors": "W"})
    [work] = read(folder / next(iter(files))).values()
    assert models(work) == expected
