"""`progress()` and what is kept of a verdict: what was tried and not passed is never shown as passed, nor paid twice."""

import json
import re

import pytest
import torch

from tests.checks.learning.test_cards import EVIL, Page
from tests.checks.right import RIGHT
from vae_course import check, hint, progress, solution
from vae_course.checks.learning import state
from vae_course.checks.learning.state import record_verdict
from vae_course.checks.lessons import BEYOND, CORE, EXERCISES

BLUE = "#0072B2"


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


def signs() -> dict[str, str]:
    """The sign before each exercise's name; text and card show the same."""
    card = progress()
    text = re.findall(r"([✓✗○]) ([\w.]+)", repr(card))
    assert text == re.findall(r"([✓✗○])\xa0([\w.]+)", "\n".join(Page(card._repr_html_()).within("td")))
    return {name: sign for sign, name in text}


def head() -> str:
    return repr(progress()).splitlines()[0]


def right(m, v):
    return m + v.sqrt() * torch.randn_like(m)


def wrong(m, v):
    return m + v * torch.randn_like(m)


def raises(m, v):
    return undefined  # noqa: F821


def stub(m, v):
    raise NotImplementedError


# ---------------------------------------------------------------- the signs


def test_at_first_nothing_is_started_and_every_exercise_is_named_once():
    assert signs() == dict.fromkeys(EXERCISES, "○") and repr(progress()).count("○") == len(EXERCISES)


@pytest.mark.parametrize(
    ("answer", "sign"),
    [(right, "✓"), (wrong, "✗"), (raises, "✗"), (stub, "○")],
    ids=["right", "wrong", "raises", "stub"],
)
def test_what_was_checked_has_the_sign_of_its_verdict_and_nothing_else_has(answer, sign: str):
    check(answer, "sample_gaussian")
    assert signs() == dict.fromkeys(EXERCISES, "○") | {"sample_gaussian": sign}


@pytest.mark.parametrize("status", ["wrong", "raised", "timed out", "forbidden", "out of memory", "killed"])
def test_what_was_tried_and_not_passed_is_never_shown_as_passed(status: str):
    record_verdict("kl_normal", status, 5)
    assert signs()["kl_normal"] == "✗" and head().startswith("Your progress: 5 of 100 points")
    assert "not solved yet" in repr(solution("kl_normal"))
    record_verdict("kl_normal", "correct", 6)
    assert signs()["kl_normal"] == "✓" and "not solved yet" not in repr(solution("kl_normal"))


def test_a_hint_alone_is_no_try():
    hint("kl_normal")
    assert signs()["kl_normal"] == "○" and head().startswith("Your progress: 0 of 100 points")


def test_a_pass_stays_a_pass_whatever_is_tried_later():
    for answer in (right, wrong, raises, stub):
        check(answer, "sample_gaussian")
        assert signs()["sample_gaussian"] == "✓" and head().startswith("Your progress: 7 of 100 points")


def test_a_quiet_check_leaves_no_trace():
    check(right, "sample_gaussian", quiet=True)
    assert signs()["sample_gaussian"] == "○" and not state.path().exists()


def test_the_card_says_the_same_words_as_the_text_and_wears_the_colour_of_the_course():
    check(right, "sample_gaussian")
    card = progress(nats=100.0)
    page = Page(card._repr_html_())
    assert f"solid {BLUE};" in (page.elements[0][1]["style"] or "")
    assert page.within("b") == [repr(card).splitlines()[0]]
    lessons = list(dict.fromkeys(exercise.lesson for exercise in EXERCISES.values()))
    shown = [line.strip().split(":")[0] for line in repr(card).splitlines()[1:]]
    assert shown == lessons == [text for text in page.within("td") if text in lessons]


@pytest.mark.parametrize("evil", EVIL)
def test_what_stands_in_the_file_makes_no_element(evil: str):
    record_verdict("kl_normal", evil, 1)
    record_verdict(evil, "correct", 1)
    page = Page(progress()._repr_html_())
    assert page.tags <= {"div", "b", "table", "tr", "td"} and signs()["kl_normal"] == "✗"


# ---------------------------------------------------------------- the points


def test_an_optional_exercise_is_shown_and_adds_no_points():
    optional = [name for name, exercise in EXERCISES.items() if exercise.optional]
    assert {"score_function_gradient", "dreg_loss"} <= set(optional)
    for name, exercise in EXERCISES.items():
        record_verdict(name, "correct", exercise.points)
    total = sum(exercise.points for exercise in EXERCISES.values() if exercise.lesson in CORE)
    assert head().startswith(f"Your progress: {total:g} of {total:g} points") and set(signs().values()) == {"✓"}


def test_what_is_beyond_the_core_is_counted_apart_and_not_named_before_it_is_begun():
    check(right, "sample_gaussian")
    assert "beyond" not in repr(progress())
    check(RIGHT["free_bits"]["clamp"], "free_bits")
    worth = sum(exercise.points for exercise in EXERCISES.values() if exercise.lesson in BEYOND)
    assert head().startswith("Your progress: 7 of 100 points")
    assert repr(progress()).splitlines()[-1] == f"  beyond the core, counted apart: 3 of {worth:g} points"


def test_points_earned_on_the_way_count_and_the_latest_verdict_decides():
    check(wrong, "sample_gaussian")
    assert head().startswith("Your progress: 3 of 100 points")
    check(raises, "sample_gaussian")
    assert head().startswith("Your progress: 0 of 100 points")


def test_what_is_passed_twice_is_paid_once():
    check(right, "sample_gaussian")
    check(right, "sample_gaussian")
    record_verdict("kl_normal", "wrong", 2.5)
    assert head().startswith("Your progress: 9.5 of 100 points")


def test_an_exercise_that_the_course_no_longer_has_is_kept_in_the_file_and_not_counted():
    record_verdict("of_an_earlier_version", "correct", 50)
    check(right, "sample_gaussian")
    assert head().startswith("Your progress: 7 of 100 points") and "of_an_earlier_version" not in repr(progress())
    assert "of_an_earlier_version" in state.load()["exercises"]


# ---------------------------------------------------------------- our model


def test_a_model_that_knows_nothing_is_as_good_as_fair_coins():
    assert head().endswith(" · our model: −543.4 nats per image")


def test_the_best_figure_is_kept_in_any_order_and_across_kernels():
    for nats in (120.0, 100.25, 110.0):
        progress(nats=nats)
    assert head().endswith("our model: −100.2 nats per image")
    assert json.loads(state.path().read_text())["nats"] == 100.25


def test_only_what_is_no_cost_at_all_is_refused():
    progress(nats=0.5)
    assert head().endswith("our model: −0.5 nats per image")
    for nats in (0, -0.5):
        with pytest.raises(ValueError, match=r"evaluate\(\.\.\.\)\.nll"):
            progress(nats=nats)
    assert json.loads(state.path().read_text())["nats"] == 0.5


@pytest.mark.parametrize("nats", [float("inf"), float("nan")])
def test_a_figure_that_is_no_number_is_not_kept(nats: float):
    progress(nats=nats)
    assert head().endswith("our model: −543.4 nats per image")


# ---------------------------------------------------------------- the file, by its public functions


def test_the_file_says_of_each_exercise_what_was_seen():
    record_verdict("kl_normal", "wrong", 2)
    hint("kl_normal")
    record_verdict("log_normal", "correct", 5)
    assert json.loads(state.path().read_text()) == {
        "exercises": {
            "kl_normal": {"status": "wrong", "points": 2, "tries": 1, "hints": 1},
            "log_normal": {"status": "correct", "points": 5, "tries": 0},
        },
        "nats": None,
        "predictions": {},
        "puzzles": {},
    }


def test_the_file_is_under_the_folder_that_is_named_else_in_the_home(tmp_path, monkeypatch):
    assert state.path() == tmp_path / "home" / "progress.json"
    monkeypatch.delenv("VAE_COURSE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    assert state.path() == tmp_path / "ada" / ".vae_course" / "progress.json"


def test_tries_are_counted_for_wrong_verdicts_alone():
    for status, used in [("not started", 0), ("wrong", 1), ("raised", 1), ("wrong", 2), ("timed out", 2)]:
        assert record_verdict("slips", status, 0, tries=3).used == used


def test_points_count_in_the_last_try_and_not_after_it():
    for points in (0.25, 0.5, 0.75):
        kept = record_verdict("slips", "wrong", points, tries=3)
        assert kept.points == points and not kept.passed
    assert record_verdict("slips", "correct", 1, tries=3) == (3, 0.75, False, False)
    assert record_verdict("slips", "correct", 1, tries=3) == (3, 0.75, False, True)


def test_after_tries_without_any_points_a_pass_brings_none():
    record_verdict("slips", "wrong", 0, tries=1)
    assert record_verdict("slips", "correct", 1, tries=1).points == 0


def test_without_a_number_of_tries_the_last_of_many_brings_all_points():
    for _ in range(20):
        record_verdict("kl_normal", "wrong", 1)
    assert record_verdict("kl_normal", "correct", 6) == (20, 6, False, False)


def test_the_same_wrong_answer_again_is_no_other_try_and_another_one_is():
    assert record_verdict("slips", "wrong", 0, 3, "a") == (1, 0, False, False)
    assert record_verdict("slips", "wrong", 0, 3, "a") == (1, 0, True, False)
    assert record_verdict("slips", "wrong", 0.5, 3, "b") == (2, 0.5, False, False)
    assert record_verdict("slips", "wrong", 0, 3, "a") == (3, 0, False, False)
    assert record_verdict("slips", "correct", 1, 3, "a").again is False


def test_without_a_mark_of_the_answer_none_is_the_same_again():
    for used in (1, 2):
        assert record_verdict("slips", "wrong", 0, 3) == (used, 0, False, False)


def test_hints_are_counted_up_to_the_last_and_kept():
    assert [state.next_hint("kl_normal", 3) for _ in range(5)] == [0, 1, 2, 2, 2]
    assert state.load()["exercises"]["kl_normal"]["hints"] == 3


def test_a_missing_file_is_an_empty_one():
    assert state.load() == {"exercises": {}, "nats": None, "predictions": {}, "puzzles": {}}


@pytest.mark.parametrize(
    "entry",
    [
        '"points": NaN',
        '"points": -Infinity',
        '"hints": 1.5',
        '"tries": -1',
        '"tries": "two"',
        '"status": null',
        '"status": ["correct"]',
    ],
)
def test_an_entry_that_is_none_is_kept_aside_and_counts_as_nothing(entry: str):
    state.path().parent.mkdir()
    state.path().write_text(f'{{"exercises": {{"kl_normal": {{{entry}}}}}, "nats": null}}')
    with pytest.warns(UserWarning, match="could not be read"):
        assert signs()["kl_normal"] == "○"
    assert (state.path().parent / "progress.damaged-1.json").read_text().count(entry) == 1


def test_whole_numbers_written_as_fractions_are_whole():
    state.path().parent.mkdir()
    state.path().write_text('{"exercises": {"kl_normal": {"hints": 2.0, "tries": 1.0}}, "nats": 100}')
    assert state.next_hint("kl_normal", 3) == 2 and head().endswith("−100.0 nats per image")


def test_after_writing_no_draft_is_left():
    record_verdict("kl_normal", "correct", 6)
    left = {path.name for path in state.path().parent.iterdir()}
    assert left - {"progress.lock"} == {"progress.json"}


# ---------------------------------------------------------------- where nothing stays


@pytest.mark.parametrize(
    ("variable", "service"),
    [("COLAB_RELEASE_TAG", "Colab"), ("KAGGLE_KERNEL_RUN_TYPE", "Kaggle"), ("BINDER_LAUNCH_HOST", "Binder")],
)
def test_where_the_home_folder_ends_with_the_session_the_card_says_so_unless_a_place_was_named(
    variable: str, service: str, tmp_path, monkeypatch
):
    monkeypatch.setenv(variable, "1")
    assert service not in repr(progress())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VAE_COURSE_HOME")
    line = f"On {service} this card is kept until the session ends."
    assert line in repr(progress()) and line in progress()._repr_html_()
    monkeypatch.delenv(variable)
    assert "session ends" not in repr(progress())
