"""`vae-course grade`: what a class gets, and that a run can be stopped, repeated and continued."""

import contextlib
import csv
import json
import os
import pty
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from tests.runner.notebooks.hand_ins import notebook_of, write
from tests.teach.grading import marks_folder, pages
from tests.teach.grading.conftest import solved_and_untouched
from tests.teach.grading.models import trained_apart
from tests.teach.grading.test_collect import tree
from vae_course import cli
from vae_course.checks.engine.verdict_on import UNDEFINED
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading import grade
from vae_course.teach.grading.marking import marking, pool
from vae_course.teach.grading.marking.local import LocalSubmission
from vae_course.teach.grading.reading.here import read_here
from vae_course.teach.grading.sandbox.workers import WorkerLost

RIGHT = "import torch\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn_like(m)"
WRONG = RIGHT.replace(".sqrt()", "")
LESSON = "01_reparameterization"

Run = Callable[..., int]


def hand_in(*cells: str, lesson: str = LESSON) -> str:
    made = notebook_of(*cells)
    made["metadata"] = {"vae_course": {"lesson": lesson}}
    return json.dumps(made)


@pytest.fixture
def marks(tmp_path: Path) -> Callable[[], dict[tuple[str, str], dict[str, Any]]]:
    """marks.csv, by student and exercise; every pair stands in it once."""

    def read() -> dict[tuple[str, str], dict[str, Any]]:
        with (tmp_path / "marks" / "marks.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        found = {(row["student"], row["exercise"]): row for row in rows}
        assert len(found) == len(rows)
        return found

    return read


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Mark `tmp_path / "class"` into `tmp_path / "marks"`, all students in this process; options by name or as text.

    Only for hand-ins that do no harm: the rule that they are one person's own is lifted.
    """
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)

    def run(*options: str, folder: Path | None = None) -> int:
        path = folder or tmp_path / "class"
        return cli.main(["grade", str(path), "--out", str(tmp_path / "marks"), "--no-sandbox", *options])

    return run


@pytest.fixture
def two_students(tmp_path: Path) -> Path:
    return tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT), "bob.ipynb": hand_in(WRONG)})


def statuses(found: dict, student: str) -> dict[str, str]:
    return {exercise: row["status"] for (name, exercise), row in found.items() if name == student}


@pytest.fixture
def whole_course(tmp_path: Path) -> Path:
    return solved_and_untouched(tmp_path / "class")


def test_solved_lessons_get_full_marks_and_untouched_ones_zero(whole_course: Path, run, marks, tmp_path: Path, capsys):
    assert run() == 0
    found = marks()
    assert set(statuses(found, "ada").values()) == {"correct"} and set(statuses(found, "bob").values()) == {
        "not started"
    }
    assert len(found) == 2 * len(EXERCISES)
    total = {
        name: sum(float(row["points"]) for (who, _), row in found.items() if who == name) for name in ("ada", "bob")
    }
    assert total == {"ada": 100, "bob": 0}
    out, err = capsys.readouterr()
    assert f"2 students, {2 * len(EXERCISES)} marks" in out and err == ""
    report = pages.page(tmp_path / "marks", "ada")
    assert "100 of 100 points in all" in report and "marked WITHOUT the sandbox" in report and "Notes" not in report


def test_a_wrong_answer_has_its_misconception_in_the_table_the_report_and_the_summary(
    two_students: Path, run, marks, tmp_path: Path, capsys
):
    assert run() == 0
    row = marks()["bob", "sample_gaussian"]
    assert (row["lesson"], row["status"], row["points"], row["max_points"]) == (LESSON, "wrong", "3", "7")
    assert row["misconception"] == "variance-as-standard-deviation" and "take the square root once" in row["message"]
    assert "take the square root once" in pages.page(tmp_path / "marks", "bob")
    out = capsys.readouterr().out
    assert "1  sample_gaussian: variance-as-standard-deviation" in out and "5.00 of 7" in out


EVERY_STATUS = {
    "correct": RIGHT,
    "wrong": WRONG,
    "not started": "def sample_gaussian(m, v):\n    raise NotImplementedError",
    "raised": "def sample_gaussian(m, v):\n    return m / undefined",
    "timed out": "def sample_gaussian(m, v):\n    while True: pass",
    "forbidden": "from vae_course import given\ndef sample_gaussian(m, v):\n    return given.sample_gaussian(m, v)",
    "unreadable": "",
}


def test_every_status_of_a_hand_in(tmp_path: Path, run, marks, capsys):
    files = {f"{status}.ipynb": hand_in(code) if code else "" for status, code in EVERY_STATUS.items()}
    tree(tmp_path / "class", files)
    assert run("--lesson", "1") == 1, "unreadable: a person has to look"
    found = marks()
    assert {status: found[status, "sample_gaussian"]["status"] for status in EVERY_STATUS} == {
        s: s for s in EVERY_STATUS
    }
    assert set(statuses(found, "unreadable").values()) == {"unreadable"} and len(statuses(found, "unreadable")) == 4
    assert "A person has to look at: unreadable: unreadable" in capsys.readouterr().out


@pytest.mark.parametrize(
    "code",
    [
        "from vae_course.given import sample_gaussian",
        "from vae_course import given as g\nsample_gaussian = g.sample_gaussian",
        "import vae_course.given as g\ndef sample_gaussian(m, v):\n    return g.sample_gaussian(m, v)",
        "from vae_course.given import sample_gaussian as s\ndef sample_gaussian(m, v):\n    return s(m, v)",
        "def sample_gaussian(m, v):\n    from vae_course.teach.reference import sample_gaussian as s\n    return s(m, v)",
        "from vae_course.checks.around.scaffolds import right_x_given as sample_gaussian",
        "from vae_course.checks import around\ndef sample_gaussian(m, v):\n    return around.scaffolds.right_x_given(m, v)",
        "from vae_course.runner.answers import TimedOut\ndef sample_gaussian(m, v):\n    raise TimedOut",
        "def sample_gaussian(m, v):\n    import vae_course.checks.worlds.truth as t\n    return t.normal(m, v)",
    ],
)
def test_the_course_s_own_function_is_no_answer(code: str, tmp_path: Path, run, marks):
    tree(tmp_path / "class", {"ada.ipynb": hand_in(code)})
    run()
    assert marks()["ada", "sample_gaussian"]["status"] == "forbidden"


def test_an_answer_that_cannot_be_had_is_raised_with_the_reason(tmp_path: Path, run, marks):
    stub = "def sample_gaussian(m, v):\n    raise NotImplementedError"
    cells = [stub, "def sample_gaussian(m, v)\n    return m", "choose_estimator = {}['a']", "predict_noise = solve()"]
    tree(tmp_path / "class", {"ada.ipynb": hand_in(*cells)})
    run()
    found = marks()
    assert {found["ada", n]["status"] for n in ("sample_gaussian", "choose_estimator", "predict_noise")} == {"raised"}
    assert "cell 2, line 1" in found["ada", "sample_gaussian"]["message"]
    assert "name 'solve' is not defined" in found["ada", "predict_noise"]["message"]
    assert found["ada", "score_function_gradient"]["message"] == UNDEFINED


CONSTANTS = "predict_noise = {'slope': 1, 'mean': 0, 'variance': 1}\nchoose_estimator = 'x'\n"


def test_constants_are_marked_without_running_anything(tmp_path: Path, run, marks, monkeypatch):
    right = EXERCISES["two_boxes"].right
    lesson = "00_start_here"
    tree(tmp_path / "class", {"ada.ipynb": hand_in(f"two_boxes = {right!r}", lesson=lesson)})
    started = []
    monkeypatch.setattr(grade, "marked_students", counting(started))
    run()
    assert marks()["ada", "two_boxes"]["status"] == "correct" and started == []


def counting(started: list):
    """Marks as the command does, and writes down whose code is run. (Exercises that are functions start it too.)"""

    def submit(hand_in):
        started.append(hand_in.path.stem)
        raise AssertionError("no code is needed here")

    def marked(tasks, jobs, sandbox, unpacked, added=()):
        for student, order, before in tasks:
            order = marking.Order(order.seed, order.lesson, "two_boxes", order.renew)
            yield student, marking.mark_student(student, order, before, submit, Path("unused"), read_here)

    return marked


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("choose_estimator = 10 ** 400", "wrong"),
        ("choose_estimator = 0x" + "f" * 2000, "wrong"),
        ("choose_estimator = [[[[[[[1]]]]]]]", "wrong"),
        ("choose_estimator = {1: 2}", "wrong"),
        ("choose_estimator = None", "not started"),
        ("choose_estimator = b'x'", "wrong"),
        ("choose_estimator = float('nan')", "wrong"),
        ("choose_estimator = 'x' * 100000", "wrong"),
    ],
)
def test_an_odd_constant_is_an_answer_and_no_fault_of_the_grader(code: str, status: str, tmp_path: Path, run, marks):
    tree(tmp_path / "class", {"ada.ipynb": hand_in(code)})
    assert run() == 0
    row = marks()["ada", "choose_estimator"]
    assert row["status"] == status and len(row["message"]) < 3000


def test_a_fault_of_the_grader_is_never_a_zero_in_silence(
    two_students: Path, run, marks, tmp_path: Path, monkeypatch, capsys
):
    whole = marking.examine

    def broken(exercise, answer, seed):
        if exercise.name == "sample_gaussian":
            raise ZeroDivisionError("planted")
        return whole(exercise, answer, seed)

    monkeypatch.setattr(marking, "examine", broken)
    assert run() == 1
    row = marks()["ada", "sample_gaussian"]
    assert row["status"] == "grader error" and "no fault of the student's" in row["message"]
    assert marks()["ada", "choose_estimator"]["status"] == "not started", "the others are marked"
    assert "A person has to look at: grader error: ada, bob" in capsys.readouterr().out
    assert "planted" in (tmp_path / "marks" / grade.FAULTS).read_text(encoding="utf-8")
    monkeypatch.setattr(marking, "examine", whole)
    assert run("--changed") == 0 and marks()["ada", "sample_gaussian"]["status"] == "correct"


@pytest.mark.parametrize(("times", "status"), [(1, "correct"), (2, "grader error")])
def test_a_worker_that_is_lost_is_replaced_once(times: int, status: str, tmp_path: Path, run, marks, monkeypatch):
    tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT)})
    whole, lost, begun = LocalSubmission.answers, [], []

    def answers(self, exercise):
        begun.append(self)
        if exercise.name == "sample_gaussian" and len(lost) < times:
            lost.append(exercise.name)
            raise WorkerLost("killed from outside")
        return whole(self, exercise)

    monkeypatch.setattr(LocalSubmission, "answers", answers)
    assert run() == (status != "correct")
    found = statuses(marks(), "ada")
    assert found["sample_gaussian"] == status and found["score_function_gradient"] == "not started"
    assert begun[0] is not begun[1], "asked again in a new process"


def test_a_fault_outside_of_an_exercise_costs_one_student_nothing_but_time(two_students: Path, run, marks, monkeypatch):
    whole = pool.read_here

    def broken(student, into, only):
        return 1 / 0 if student.name == "ada" else whole(student, into, only)

    monkeypatch.setattr(pool, "read_here", broken)
    assert run() == 1
    assert set(statuses(marks(), "ada").values()) == {"grader error"}
    assert marks()["bob", "sample_gaussian"]["status"] == "wrong"


def test_the_same_seed_gives_the_same_marks_and_the_seed_is_secret(two_students: Path, run, tmp_path: Path):
    run()
    out = tmp_path / "marks"
    assert (out / "found.sqlite").stat().st_mode & 0o077 == 0
    [[seed]] = [[run["seed"]] for run in marks_folder.rows(out, "run")]
    first = (out / "marks.csv").read_bytes()
    out.rename(tmp_path / "first")
    run("--seed", str(seed))
    assert (out / "marks.csv").read_bytes() == first
    assert str(seed) not in first.decode() + repr(marks_folder.rows(out, "mark"))
    out.rename(tmp_path / "second")
    run()
    assert marks_folder.rows(out, "run")[0]["seed"] != seed


def test_every_exercise_has_a_seed_of_its_own():
    assert len({marking.seed_of(7, name) for name in EXERCISES}) == len(EXERCISES)
    assert marking.seed_of(7, "kl_normal") != marking.seed_of(8, "kl_normal")


def test_what_is_marked_is_not_marked_again(two_students: Path, run, capsys):
    run()
    assert "2 of 2 students looked at" in capsys.readouterr().out
    run()
    assert "0 of 2 students looked at" in capsys.readouterr().out
    tree(two_students, {"cy.ipynb": hand_in(RIGHT)})
    run()
    assert "1 of 3 students looked at" in capsys.readouterr().out


def test_lessons_of_another_day_are_added(two_students: Path, run, marks, tmp_path: Path):
    run()
    second = "def log_normal(x, m, v):\n    return x"
    run(folder=tree(tmp_path / "week 2", {"ada.ipynb": hand_in(second, lesson="02_kl_divergence")}))
    found = statuses(marks(), "ada")
    assert found["sample_gaussian"] == "correct" and found["log_normal"] == "wrong"


def test_who_handed_in_nothing_readable_at_first_is_marked_later(tmp_path: Path, run, marks):
    folder = tree(tmp_path / "class", {"ada/report.pdf": "x", "bob/x.ipynb": hand_in(RIGHT)})
    assert run() == 1 and len(statuses(marks(), "ada")) == len(EXERCISES)
    tree(folder, {"ada/x.ipynb": hand_in(RIGHT)})
    assert run() == 0
    assert statuses(marks(), "ada")["sample_gaussian"] == "correct" and len(statuses(marks(), "ada")) == 4


def test_only_marks_one_student_or_one_exercise(two_students: Path, run, marks, capsys):
    assert run("--only", "bob/sample_gaussian") == 0
    assert list(marks()) == [("bob", "sample_gaussian")]
    tree(two_students, {"bob.ipynb": hand_in(RIGHT), "ada.ipynb": hand_in(WRONG)})
    run("--only", "bob")
    assert len(statuses(marks(), "bob")) == 4 and not statuses(marks(), "ada")
    assert "bob  sample_gaussian: wrong 3 -> correct 7" in capsys.readouterr().out
    run()
    assert len(marks()) == 8


@pytest.mark.parametrize(
    ("only", "said"), [("eve", "nobody is called 'eve'; the students: ada, bob"), ("ada/kl", "no exercise 'kl'")]
)
def test_only_of_somebody_unknown_is_a_mistake(only: str, said: str, two_students: Path, run, capsys):
    assert run("--only", only) == 2
    assert said in capsys.readouterr().err


def test_of_a_new_attempt_only_what_the_change_touches_is_marked_and_whose_marks_move_is_said(
    tmp_path: Path, run, marks, monkeypatch, capsys
):
    helper = (
        "import torch\ndef noise(m):\n    return {}\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * noise(m)"
    )
    other = "choose_estimator = 'x'"
    files = {"ada.ipynb": hand_in(helper.format("torch.zeros_like(m)"), other), "bob.ipynb": hand_in(WRONG, other)}
    folder = tree(tmp_path / "class", files)
    run()
    assert "0 marks moved." in capsys.readouterr().out, "before the first run there was nothing to move"
    tree(folder, {"ada.ipynb": hand_in("# a comment", helper.format("torch.randn_like(m)  # done"), "x = 2", other)})
    examined = []
    whole = marking.examine
    monkeypatch.setattr(marking, "examine", lambda e, a, s: (examined.append(e.name), whole(e, a, s))[1])
    assert run() == 0
    assert examined == ["sample_gaussian"], "nothing else of anybody"
    out = capsys.readouterr().out
    assert "1 mark moved:" in out and "ada  sample_gaussian: wrong" in out and "-> correct 7" in out
    assert marks()["ada", "sample_gaussian"]["status"] == "correct"
    assert out.splitlines()[-1].startswith("1 of 2 students looked at, 1 answer marked now; the marks of all are in ")
    run("--changed")
    out = capsys.readouterr().out
    assert "0 marks moved" in out and "looked at, 0 answers marked now" in out and examined == ["sample_gaussian"]
    attempts = [row["seen"] for row in marks_folder.rows(tmp_path / "marks", "attempt") if row["student"] == "ada"]
    assert len(attempts) == 2, "the first is kept"


def test_whose_marks_stay_without_a_hand_in_is_said(two_students: Path, run, marks, capsys):
    run()
    before = marks()
    (two_students / "bob.ipynb").unlink()
    run()
    assert "No hand-in here now, so the earlier marks stay, of 1 student: bob." in capsys.readouterr().out
    assert marks() == before


def test_the_marks_are_not_written_among_the_hand_ins(two_students: Path, run, capsys, tmp_path: Path):
    two_students.rename(tmp_path / "marks")  # where `run` wants the marks
    assert run(folder=tmp_path / "marks") == 2
    assert "marks holds the hand-ins; give --out another folder" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "marks").iterdir()) == ["ada.ipynb", "bob.ipynb"]


def test_changed_marks_what_changed_checks_touch(two_students: Path, run, monkeypatch):
    run()
    examined = []
    whole, hashed = marking.examine, marking.checks_hash
    monkeypatch.setattr(marking, "examine", lambda e, a, s: (examined.append(e.name), whole(e, a, s))[1])
    monkeypatch.setattr(marking, "checks_hash", lambda name: "new" if name == "sample_gaussian" else hashed(name))
    run("--changed")
    assert examined == ["sample_gaussian"] * 2


def test_two_runs_on_one_folder_are_refused(two_students: Path, run, tmp_path: Path, capsys):
    run()
    holder = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, 2); print(); input()"]
        + [str(tmp_path / "marks" / ".lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None and holder.stdout is not None
    holder.stdout.readline()
    assert run() == 2
    assert "another run is writing" in capsys.readouterr().err
    holder.communicate(b"\n")
    assert run() == 0


def test_marks_of_another_kind_or_seed_are_not_mixed(two_students: Path, run, tmp_path: Path, capsys):
    run()
    assert run("--seed", "5") == 2 and "another seed" in capsys.readouterr().err
    path = tmp_path / "marks" / "found.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE run SET sandbox = 1")
    assert run() == 2 and "not mixed" in capsys.readouterr().err
    whole = path.read_bytes()
    for damaged in (b"", b"{", whole[:3000], b"x" * len(whole)):
        path.write_bytes(damaged)
        assert run() == 2
        said = capsys.readouterr().err
        assert "found.sqlite is damaged" in said and "take another --out" in said and said.count("\n") == 1
        assert path.read_bytes() == damaged, "it is left as it is"
    path.write_bytes(whole)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    assert run() == 2 and "a later version of the course" in capsys.readouterr().err


def test_a_lesson_and_a_number_of_jobs_that_do_not_exist(two_students: Path, run, capsys):
    assert run("--lesson", "99") == 2 and "00_start_here" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        run("--jobs", "0")
    assert stopped.value.code == 2
    assert run(folder=two_students / "absent") == 2


def _without_times(table: Path) -> list[dict[str, str]]:
    """Its rows. How long an endless answer ran, and by which of the two limits it was stopped, hangs on the load of the machine."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row | {"message": ""} if row["status"] == "timed out" else row for row in rows]


@pytest.mark.slow
def test_in_the_sandbox_the_marks_are_the_same_whatever_the_number_of_jobs(tmp_path: Path, run, marks):
    codes = EVERY_STATUS | {"killed": "import os\ndef sample_gaussian(m, v):\n    os._exit(0)"}
    folder = tree(
        tmp_path / "class", {f"{status}.ipynb": hand_in(code) if code else "" for status, code in codes.items()}
    )
    tables = []
    for jobs in (1, 2):
        out = tmp_path / f"jobs {jobs}"
        options = ["--out", str(out), "--lesson", "1", "--jobs", str(jobs), "--seed", "3"]
        assert cli.main(["grade", str(folder), *options]) == 1
        tables.append(_without_times(out / "marks.csv"))
        assert "WITHOUT" not in pages.page(out, "correct")
    assert tables[0] == tables[1]
    (tmp_path / "jobs 1").rename(tmp_path / "marks")
    found = marks()
    assert {status: found[status, "sample_gaussian"]["status"] for status in codes} == {s: s for s in codes}
    assert found["killed", "choose_estimator"]["status"] == "not started", "the other exercises are marked"


def test_where_there_is_no_sandbox_nothing_is_run(two_students: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["grade", str(two_students), "--out", str(tmp_path / "marks")]) == 2
    assert "apt-get install bubblewrap" in capsys.readouterr().err
    assert not (tmp_path / "marks").exists()


def test_a_model_is_looked_for_among_the_student_s_own_files_only(run, marks, tmp_path: Path):
    other = tree(tmp_path / "other", {"model.safetensors": b""})
    save_file(trained_apart(), other / "model.safetensors")
    text = "trained_model = {{'file': {!r}, 'nn': 'v1', 'z_dim': 20}}"
    lesson = "07_capstone"
    folder = tree(
        tmp_path / "class",
        {
            "elsewhere/x.ipynb": hand_in(text.format(str(other / "model.safetensors")), lesson=lesson),
            "link/x.ipynb": hand_in(text.format("model.safetensors"), lesson=lesson),
            "sound/x.ipynb": hand_in(text.format("some/where/model.safetensors"), lesson=lesson),
            "sound/model.safetensors": (other / "model.safetensors").read_bytes(),
        },
    )
    (folder / "link" / "model.safetensors").symlink_to(other / "model.safetensors")
    run("--lesson", "7", "--only", "elsewhere/trained_model")
    run("--lesson", "7", "--only", "link/trained_model")
    run("--lesson", "7", "--only", "sound/trained_model")
    found = {who: marks()[who, "trained_model"] for who in ("elsewhere", "link", "sound")}
    assert {who: row["status"] for who, row in found.items()} == {
        "elsewhere": "raised",
        "link": "raised",
        "sound": "correct",
    }
    assert "There is no file model.safetensors among those handed in" in found["elsewhere"]["message"]


KILLED = """
import sys
from vae_course import cli
from vae_course.teach.grading import grade
grade._allow = lambda options, found, confirm: None
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_a_run_that_is_killed_at_random_moments_ends_with_the_same_marks(tmp_path: Path):
    answers = [RIGHT, CONSTANTS, "def sample_gaussian(m, v):\n    return undefined"]
    files = {f"s{i:02}.ipynb": hand_in(answers[i % 3]) for i in range(90)}
    folder = tree(tmp_path / "class", files | {"s12.ipynb": hand_in(WRONG)})
    command = [sys.executable, "-c", KILLED, "grade", str(folder), "--no-sandbox", "--seed", "3", "--out"]
    out, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    subprocess.run([*command, str(undisturbed)], check=True, capture_output=True, timeout=120)
    luck, lengths = random.Random(1), []
    for _ in range(3):
        process = subprocess.Popen([*command, str(out)], stdout=subprocess.DEVNULL)
        already = (out / "found.sqlite").stat().st_size if (out / "found.sqlite").exists() else 0
        while process.poll() is None and (
            not (out / "found.sqlite").exists() or (out / "found.sqlite").stat().st_size <= already
        ):
            time.sleep(0.002)
        time.sleep(luck.random() / 10)
        process.send_signal(signal.SIGKILL)
        process.wait()
        lengths.append(len(marks_folder.rows(out, "student")))
    assert not (out / "marks.csv").exists(), "killed too late to prove anything"
    done = subprocess.run([*command, str(out)], check=True, capture_output=True, text=True, timeout=120)
    assert lengths == sorted(set(lengths)), "each run went on where the one before was"
    assert "90 of 90 students looked at" not in done.stdout
    assert (out / "marks.csv").read_bytes() == (undisturbed / "marks.csv").read_bytes()
    assert marks_folder.whole(out) == marks_folder.whole(undisturbed)


def at_a_terminal(answers: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    ours, theirs = pty.openpty()
    os.write(ours, answers)
    try:
        command = [sys.executable, "-m", "vae_course.cli", "grade", *arguments]
        return subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=120)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.slow
def test_without_the_sandbox_it_asks_twice_and_stamps_the_report(tmp_path: Path):
    path = write(tmp_path, hand_in(RIGHT), "ada.ipynb")
    out = tmp_path / "marks"
    for answers in (b"no\n", b"yes\nno\n"):
        done = at_a_terminal(answers, str(path), "--out", str(out), "--no-sandbox")
        assert done.returncode == 2 and "nothing was run" in done.stderr and not out.exists()
    done = at_a_terminal(b"yes\nyes\n", str(path), "--out", str(out), "--no-sandbox")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Type yes") == 2 and "marked WITHOUT the sandbox" in done.stdout
    assert "marked WITHOUT the sandbox" in pages.page(out, "ada")


def test_without_the_sandbox_nobody_is_marked_who_cannot_be_asked_and_no_class(
    tmp_path: Path, two_students: Path, capsys
):
    out = ["--out", str(tmp_path / "marks"), "--no-sandbox"]
    assert cli.main(["grade", str(two_students / "ada.ipynb"), *out]) == 2
    assert "needs a terminal" in capsys.readouterr().err
    assert cli.main(["grade", str(two_students), *out]) == 2
    assert "has 2 students" in capsys.readouterr().err
    assert not (tmp_path / "marks").exists()


def test_injections_end_harmless_in_all_files(tmp_path: Path, run, marks):
    evil = "\\x1b[31m=HYPERLINK(1)<script>"
    code = f"def sample_gaussian(m, v):\n    raise type('=1+1', (Exception,), {{}})('{evil}')"
    tree(tmp_path / "class", {"=1+1.ipynb": hand_in(code), "ada.ipynb": hand_in(RIGHT)})
    assert run() == 0
    found = marks()
    assert (
        found["'=1+1", "sample_gaussian"]["status"] == "raised"
        and "HYPERLINK" in found["'=1+1", "sample_gaussian"]["message"]
    )
    written = b"".join(p.read_bytes() for p in (tmp_path / "marks").rglob("*") if p.is_file())
    assert b"\x1b[31m" not in written and b"\\u001b" not in written
