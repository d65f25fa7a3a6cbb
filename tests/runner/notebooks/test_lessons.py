"""Which lessons a file answers: its answers tell, where its name misleads and where it holds several."""

from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import LESSON_OF, LESSONS, ROOT, notebook_of, solved, write
from vae_course.runner.notebooks import HandIn, read_hand_in

KL = "def kl_normal(qm, qv, pm, pv):\n    return qm"
LOG_NORMAL = "def log_normal(x, m, v):\n    return x"
SAMPLE = "def sample_gaussian(m, v):\n    return m"
ELBO = "class VAE(given.VAE):\n    def negative_elbo_bound(self, x):\n        return kl_normal(x, x, x, x)"


def hand_in(folder: Path, name: str, *cells: str, said: str = "") -> HandIn:
    notebook = notebook_of(*cells)
    notebook["metadata"] = {"vae_course": {"lesson": said}} if said else {}
    return read_hand_in(write(folder, notebook, name), LESSON_OF)


def lessons(found: HandIn) -> list[str]:
    return sorted({found.lesson, *found.also})


@pytest.mark.parametrize("name", ["03 homework 2.ipynb", "2026-03-02_hw.ipynb", "01-02-2026.ipynb", "04_hw.ipynb"])
def test_a_date_or_another_number_in_the_name_gives_way_to_the_answers(tmp_path: Path, name: str):
    assert lessons(hand_in(tmp_path, name, LOG_NORMAL, KL)) == ["02_kl_divergence"]


def test_a_notebook_of_one_lesson_with_nothing_but_answers_of_another_is_of_the_other(tmp_path: Path):
    found = hand_in(tmp_path, "04_nelbo.ipynb", LOG_NORMAL, KL, said="04_nelbo")
    assert lessons(found) == ["02_kl_divergence"]
    assert "Its name says 04_nelbo, and its answers are those of 02_kl_divergence, which count." in found.notes


@pytest.mark.parametrize("name", ["my notebook.ipynb", "01_reparameterization.ipynb", "05.ipynb", "all.py"])
def test_several_lessons_in_one_file_are_all_told(tmp_path: Path, name: str):
    if name.endswith(".py"):
        found = read_hand_in(write(tmp_path, "\n\n\n".join([SAMPLE, LOG_NORMAL, KL]), name), LESSON_OF)
    else:
        found = hand_in(tmp_path, name, SAMPLE, LOG_NORMAL, KL)
    assert lessons(found) == ["01_reparameterization", "02_kl_divergence"]
    assert any("It holds answers of" in note for note in found.notes)


def test_what_an_answer_of_the_lesson_uses_makes_no_second_lesson(tmp_path: Path):
    assert lessons(hand_in(tmp_path, "hw.ipynb", KL, ELBO)) == ["04_nelbo"]


def test_one_answer_of_another_lesson_in_a_notebook_that_says_its_own_is_pasted_in(tmp_path: Path):
    assert lessons(hand_in(tmp_path, "x.ipynb", LOG_NORMAL, ELBO, said="04_nelbo")) == ["04_nelbo"]


DERIVATION = "derivation = list('ECGAHB')"
IWAE = "class {}(VAE):\n    def loss(self, x, iw=10):\n        return self.negative_iwae_bound(x, iw)[0], {{}}"
BOUND = "class VAE(given.VAE):\n    def negative_iwae_bound(self, x, iw):\n        return x, x, x"


@pytest.mark.parametrize("cells", [(ELBO, DERIVATION), (DERIVATION,)])
@pytest.mark.parametrize("said", ["04_nelbo", ""])
def test_a_file_of_before_a_lesson_was_cut_in_two_holds_both_parts_even_with_one_answer(
    tmp_path: Path, cells: tuple[str, ...], said: str
):
    found = hand_in(tmp_path, "04_nelbo.ipynb", *cells, said=said)
    assert lessons(found) == ["04_nelbo", "04b_collapse"] and found.answers["04b_collapse"] == {"derivation"}


@pytest.mark.parametrize("name", ["IWAE", "Mine"])
def test_in_such_a_file_a_loss_on_the_second_class_is_the_second_parts(tmp_path: Path, name: str):
    found = hand_in(tmp_path, "05_iwae.ipynb", BOUND, IWAE.format(name), said="05_iwae")
    assert found.answers == {"05_iwae": {"VAE.negative_iwae_bound"}, "05b_limits": {"IWAE.loss"}}


def test_a_file_of_the_second_part_brings_along_what_it_needs_of_the_first(tmp_path: Path):
    found = hand_in(tmp_path, "05b_limits.ipynb", BOUND, IWAE.format("IWAE"), said="05b_limits")
    assert lessons(found) == ["05b_limits"]


@pytest.mark.parametrize(
    ("name", "lesson"),
    [("04b.ipynb", "04b_collapse"), ("04b mine.ipynb", "04b_collapse"), ("04.ipynb", "04_nelbo"),
     ("04best.ipynb", "04_nelbo"), ("04a.ipynb", "04_nelbo"), ("ada 05b_limits (1).ipynb", "05b_limits")],
)  # fmt: skip
def test_a_number_with_a_letter_is_a_lesson_of_its_own(tmp_path: Path, name: str, lesson: str):
    assert hand_in(tmp_path, name, "x = 1").lesson == lesson


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_as_handed_out_has_no_answers_and_a_solved_one_has_all_of_its_own(tmp_path: Path, lesson: str):
    assert read_hand_in(ROOT / "notebooks" / f"{lesson}.ipynb", LESSON_OF).answers == {}
    notebook = solved(lesson)
    notebook["metadata"] = {}
    found = read_hand_in(write(tmp_path, notebook, "mine.ipynb"), LESSON_OF)
    assert found.answers == {lesson: {name for name, of in LESSON_OF.items() if of == lesson}}
    assert lessons(found) == [lesson]


@pytest.mark.parametrize(
    ("cell", "answers"),
    [
        ("def log_normal(x, m, v:\n    return x", {"log_normal"}),
        ("from helpers import log_normal", {"log_normal"}),
        ("from vae_course.given import log_normal", set()),
        ("def log_normal(x, m, v):\n    raise NotImplementedError", set()),
        ("predict_negative_share = work()", {"predict_negative_share"}),
    ],
)
def test_an_answer_that_is_broken_or_computed_or_in_a_helper_is_one_and_what_is_given_is_none(
    tmp_path: Path, cell: str, answers: set[str]
):
    found = hand_in(tmp_path, "02_kl_divergence.ipynb", cell)
    assert found.answers.get("02_kl_divergence", set()) == answers
