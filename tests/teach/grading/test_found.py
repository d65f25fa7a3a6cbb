"""What was found, on disk: whole or not there, an answer's mark once, attempts that nothing takes away; and folders of the first edition."""

import json
import sqlite3
import stat
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.teach.grading import marks_folder
from tests.teach.grading.test_collect import tree
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from vae_course import cli
from vae_course.teach.grading import grade
from vae_course.teach.grading.deciding.rules import Rules
from vae_course.teach.grading.deciding.standing import standing
from vae_course.teach.grading.incoming.fates import ASIDE, PERSON, Fate
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.keeping.folder import known, opened, shown
from vae_course.teach.grading.keeping.found import Reading
from vae_course.teach.grading.keeping.lock import FolderRefused
from vae_course.teach.grading.marks import Attempt, Mark

FIRST, SECOND = "01_reparameterization", "02_kl_divergence"
WHOLE = Reading("files")


def attempt(answer: str, **about) -> Attempt:
    return Attempt("ada", FIRST, {"sample_gaussian": answer}, **about)


def mark(answer: str, points: float = 0, status: str = "wrong", student: str = "ada") -> Mark:
    return Mark(student, FIRST, "sample_gaussian", status, points, 7, "", "said", answer, "checks")


def test_what_is_written_is_read_again(tmp_path: Path):
    mine = Reading("files", FIRST, ("a note", "日本"), (Fate("x.ipynb", ASIDE, "why"),))
    people = {"moodle 7": "ada", "a folder's name that is no text \udcff": "bob"}
    roster = (Person("Ada", "7", "a@b", "blue", "1", frozenset({"7", "a@b"})),)
    with opened(tmp_path, sandbox=True, version="1", seed=3) as found:
        found.keep_people(people)
        found.keep_roster(roster)
        found.keep_files_of_nobody([Fate("y", PERSON, "whose?")])
        found.add(
            "ada", [attempt("a", file="x.ipynb", handed_in="2026-03-02T10:00:00", is_late=True)], [mark("a")], mine
        )
    with shown(tmp_path) as found:
        assert (found.run.seed, found.run.version, found.run.sandbox) == (3, "1", True)
        assert found.people() == people and found.roster() == roster and found.students() == ["ada"]
        assert found.attempts("ada") == [
            attempt("a", file="x.ipynb", handed_in="2026-03-02T10:00:00", is_late=True, seen=1)
        ]
        assert found.marks("ada") == [mark("a")] and found.notes("ada") == mine.notes and found.notes("bob") == ()
        assert {(student, fate.path) for student, fate in found.files()} == {("ada", "x.ipynb"), ("", "y")}
        assert found.is_done("ada", "files", FIRST) and not found.is_done("ada", "files", "")
        assert not found.is_done("ada", "others", FIRST) and not found.is_done("bob", "files", FIRST)
    assert known(tmp_path) == (people, {"Ada"}) and known(tmp_path / "elsewhere") == ({}, set())
    assert stat.S_IMODE((tmp_path / "found.sqlite").stat().st_mode) == 0o600, "the seed is secret"


def test_a_student_is_written_at_once_or_not_at_all(tmp_path: Path):
    bad = Reading("files", files=(Fate("x", ASIDE, object()),))  # type: ignore[arg-type]
    with opened(tmp_path, sandbox=True, version="1") as found:
        with pytest.raises(Exception, match="type 'object'"):
            found.add("ada", [attempt("a")], [mark("a")], bad)
        assert found.students() == [] and found.marks("ada") == [] and not found.was_done("ada")
        found.add("ada", [attempt("a")], [mark("a")], WHOLE)
        assert found.was_done("ada")


def test_the_same_answers_again_are_the_same_attempt_with_the_earlier_time(tmp_path: Path):
    early, late = "2026-03-02T10:00:00", "2026-03-09T10:00:00"
    with opened(tmp_path, sandbox=True, version="1") as found:
        for answer, time in [("a", late), ("b", late), ("a", ""), ("a", early), ("a", late)]:
            found.add("ada", [attempt(answer, handed_in=time)], [mark(answer)], WHOLE)
        assert [(a.answers["sample_gaussian"], a.handed_in) for a in found.attempts("ada")] == [
            ("b", late),
            ("a", early),
        ]


def test_the_same_answers_twice_in_one_reading_are_one_attempt(tmp_path: Path):
    early, late = "2026-03-02T10:00:00", "2026-03-09T10:00:00"
    with opened(tmp_path, sandbox=True, version="1") as found:
        several = [attempt("a", handed_in=early), attempt("b", handed_in=early), attempt("a", handed_in=late)]
        found.add("ada", several, [mark("a"), mark("b")], WHOLE)
        kept = [(a.answers["sample_gaussian"], a.handed_in, a.last_handed_in) for a in found.attempts("ada")]
        assert kept == [("b", early, ""), ("a", early, late)]


def test_the_earlier_of_two_times_is_the_earlier_whatever_zone_they_are_told_in(tmp_path: Path):
    first, second = "2026-03-02T10:30:00+00:00", "2026-03-02T11:00:00+02:00"  # nine o'clock in UTC
    with opened(tmp_path, sandbox=True, version="1") as found:
        for time in (first, second):
            found.add("ada", [attempt("a", handed_in=time)], [mark("a")], WHOLE)
        assert [a.handed_in for a in found.attempts("ada")] == [second]


def test_a_full_disk_is_told_as_one_and_not_as_damage(tmp_path: Path):
    with pytest.raises(FolderRefused, match="cannot be used: database or disk is full"):  # noqa: SIM117
        with opened(tmp_path, sandbox=True, version="1"):
            raise sqlite3.OperationalError("database or disk is full")


def test_an_answer_that_is_marked_again_has_its_new_mark_in_every_attempt(tmp_path: Path):
    other = {"predict_noise": "p"}
    first, second = attempt("a"), Attempt("ada", FIRST, {"sample_gaussian": "a"} | other)
    with opened(tmp_path, sandbox=True, version="1") as found:
        found.add("ada", [first], [mark("a", 3)], WHOLE)
        found.add("ada", [second], [mark("a", 7, "correct")], WHOLE)
        for one in found.attempts("ada"):
            assert [m.points for m in standing("ada", [one], found.marks("ada"), Rules(), {})] == [7]


def test_the_newest_counts_and_nothing_that_nobody_could_read_takes_the_place_of_what_was_read():
    marks = [mark("a", 7, "correct"), mark("b", 3), mark("lost", 0, "unreadable"), mark("gone", 0, "unreadable")]

    def points(*answers: str) -> list[float]:
        return [
            m.points for m in standing("ada", [attempt(a, seen=n) for n, a in enumerate(answers)], marks, Rules(), {})
        ]

    assert points("a", "b") == [3] and points("b", "a") == [7]
    assert points("a", "lost") == [7] and points("lost", "b") == [3] and points("lost", "gone") == [0]
    assert points("a", "never marked") == [7], "what was not marked has the mark that it had"
    assert points() == [] and points("never marked") == []


def test_a_day_on_which_nothing_could_be_read_is_forgotten_once_something_can(tmp_path: Path):
    nothing = [
        Attempt("ada", lesson, {name: "x"}, nothing_readable=True)
        for lesson, name in ((FIRST, "sample_gaussian"), (SECOND, "kl_normal"))
    ]
    with opened(tmp_path, sandbox=True, version="1") as found:
        found.add("ada", nothing, [], WHOLE)
        found.add("ada", [attempt("a")], [mark("a")], Reading("files", FIRST))
        assert [a.lesson for a in found.attempts("ada")] == [FIRST, FIRST, SECOND], (
            "one lesson tells nothing of the others"
        )
        found.add("ada", [attempt("a")], [], Reading("files", ""))
        assert [a.lesson for a in found.attempts("ada")] == [FIRST]


def test_whom_nobody_has_marked_is_nobody_once_the_class_is_read_in_another_way(tmp_path: Path):
    with opened(tmp_path, sandbox=True, version="1") as found:
        found.keep_people({"ada byron": "ada byron", "misread": "misread"})
        found.add("ada byron", [], [], WHOLE)
        found.keep_people({"bob": "bob"})
        assert found.people() == {"ada byron": "ada byron", "bob": "bob"}


def test_where_there_are_no_marks_nothing_can_be_shown(tmp_path: Path):
    with pytest.raises(FolderRefused, match="has no marks"), shown(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the first edition


@pytest.fixture
def first_edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the first edition left it: Ada marked, Bob not yet whole, a line that a kill has cut."""
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT), "bob.ipynb": hand_in(WRONG)})
    assert cli.main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "now"), "--no-sandbox"]) == 0
    [run] = marks_folder.rows(tmp_path / "now", "run")
    [ada] = [row for row in marks_folder.rows(tmp_path / "now", "student") if row["name"] == "ada"]
    marks = marks_folder.rows(tmp_path / "now", "mark")
    mine = [row for row in marks if row["student"] == "ada"]
    done = {
        "student": "ada",
        "source": ada["source"],
        "lesson": "",
        "exercises": [row["exercise"] for row in mine],
        "files": [asdict(Fate("ada.ipynb", "marked", FIRST))],
    }
    files = {
        "run.json": json.dumps(run | {"sandbox": bool(run["sandbox"])}),
        "people.json": json.dumps({"ada": "ada", "bob": "bob"}),
        "marks.jsonl": "".join(json.dumps(row) + "\n" for row in [*mine, marks[-1]]) + '{"student": "bo',
        "done.jsonl": json.dumps(done) + "\n",
        "marks.csv": "old\n",
        "reports/ada.md": "# ada\n",
    }
    return tree(tmp_path / "marks", files)


def test_a_folder_of_the_first_edition_is_taken_over_and_nothing_is_marked_twice(
    first_edition: Path, tmp_path: Path, capsys
):
    assert cli.main(["grade", str(tmp_path / "class"), "--out", str(first_edition), "--no-sandbox"]) == 0
    assert "1 of 2 students looked at" in capsys.readouterr().out
    for name in ("marks.csv", "totals.csv"):
        assert (first_edition / name).read_bytes() == (tmp_path / "now" / name).read_bytes()
    older = {path.name for path in (first_edition / "older").iterdir()}
    assert older == {"run.json", "people.json", "marks.jsonl", "done.jsonl", "reports"}
    assert (older - {"reports"}).isdisjoint(path.name for path in first_edition.iterdir())
    assert {path.name for path in (first_edition / "reports").iterdir()} == {"ada.html", "bob.html"}
    assert cli.main(["grade", str(tmp_path / "class"), "--out", str(first_edition), "--no-sandbox"]) == 0
    assert "0 of 2 students looked at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("run.json", "{", "run.json is damaged"),
        ("run.json", '{"seed": "x", "version": "1", "sandbox": false}', "run.json is damaged"),
        ("people.json", "[]", "people.json is damaged"),
        ("run.json", None, "has marks, and not the run.json with their seed"),
    ],
)
def test_one_that_is_damaged_is_refused_and_left_as_it_is(
    name: str, text: str | None, says: str, first_edition: Path, tmp_path: Path, capsys
):
    if text is None:
        (first_edition / name).unlink()
    else:
        (first_edition / name).write_text(text)
    before = {path.name: path.read_bytes() for path in first_edition.iterdir() if path.is_file()}
    assert cli.main(["grade", str(tmp_path / "class"), "--out", str(first_edition), "--no-sandbox"]) == 2
    said = capsys.readouterr().err
    assert says in said and "take another --out" in said
    assert {
        path.name: path.read_bytes() for path in first_edition.iterdir() if path.is_file() and path.name != ".lock"
    } == before


def test_a_first_run_that_is_killed_leaves_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def killed(self, people):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("vae_course.teach.grading.keeping.found.Found.keep_people", killed)
        with opened(tmp_path, sandbox=True, version="1"):
            pass
    assert not (tmp_path / "found.sqlite").exists()
    with opened(tmp_path, sandbox=True, version="1") as found:
        assert found.students() == []
