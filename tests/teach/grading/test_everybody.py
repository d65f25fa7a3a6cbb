"""Nobody is lost and nobody is merged: the ledger of the files, people of one name, and the roster, through `vae-course grade`."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import ROOT
from tests.teach.grading.test_collect import tree, zipped
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from vae_course import cli
from vae_course.teach.grading import grade
from vae_course.teach.grading.incoming.register import on_roster
from vae_course.teach.grading.incoming.roster import read_roster

SECOND = "02_kl_divergence"
SHARE = "predict_negative_share = 0.3085"
Mark = Callable[..., int]


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mark:
    """Mark a path into `tmp_path / "marks"`; only for hand-ins that do no harm."""
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    return lambda path, *options: cli.main(
        ["grade", str(path), "--out", str(tmp_path / "marks"), "--no-sandbox", *map(str, options)]
    )


def table(tmp_path: Path, name: str) -> list[dict[str, str]]:
    with (tmp_path / "marks" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fates(tmp_path: Path) -> dict[str, tuple[str, str]]:
    return {row["path"]: (row["student"], row["fate"]) for row in table(tmp_path, "files.csv")}


def points(tmp_path: Path) -> dict[str, str]:
    return {row["student"]: row["points"] for row in table(tmp_path, "totals.csv")}


# ---------------------------------------------------------------- the ledger


def test_every_file_of_a_class_has_its_fate(mark: Mark, tmp_path: Path, capsys):
    inner = zipped(tmp_path / "inner.zip", {"deep/b.ipynb": hand_in(RIGHT), "deep/b.docx": "x", "notes.txt": "x"})
    folder = tree(
        tmp_path / "class",
        {
            "ada/old.ipynb": hand_in(WRONG),
            "ada/new.ipynb": hand_in(RIGHT),
            "ada/helper.py": "def unrelated(): return 1",
            "ada/plot.png": "x",
            "ada/work.tar.gz": "x",
            "ada/__pycache__/helper.pyc": "x",
            "ada/empty.ipynb": "",
            "bob/work.zip": inner.read_bytes(),
            "bob/scratch.ipynb": hand_in("x = 1", lesson=""),
            "lost.pdf": "x",
            "readme.txt": "x",
            ".DS_Store": "x",
        },
    )
    assert mark(folder) == 1
    assert fates(tmp_path) == {
        "ada/old.ipynb": ("ada", "set aside"),
        "ada/new.ipynb": ("ada", "marked"),
        "ada/helper.py": ("ada", "set aside"),
        "ada/plot.png": ("ada", "set aside"),
        "ada/work.tar.gz": ("ada", "needs a person"),
        "ada/__pycache__/": ("ada", "set aside"),
        "ada/empty.ipynb": ("ada", "needs a person"),
        "bob/work.zip": ("bob", "set aside"),
        "bob/work.zip/deep/b.ipynb": ("bob", "marked"),
        "bob/work.zip/deep/b.docx": ("bob", "set aside"),
        "bob/work.zip/notes.txt": ("bob", "set aside"),
        "bob/scratch.ipynb": ("bob", "set aside"),
        "lost.pdf": ("", "needs a person"),
        "readme.txt": ("", "set aside"),
        ".DS_Store": ("", "set aside"),
    }
    assert all(row["why"] for row in table(tmp_path, "files.csv"))
    assert {row["student"]: row["needs_a_person"] for row in table(tmp_path, "totals.csv")} == {"ada": "yes", "bob": ""}
    out = capsys.readouterr().out
    assert "Files: 2 marked, 10 set aside, 3 need a person" in out and "lost.pdf" in out


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_not_marked_is_set_aside_by_the_rule_that_did_it_and_a_trained_model_is_for_its_exercise(
    packed: bool, mark: Mark, tmp_path: Path
):
    key = (ROOT / "solutions" / f"{SECOND}.ipynb").read_bytes()
    model = hand_in('trained_model = {"file": "model.safetensors", "nn": "v1", "z_dim": 20}', lesson="07_capstone")
    files = {
        "ada/old.ipynb": hand_in(WRONG),
        "ada/new.ipynb": hand_in(RIGHT),
        "ada/last/untouched.ipynb": hand_in("x = 1", lesson="01_reparameterization"),
        "ada/key.ipynb": key,
        "ada/07.ipynb": model,
        "ada/m/model.safetensors": "weights",
        "bob/x.ipynb": hand_in("from mine import sample_gaussian\nfrom tools import plot", SHARE, lesson=SECOND),
        "bob/mine.py": RIGHT,
        "bob/tools.py": "def plot(): return 1",
        "bob/copy.ipynb": hand_in(RIGHT),
        "eve/x.ipynb": hand_in(RIGHT),
        "eve/course/vae_course/__init__.py": "",
        "eve/course/vae_course/data/digits.json": "{}",
        "eve/course/tests/test_kl.py": RIGHT,
    }
    path = zipped(tmp_path / "class.zip", files) if packed else tree(tmp_path / "class", files)
    assert mark(path) == 1, "of lesson 02 ada has the course's own answer alone"
    why = {row["path"]: (row["fate"], row["why"]) for row in table(tmp_path, "files.csv")}
    another = "another version of 01_reparameterization: "
    course = ("set aside", "a file of the course itself, in a clone of it")
    assert why == {
        "ada/old.ipynb": ("set aside", f'{another}"ada/new.ipynb" counts'),
        "ada/new.ipynb": ("marked", "01_reparameterization"),
        "ada/last/untouched.ipynb": ("set aside", f'{another}"ada/new.ipynb" counts'),
        "ada/key.ipynb": (
            "set aside",
            f"the course's own solutions/{SECOND}.ipynb, unchanged, and nobody's answer",
        ),
        "ada/07.ipynb": ("marked", "07_capstone"),
        "ada/m/model.safetensors": ("marked", "a trained model, for 7.3"),
        "bob/x.ipynb": ("marked", SECOND),
        "bob/mine.py": ("set aside", "a module of the student's own"),
        "bob/tools.py": ("set aside", "a module of the student's own"),
        "bob/copy.ipynb": ("marked", "01_reparameterization"),
        "eve/x.ipynb": ("marked", "01_reparameterization"),
        "eve/course/vae_course/__init__.py": course,
        "eve/course/vae_course/data/digits.json": course,
        "eve/course/tests/test_kl.py": course,
    }


def test_a_damaged_notebook_of_which_some_is_marked_says_so_in_the_ledger(mark: Mark, tmp_path: Path):
    text = hand_in(RIGHT, "x = 1", "y = 2")
    mark(tree(tmp_path / "class", {"ada/x.ipynb": text[: text.index("x = 1")], "bob/x.ipynb": text}))
    why = {row["path"]: row["why"] for row in table(tmp_path, "files.csv")}
    assert why == {
        "ada/x.ipynb": "01_reparameterization, as far as the damaged file can be read",
        "bob/x.ipynb": "01_reparameterization",
    }


def test_a_trained_model_among_several_people_s_notebooks_is_nobody_s_and_stands_in_the_ledger(
    mark: Mark, tmp_path: Path, capsys
):
    names = ("ada.ipynb", "bob.ipynb")
    files = {name: hand_in(RIGHT) for name in names} | {"ada_model.safetensors": "A", "model.safetensors": "M"}
    assert mark(tree(tmp_path / "class", files)) == 1
    assert fates(tmp_path)["model.safetensors"] == ("", "needs a person")
    assert fates(tmp_path)["ada_model.safetensors"][0] == "ada"
    assert "names none of the students; it was left out" in capsys.readouterr().out


def test_a_second_run_says_the_same_of_every_file(mark: Mark, tmp_path: Path):
    folder = tree(tmp_path / "class", {"ada/x.ipynb": hand_in(RIGHT), "ada/x.rar": "x", "bob.ipynb": hand_in(RIGHT)})
    assert mark(folder) == 1
    first = table(tmp_path, "files.csv")
    assert mark(folder) == 1 and table(tmp_path, "files.csv") == first and len(first) == 3


def test_files_of_other_endings_are_somebodys_who_needs_a_person(mark: Mark, tmp_path: Path):
    endings = {"ada": "json", "bob": "pdf", "dan": "tar.gz", "eve": "docx"}
    files = {f"{who}_{SECOND}.{ending}": "x" for who, ending in endings.items()}
    assert mark(tree(tmp_path / "class", {**files, f"cy_{SECOND}.ipynb": hand_in(SHARE, lesson=SECOND)})) == 1
    assert set(points(tmp_path)) == {"ada", "bob", "cy", "dan", "eve"}
    person = {row["student"] for row in table(tmp_path, "totals.csv") if row["needs_a_person"]}
    assert person == {"ada", "bob", "dan", "eve"}
    lessons = {row["lesson"] for row in table(tmp_path, "marks.csv") if row["student"] == "bob"}
    assert lessons == {SECOND}, "the one that the file's name says"


@pytest.mark.parametrize("packed", [False, True])
def test_what_lies_beside_submitted_is_told(packed: bool, mark: Mark, tmp_path: Path, capsys):
    files = {
        f"submitted/ada/{SECOND}/x.ipynb": hand_in(SHARE, lesson=SECOND),
        f"source/{SECOND}/x.ipynb": "S",
        "gradebook.db": "x",
        f"late/eve/{SECOND}/x.ipynb": hand_in(SHARE, lesson=SECOND),
        "bob.ipynb": hand_in(RIGHT),
    }
    path = zipped(tmp_path / "class.zip", files) if packed else tree(tmp_path / "class", files)
    assert mark(path) == 1
    found = {path: fate for path, (_, fate) in fates(tmp_path).items()}
    person = {"late/", "bob.ipynb"}
    assert {path for path, fate in found.items() if fate == "needs a person"} == person
    assert found["source/"] == found["gradebook.db"] == "set aside"
    out = capsys.readouterr().out
    assert '"late" lies beside "submitted"' in out and '"bob.ipynb"' in out


def test_where_all_is_read_the_exit_code_is_0(mark: Mark, tmp_path: Path, capsys):
    assert mark(tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT), "index.html": "x"})) == 0
    assert "1 marked, 1 set aside, 0 need a person" in capsys.readouterr().out


# ---------------------------------------------------------------- people


def moodle(*people: str, code: str = RIGHT) -> dict[str, str]:
    return {f"{who}_assignsubmission_file_/x.ipynb": hand_in(code) for who in people}


def test_two_people_of_one_name_in_two_zips_on_two_days_are_two(mark: Mark, tmp_path: Path, capsys):
    mark(zipped(tmp_path / "monday.zip", moodle("Kim Lee_7")))
    assert points(tmp_path) == {"Kim Lee": "7"}
    capsys.readouterr()
    mark(zipped(tmp_path / "tuesday.zip", moodle("Kim Lee_8", code=WRONG)))
    assert points(tmp_path) == {"Kim Lee": "7", "Kim Lee_8": "3"}
    assert "Several people are called alike, and stay apart: Kim Lee, Kim Lee_8." in capsys.readouterr().out
    mark(zipped(tmp_path / "wednesday.zip", moodle("Kim Lee_7") | moodle("Kim Lee_8", code=WRONG)))
    assert points(tmp_path) == {"Kim Lee": "7", "Kim Lee_8": "3"}, "who has a name keeps it"


def test_a_roster_knows_a_person_again_to_whom_moodle_gave_another_number(mark: Mark, tmp_path: Path):
    (tmp_path / "roster.csv").write_text("name\nKim Lee\nBob Hill\n")
    mark(zipped(tmp_path / "monday.zip", moodle("Kim Lee_7")), "--roster", tmp_path / "roster.csv")
    lesson = {"Kim Lee_8_assignsubmission_file_/y.ipynb": hand_in(SHARE, lesson=SECOND)}
    mark(zipped(tmp_path / "tuesday.zip", lesson), "--roster", tmp_path / "roster.csv")
    assert points(tmp_path) == {"Kim Lee": "8", "Bob Hill": ""}


@pytest.mark.parametrize("people", [("ada", "bob"), ("ada", "bob", "cy")])
def test_students_who_all_call_their_files_as_a_platform_might_are_not_made_one(
    people: tuple[str, ...], mark: Mark, tmp_path: Path, capsys
):
    folder = tree(tmp_path / "class", {f"{who}/hw_1_2_kl.ipynb": hand_in(RIGHT) for who in people})
    assert mark(folder) == 2
    said = capsys.readouterr().err
    assert "--layout assignments" in said and "--layout folders" in said and not (tmp_path / "marks").exists()
    assert mark(folder, "--layout", "folders") == 0
    assert points(tmp_path) == dict.fromkeys(people, "7")


def test_a_module_that_is_called_as_a_platform_might_makes_no_class_of_a_student_s_folder(mark: Mark, tmp_path: Path):
    files = {f"{who}/{name}": text for who in ("ada", "bob") for name, text in OWN_MODULE.items()}
    assert mark(tree(tmp_path / "class", files)) == 0
    assert set(points(tmp_path)) == {"ada", "bob"}
    assert fates(tmp_path)["ada/vae_2026_11_helpers.py"] == ("ada", "set aside")


OWN_MODULE = {"kl.ipynb": hand_in(RIGHT), "vae_2026_11_helpers.py": "def unrelated(): return 1"}


# ---------------------------------------------------------------- the roster


def test_everybody_on_the_roster_has_a_row_and_who_handed_in_nothing_an_empty_mark(mark: Mark, tmp_path: Path, capsys):
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "\ufeffE-Mail;SECTION;Name;ID;group\nada@x.edu;S1;Byron, Ada;1;G1\nbob@x.edu;S2;Bob Hill;2;G2\n", "utf-8"
    )
    folder = tree(tmp_path / "class", {"ada byron.ipynb": hand_in(RIGHT), "eve.ipynb": hand_in(RIGHT)})
    assert mark(folder, "--roster", roster) == 0
    rows = {row["student"]: row for row in table(tmp_path, "totals.csv")}
    assert set(rows) == {"ada byron", "Bob Hill", "eve"}
    absent = rows["Bob Hill"]
    assert absent["points"] == absent["max_points"] == absent["01_reparameterization"] == ""
    assert (absent["id"], absent["email"], absent["group"], absent["section"]) == ("2", "bob@x.edu", "G2", "S2")
    assert rows["ada byron"]["email"] == "ada@x.edu" and rows["eve"]["id"] == ""
    [row] = [row for row in table(tmp_path, "marks.csv") if row["student"] == "Bob Hill"]
    assert row["status"] == "not handed in" and row["points"] == ""
    out = capsys.readouterr().out
    assert "On the roster, and nothing was handed in: Bob Hill." in out
    assert "Handed in, and cannot be told on the roster: eve." in out


def test_a_lesson_that_somebody_did_not_hand_in_is_empty_and_no_zero(mark: Mark, tmp_path: Path):
    files = {"ada.ipynb": hand_in(RIGHT), "bob/x.ipynb": hand_in(SHARE, lesson=SECOND)}
    mark(tree(tmp_path / "class", files))
    rows = {row["student"]: row for row in table(tmp_path, "totals.csv")}
    assert rows["ada"][SECOND] == "" and rows["bob"]["01_reparameterization"] == "" and rows["bob"][SECOND] == "1"


EXPORTS = {
    "Moodle's participants": (
        "First name,Last name,ID number,Email address,Groups\nAda,Byron,s1,abyron@x.edu,G1\nBob,Hill,s2,bhill@x.edu,\n",
        "utf-8-sig",
        {"Ada Byron": {"moodle 11"}, "Bob Hill": {"moodle 12"}},
    ),
    "Moodle's grading worksheet": (
        "Identifier,Full name,Email address,Status\nParticipant 11,Kim Lee,a@x.edu,ok\nParticipant 12,Kim Lee,b@x.edu,ok\n",
        "utf-8-sig",
        {"Kim Lee_11": {"moodle 11"}, "Kim Lee_12": {"moodle 12"}},
    ),
    "Canvas's gradebook": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Lesson 1 (99)\n    Points Possible,,,,,7\n"
        '"Byron, Ada",11,s1,abyron,S1,\n"Hill, Bob",12,s2,bhill,S1,\n"Student, Test",13,,x,S1,\n',
        "utf-8",
        {"byronada": {"canvas 11"}, "hillbob": {"canvas 99"}},
    ),
    "Brightspace's grades": (
        "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n"
        "#4711,#abyron,Byron,Ada,a@x.edu,#\n#4712,#bhill,Hill,Bob,b@x.edu,#\n",
        "utf-8",
        {"Ada Byron": {"brightspace 1"}, "bhill": {"bhill"}},
    ),
    "Blackboard's gradebook": (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\n"Byron"\t"Ada"\t"abyron"\t"1"\n"Müller"\t"Bo"\t"bm"\t"2"\n',
        "utf-16",
        {"abyron": {"abyron"}, "Bo Muller": {"Bo Muller"}},
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_the_roster_of_a_platform_is_read(name: str, tmp_path: Path):
    text, encoding, students = EXPORTS[name]
    (tmp_path / "roster.csv").write_text(text, encoding)
    roster = read_roster(tmp_path / "roster.csv", [])
    assert len(roster) == 2 and len({person.name for person in on_roster(roster, students).values()} | {"x"}) >= 2
    found = on_roster(roster, students)
    assert [found[student] for student in students] == list(roster)


def test_of_two_on_the_roster_with_one_name_nobody_is_guessed(tmp_path: Path):
    (tmp_path / "roster.csv").write_text("name,id\nKim Lee,1\nKim Lee,2\n")
    assert on_roster(read_roster(tmp_path / "roster.csv", []), {"Kim Lee": {"Kim Lee"}}) == {}


WHO = {
    "a number of another kind means nobody": (
        "name,id\nKim Lee,1001\nBo Hill,1002\n",
        "Kim Lee_1002",
        "moodle 1002",
        "Kim Lee",
    ),
    "an id in a folder's name tells namesakes apart": (
        "name,id\nKim Lee,1001\nKim Lee,1002\n",
        "Lee Kim 1002",
        "Lee Kim 1002",
        "1002",
    ),
    "behind an underscore, too": ("name,id\nKim Lee,1001\nKim Lee,1002\n", "Lee Kim_1002", "Lee Kim_1002", "1002"),
    "an underscore in a name is a space": ("name,id\nAda Byron,1\nBo Hill,2\n", "byron_ada", "byron_ada", "Ada Byron"),
    "an exact user name wins over a name": (
        "name,github_username,email\nAnna Schmidt,annas,a@x.edu\n,schmidt-anna,b@x.edu\n",
        "schmidt-anna",
        "schmidt-anna",
        "b@x.edu",
    ),
    "a short name of the platform's": (
        "name,id\nAda Maria Byron,11\nBo Hill,12\n",
        "byronada",
        "canvas 11",
        "Ada Maria Byron",
    ),
}


@pytest.mark.parametrize("case", WHO)
def test_who_is_meant_is_certain_or_is_not_told(case: str, tmp_path: Path):
    text, name, key, meant = WHO[case]
    (tmp_path / "roster.csv").write_text(text)
    found = on_roster(read_roster(tmp_path / "roster.csv", []), {name: {key}}).get(name)
    assert (found is None) == (meant is None)
    assert found is None or meant in (found.name, found.id, found.email)


def test_columns_that_are_not_understood_are_named_and_german_ones_are(mark: Mark, tmp_path: Path, capsys):
    (tmp_path / "roster.csv").write_bytes(
        "Vorname;Nachname;Matrikelnummer;E-Mail-Adresse;Übungsgruppe;Bemerkung\nÄnne;Groß;77;a@x.edu;G3;x\n".encode(
            "cp1252"
        )
    )
    assert mark(tree(tmp_path / "class", {"Änne Groß.ipynb": hand_in(RIGHT)}), "--roster", tmp_path / "roster.csv") == 0
    assert "Columns of roster.csv that are not used: Bemerkung." in capsys.readouterr().out
    [row] = table(tmp_path, "totals.csv")
    assert (row["id"], row["email"], row["group"]) == ("77", "a@x.edu", "G3")


def test_where_hardly_anybody_is_on_the_roster_the_layout_is_asked_for(mark: Mark, tmp_path: Path, capsys):
    (tmp_path / "roster.csv").write_text("name,github_username\nAda Byron,adal\nBo Hill,bo\n")
    files = {f"course-{name}.ipynb": hand_in(RIGHT) for name in ("adal", "bo")}
    mark(tree(tmp_path / "class", files), "--roster", tmp_path / "roster.csv")
    assert "Where a platform builds their names, --layout says which." in capsys.readouterr().out


@pytest.mark.parametrize(("text", "words"), [("mark,comment\n1,x\n", "mark, comment"), ("name,id\n", "without people")])
def test_a_table_that_is_no_roster_is_refused(text: str, words: str, mark: Mark, tmp_path: Path, capsys):
    (tmp_path / "roster.csv").write_text(text)
    folder = tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT)})
    assert mark(folder, "--roster", tmp_path / "roster.csv") == 2 and words in capsys.readouterr().err
    assert not (tmp_path / "marks").exists()


def test_options_that_mean_nothing_are_refused_with_those_that_do(mark: Mark, tmp_path: Path, capsys):
    folder = tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT)})
    assert mark(folder, "--layout", "ilias") == 2 and "moodle" in capsys.readouterr().err
    assert mark(folder, "--name-pattern", "{lesson}.ipynb") == 2 and "{student}" in capsys.readouterr().err
