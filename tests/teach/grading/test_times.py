"""When something was handed in: as platforms, lists and tables say it, and never guessed."""

import csv
from pathlib import Path

import pytest

from tests.teach.grading import marks_folder, pages
from tests.teach.grading.test_collect import tree, zipped
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from vae_course import cli
from vae_course.teach.grading import grade
from vae_course.teach.grading.incoming.platforms import moment
from vae_course.teach.grading.incoming.times import read_time
from vae_course.teach.grading.incoming.versions import MOST_ATTEMPTS

STUB = "def sample_gaussian(m, v):\n    raise NotImplementedError"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)

    def mark(path: Path, *options: str) -> None:
        assert cli.main(["grade", str(path), "--out", str(tmp_path / "marks"), "--no-sandbox", *options]) == 0

    return mark


def times(tmp_path: Path) -> dict[str, list[tuple[str, bool]]]:
    """By student, the times of their attempts in the order in which they were handed in, and whether a platform calls them late."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for row in sorted(marks_folder.rows(tmp_path / "marks", "attempt"), key=lambda row: row["seen"]):
        found.setdefault(row["student"], []).append((row["handed_in"], bool(row["is_late"])))
    return found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-02-10-00-00", "2026-03-02T10:00:00"),  # Blackboard
        ("Mar 2, 2026 1005 AM", "2026-03-02T10:05:00"),  # Brightspace
        ("March 2, 2026 10:05 PM", "2026-03-02T22:05:00"),
        ("2026-03-02 10:00:00.000000 UTC", "2026-03-02T10:00:00+00:00"),  # nbgrader
        ("2026-03-02_10:00:00 UTC", "2026-03-02T10:00:00+00:00"),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_times_in_the_names_that_platforms_give(text: str, told: str):
    assert moment(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Monday, 2 March 2026, 10:00 AM", "2026-03-02T10:00:00"),  # Moodle
        ("Montag, 2. März 2026, 22:30", "2026-03-02T22:30:00"),
        ("2026-03-02 10:00:00 -0800", "2026-03-02T10:00:00-08:00"),  # Gradescope
        ("2026-03-02 10:00:00.123456789 Z", "2026-03-02T10:00:00+00:00"),
        ("2.3.2026 10:00", "2026-03-02T10:00:00"),
        ("02/03/2026 10:00", None),  # March in one country, February in another
        ("2026-03-02", None),  # at what time of that day?
        ("Monday, 10:00", None),
        ("10:00", None),
        ("2026-03-02 10:00 XYZ", None),
        ("soon", None),
    ],
)
def test_times_in_tables_are_read_where_they_have_one_meaning(text: str, told: str | None):
    assert read_time(text) == told


def test_blackboard_s_attempts_are_attempts_and_the_newest_counts(tmp_path: Path, run, capsys):
    name = "HW_ada_attempt_2026-03-{:02}-10-00-00_x.ipynb"
    files = {name.format(day): hand_in(code) for day, code in ((2, WRONG), (9, RIGHT), (16, STUB))}
    run(zipped(tmp_path / "class.zip", files))
    assert times(tmp_path) == {"ada": [(f"2026-03-{day:02}T10:00:00", False) for day in (2, 9)]}
    with (tmp_path / "marks" / "marks.csv").open() as file:
        row = next(csv.DictReader(file))
    assert (row["points"], row["attempt"], row["handed_in"]) == ("7", "2 of 2", "2026-03-09T10:00:00")
    with (tmp_path / "marks" / "files.csv").open() as file:
        fates = {row["path"].split("_attempt_")[-1][:10]: (row["fate"], row["why"]) for row in csv.DictReader(file)}
    assert fates["2026-03-02"] == ("marked", "01_reparameterization, an earlier attempt")
    assert fates["2026-03-09"] == ("marked", "01_reparameterization")
    assert fates["2026-03-16"][0] == "set aside", "nothing is written in it"
    report = pages.page(tmp_path / "marks", "ada")
    assert "01_reparameterization was handed in 2 times; each was marked" in report


def test_an_answer_that_two_attempts_have_is_marked_once(tmp_path: Path, run, capsys):
    name = "HW_ada_attempt_2026-03-{:02}-10-00-00_x.ipynb"
    other = "choose_estimator = 'x'"
    run(tree(tmp_path / "class", {name.format(2): hand_in(RIGHT), name.format(9): hand_in(RIGHT, other)}))
    assert "5 answers marked now" in capsys.readouterr().out and len(times(tmp_path)["ada"]) == 2


def test_of_very_many_attempts_the_newest_are_marked_and_that_is_said(tmp_path: Path, run):
    name = "HW_ada_attempt_2026-03-{:02}-10-00-00_x.ipynb"
    run(tree(tmp_path / "class", {name.format(day): hand_in(f"choose_estimator = '{day}'") for day in range(1, 16)}))
    assert [time[8:10] for time, _ in times(tmp_path)["ada"]] == [f"{day:02}" for day in range(16 - MOST_ATTEMPTS, 16)]
    report = pages.page(tmp_path / "marks", "ada")
    assert f"attempts before the newest {MOST_ATTEMPTS} were not marked" in report


@pytest.mark.parametrize("packed", [False, True])
def test_nbgrader_s_timestamp_is_the_time(packed: bool, tmp_path: Path, run):
    folder = "submitted/ada/01_reparameterization"
    files = {f"{folder}/x.ipynb": hand_in(RIGHT), f"{folder}/timestamp.txt": "2026-03-02 10:00:00.000000 UTC"}
    files["submitted/bob/01_reparameterization/x.ipynb"] = hand_in(WRONG)
    run(zipped(tmp_path / "c.zip", files) if packed else tree(tmp_path / "class", files) / "submitted")
    assert times(tmp_path) == {"ada": [("2026-03-02T10:00:00+00:00", False)], "bob": [("", False)]}


def test_a_timestamp_that_says_something_else_is_no_time(tmp_path: Path, run):
    files = {"ada/x/x.ipynb": hand_in(RIGHT), "ada/x/timestamp.txt": "last night, I swear" * 1000}
    run(tree(tmp_path / "class", files))
    assert times(tmp_path) == {"ada": [("", False)]}


def test_gradescope_s_list_says_the_time(tmp_path: Path, run):
    listed = (
        "submission_12:\n  :submitters:\n  - :name: Ada Byron\n    :sid: '7'\n    :email: a@b\n"
        "  :created_at: 2026-03-02 10:00:00.123456789 Z\n  :status: processed\n"
    )
    run(tree(tmp_path / "class", {"submission_metadata.yml": listed, "submission_12/x.ipynb": hand_in(RIGHT)}))
    assert times(tmp_path) == {"Ada Byron": [("2026-03-02T10:00:00+00:00", False)]}


def test_nobody_speaks_for_another_in_gradescope_s_list(tmp_path: Path, run):
    forged = "submission_12:\n  :submitters:\n  - :name: Mallory\n    :sid: '9'\n  :created_at: 2020-01-01 10:00:00 Z\n"
    listed = forged.replace("Mallory", "Ada").replace("2020", "2026")
    files = {"submission_metadata.yml": listed, "submission_13/submission_metadata.yml": forged}
    run(tree(tmp_path / "class", files | {f"submission_{n}/x.ipynb": hand_in(RIGHT) for n in (12, 13)}))
    assert times(tmp_path)["Ada"] == [("2026-01-01T10:00:00+00:00", False)] and "Mallory" not in times(tmp_path)


def test_canvas_says_late_and_no_time(tmp_path: Path, run):
    run(tree(tmp_path / "class", {"byronada_LATE_1_2_x.ipynb": hand_in(RIGHT), "hillbob_3_4_x.ipynb": hand_in(RIGHT)}))
    assert times(tmp_path) == {"byronada": [("", True)], "hillbob": [("", False)]}


def test_moodle_s_worksheet_says_the_time_and_what_cannot_be_read_is_said(tmp_path: Path, run, capsys):
    sheet = (
        "Identifier,Full name,Email address,Status,Last modified (submission)\n"
        'Participant 7,Ada Byron,a@b,Submitted,"Monday, 2 March 2026, 10:00 AM"\n'
        "Participant 8,Bob Hill,b@b,Submitted,02/03/2026 10:00\n"
        "Participant 9,Cy Lee,c@b,No submission,-\n"
    )
    (tmp_path / "sheet.csv").write_text(sheet)
    files = {f"{who}_assignsubmission_file_/x.ipynb": hand_in(RIGHT) for who in ("Ada Byron_7", "Bob Hill_8")}
    run(zipped(tmp_path / "c.zip", files), "--roster", str(tmp_path / "sheet.csv"))
    assert times(tmp_path) == {"Ada Byron": [("2026-03-02T10:00:00", False)], "Bob Hill": [("", False)]}
    out = capsys.readouterr().out
    assert "Times of the roster that cannot be read for certain, and count as unknown: '02/03/2026 10:00'." in out
    assert "not used: Status" in out and "Last modified" not in out


def test_no_file_s_own_date_is_a_time(tmp_path: Path, run):
    run(tree(tmp_path / "class", {"ada/x.ipynb": hand_in(RIGHT), "ada/x (1).ipynb": hand_in(WRONG)}))
    assert times(tmp_path) == {"ada": [("", False)]}


def test_late_by_the_class_s_rules_end_to_end(tmp_path: Path, run, capsys):
    name = "HW_{}_attempt_2026-03-{:02}-10-00-00_x.ipynb"
    files = {
        name.format("ada", 2): hand_in(WRONG),
        name.format("ada", 4): hand_in(RIGHT),
        name.format("bob", 2): hand_in(RIGHT),
    }
    (tmp_path / "marks").mkdir()
    (tmp_path / "marks" / "class.toml").write_text(
        "timezone = 'Europe/Berlin'\nattempts = 'best'\n[deadlines]\n'01' = 2026-03-02T12:00:00\n[late]\nper_day = 0.25\n"
    )
    run(tree(tmp_path / "class", files))
    with (tmp_path / "marks" / "marks.csv").open() as file:
        rows = {row["student"]: row for row in csv.DictReader(file) if row["exercise"] == "sample_gaussian"}
    said = {who: (row["points"], row["as_found"], row["days_late"], row["attempt"]) for who, row in rows.items()}
    assert said == {"ada": ("3.5", "7", "2", "2 of 2"), "bob": ("7", "7", "", "")}  # 7 less 50 % is more than 3


FORGED = "2020-01-01 10:00:00.000000 UTC"
NAMED = "HW_ada_attempt_2020-01-01-10-00-00_x.ipynb"


@pytest.mark.parametrize(
    "files",
    [
        {"ada/x.ipynb": hand_in(RIGHT), "ada/timestamp.txt": FORGED},
        {"ada/hw/x.ipynb": hand_in(RIGHT), "ada/hw/timestamp.txt": FORGED},
        {"ada/submitted/ada/hw/x.ipynb": hand_in(RIGHT), "ada/submitted/ada/hw/timestamp.txt": FORGED},
        {f"ada/{NAMED}": hand_in(RIGHT)},
        {f"ada/a/{NAMED[:-6]}/x.ipynb": hand_in(RIGHT)},
        {f"ada_11_assignsubmission_file_/{NAMED}": hand_in(RIGHT)},
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_nobody_chooses_the_time_of_their_own_hand_in(packed: bool, files: dict[str, str], tmp_path: Path, run):
    """Neither by a file nor by a name inside of what they hand in, nor inside of an archive of theirs."""
    inside = zipped(
        tmp_path / "own.zip", {NAMED: hand_in(WRONG), "submitted/ada/hw/timestamp.txt": FORGED}
    ).read_bytes()
    first = next(iter(files)).split("/")[0]
    everything = {**files, f"{first}/own.zip": inside, "bob/x.ipynb": hand_in(RIGHT)}
    run(zipped(tmp_path / "class.zip", everything) if packed else tree(tmp_path / "class", everything))
    assert {time for told in times(tmp_path).values() for time, _ in told} == {""}
