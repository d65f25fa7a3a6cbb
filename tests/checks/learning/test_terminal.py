"""`vae-course check`: whole files, through the command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import save_file

from tests.runner.notebooks.hand_ins import LESSONS, ROOT, cell_defining, changed, notebook_of, solved, write
from tests.test_house import package_without
from vae_course import cli, given
from vae_course.checks.learning.terminal import check_file
from vae_course.checks.lessons import EXERCISES
from vae_course.runner.rooms import NOT_FOR_STUDENTS


def counted(lesson: str) -> list:
    return [exercise for exercise in EXERCISES.values() if exercise.lesson == lesson and not exercise.optional]


def statuses(path: Path) -> dict[str, str]:
    return {verdict.exercise: verdict.status for verdict in check_file(path, seed=1).verdicts}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solved_lesson_is_found_all_correct(lesson: str, tmp_path: Path, capfd):
    notebook = solved(lesson)
    if lesson == "07_capstone":  # in place of the weights that its training cell saves: the course's
        save_file(given.trained("v1_z20").state_dict(), tmp_path / "model.safetensors")
        cell = cell_defining(notebook, "trained_model = {")
        cell["source"] = [line.replace("MyNetwork", "'v1'") for line in cell["source"]]
    path = write(tmp_path, notebook, f"{lesson}.ipynb")
    assert cli.main(["check", str(path)]) == 0
    out, err = capfd.readouterr()
    points = sum(exercise.points for exercise in counted(lesson))
    assert (
        out.splitlines()[-1]
        == f"{len(counted(lesson))} of {len(counted(lesson))} solved, {points:g} of {points:g} points"
    )
    assert "note:" not in out and "✗" not in out and err == ""


@pytest.mark.parametrize("lesson", LESSONS)
def test_an_untouched_lesson_is_not_started(lesson: str, capfd):
    assert cli.main(["check", str(ROOT / "notebooks" / f"{lesson}.ipynb")]) == 1
    out, err = capfd.readouterr()
    every = [exercise for exercise in EXERCISES.values() if exercise.lesson == lesson]
    assert out.count(": not started") == len(every) and "note:" not in out and err == ""
    assert out.splitlines()[-1].startswith(f"0 of {len(counted(lesson))} solved, 0 of ")


def test_several_files_are_added_up_and_an_exercise_in_two_of_them_counts_once(tmp_path: Path, capsys):
    for name in ("01_reparameterization", "02_kl_divergence"):
        write(tmp_path, solved(name), f"{name}.ipynb")
    write(tmp_path, solved("01_reparameterization"), "again.ipynb")
    cli.main(["check", str(tmp_path)])
    points = sum(e.points for lesson in ("01_reparameterization", "02_kl_divergence") for e in counted(lesson))
    assert capsys.readouterr().out.splitlines()[-1] == f"Together {points:g} of the course's 100 points."


def test_a_path_that_is_not_there_is_told_with_what_was_perhaps_meant(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").mkdir()
    write(tmp_path / "work", solved("05b_limits"), "05b_limits.ipynb")
    assert cli.main(["check", "05b"]) == 2
    assert "there is no file or folder 05b. Did you mean work/05b_limits.ipynb?" in capsys.readouterr().err
    assert cli.main(["check", "no[thing]"]) == 2
    assert "Name a notebook, a Python file or a folder of them" in capsys.readouterr().err


def test_a_wrong_answer_gets_its_card_and_the_seed_repeats_it(tmp_path: Path, capsys):
    wrong = "def sample_gaussian(m, v):\n    return m + v * __import__('torch').randn_like(m)"
    path = write(tmp_path, notebook_of(wrong))
    outputs = []
    for _ in range(2):
        assert cli.main(["check", str(path), "--seed", "11"]) == 1
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert "take the square root once" in outputs[0] and "Next:" not in outputs[0]
    assert outputs[0].splitlines()[-2] == 'Stuck? In the notebook, hint("sample_gaussian") goes one step at a time.'
    assert "(seed 11)" in outputs[0] and outputs[0].endswith("0 of 3 solved, 3 of 9 points\n")


def test_a_terminal_that_cannot_show_the_signs_gets_the_words():
    command = [sys.executable, "-m", "vae_course.cli", "check", str(ROOT / "notebooks" / "00_start_here.ipynb")]
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "o two_boxes: not started" in done.stdout, done.stderr


def test_notes_come_first(tmp_path: Path, capsys):
    cli.main(["check", str(write(tmp_path, "\ufeff" + json.dumps(solved())))])
    assert capsys.readouterr().out.splitlines()[1] == "note: The file begins with a byte-order mark, which was skipped."


def test_a_check_changes_no_progress(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))
    assert cli.main(["check", str(ROOT / "solutions" / "01_reparameterization.ipynb")]) == 0
    assert not (tmp_path / "home").exists()


def test_optional_exercises_are_checked_and_not_counted(tmp_path: Path, capsys):
    def change(notebook: dict) -> None:
        cell_defining(notebook, "def score_function_gradient")["source"] = ["x = 1"]

    assert cli.main(["check", str(write(tmp_path, changed(solved(), change)))]) == 0
    assert "score_function_gradient: not started · optional" in capsys.readouterr().out


def test_the_lesson_can_be_named(tmp_path: Path, capsys):
    path = write(tmp_path, notebook_of("def log_normal(x, m, v): return x"), "mine.ipynb")
    for name in ("3", "03", "03_reconstruction"):
        cli.main(["check", str(path), "--lesson", name])
        assert "log_mean_exp: not started" in capsys.readouterr().out
    assert cli.main(["check", str(path), "--lesson", "99"]) == 2
    assert "00_start_here, 01_reparameterization" in capsys.readouterr().err


def test_a_lesson_that_cannot_be_told_is_asked_for(tmp_path: Path, capsys):
    assert cli.main(["check", str(write(tmp_path, notebook_of("x = 1"), "mine.ipynb"))]) == 2
    assert "--lesson" in capsys.readouterr().err


def test_files_that_cannot_be_read_end_with_2_and_the_others_are_checked(tmp_path: Path, capsys):
    empty = write(tmp_path, "", "empty.ipynb")
    (tmp_path / "empty").mkdir()
    good = str(ROOT / "solutions" / "00_start_here.ipynb")
    assert cli.main(["check", str(empty), str(tmp_path / "absent.ipynb"), str(tmp_path / "empty"), good]) == 2
    out, err = capsys.readouterr()
    assert [line.split(": ")[0] for line in err.splitlines()] == ["vae-course"] * 3 and "empty.ipynb is empty" in err
    assert "a folder with no notebook of a lesson in it" in err and "2 of 2 solved" in out


RIGHT = "def sample_gaussian(m, v):\n    return m + v.sqrt() * m.new_empty(m.shape).normal_()"
WRONG = RIGHT.replace(".sqrt()", "")
HELPER = "def twice(x):\n    return 2 * x"


def heads(out: str) -> list[str]:
    return [line.split(" (seed")[0] for line in out.splitlines() if "(seed" in line]


def test_of_a_folder_every_lesson_in_it_is_checked_and_nothing_else(tmp_path: Path, capsys):
    write(tmp_path, notebook_of(RIGHT), "01_reparameterization.ipynb")
    write(tmp_path, notebook_of("def log_normal(x, m, v): return x"), "later.py")
    write(tmp_path, notebook_of("x = 1"), "scratch.ipynb")
    write(tmp_path, HELPER, "helper.py")
    for left_alone in (".ipynb_checkpoints", "venv"):
        (tmp_path / left_alone).mkdir()
        write(tmp_path / left_alone, notebook_of(WRONG), "01_reparameterization.ipynb")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "deeper").mkdir()
    write(tmp_path / "deeper", notebook_of(WRONG), "01_reparameterization-Copy1.ipynb")
    assert cli.main(["check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert heads(out) == [
        f"{tmp_path}/01_reparameterization.ipynb, lesson 01_reparameterization",
        f"{tmp_path}/deeper/01_reparameterization-Copy1.ipynb, lesson 01_reparameterization",
        f"{tmp_path}/later.py, lesson 02_kl_divergence",
    ]
    assert "sample_gaussian: correct" in out and "take the square root once" in out
    assert [line for line in out.splitlines() if line.startswith("note:") and "scratch.ipynb was not checked" in line]


def test_of_a_folder_one_lesson_can_be_named(tmp_path: Path, capsys):
    write(tmp_path, notebook_of(RIGHT), "01_reparameterization.ipynb")
    write(tmp_path, notebook_of("def log_normal(x, m, v): return x"), "02_kl_divergence.ipynb")
    assert cli.main(["check", str(tmp_path), "--lesson", "2"]) == 1
    assert [head.split("/")[-1] for head in heads(capsys.readouterr().out)] == [
        "02_kl_divergence.ipynb, lesson 02_kl_divergence"
    ]
    assert cli.main(["check", str(tmp_path), "--lesson", "3"]) == 2
    assert "no notebook of 03_reconstruction in it" in capsys.readouterr().err


def test_of_a_folder_a_python_file_of_a_notebooks_lesson_is_its_helper(tmp_path: Path, capsys):
    write(tmp_path, notebook_of(RIGHT), "01_reparameterization.ipynb")
    write(tmp_path, WRONG, "draws.py")
    cli.main(["check", str(tmp_path)])
    out = capsys.readouterr().out
    assert len(heads(out)) == 1 and "sample_gaussian: correct" in out


def test_of_a_folder_a_file_that_cannot_be_read_is_told(tmp_path: Path, capsys):
    write(tmp_path, notebook_of(RIGHT), "01_reparameterization.ipynb")
    write(tmp_path, "", "empty.ipynb")
    assert cli.main(["check", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert "sample_gaussian: correct" in out and "empty.ipynb is empty" in err


BOUND = """    def {name}(self, x):
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()
        return kl + rec, kl, rec
"""
GIVEN = "from vae_course import given\n"


def test_methods_are_found_on_a_class_of_another_name(tmp_path: Path):
    mine = GIVEN + "class Mine(given.VAE):\n" + BOUND.format(name="negative_elbo_bound")
    stub = "class VAE(given.VAE):\n    def negative_elbo_bound(self, x):\n        raise NotImplementedError"
    for cells in ([mine], [mine, stub], [mine.replace("Mine", "Other") + "        1 / 0\n", mine]):
        assert statuses(write(tmp_path, notebook_of(*cells), "04_nelbo.ipynb"))["VAE.negative_elbo_bound"] == "correct"


def test_the_class_that_is_named_counts_first(tmp_path: Path):
    named = GIVEN + "class VAE(given.VAE):\n    def negative_elbo_bound(self, x):\n        return 1 / 0"
    other = "class Later(given.VAE):\n" + BOUND.format(name="negative_elbo_bound")
    path = write(tmp_path, notebook_of(named, other), "04_nelbo.ipynb")
    assert statuses(path)["VAE.negative_elbo_bound"] == "raised"


def test_a_class_continued_in_a_later_cell_keeps_its_methods(tmp_path: Path):
    first = GIVEN + "class VAE(given.VAE):\n" + BOUND.format(name="negative_elbo_bound")
    path = write(tmp_path, notebook_of(first, "class VAE(VAE):\n    pass"), "04_nelbo.ipynb")
    assert statuses(path)["VAE.negative_elbo_bound"] == "correct"
    alone = BOUND.replace("    def", "def").replace("\n    ", "\n").format(name="bound")
    cells = [GIVEN + "class VAE(given.VAE): pass", alone, "VAE.negative_elbo_bound = bound"]
    assert statuses(write(tmp_path, notebook_of(*cells), "04_nelbo.ipynb"))["VAE.negative_elbo_bound"] == "correct"


def test_an_answer_that_cannot_be_had_is_raised_with_the_reason_not_unstarted(tmp_path: Path):
    cells = [
        "predict_noise = {'slope': None, 'mean': None, 'variance': None}",
        "predict_noise = solve()",
        "def sample_gaussian(m, v):\n    raise NotImplementedError",
        "def sample_gaussian(m, v)\n    return m",
        "choose_estimator = {}['a']",
    ]
    report = check_file(write(tmp_path, notebook_of(*cells)))
    said = {verdict.exercise: (verdict.status, verdict.message) for verdict in report.verdicts}
    assert said["predict_noise"][0] == "raised" and "name 'solve' is not defined" in said["predict_noise"][1]
    assert said["sample_gaussian"][0] == "raised" and "cell 4, line 1" in said["sample_gaussian"][1]
    assert said["choose_estimator"][0] == "raised" and "KeyError" in said["choose_estimator"][1]
    assert said["score_function_gradient"][0] == "not started"


def test_a_definition_that_never_ends_is_stopped(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("vae_course.checks.learning.terminal.SECONDS", 0.3)
    cells = [
        "class A:\n    while True: pass",
        "def sample_gaussian(m, v):\n    return m + v.sqrt() * m.new_empty(m.shape).normal_()",
    ]
    report = check_file(write(tmp_path, notebook_of(*cells)))
    assert report.verdicts[0].status == "correct" and any("TimedOut" in note for note in report.notes)


def test_the_student_edition_checks_without_warnings_or_windows(tmp_path: Path):
    package_without(tmp_path, *NOT_FOR_STUDENTS)
    figure = (
        "from vae_course.figures import posterior\nimport matplotlib\nclass Windows:\n"
        "    assert matplotlib.get_backend().lower() == 'agg'"
    )
    noisy = "import warnings, torch\ndef sample_gaussian(m, v):\n    warnings.warn('me')\n    print('me')\n    return m + v.sqrt() * torch.randn_like(m)"
    path = write(tmp_path, notebook_of(figure, noisy))
    code = (
        "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in getattr(f, '__module__', '')]\n"
        f"import vae_course; assert vae_course.__file__.startswith({str(tmp_path)!r})\n"
        f"from vae_course.cli import main; sys.exit(main(['check', {str(path)!r}]))"
    )
    env = os.environ | {"PYTHONPATH": str(tmp_path), "MPLBACKEND": "module://no_such_backend"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1 and done.stderr == "", done.stderr
    assert "✓ sample_gaussian: correct" in done.stdout and "note:" not in done.stdout


def test_one_exercise_alone_is_checked_and_its_exit_code_is_its_own(tmp_path: Path, capsys):
    right = "import torch\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn_like(m)"
    path = write(tmp_path, notebook_of(right, "choose_estimator = {}"))
    assert cli.main(["check", str(path), "--exercise", "sample_gaussian"]) == 0
    out = capsys.readouterr().out
    assert "sample_gaussian: correct" in out and "choose_estimator" not in out and "1 of 1 solved, 7 of 7" in out
    assert cli.main(["check", str(path), "--exercise", "score_function_gradient"]) == 1, "asked for, it counts"
    assert cli.main(["check", str(path), "--exercise", "sample"]) == 2
    assert "there is no exercise 'sample'; the exercises: " in capsys.readouterr().err


def test_for_programs_there_is_json_and_nothing_else(tmp_path: Path, capsys):
    write(
        tmp_path,
        notebook_of("predict_noise = print('no JSON')", "def sample_gaussian(m, v):\n    return undefined"),
        "01_reparameterization.ipynb",
    )
    write(tmp_path, notebook_of("x = 1"), "notes.ipynb")
    assert cli.main(["check", str(tmp_path), "--json"]) == 1
    [found] = json.loads(capsys.readouterr().out)
    first = found["exercises"][0]
    assert (first["exercise"], first["status"], first["points"], first["max_points"]) == (
        "sample_gaussian",
        "raised",
        0,
        7,
    )
    assert "undefined" in first["message"] and (found["points"], found["max_points"]) == (0, 9)
