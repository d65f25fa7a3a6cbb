"""Every platform's way to hand out a class, as small real-looking examples: who is in it, and whose is what."""

from pathlib import Path

import pytest

from tests.teach.grading.test_collect import FIRST, SECOND, bodies, notebook, read_class, tree, zipped
from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import collect
from vae_course.teach.grading.incoming.choice import LAYOUTS, Choice, pattern_of
from vae_course.teach.grading.incoming.platforms import PLATFORMS, reading_of

METADATA = """---
submission_101:
  :submitters:
  - :name: Ada Byron
    :sid: '4711'
    :email: ada@example.edu
  :created_at: 2026-03-02 10:00:00.000000000 Z
  :score: 0.0
submission_102:
  :submitters:
  - :name: Bob Hill
    :sid: '4712'
    :email: bob@example.edu
submission_103:
  :submitters:
  - :name: Ada Byron
    :sid: '4711'
    :email: ada@example.edu
"""

# What lies there, a letter for a notebook that answers with it; then who is in the class, and whose answer counts.
CLASSES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "Moodle with groups": (
        {
            "Group A-Ada Byron_11_assignsubmission_file_/x.ipynb": "A",
            "Group A-Ada Byron_11_assignsubmission_onlinetext_/onlinetext.html": "<p>hello",
            "Group B-Bob Hill_12_assignsubmission_file_/x.ipynb": "B",
        },
        {"Group A-Ada Byron": "A", "Group B-Bob Hill": "B"},
    ),
    "Moodle, a folder for each assignment": (
        {
            "C101-Lesson 01-4711/Ada Byron_11_assignsubmission_file_/x.ipynb": "A",
            "C101-Lesson 02-4711/Ada Byron_11_assignsubmission_file_/x.ipynb": "C",
            "C101-Lesson 02-4711/Bob Hill_12_assignsubmission_file_/x.ipynb": "D",
        },
        {"Ada Byron": "AC", "Bob Hill": "D"},
    ),
    "Canvas": (
        {
            "byronada_11_500_kl.ipynb": "A",
            "byronada_11_502_kl-1.ipynb": "C",
            "hillbob_LATE_12_501_kl.ipynb": "B",
            "hillbob_12_503_text.html": "<p>hello",
        },
        {"byronada": "C", "hillbob": "B"},
    ),
    "Blackboard": (
        {
            "HW 2_abyron_attempt_2026-03-01-10-00-00.txt": "Name: Ada Byron (abyron)",
            "HW 2_abyron_attempt_2026-03-02-11-00-00_kl.ipynb": "C",
            "HW 2_abyron_attempt_2026-03-01-10-00-00_kl.ipynb": "A",
            "HW 2_bhill_attempt_2026-03-01-12-00-00_kl.ipynb": "B",
        },
        {"abyron": "C", "bhill": "B"},
    ),
    "Brightspace, files": (
        {
            "4711-902 - Ada Byron - Mar 12, 2026 905 AM - kl - final.ipynb": "C",
            "4711-902 - Ada Byron - Mar 2, 2026 1005 PM - kl.ipynb": "A",
            "4712-902 - Bob Hill - Mar 2, 2026 1005 AM - kl.ipynb": "B",
            "index.html": "<html>",
        },
        {"Ada Byron": "C", "Bob Hill": "B"},
    ),
    "Brightspace, folders": (
        {
            "4711-902 - Ada Byron - Mar 12, 2026 905 AM/kl.ipynb": "C",
            "4711-902 - Ada Byron - Mar 2, 2026 1005 PM/kl.ipynb": "A",
            "4712-902 - Bob Hill - Mar 2, 2026 1005 AM/kl.ipynb": "B",
            "index.html": "<html>",
        },
        {"Ada Byron": "C", "Bob Hill": "B"},
    ),
    "Gradescope": (
        {
            "assignment_77_export/submission_metadata.yml": METADATA,
            "assignment_77_export/submission_103/kl.ipynb": "C",
            "assignment_77_export/submission_101/kl.ipynb": "A",
            "assignment_77_export/submission_102/kl.ipynb": "B",
        },
        {"Ada Byron": "C", "Bob Hill": "B"},
    ),
    "nbgrader's exchange": (
        {
            "inbound/ada+kl+2026-03-02 11:00:00.000000 UTC+Zm9vYmFy/kl.ipynb": "C",
            "inbound/ada+kl+2026-03-01 11:00:00.000000 UTC+Zm9v/kl.ipynb": "A",
            "inbound/bob+kl+2026-03-01 11:00:00.000000 UTC+YmFy/kl.ipynb": "B",
        },
        {"ada": "C", "bob": "B"},
    ),
    "GitHub Classroom": (
        {
            "lesson-02-submissions/lesson-02-ada-b/.git/HEAD": "ref",
            "lesson-02-submissions/lesson-02-ada-b/notebooks/x.ipynb": "A",
            "lesson-02-submissions/lesson-02-ada-c/.git/HEAD": "ref",
            "lesson-02-submissions/lesson-02-ada-c/notebooks/x.ipynb": "B",
        },
        {"ada-b": "A", "ada-c": "B"},
    ),
    "GitHub Classroom, several assignments": (
        {
            f"lesson-0{number}-submissions/lesson-0{number}-{who}/{file}": text
            for number, who, letter in ((1, "ada", "A"), (1, "bob", "B"), (2, "ada", "C"), (2, "bob", "D"))
            for file, text in ((".git/HEAD", "ref"), ("x.ipynb", letter))
        },
        {"ada": "AC", "bob": "BD"},
    ),
    "GitHub Classroom, downloaded without git": (
        {"lesson-02-ada/x.ipynb": "A", "lesson-02-bob/x.ipynb": "B"},
        {"lesson-02-ada": "A", "lesson-02-bob": "B"},
    ),
    "Google's copies": (
        {f"Copy of ada_{FIRST}.ipynb": "A", f"Kopie von Copia de bob {FIRST} (1).ipynb": "B"},
        {"ada": "A", "bob": "B"},
    ),
    "plain folders for each lesson": (
        {
            "Lesson 1/ada.ipynb": "A",
            "Lesson 1/bob.ipynb": "B",
            "Lesson 2/ada.ipynb": "C",
        },
        {"ada": "AC", "bob": "B"},
    ),
}


def texts(files: dict[str, str]) -> dict[str, str | bytes]:
    """The notebooks; one with A or B answers the first lesson, and with D the second; C is newer, or the second."""
    second = any("lesson 1" in path.lower() or "lesson-01" in path or "Lesson 01" in path for path in files)
    lesson = {"A": FIRST, "B": FIRST, "C": SECOND if second else FIRST, "D": SECOND}
    return {path: notebook(text, lesson[text]) if text in lesson else text for path, text in files.items()}


@pytest.mark.parametrize("where", ["folder", "zip"])
@pytest.mark.parametrize("name", CLASSES)
def test_a_platforms_class_is_understood(name: str, where: str, tmp_path: Path, tmp_path_factory):
    files, expected = CLASSES[name]
    made = texts(files)
    path = tree(tmp_path / "class", made) if where == "folder" else zipped(tmp_path / "class.zip", made)
    found = read_class(path, tmp_path_factory)
    assert sorted(found) == sorted(expected)
    for student, answers in expected.items():
        got = [cell.source[-1] for hand_in in found[student].hand_ins.values() for cell in hand_in.cells]
        assert got == list(answers), student


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_every_platforms_example_is_read_as_that_platforms(platform):
    is_folder = not platform.files or platform.example.endswith("_file_")
    told = reading_of(platform.example, is_folder)
    assert (
        told is not None
        and told.platform is platform
        and told.group("id") in ("4711", "abyron", "ada", "123", "123456")
    )


def test_a_zip_for_each_assignment_side_by_side_is_one_class(tmp_path: Path, tmp_path_factory):
    folder = tmp_path / "class"
    for lesson, letter in ((FIRST, "A"), (SECOND, "B")):
        files = {
            f"{who}_assignsubmission_file_/x.ipynb": notebook(letter, lesson) for who in ("Ada Byron_11", "Bob Hill_12")
        }
        zipped(folder / f"C101-{lesson}-4711.zip", files)
    found = read_class(folder, tmp_path_factory)
    assert sorted(found) == ["Ada Byron", "Bob Hill"]
    assert all(list(work.hand_ins) == [FIRST, SECOND] and bodies(work) for work in found.values())


def moodle(*people: str, lesson: str = FIRST) -> dict[str, str | bytes]:
    return {f"{who}_assignsubmission_file_/x.ipynb": notebook("A", lesson) for who in people}


# What lies there, the words of the refusal, and what each option makes of it.
TWO_READINGS: dict[str, tuple[dict[str, str], tuple[str, ...], dict[str, list[str]]]] = {
    "Moodle's numbers made anew": (
        {
            "one/Kim Lee_7_assignsubmission_file_/x.ipynb": "A",
            "two/Kim Lee_8_assignsubmission_file_/x.ipynb": "C",
        },
        ('"Kim Lee" has the number 7 in "one" and 8 in "two"', "two people", "one person"),
        {"moodle": ["Kim Lee_7", "Kim Lee_8"], "moodle-names": ["Kim Lee"]},
    ),
    "the same names in several folders": (
        {f"{top}/{who}.ipynb": "A" for top in ("red", "blue") for who in ("ada", "bob")},
        ('"blue", "red" are students', 'assignments in which "ada", "bob"'),
        {"folders": ["blue", "red"], "assignments": ["ada", "bob"]},
    ),
    "folders of several folders": (
        {f"{top}/{who}/x.ipynb": "A" for top, who in (("A", "ada"), ("A", "bob"), ("B", "cy"), ("B", "dan"))},
        ('"A", "B" are students', "each hold a class"),
        {"folders": ["A", "B"], "assignments": ["ada", "bob", "cy", "dan"]},
    ),
    "files of one lesson without a name": (
        {f"{FIRST}.ipynb": "A", f"{FIRST} (1).ipynb": "B"},
        ("no name of a person", "one learner's", "2 people"),
        {"one": ["class"]},
    ),
    "people beside somebody who calls files after lessons": (
        {f"{FIRST}.ipynb": "A", f"{SECOND}.ipynb": "C", f"{LESSONS[3]}.ipynb": "", "ada.ipynb": "B", "bob.ipynb": "D"},
        ('3 files are called after lessons, and 2 are not ("ada", "bob")', "one learner's", "several people"),
        {"one": ["class"], "files": [FIRST, SECOND, LESSONS[3], "ada", "bob"]},
    ),
    "numbers behind names": (
        {"ada_01.ipynb": "A", "ada_02.ipynb": "C", "bob_01.ipynb": "B"},
        ('"ada" stands before several numbers', "lessons of one student", "several students"),
        {"files": ["ada_01", "ada_02", "bob_01"]},
    ),
    "one folder with several in it": (
        {"group/ada/x.ipynb": "A", "group/bob/x.ipynb": "B"},
        ('"group" is the folder of one student', "a class of 2"),
        {"folders": ["group"]},
    ),
    "a class beside a student": (
        {
            "one/Kim Lee_7_assignsubmission_file_/x.ipynb": "A",
            "one/Bo Li_8_assignsubmission_file_/x.ipynb": "A",
            "ada/x.ipynb": "B",
        },
        ('"one": each is an assignment', 'as "ada" may be'),
        {"folders": ["ada", "one"]},
    ),
    "Blackboard's users with underscores": (
        {
            "HW_ada_byron_attempt_2026-03-01-10-00-00_kl.ipynb": "A",
            "HW_bob_byron_attempt_2026-03-01-10-00-00_kl.ipynb": "B",
        },
        ('one user "byron" with two assignments', "two users"),
        {},
    ),
}


@pytest.mark.parametrize("name", TWO_READINGS)
def test_a_class_that_can_be_read_in_two_ways_is_refused_with_both_and_an_option_decides(name: str, tmp_path: Path):
    files, words, options = TWO_READINGS[name]
    folder = tree(tmp_path / "class", texts(files))
    with pytest.raises(collect.NoClass) as refused:
        collect.collect(folder)
    assert all(word in str(refused.value) for word in words), refused.value
    assert "--layout" in str(refused.value) or "--name-pattern" in str(refused.value)
    for option, students in options.items():
        assert option in LAYOUTS and f"--layout {option}" in str(refused.value)
        assert [student.name for student in collect.collect(folder, choice=Choice(option)).students] == students


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("{student}_{lesson}.ipynb", ["ada_01.ipynb", "ada_02.ipynb", "bob_01.ipynb"]),
        ("{lesson}-*-{student}.ipynb", [f"{FIRST}-final-ada.ipynb", f"{SECOND}-x-ada.ipynb", f"{FIRST}-x-bob.ipynb"]),
        ("{student}/{lesson}/*", ["week/ada/01/x.ipynb", "week/ada/02/x.ipynb", "week/bob/01/x.ipynb"]),
        ("HW_{student}_attempt_*", [f"HW_{who}_attempt_2026-03-01-10-00-0{i}_k.ipynb" for i, who in enumerate("aab")]),
    ],
)
def test_a_pattern_of_ones_own_says_whose_a_file_is(pattern: str, files: list[str], tmp_path: Path):
    made = {name: notebook("A", FIRST if number != 1 else SECOND) for number, name in enumerate(files)}
    folder = tree(tmp_path / "class", {**made, "other.ipynb": notebook(), "notes.txt": "x"})
    found = collect.collect(folder, choice=Choice("", *pattern_of(pattern, LESSONS)))
    assert [len(student.paths) for student in found.students] == [2, 1]
    assert [student.name[0] for student in found.students] == ["a", "b"]
    assert {fate.path: fate.fate for fate in found.fates} == {"other.ipynb": "needs a person", "notes.txt": "set aside"}


@pytest.mark.parametrize("pattern", ["{lesson}.ipynb", "{student}_{nobody}.ipynb", "{student}{student}", "ada"])
def test_a_pattern_that_says_nothing_is_refused(pattern: str):
    with pytest.raises(ValueError, match="such as"):
        pattern_of(pattern, LESSONS)


def test_archives_of_assignments_in_an_archive_are_not_taken_for_students(tmp_path: Path):
    inner = {f"Lesson {i}.zip": zipped(tmp_path / "inner.zip", moodle("Ada_7", "Bob_8")).read_bytes() for i in (1, 2)}
    with pytest.raises(collect.NoClass, match="holds a class of its own: unpack"):
        collect.collect(zipped(tmp_path / "class.zip", inner))


def test_a_file_that_somebody_downloaded_makes_no_assignment_of_their_folder(tmp_path: Path):
    files = {"ada/byronada_11_500_kl.ipynb": notebook(), "bob/x.ipynb": notebook()}
    assert [s.name for s in collect.collect(tree(tmp_path / "class", files)).students] == ["ada", "bob"]


ALIKE = {
    "composed and decomposed": ["Jos\u00e9", "Jose\u0301"],
    "with a character of no width": ["ada", "ada\u200b"],
    "the same first hundred characters": ["x" * 100 + "y", "x" * 100 + "z"],
    "Latin-1": ["m\udcfcller", "m\udcf6ller"],
}


@pytest.mark.parametrize("name", ALIKE)
def test_names_that_fall_together_stay_two_students(name: str, tmp_path: Path, tmp_path_factory):
    for who, letter in zip(ALIKE[name], "AB", strict=True):
        tree(tmp_path / "class", {f"{who}/x.ipynb": notebook(letter)})
    found = collect.collect(tmp_path / "class")
    assert len({student.name for student in found.students}) == 2 and found.alike[0] == tuple(
        student.name for student in found.students
    )
    assert all(len(student.name) <= 100 for student in found.students)
    answers = {bodies(work)[-1] for work in read_class(tmp_path / "class", tmp_path_factory).values()}
    assert answers == {"A", "B"}


def test_a_name_made_for_one_person_is_not_given_to_another(tmp_path: Path):
    files = {"bo_7/x.ipynb": notebook(), **moodle("bo_7", "bo_8")}
    students = collect.collect(tree(tmp_path / "class", files)).students
    assert len({student.name for student in students}) == 3 and "bo_7" in {s.name for s in students}


def test_a_trained_model_in_a_flat_class_goes_to_whom_its_name_names(tmp_path: Path):
    files: dict[str, str | bytes] = {f"{who}.ipynb": notebook() for who in ("ada", "adam", "bob")}
    files |= {"ada_model.safetensors": b"w", "adam-model.safetensors": b"w", "model.safetensors": b"w"}
    found = collect.collect(tree(tmp_path / "class", files))
    assert {student.name: len(student.paths) for student in found.students} == {"ada": 2, "adam": 2, "bob": 1}
    assert [(fate.path, fate.fate) for fate in found.fates] == [("model.safetensors", "needs a person")]
