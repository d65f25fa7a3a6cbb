"""No hint is the solution: what the build refuses in a hint, and what it lets pass because it only sets up or explains."""

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.checks.right import RIGHT
from vae_course import given
from vae_course.checks.engine.exercise import Constant
from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.teach.authoring import prepare as prepare_module
from vae_course.teach.authoring.card_code import defines
from vae_course.teach.authoring.hints import check_hints, giveaway
from vae_course.teach.authoring.lesson_source import Cell, Lesson, read_lesson
from vae_course.teach.authoring.regions import find_regions

ROOT = Path(__file__).parents[3]
LESSONS = sorted({exercise.lesson for exercise in EXERCISES.values()})
ALL = list(EXERCISES.values())
# Whole classes and a trained model: their answers are far longer than a sentence.
LONG = {"VAE", "MyNetwork", "trained_model"}
each_exercise = pytest.mark.parametrize("exercise", [e for e in ALL if e.name not in LONG], ids=lambda e: e.name)


@cache
def lesson(name: str) -> Lesson:
    return read_lesson(ROOT / "solutions" / f"{name}.py", EXERCISES, Path("solutions") / f"{name}.py")[0]


def cells(exercise: Exercise) -> list[Cell]:
    return [cell for cell in lesson(exercise.lesson).cells if cell.regions and defines(cell, exercise.name)]


def refused(exercise: Exercise, hint: str) -> bool:
    return bool(giveaway(exercise, hint, cells(exercise)))


def solved(exercise: Exercise) -> str:
    """The solved lines of an exercise."""
    short = exercise.name.split(".")[-1]
    for cell in cells(exercise):
        regions, _ = find_regions(Path("x"), cell.source, 1)
        for region in regions:
            lines = cell.source.split("\n")
            name = next(
                (line.split("(")[0].split()[-1] for line in reversed(lines[: region.line]) if "def " in line), ""
            )
            if isinstance(exercise, Constant) or name == short:
                return textwrap.dedent(region.text)
    raise AssertionError(exercise.name)


@pytest.mark.parametrize("name", LESSONS)
def test_no_hint_of_the_course_gives_its_answer_away(name: str):
    assert [str(problem) for problem in check_hints(lesson(name), ALL)] == []


# ---------------------------------------------------------------- what is refused


@each_exercise
def test_the_solved_lines_are_refused_as_a_hint_alone_behind_a_sentence_and_behind_a_real_hint(exercise: Exercise):
    answer = solved(exercise)
    assert refused(exercise, answer)
    assert refused(exercise, f"{exercise.hints[-1]}\n{answer}")


def one_liners(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """Catalogued right answers that are one expression over the learner's own arguments and the lesson's imports."""
    known = {"torch", "math", "F", "given", "softplus", *given.__all__}
    for name, answer in RIGHT[exercise.name].items():
        if not inspect.isfunction(answer) or answer.__name__ != "<lambda>":
            continue
        try:
            tree = ast.parse("{" + textwrap.dedent(inspect.getsource(answer)).strip().rstrip(",") + "}")
        except SyntaxError:
            continue
        found = next((node for node in ast.walk(tree) if isinstance(node, ast.Lambda)), None)
        if found is None:
            continue
        bound = {n.arg for n in ast.walk(found) if isinstance(n, ast.arg)}
        bound |= {n.id for n in ast.walk(found) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        names = {n.id for n in ast.walk(found) if isinstance(n, ast.Name)}
        if names - bound <= known | {"float", "zip", "len", "range"}:
            yield name, ast.unparse(found.body)


ONE_LINERS = [(e, name, code) for e in ALL for name, code in one_liners(e)]


def test_there_are_many_right_answers_in_one_line():
    assert len(ONE_LINERS) > 40 and len({exercise.name for exercise, _, _ in ONE_LINERS}) >= 10


@pytest.mark.parametrize(("exercise", "name", "code"), ONE_LINERS, ids=[f"{e.name}: {n}" for e, n, _ in ONE_LINERS])
def test_a_right_answer_in_any_style_is_refused_inside_a_sentence(exercise: Exercise, name: str, code: str):
    assert refused(exercise, f"Now put both together: {code}.")
    assert refused(exercise, f"Write `return {code}`, and the check passes.")


@pytest.mark.parametrize(
    "hint",
    [
        "return 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)",
        "One line: 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(dim=-1)",
        "kl = (pv / qv).log() + qv / pv + (qm - pm).square() / pv - 1\nreturn kl.sum(-1) / 2",
        "def kl_normal(qm, qv, pm, pv):\n    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)",
        "return 0.5 * (log_ratio + spread + distance - 1).sum(-1)",
        "Three terms:\nlog_ratio = torch.log(pv) - torch.log(qv)\nspread = qv / pv\ndistance = (qm - pm)**2 / pv\nAdd.",
        "Add them (0.5 · (torch.log(pv) − torch.log(qv) + qv / pv + (qm − pm) ** 2 / pv − 1).sum(-1)).",
    ],
)
def test_the_kl_of_two_normals_is_refused_in_every_dress(hint: str):
    """Whole, with other axes, in two lines, as a function, its last line, most of its lines, and with the signs of print."""
    assert refused(EXERCISES["kl_normal"], hint)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("predict_negative_share", "It is torch.special.ndtr(torch.tensor(-0.5))."),
        ("predict_negative_share", "About 0.3085 of the draws."),
        ("predict_noise", "The entry is {'slope': 0.5}, for one."),
        ("predict_pixels", "784 * math.log(2) + 0 * math.log(3) is the first."),
        ("two_boxes", "The gap is math.log(0.55) - (0.5 * math.log(0.45 / 0.5) + 0.5 * math.log(0.10 / 0.5))."),
        ("derivation", "The order is ['E', 'C', 'G', 'A', 'H', 'B']."),
        ("detective", "Begin with {'A': 'sigmoid twice'}."),
    ],
)
def test_the_value_of_a_constant_is_refused_as_a_number_an_expression_or_an_entry(name: str, hint: str):
    assert refused(EXERCISES[name], hint)


# ---------------------------------------------------------------- what may stand in a hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("VAE.negative_elbo_bound", "Begin with m, v = self.enc(x) and z = given.sample_gaussian(m, v)."),
        ("VAE.loss", "nelbo, kl, rec = self.negative_elbo_bound(x), and then name them."),
        ("log_normal", "distance = (x - m) ** 2 / v is one of three terms."),
        ("log_mean_exp", "torch.logsumexp(x, dim) is nearly it: what is missing is k = x.shape[dim]."),
        ("kl_normal", "torch.log(pv / qv) + qv / pv is a part of it."),
        ("predict_noise", "E[u²] − E[u]² = 1/3 − 1/4: work it out."),
        ("derivation", "Which line says only log p(x)? Not ['A', 'B']."),
        ("interpolate", "torch.linspace(0, 1, n) includes both ends."),
        ("VAE.compute_sigmoid_given", "self.dec(z) gives the logits."),
    ],
)
def test_setting_up_parts_and_sums_on_paper_may_stand_in_a_hint(name: str, hint: str):
    assert not refused(EXERCISES[name], hint)


def test_wrong_answers_may_stand_in_a_hint():
    """A hint may show what not to do: it is what the checks accept that is refused."""
    for code in ("m + v * torch.randn_like(m)", "torch.normal(m, v)", "m + v.sqrt() * torch.rand_like(m)"):
        assert not refused(EXERCISES["sample_gaussian"], f"Is {code} right?")


# ---------------------------------------------------------------- as the build says it


def test_the_build_refuses_the_lesson_and_names_exercise_hint_and_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prepare_module, "check_spelling", lambda sources: [])
    exercise = EXERCISES["log_mean_exp"]
    giving = dataclasses.replace(
        exercise, hints=(*exercise.hints[:2], "return torch.logsumexp(x, dim) - math.log(x.shape[dim])")
    )
    source = ROOT / "solutions" / f"{exercise.lesson}.py"
    pairs, problems = prepare_module.prepare([source], {**EXERCISES, exercise.name: giving}, ROOT)
    (problem,) = problems
    line = next(i for i, text in enumerate(source.read_text().splitlines(), 1) if "def log_mean_exp" in text)
    assert pairs == [] and problem.exercise == "log_mean_exp" and line - 6 <= problem.line <= line
    assert str(problem).startswith(
        f"solutions/{exercise.lesson}.py:{problem.line}: exercise log_mean_exp: expected hint 3 to"
    )
    assert "Next: say it in words" in str(problem)


def test_hints_of_another_lesson_are_that_lessons_matter():
    exercise = EXERCISES["log_mean_exp"]
    giving = dataclasses.replace(exercise, hints=("return torch.logsumexp(x, dim) - math.log(x.shape[dim])",) * 3)
    assert check_hints(lesson("02_kl_divergence"), [giving]) == []
    assert len(check_hints(lesson("03_reconstruction"), [giving])) == 3
