"""A Gradescope container, with its folders and without the right to make namespaces: what is handed in is marked, and attacks harm nothing."""

import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.submissions import ending
from tests.submissions.canary import canary
from tests.submissions.hand_in import after
from tests.submissions.run import differences, rows, written
from tests.submissions.test_rules import ATTACKS
from vae_course.checks.lessons import EXERCISES
from vae_course.cli import main
from vae_course.runner.rooms import NOT_IN_SANDBOX
from vae_course.teach.gradescope import second_level
from vae_course.teach.gradescope.run import results
from vae_course.teach.grading.deciding.standing import Standing

ROOT = Path(__file__).resolve().parents[3]
CONTAINER = Path(__file__).with_name("container.py")
FOLDER = Path(__file__).parents[3] / "vae_course" / "teach" / "gradescope"

ALONE = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in getattr(f, '__module__', '')]\n"
RUN = (
    ALONE
    + "from pathlib import Path\nfrom vae_course.teach.gradescope.run import main\nsys.exit(main(Path(sys.argv[1])))"
)
MARK = (
    ALONE
    + """import os
from pathlib import Path
from vae_course.teach.grading.grade import Options, grade
from vae_course.teach.gradescope.second_level import SecondLevel, hand_over
from vae_course.teach.grading.sandbox.workers import RESOURCES
RESOURCES["memory"] = 2**29
folder = Path(sys.argv[1])
hand_over(folder / "class")
os.umask(0o077)
(folder / "marks").mkdir(mode=0o711)
with SecondLevel() as level:
    grade(Options(folder / "class", folder / "marks"), lambda question: False, level=level)
"""
)
HOMEWORK = """
import os, torch
def sample_gaussian(m, v):
    return m + v * torch.randn_like(m)
def log_normal(x, m, v):
    return -0.5 * ((x - m) ** 2 / v + torch.log(2 * torch.pi * v)).sum(-1)
def kl_normal(qm, qv, pm, pv):
    raise ValueError(f"I am {os.getuid()} in {os.listdir()}")
"""


def row(exercise: str, status: str, points: float, message: str = "") -> Standing:
    found = EXERCISES[exercise]
    return Standing("ada", found.lesson, exercise, status, points, found.points, "", message)


# ---------------------------------------------------------------- what Gradescope reads


def fits(facts: dict[str, Any]) -> None:
    """The documented format, as far as it is used."""
    shown = ("hidden", "after_due_date", "after_published", "visible")
    kinds = ("text", "html", "simple_format", "md", "ansi")
    assert facts["visibility"] in shown and facts["stdout_visibility"] in shown and facts["output_format"] in kinds
    assert isinstance(facts["output"], str) and isinstance(facts["extra_data"], dict)
    assert set(facts) <= {
        "output",
        "output_format",
        "visibility",
        "stdout_visibility",
        "extra_data",
        "tests",
        "execution_time",
    }
    for test in facts["tests"]:
        assert set(test) == {"number", "name", "score", "max_score", "status", "output", "output_format", "visibility"}
        assert isinstance(test["score"], int | float) and isinstance(test["max_score"], int | float)
        assert 0 <= test["score"] <= test["max_score"] and test["status"] in ("passed", "failed")
        assert test["output_format"] in kinds and isinstance(test["output"], str) and isinstance(test["number"], str)


def test_each_exercise_that_counts_is_a_test_and_what_is_missing_has_no_points():
    of_lesson = [e for e in EXERCISES.values() if e.lesson == "01_reparameterization"]
    found = {
        "sample_gaussian": row("sample_gaussian", "wrong", 3, "dz/dv is 2."),
        "predict_noise": row("predict_noise", "correct", 1),
    }
    facts = results(of_lesson, found, ["A note."], "namespaces")
    fits(facts)
    told = {
        test["name"].partition(":")[0]: (test["score"], test["max_score"], test["status"]) for test in facts["tests"]
    }
    assert told == {
        "sample_gaussian": (3, 7, "failed"),
        "predict_noise": (1, 1, "passed"),
        "choose_estimator": (0, 1, "failed"),
    }
    assert facts["output"] == "A note." and "dz/dv is 2." in facts["tests"][0]["output"]
    assert "was handed in" in facts["tests"][2]["output"]


def test_an_optional_exercise_is_shown_to_those_who_did_it():
    of_lesson = [e for e in EXERCISES.values() if e.lesson == "01_reparameterization"]
    optional = next(e.name for e in of_lesson if not e.points)
    assert optional in str(results(of_lesson, {optional: row(optional, "correct", 0)}, [], ""))
    assert optional not in str(results(of_lesson, {optional: row(optional, "not started", 0)}, [], ""))


# ---------------------------------------------------------------- what is refused


def test_a_zip_that_is_there_already_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.zip").write_text("mine")
    assert main(["gradescope", "--to", str(tmp_path / "a.zip")]) == 2
    assert "is there already" in capsys.readouterr().err and (tmp_path / "a.zip").read_text() == "mine"
    assert main(["gradescope", "--to", str(tmp_path / "no" / "a.zip")]) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="the second level needs root")
def test_where_everybody_may_read_the_answer_key_nothing_is_marked(tmp_path: Path):
    done = in_container(
        ALONE + "from vae_course.teach.gradescope.second_level import available\nprint(available(()))",
        tmp_path,
        ROOT,
    )
    assert "Everybody may read" in done and "chmod -R go=" in done


def test_who_is_not_root_cannot_use_the_second_level(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert "needs root" in second_level.available(())


# ---------------------------------------------------------------- the container


def in_container(code: str, argument: Path, package: Path, code_of_exit: int = 0) -> str:
    """What a Python prints that finds the course in `package`, in a container without namespaces."""
    shown = [sys.base_prefix, sys.prefix, str(package), str(argument)]
    command = [sys.executable, str(CONTAINER), *shown, "--", sys.executable, "-c", code, str(argument)]
    env = os.environ | {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd="/", timeout=900)
    assert done.returncode == code_of_exit, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """/autograder after setup.sh, but that Python and its packages are those of the tests."""
    root = tmp_path_factory.mktemp("autograder")
    for folder in [*root.parents, root]:
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)  # pytest makes its folders for itself alone
    root.chmod(0o755)
    assert main(["gradescope", "--to", str(root / "a.zip"), "--lesson", "01", "--lesson", "02"]) == 0
    for name in ("source", "submission", "results", "site"):
        (root / name).mkdir()
    with zipfile.ZipFile(root / "a.zip") as packed:
        packed.extractall(root / "source")
    [wheel] = (root / "source").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(root / "site")
    compileall.compile_dir(root / "site" / "vae_course", quiet=1)  # as pip does
    secret = [root / "site" / "vae_course" / part for part in (*NOT_IN_SANDBOX, "__pycache__")]
    subprocess.run(["chmod", "-R", "go=", root / "source", *secret], check=True)
    yield root
    shutil.rmtree(root)


@pytest.fixture
def folder(autograder: Path) -> Iterator[Path]:
    made = autograder / "folder"
    made.mkdir()
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_the_programs_are_such_and_name_no_index():
    assert subprocess.run(["bash", "-n", FOLDER / "setup.sh"], capture_output=True).returncode == 0
    assert (FOLDER / "run_autograder").read_text().startswith("#!")
    assert "http" not in (FOLDER / "setup.sh").read_text()


needs_root = pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="a container is made by root")


@needs_root
@pytest.mark.slow
def test_the_zip_holds_what_the_container_needs(autograder: Path):
    with zipfile.ZipFile(autograder / "a.zip") as packed:
        modes = {entry.filename: entry.external_attr >> 16 & 0o111 for entry in packed.infolist()}
    assert (
        modes["setup.sh"]
        and modes["run_autograder"]
        and {"constraints.txt", "torch-index.txt", "settings.json"} <= modes.keys()
    )


@needs_root
@pytest.mark.slow
@pytest.mark.parametrize("inside", [True, False], ids=["without namespaces", "with namespaces"])
def test_a_submission_is_marked(inside: bool, autograder: Path):
    (autograder / "submission" / "homework.py").write_text(HOMEWORK)
    (autograder / "results" / "results.json").unlink(missing_ok=True)
    if inside:
        said = in_container(RUN, autograder, autograder / "site")
        assert second_level.SAID in said
    else:
        env = os.environ | {"PYTHONPATH": str(autograder / "site")}
        subprocess.run([sys.executable, "-c", RUN, str(autograder)], env=env, cwd="/", check=True, timeout=600)
    facts = json.loads((autograder / "results" / "results.json").read_text())
    fits(facts)
    told = {test["name"].partition(":")[0]: (test["score"], test["output"]) for test in facts["tests"]}
    assert told["sample_gaussian"][0] == 3 and "Likely reason: v is a variance" in told["sample_gaussian"][1]
    assert told["log_normal"][0] == 5
    assert told["kl_normal"][0] == 0 and "I am 65534 in []" in told["kl_normal"][1]
    assert sum(test["max_score"] for test in facts["tests"]) == sum(
        e.points for e in EXERCISES.values() if e.lesson[:2] in ("01", "02")
    )
    assert facts["extra_data"]["sandbox"].startswith("second" if inside else "namespaces")


DEEP = """
import os, torch
made = []
def sample_gaussian(m, v):
    while len(made) < 2_000:  # once: each call has its limit of time
        made.append(os.mkdir("n"))
        os.chdir("n")
    return m + v.sqrt() * torch.randn_like(m)
def kl_normal(qm, qv, pm, pv):
    import glob
    return [open(path, "rb").read() for path in glob.glob(@SITE@ + "/**/evaluation*", recursive=True)] and None
"""


@needs_root
@pytest.mark.slow
def test_what_is_left_behind_ends_nothing_and_nothing_compiled_is_read(autograder: Path):
    (autograder / "submission" / "homework.py").write_text(DEEP.replace("@SITE@", repr(str(autograder / "site"))))
    (autograder / "results" / "results.json").unlink(missing_ok=True)
    before = set(Path(tempfile.gettempdir()).glob("vae-course-*"))
    in_container(RUN, autograder, autograder / "site")
    facts = json.loads((autograder / "results" / "results.json").read_text())
    told = {test["name"].partition(":")[0]: (test["score"], test["output"]) for test in facts["tests"]}
    assert told["sample_gaussian"][0] == 7 and told["kl_normal"][0] == 0
    assert set(Path(tempfile.gettempdir()).glob("vae-course-*")) <= before, "nothing is left"
    shut = [path for path in (autograder / "site" / "vae_course").rglob("evaluation*")]
    assert len(shut) == 2 and not any(_others_may_read(path, autograder / "site") for path in shut)


def _others_may_read(path: Path, root: Path) -> bool:
    """True if every folder on the way, and the file, is open to all."""
    way = [part for part in path.parents if part.is_relative_to(root)]
    return path.stat().st_mode & 0o004 > 0 and all(part.stat().st_mode & 0o001 for part in way)


# What is another here than in namespaces, and harmless: files that are there are refused, and a process can kill itself. `disk` limits each file
# and not their sum, which is for docs/marking.md.
OTHERWISE = {
    "read 1 a file": "PermissionError",
    "read 3 another process": "PermissionError",
    "read 9 a neighbour's hand-in": "PermissionError",
    "read 11 its own memory map": "PermissionError",
    "end 5 a signal to itself": "SIGKILL",
    "exhaust 4 disk": "returned None",
    "exhaust 5 names of files": "returned None",
}
WITHOUT_LANDLOCK = {
    "read 1 a file",
    "read 3 another process",
    "read 9 a neighbour's hand-in",
    "read 11 its own memory map",
    "read 14 where the course is installed",
}


def marked(code: str, folder: Path, autograder: Path, sixth: int) -> tuple[list[str], dict[str, str]]:
    """Attacks at the second level: what was harmed; and whose mark is another than in namespaces, with its message."""
    quick = [attack for attack in ATTACKS if attack not in ending.SLOW][sixth::6]
    hand_ins = [*quick, *map(after, quick)]
    with canary(folder / "class") as canaries:
        written(hand_ins, folder / "class", canaries)
        in_container(code, folder, autograder / "site")
        harm = canaries.harm()
    found = rows(folder / "marks" / "marks.csv")
    other = {
        hand_in.student: found[hand_in.student, "kl_normal"]["message"]
        for hand_in in hand_ins
        if differences(hand_in, found)
    }
    return harm, other


@needs_root
@pytest.mark.slow
@pytest.mark.skipif(not second_level.landlocked(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("sixth", range(6))
def test_at_the_second_level_every_attack_gets_its_honest_mark_too(sixth: int, folder: Path, autograder: Path):
    harm, other = marked(MARK, folder, autograder, sixth)
    assert harm == [] and other.keys() <= OTHERWISE.keys()
    assert all(OTHERWISE[name] in message for name, message in other.items())


@needs_root
@pytest.mark.slow
def test_without_landlock_attacks_harm_nothing_and_may_read_what_everybody_may(folder: Path, autograder: Path):
    reading = next(
        n
        for n in range(6)
        if any(a.student == "read 1 a file" for a in [a for a in ATTACKS if a not in ending.SLOW][n::6])
    )
    site = autograder / "site" / "vae_course" / "runner" / "landlock.py"
    whole = site.read_text()
    site.write_text(whole + "\n\ndef version() -> int:\n    return 0\n")
    try:
        harm, other = marked(MARK, folder, autograder, reading)
    finally:
        site.write_text(whole)
    assert harm == [] and "read 1 a file" in other and other.keys() <= OTHERWISE.keys() | WITHOUT_LANDLOCK
