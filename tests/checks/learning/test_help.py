"""Hints, one rung at a time, and solutions: each exercise has its own, and nobody sees one unasked."""

import importlib.util
from pathlib import Path

import pytest

from vae_course import check, given, hint, puzzle, solution, workspace
from vae_course.checks.learning import state
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.state import record_verdict
from vae_course.checks.lessons import EXERCISES


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("name", EXERCISES)
def test_each_hint_shows_those_before_it_and_how_many_are_left(name: str):
    rungs = EXERCISES[name].hints
    for i in range(len(rungs)):
        left = len(rungs) - i - 1
        numbered = "\n".join(f"{n + 1}. {text}" for n, text in enumerate(rungs[: i + 1]))
        more = f"{left} more: call hint again." if left else "That was the last one."
        assert repr(hint(name)) == f"Hint {i + 1} of {len(rungs)} for {name}\n{numbered}\n{more}"
    assert repr(hint(name)).startswith(f"Hint {len(rungs)} of {len(rungs)} for {name}\n1. ")


def test_a_hint_is_asked_for_by_name_or_by_the_answer_itself():
    def sample_gaussian(m, v):
        return m

    class Mine(given.VAE):
        def loss(self, x):
            return x

    assert repr(hint(sample_gaussian)).startswith("Hint 1 of 3 for sample_gaussian\n")
    assert repr(hint("sample_gaussian")).startswith("Hint 2 of 3 for sample_gaussian\n")
    assert repr(hint(Mine.loss)).startswith("Hint 1 of ") and "for VAE.loss\n" in repr(hint(Mine.loss))
    assert {name: entry["hints"] for name, entry in state.load()["exercises"].items()} == {
        "sample_gaussian": 2,
        "VAE.loss": 2,
    }


def test_a_hint_or_a_solution_of_nothing_that_exists_is_refused_with_the_names():
    for ask in (hint, solution):
        with pytest.raises(ValueError, match="No exercise is called 'kl_norml'. Did you mean 'kl_normal'"):
            ask("kl_norml")
    assert state.load()["exercises"] == {}


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_has_a_solution_that_defines_it_and_shows_no_marker(name: str):
    text = repr(solution(name, anyway=True))
    short = name.split(".")[-1]
    title, _, code = text.partition("\n")
    assert title == f"Our solution of {name}" and not any(line.strip().startswith("###") for line in code.splitlines())
    assert any(line.strip().startswith((f"def {short}(", f"class {short}", f"{short} =")) for line in code.splitlines())
    assert code == code.strip() and "# %%" not in code and "raise NotImplementedError" not in code


@pytest.mark.parametrize("status", ["wrong", "raised", "not started", "forbidden", "timed out"])
def test_a_solution_is_kept_back_until_the_exercise_is_passed_or_it_is_asked_for_anyway(status: str):
    record_verdict("kl_normal", status, 5)
    text = repr(solution("kl_normal"))
    assert text.startswith("kl_normal is not solved yet\n") and "def kl_normal" not in text
    assert 'hint("kl_normal")' in text and 'solution("kl_normal", anyway=True)' in text
    assert "def kl_normal" in repr(solution("kl_normal", anyway=True)), "and the pass is not given for it"
    assert state.load()["exercises"]["kl_normal"]["status"] == status
    record_verdict("kl_normal", "correct", 6)
    assert "def kl_normal" in repr(solution("kl_normal"))


def test_an_edition_without_solutions_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workspace, "__file__", str(tmp_path / "vae_course" / "workspace.py"))
    said = "The solution of kl_normal\nThis edition of the course comes without solutions."
    assert repr(solution("kl_normal", anyway=True)) == said


def test_a_solution_that_is_not_where_it_was_is_pointed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "02_kl_divergence.py").write_text("# %%\ndef kl_normal(): stub\n", encoding="utf-8")
    monkeypatch.setattr(workspace, "__file__", str(tmp_path / "vae_course" / "workspace.py"))
    assert "See 02_kl_divergence.py in the folder solutions." in repr(solution("kl_normal", anyway=True))


def test_a_hint_without_a_name_asks_about_the_last_check_that_failed_and_opens_none():
    assert not check("BHAGCE", "derivation")
    said = 'A hint for derivation?\nIts check was the last that did not pass. For the next hint: hint("derivation")'
    assert repr(hint()) == said and "hints" not in state.load()["exercises"]["derivation"]
    assert check("ECGAHB", "derivation") and "derivation?" not in repr(hint())


@pytest.mark.parametrize("name", PUZZLES)
def test_a_puzzle_has_no_hints_and_its_exercise_has(name: str):
    about = PUZZLES[name].exercise
    text = repr(hint(name))
    assert text.startswith(f"{name} is a puzzle\nPuzzles have no hints.") and f'hint("{about}")' in text
    assert state.load()["exercises"] == {}, "none is opened"


@pytest.mark.parametrize("name", PUZZLES)
def test_the_solution_of_a_puzzle_is_shown_once_it_is_solved_or_asked_for_anyway(name: str):
    assert repr(solution(name)).startswith(f"The puzzle {name} is not solved yet\n")
    shown = repr(solution(name, anyway=True))
    state.record_puzzle(name)
    assert repr(solution(name)) == shown
    title, _, code = shown.partition("\n")
    assert title == f"Our solution of {name}" and code.startswith("def ") and "###" not in code


def test_our_answer_to_a_puzzle_solves_it(tmp_path):
    [name, code] = ["01.no-root", repr(solution("01.no-root", anyway=True)).partition("\n")[2]]
    path = tmp_path / "shown.py"
    path.write_text(f"import torch\n{code}\n")
    spec = importlib.util.spec_from_file_location("shown", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert puzzle(name, module.draw_without_root)


def test_an_edition_without_solutions_says_so_of_a_puzzle_too(monkeypatch):
    monkeypatch.setattr(workspace, "__file__", "/nowhere/vae_course/workspace.py")
    assert "comes without solutions" in repr(solution("01.no-root", anyway=True))
