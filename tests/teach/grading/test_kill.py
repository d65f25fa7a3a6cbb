"""kill -9 at any moment, of any process of a grading run, costs time and moves no mark.

Only processes are killed that a run of this file has started: each is looked up in the tree below that run's own process.
"""

import contextlib
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.runner.notebooks.hand_ins import notebook_of
from tests.teach.grading import marks_folder
from tests.teach.grading.test_collect import tree
from vae_course import cli
from vae_course.checks.engine import telling
from vae_course.teach.grading.incoming.collect import collect
from vae_course.teach.grading.keeping.folder import UNPACKED
from vae_course.teach.grading.marking import marking
from vae_course.teach.grading.marking.marking import Order
from vae_course.teach.grading.marking.pool import marked_students

LESSON = "01_reparameterization"
FIRST = "import torch\ndef sample_gaussian(m, v):\n    return "
RIGHT = FIRST + "m + v.sqrt() * torch.randn_like(m)"
ANSWERS = {
    "right": RIGHT,
    "wrong": FIRST + "m + v * torch.randn_like(m)",
    "raises": FIRST + "undefined",
    "exits": "import os\ndef sample_gaussian(m, v):\n    os._exit(3)",  # ended by itself, which is its own fault
    "stub": "def sample_gaussian(m, v):\n    raise NotImplementedError",
}
PATIENCE = 120  # seconds for what takes a few


def hand_in(code: str) -> str:
    made = notebook_of(code, "choose_estimator = 'x'")
    made["metadata"] = {"vae_course": {"lesson": LESSON}}
    return json.dumps(made)


@pytest.fixture
def students(tmp_path: Path) -> Path:
    """A class of ten: every answer twice, one in an archive; and one file that nobody can read."""
    names = [f"{name}{i}" for name in ANSWERS for i in (1, 2)]
    files = {f"{name}/x.ipynb": hand_in(ANSWERS[name[:-1]]) for name in names if name != "wrong2"}
    folder = tree(tmp_path / "class", files | {"unreadable/x.ipynb": b"\x00"})
    (folder / "wrong2").mkdir()
    with zipfile.ZipFile(folder / "wrong2" / "x.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("x.ipynb", (2026, 1, 1, 0, 0, 0)), hand_in(ANSWERS["wrong"]))
    return folder


IN_THE_BOX = {"bubblewrap": 0, "first": 1, "python": 2, "zygote": 3, "worker": 4, "reader": 2}
"""How many steps below the box's own process somebody is. The reader has a box of its own."""


def in_box(run: psutil.Process, role: str) -> list[psutil.Process]:
    """The processes of a role below a run: "zygote" has imported torch, "worker" is its fork for one hand-in."""
    found, started = [], "reading.serve" if role == "reader" else "runner.worker"
    for process in run.children(recursive=True):
        with contextlib.suppress(psutil.Error, IndexError, ValueError):
            above = process.parent()  # None if it has just ended
            is_outer = process.name() == "bwrap" and above is not None and above.name() != "bwrap"
            if is_outer and started in process.cmdline()[-2]:  # not the box that only tries whether there can be one
                for _ in range(IN_THE_BOX[role]):
                    [process] = process.children()
                found.append(process)
    return found


def of_role(run: psutil.Process, role: str) -> psutil.Process | None:
    """Somebody who plays a role in a run just now."""
    with contextlib.suppress(psutil.Error, ValueError):
        if role == "grader":
            return run
        if role == "pool":
            return next((p for p in run.children() if "spawn_main" in " ".join(p.cmdline())), None)
        return next(iter(in_box(run, role)), None)
    return None


class Grader:
    """The command on one class.

    Attributes:
        files: what an undisturbed run leaves; how long it takes is measured.
        second: what a second run on the same folder, while it was going on, ended with.
        temporary: the runs' folder for temporary files.
    """

    def __init__(self, students: Path, folder: Path, jobs: int) -> None:
        self._students, self._folder, self._jobs = students, folder, jobs
        self.temporary = folder / "temporary"
        self.temporary.mkdir(exist_ok=True)
        out = folder / f"undisturbed {jobs}"
        begun = time.monotonic()
        run = self._start(out)
        self._wait(lambda: of_role(run, "worker"), run)
        self._until_marking = time.monotonic() - begun
        self.second = cli.main(["grade", str(students), "--out", str(out)])
        self._code = run.wait(PATIENCE)
        self._marking = time.monotonic() - begun - self._until_marking
        self.files = written(out)

    def killed(self, out: Path, roles: list[str], luck: random.Random) -> None:
        """Mark into a folder, begun anew until it is done; roles are taken off the list, their processes killed.

        Half of the moments lie anywhere between a start and the first mark, and half while marks are made. A process
        that ends before its moment stays on the list. Between two kills of what marks lies a new mark: whoever is killed
        twice in one exercise is left to a person, which is another test's matter.
        """
        for _ in range(1 + len(roles)):
            if self._killed_once(out, self._start(out), roles, luck):
                return
        raise AssertionError("it is still not done, though nobody has killed it")

    def _killed_once(self, out: Path, run: psutil.Popen, roles: list[str], luck: random.Random) -> bool:
        """True if the run ended by itself."""
        marked = -1  # how much was marked at the last kill
        while roles:
            begun, part = time.monotonic(), luck.random()
            if luck.random() < 0.5:
                self._wait(lambda begun=begun, part=part: time.monotonic() > begun + part * self._until_marking, run)
            elif self._wait(lambda: of_role(run, "worker"), run):
                time.sleep(part * self._marking)
            victim = self._wait(
                lambda marked=marked: self._victim(run, roles[-1], count(out) not in (marked, UNKNOWN)), run
            )
            if victim is None:
                break
            marked = count(out)
            with contextlib.suppress(psutil.NoSuchProcess):
                below = victim.children(recursive=True)
                victim.kill()
                gone = roles.pop()
                _, left = psutil.wait_procs(below, PATIENCE)
                assert not left, f"the {gone} was killed, and others outlive it: {left}"
                if gone == "grader":
                    run.wait(PATIENCE)
                    return False
        assert run.wait(PATIENCE) == self._code, "only a grader that is itself killed may leave the class unmarked"
        return True

    def _victim(self, run: psutil.Popen, role: str, marked: bool) -> psutil.Process | None:
        """Who plays the role now, unless that means a second kill in one exercise."""
        return of_role(run, role) if marked or not of_role(run, "worker") else None

    def _start(self, out: Path) -> psutil.Popen:
        options = ["--out", str(out), "--seed", "3", "--jobs", str(self._jobs)]
        return psutil.Popen(
            [sys.executable, "-m", "vae_course.cli", "grade", str(self._students), *options],
            stdout=subprocess.DEVNULL,
            env=os.environ | {"TMPDIR": str(self.temporary)},
        )

    def _wait(self, seen: Callable[[], Any], run: psutil.Popen) -> Any:
        """What `seen` returns as soon as it is true; None if the run ends before."""
        while run.poll() is None:
            if found := seen():
                return found
            time.sleep(0.03)
        return None


UNKNOWN = -2


def count(out: Path) -> int:
    """How many marks there are; `UNKNOWN` while they are being written."""
    try:
        return len(marks_folder.rows(out, "mark"))
    except sqlite3.OperationalError:
        return UNKNOWN


def written(out: Path) -> dict[str, Any]:
    """All that a run leaves for the teacher, file by file, and of the database what stands in it."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and path.name not in (".lock", "found.sqlite")]
    return {str(path.relative_to(out)): path.read_bytes() for path in files} | marks_folder.whole(out)


def left_behind(temporary: Path) -> list[Path]:
    """What is in a folder for temporary files. Python itself tries each with a file of eight letters and four bytes, which a kill may leave."""
    tried = re.compile(r"[a-z0-9_]{8}")
    return [p for p in temporary.iterdir() if not (tried.fullmatch(p.name) and p.is_file() and p.stat().st_size <= 4)]


def survives(grader: Grader, folder: Path, roles: list[str], seed: int) -> None:
    luck = random.Random(seed)
    luck.shuffle(roles)
    for number in range(len(roles)):
        out = folder / f"killed {seed} {number}"
        grader.killed(out, roles, luck)
        assert written(out) == grader.files
        marks = marks_folder.rows(out, "mark")
        assert len({(mark["student"], mark["exercise"]) for mark in marks}) == len(marks)
        assert not (out / UNPACKED).exists() and not left_behind(grader.temporary), "nothing is left behind"
        if not roles:
            return


@pytest.mark.slow
@pytest.mark.parametrize("roles", [["grader", "worker"], ["zygote", "reader"]])
def test_two_kills_move_no_mark_and_a_second_run_meanwhile_is_refused(
    roles: list[str], students: Path, tmp_path: Path, capsys
):
    grader = Grader(students, tmp_path, jobs=1)
    assert grader.second == 2 and "another run is writing" in capsys.readouterr().err
    statuses = {mark["status"] for mark in grader.files["mark"]}
    assert statuses == {"correct", "wrong", "raised", "killed", "not started", "unreadable"}
    survives(grader, tmp_path, roles, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_fifty_kills_move_no_mark(jobs: int, students: Path, tmp_path: Path):
    roles = (
        ["grader"] * 20
        + ["worker", "zygote"] * 10
        + ["reader"] * 4
        + ["bubblewrap", "first", "pool" if jobs == 2 else "python"] * 2
    )
    survives(Grader(students, tmp_path, jobs), tmp_path, roles, seed=jobs)


@pytest.mark.parametrize(
    ("times", "role", "status"), [(1, "worker", "correct"), (1, "zygote", "correct"), (2, "worker", "grader error")]
)
def test_an_exercise_whose_process_is_killed_is_marked_again_once(
    times: int, role: str, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Twice in the same exercise is no accident: that is for a person, and neither a zero nor the student's fault."""
    whole, killed = marking.examine, []

    def examine(exercise, answer, seed):
        if exercise.name == "sample_gaussian" and len(killed) < times:
            [victim] = in_box(psutil.Process(), role)[-1:]
            killed.append(victim)
            victim.kill()
        return whole(exercise, answer, seed)

    monkeypatch.setattr(marking, "examine", examine)
    folder, out = tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT)}), tmp_path / "marks"
    assert cli.main(["grade", str(folder), "--out", str(out)]) == (status != "correct")
    marks = {mark["exercise"]: mark for mark in marks_folder.rows(out, "mark")}
    assert len(killed) == times and marks["sample_gaussian"]["status"] == status
    assert marks["score_function_gradient"]["status"] == "not started", "the next exercise is marked"


def test_a_kill_while_the_reason_of_a_wrong_answer_is_looked_for_leaves_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole, killed = telling.diagnose, []

    def diagnose(*given):
        if not killed:
            [victim] = in_box(psutil.Process(), "worker")[-1:]
            killed.append(victim)
            victim.kill()
        return whole(*given)

    monkeypatch.setattr(telling, "diagnose", diagnose)
    folder, out = tree(tmp_path / "class", {"ada.ipynb": hand_in(ANSWERS["wrong"])}), tmp_path / "marks"
    assert cli.main(["grade", str(folder), "--out", str(out), "--only", "ada/sample_gaussian"]) == 0
    assert killed and marks_folder.rows(out, "mark")[0]["misconception"] == "variance-as-standard-deviation"


@pytest.mark.slow
def test_a_student_whose_turn_comes_as_a_process_of_the_grader_dies_is_not_forgotten(students: Path, tmp_path: Path):
    everybody = collect(students, tmp_path / "out").students
    done = []
    for student, _ in marked_students([(one, Order(3, LESSON), []) for one in everybody], 2, True, tmp_path):
        if not done:
            victim = of_role(psutil.Process(), "pool")
            assert victim is not None
            victim.kill()  # and no wait for its end: this process is its parent, and the pool's alone is it to see it end
            time.sleep(1)  # until the pool has noticed, and refuses the next student
        done.append(student.name)
    assert sorted(done) == sorted(one.name for one in everybody)
