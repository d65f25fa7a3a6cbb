"""vae-course: what a person who types it sees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vae_course import cli, workspace


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here.ipynb", "01_reparameterization.ipynb"):
        (folder / name).write_text(f"the lesson {name}")
    return folder


@pytest.fixture
def jupyter(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Takes the place of JupyterLab: the command line that it would get."""
    command: list[str] = []
    monkeypatch.setattr(cli, "_become", lambda arguments: command.extend(arguments) or 0)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    return command


def test_lab_copies_the_lessons_and_opens_the_first(lessons: Path, jupyter: list[str], monkeypatch, capsys):
    monkeypatch.chdir(lessons.parent)
    cli.main(["lab", "--no-browser", "--port", "8899"])
    work = lessons.parent / "work"
    assert (work / "01_reparameterization.ipynb").read_text() == "the lesson 01_reparameterization.ipynb"
    assert sorted(path.name for path in work.iterdir()) == ["00_start_here.ipynb", "01_reparameterization.ipynb"]
    assert "copied  00_start_here.ipynb" in capsys.readouterr().out
    assert {f"--ServerApp.root_dir={work}", "--LabApp.default_url=/lab/tree/00_start_here.ipynb"} <= set(jupyter)
    assert {"--no-browser", "--port=8899"} <= set(jupyter)


def test_lab_never_overwrites_a_learners_file(lessons: Path, jupyter: list[str], monkeypatch, capsys):
    monkeypatch.chdir(lessons.parent)
    work = lessons.parent / "work"
    work.mkdir()
    (work / "00_start_here.ipynb").write_text("")  # even an empty one
    (work / "01_reparameterization.ipynb").symlink_to(work / "moved_elsewhere.ipynb")  # even a broken link
    cli.main(["lab"])
    assert (work / "00_start_here.ipynb").read_text() == ""
    assert (work / "01_reparameterization.ipynb").is_symlink()
    assert capsys.readouterr().out.count("kept    ") == 2


def test_a_lesson_that_appears_while_it_is_copied_is_kept(lessons: Path, tmp_path: Path, monkeypatch):
    target = tmp_path / "work" / "00_start_here.ipynb"

    def copy_and_lose_the_race(source, part):
        Path(part).write_text("ours")
        target.write_text("the learner's")

    monkeypatch.setattr(workspace.shutil, "copyfile", copy_and_lose_the_race)
    copied = workspace.copy_lessons(lessons, tmp_path / "work")
    assert target.read_text() == "the learner's"
    assert "00_start_here.ipynb" in copied.kept


def test_without_the_repository_lab_says_what_to_do(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workspace, "__file__", str(tmp_path / "site-packages" / "vae_course" / "workspace.py"))
    assert cli.main(["lab"]) == 2
    assert "Install the course's wheel again" in one_sentence(capsys.readouterr().err)


def test_a_missing_author_tool_is_told_in_a_sentence(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "vae_course.teach.authoring.build", raising=False)
    monkeypatch.setitem(sys.modules, "vae_course.teach.authoring", None)
    assert cli.main(["build"]) == 2
    assert "no authoring tools" in one_sentence(capsys.readouterr().err)


def test_options_of_author_tools_reach_them(monkeypatch):
    seen = []
    monkeypatch.setattr(cli, "_author_tool", lambda module, argv: seen.append((module, argv)) or 0)
    assert cli.main(["build", "--check", "01_reparameterization"]) == 0
    assert cli.main(["train", "--help"]) == 0
    assert seen == [("build", ["--check", "01_reparameterization"]), ("train_weights", ["--help"])]


@pytest.mark.parametrize("arguments", [["nonsense"], ["lab", "--bogus"], ["lab", "--port", "many"], []])
def test_a_mistyped_command_ends_with_code_2_and_no_traceback(arguments: list[str]):
    done = subprocess.run(
        [sys.executable, "-m", "vae_course.cli", *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "usage:" in done.stderr and "Traceback" not in done.stderr


def test_help_does_not_wait_for_torch():
    code = (
        "import sys; from vae_course import cli\ntry: cli.main(['--help'])\nfinally: assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).returncode == 0


def test_whoever_reads_only_the_first_lines_is_told_of_no_broken_pipe():
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "vae_course.cli", "items", "--format", "gift"]
    ran = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_the_doctor_says_of_everything_whether_it_is_well(capsys):
    cli.main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok      ", "not ok  ", "        -> ")) for line in lines)
    assert any("MNIST: 70,000 images" in line for line in lines)


def test_the_doctor_says_whether_a_class_can_be_marked_here_and_that_lessons_do_not_need_it(monkeypatch, capsys):
    before = cli.main(["doctor"])
    assert "  marking a class: in a sandbox" in capsys.readouterr().out
    monkeypatch.setattr("vae_course.teach.grading.sandbox.sandbox.shutil.which", lambda name: None)
    assert cli.main(["doctor"]) == before
    report = capsys.readouterr().out
    assert "not ok  marking a class: no sandbox" in report and "apt-get install bubblewrap" in report


def test_the_doctor_of_an_edition_without_marking_says_so_and_is_content(monkeypatch, capsys):
    before = cli.main(["doctor"])
    capsys.readouterr()
    monkeypatch.setitem(sys.modules, "vae_course.teach.grading.sandbox", None)
    assert cli.main(["doctor"]) == before == 0
    assert "not ok  marking a class: not in this edition" in capsys.readouterr().out


def test_without_jupyterlab_the_command_that_opens_it_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    assert cli.main(["lab", "--work", str(tmp_path / "work")]) == 2
    assert "JupyterLab is missing; install it with: pip install -e '.[lab]'" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_a_missing_package_of_an_author_is_named():
    program = "import sys; sys.modules['jupytext'] = None; from vae_course.cli import main; sys.exit(main(['build', '--help']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2
    assert "the Python package jupytext is missing" in one_sentence(done.stderr)


def test_an_installed_course_says_that_authors_need_a_clone():
    program = (
        "import sys; sys.modules['jupytext'] = None; from vae_course import cli, workspace; workspace.clone = lambda: None; "
        "sys.exit(cli.main(['site']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2
    assert "for a clone of the repository, which this is not; and jupytext is missing" in one_sentence(done.stderr)


def test_the_doctor_survives_what_is_broken(monkeypatch, capsys):
    monkeypatch.setattr("vae_course.data.load_mnist", lambda split: 1 / 0)
    assert cli.main(["doctor"]) == 1
    report = capsys.readouterr().out
    assert "not ok  The MNIST data: ZeroDivisionError" in report
    assert "pip" in report, "the checks after the broken one still run"


def one_sentence(text: str) -> str:
    """The text, which must be one line for a person."""
    assert text.startswith("vae-course: ") and text.count("\n") == 1 and "Traceback" not in text
    return text
