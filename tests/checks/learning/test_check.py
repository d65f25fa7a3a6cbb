"""`check` through the learner's door: what it accepts, what it says, and what it leaves untouched."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from vae_course import check, given, hint, progress, solution, solved
from vae_course.checks.learning import state
from vae_course.checks.learning.resolve import find_exercise
from vae_course.checks.lessons import EXERCISES


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


def right(m, v):
    return m + v.sqrt() * torch.randn_like(m)


def wrong(m, v):
    return m + v * torch.randn_like(m)


def verdict(answer, **options):
    return check(answer, "sample_gaussian", **options)


def test_a_right_answer_is_true_and_has_all_points():
    found = verdict(right)
    assert found and found.status == "correct" and found.points == found.max_points == 7


def test_a_wrong_answer_is_false_and_says_why_in_text_and_html():
    found = verdict(wrong)
    assert not found and found.status == "wrong" and 0 < found.points < 7
    assert found.misconception == "variance-as-standard-deviation"
    for card in (repr(found), found._repr_html_()):
        assert "take the square root once" in card and "wrong" in card and "3 of 7 points" in card


def test_an_untouched_stub_is_not_started():
    def sample_gaussian(m, v):
        """A docstring does not make it an answer."""
        raise NotImplementedError

    assert check(sample_gaussian).status == "not started"


def test_a_leftover_not_implemented_line_is_raised_not_unstarted():
    def sample_gaussian(m, v):
        z = m + 1
        if z is not None:
            raise NotImplementedError

    found = check(sample_gaussian)
    assert found.status == "raised" and "remove that line" in found.message


def test_an_unreachable_not_implemented_line_is_harmless():
    def sample_gaussian(m, v):
        return m + v.sqrt() * torch.randn_like(m)
        raise NotImplementedError

    assert check(sample_gaussian)


def test_an_error_shows_the_learners_own_line():
    def sample_gaussian(m, v):
        scale = v.sqrt()
        return m + scale @ torch.randn(3, 1, 4, 1)

    found = check(sample_gaussian)
    assert found.status == "raised" and "scale @" in found.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (lambda m, v: None, "None"),
        (lambda m, v: [m, v], "0: Tensor, 1: Tensor|shape"),
        (lambda m, v: m.detach().numpy(), "ndarray"),
        (lambda m, v: m.to(torch.complex64), "complex64"),
        (lambda m, v: m.half(), "float16"),
        (lambda m, v: m.sum(), "shape"),
        (lambda m, v: "z", "str"),
    ],
    ids=["none", "list", "numpy", "complex", "half", "scalar", "string"],
)
def test_the_wrong_kind_of_result_is_named(value, words):
    found = verdict(value)
    assert found.status == "wrong" and found.points < 7
    assert any(word in found.message for word in words.split("|")) or isinstance(
        value(torch.ones(2, 7), torch.ones(2, 7)), list
    )


def test_a_tensor_subclass_that_always_agrees_is_not_believed():
    class Yes(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return (
                True if func in (torch.equal, torch.allclose) else super().__torch_function__(func, types, args, kwargs)
            )

        def __eq__(self, other):
            return True

    assert not verdict(lambda m, v: (m + v * torch.randn_like(m)).as_subclass(Yes))


def test_an_answer_that_changes_its_input_is_told_so():
    def in_place(m, v):
        with torch.no_grad():
            m.zero_()
        return m + v.sqrt() * torch.randn_like(m)

    found = verdict(in_place)
    assert not found and "in place" in found.message


def test_the_learners_settings_are_left_as_they_were():
    def disturbing(m, v):
        torch.manual_seed(0)
        np.random.seed(0)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        print("noise")
        return m + v.sqrt() * torch.randn_like(m)

    torch.manual_seed(11)
    np.random.seed(11)
    expected = torch.randn(3), np.random.rand(3)
    torch.manual_seed(11)
    np.random.seed(11)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("error")
        verdict(disturbing)
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled() and torch.get_default_dtype() == torch.float32
    assert torch.equal(torch.randn(3), expected[0]) and np.array_equal(np.random.rand(3), expected[1])


def test_an_answer_that_calls_the_given_function_is_forbidden():
    from vae_course import given

    def sample_gaussian(m, v):
        return given.sample_gaussian(m, v)

    found = check(sample_gaussian)
    assert found.status == "forbidden" and "given.sample_gaussian" in found.message and not found

    def sample_gaussian(m, v):
        from vae_course.teach.reference import sample_gaussian as ours

        return ours(m, v)

    assert check(sample_gaussian).status == "forbidden"


def test_the_same_seed_repeats_a_verdict():
    assert verdict(wrong, seed=5) == verdict(wrong, seed=5)


def test_an_unknown_answer_is_refused_with_the_names():
    with pytest.raises(ValueError, match="sample_gaussian.*predict_noise"):
        check(lambda x: x)
    with pytest.raises(ValueError, match="No exercise is called 'sample_gausian'. Did you mean 'sample_gaussian'"):
        check(right, "sample_gausian")
    with pytest.raises(ValueError, match="No exercise is called 'right'"):
        check(right)
    with pytest.raises(ValueError, match="No exercise is called by the float you passed"):
        check(0.5)


def test_answers_find_their_exercise_by_what_they_are():
    class Mine(nn.Module):
        def loss(self, x):
            raise NotImplementedError

    class IWAE(Mine):
        def loss(self, x):
            raise NotImplementedError

    assert find_exercise(Mine).name == "VAE"
    assert find_exercise(Mine.loss).name == "VAE.loss" == find_exercise(Mine().loss).name
    assert find_exercise(IWAE.loss).name == "IWAE.loss"


def test_solved_follows_the_last_check():
    assert verdict(right) and solved("sample_gaussian")
    verdict(wrong)
    assert not solved("sample_gaussian")


def test_a_name_in_quotes_is_told_that_check_takes_the_answer():
    with pytest.raises(ValueError, match=r"without quotes: check\(sample_gaussian\)\."):
        check("sample_gaussian")
    with pytest.raises(ValueError, match=r"without quotes: check\(predict_noise, 'predict_noise'\)\."):
        check("predict_noise")
    assert check("ECGAHB", "derivation"), "an answer may be a string"


def test_solved_refuses_a_name_that_no_exercise_has():
    with pytest.raises(ValueError, match="No exercise is called 'sample_gausian'. Did you mean 'sample_gaussian'"):
        solved("sample_gausian")


def test_a_constant_is_checked_entry_by_entry():
    answer = {"slope": 2, "mean": 0.5, "variance": 1 / 12}
    found = check(answer, "predict_noise")
    assert found.misconception == "slope-of-standard-deviation" and found.points == 0.5
    assert check({**answer, "slope": 0.5}, "predict_noise")
    assert check({"slope": None, "mean": None, "variance": None}, "predict_noise").status == "not started"


def test_a_tensor_of_one_number_is_a_number_and_words_ignore_case():
    slope = torch.tensor(0.5)
    assert check({"slope": slope, "mean": np.float64(0.5), "variance": torch.tensor([1 / 12])}, "predict_noise")
    assert check({"square": "Pathwise", "step": "score function ", "moving edge": "NEITHER"}, "choose_estimator")


def test_every_wrong_entry_of_a_dictionary_gets_its_own_reason():
    found = check({"slope": 2, "mean": 0, "variance": "small"}, "predict_noise")
    assert "Your slope is 2, and that is not it. 2 is dz/d(sd)" in found.message
    assert "Your mean is 0, and that is not it. 0 is the mean of randn" in found.message
    assert "variance is a str. It should be a number." in found.message


class WithHelper(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl, rec = given.kl_normal(m, v, *self.z_prior).mean(), self.distortion(x, given.sample_gaussian(m, v))
        return kl + rec, kl, rec

    def distortion(self, x, z):
        return -given.log_bernoulli_with_logits(x, self.dec(z)).mean()


def test_a_method_is_checked_on_its_own_class_where_its_helpers_are():
    assert check(WithHelper.negative_elbo_bound)
    assert check(WithHelper(nn="v1").negative_elbo_bound)


def test_hints_are_a_ladder_that_says_how_many_are_left():
    rungs = EXERCISES["sample_gaussian"].hints
    shown = [repr(hint("sample_gaussian")) for _ in range(len(rungs) + 1)]
    assert all(rung in text for rung, text in zip(rungs, shown, strict=False))
    assert "2 more" in shown[0] and "the last one" in shown[len(rungs) - 1] and shown[-1] == shown[-2]


def test_a_solution_opens_after_a_pass_or_on_request():
    assert "not solved yet" in repr(solution("sample_gaussian"))
    assert "randn_like" in repr(solution("sample_gaussian", anyway=True))
    verdict(right)
    assert "randn_like" in repr(solution("sample_gaussian"))
    assert "###" not in repr(solution("sample_gaussian"))


def test_progress_counts_points_and_keeps_a_pass():
    verdict(right)
    verdict(wrong)
    assert "7 of" in repr(progress()) and "✓ sample_gaussian" in repr(progress())
    assert "−205.9 nats" in repr(progress(nats=205.87)) and "−205.9 nats" in repr(progress(nats=300.0))


@pytest.mark.parametrize("nats", [-206, -0.5, 0])
def test_a_bound_in_place_of_its_negative_is_refused_and_a_later_figure_is_taken(nats):
    with pytest.raises(ValueError, match=r"evaluate\(\.\.\.\)\.nll"):
        progress(nats=nats)
    assert "−102.5 nats" in repr(progress(nats=102.5))


def test_a_negative_figure_that_an_earlier_version_kept_gives_way():
    progress(nats=102.5)
    state.path().write_text(state.path().read_text().replace("102.5", "-206.0"))
    assert "−543.4 nats" in repr(progress()) and "−300.0 nats" in repr(progress(nats=300))


WRONG_CHOICE = {"square": "neither", "step": "score function", "moving edge": "neither"}
RIGHT_CHOICE = {"square": "pathwise", "step": "score function", "moving edge": "neither"}


OTHER_CHOICE = {**WRONG_CHOICE, "square": "score function"}


def test_a_choice_has_three_tries_that_count_and_says_so_after_each():
    for i, choice in enumerate((WRONG_CHOICE, OTHER_CHOICE), start=1):
        assert f"Try {i} of 3." in check(choice, "choose_estimator").message
    assert "tries are used up" in check(WRONG_CHOICE, "choose_estimator").message
    late = check(RIGHT_CHOICE, "choose_estimator")
    assert late and late.points == late.max_points  # the verdict is true
    assert "keeps 0 of 1" in late.message
    entry = state.load()["exercises"]["choose_estimator"]
    assert entry["status"] == "correct" and entry["points"] == 0  # and the progress keeps what was earned in time


def test_while_tries_are_left_nothing_tells_which_choice_is_wrong():
    seen = [check(choice, "choose_estimator") for choice in (WRONG_CHOICE, {**RIGHT_CHOICE, "step": "pathwise"})]
    assert len({(v.points, v.misconception, tuple((c.name, c.passed) for c in v.checks)) for v in seen}) == 1
    assert {v.message.replace("Try 2", "Try 1") for v in seen} == {
        "At least one of your 3 choices is not it. Which one, and why, the notebook says after the last try.\nTry 1 of 3."
    }
    assert "step: it is flat wherever it has a slope" in check(WRONG_CHOICE, "choose_estimator").message


def test_a_choice_that_is_right_at_the_third_try_has_all_its_points():
    for choice in (WRONG_CHOICE, OTHER_CHOICE):
        check(choice, "choose_estimator")
    assert check(RIGHT_CHOICE, "choose_estimator")
    assert state.load()["exercises"]["choose_estimator"]["points"] == 1


def test_the_same_wrong_choice_again_costs_no_try_and_says_so():
    assert "again" not in check(WRONG_CHOICE, "choose_estimator").message
    for again in (WRONG_CHOICE, dict(reversed(WRONG_CHOICE.items())), {**WRONG_CHOICE, "step": " Score Function"}):
        assert "Try 1 of 3. The same answer again costs no other." in check(again, "choose_estimator").message
    assert "Try 2 of 3." in check(OTHER_CHOICE, "choose_estimator").message
    assert check(RIGHT_CHOICE, "choose_estimator")
    assert state.load()["exercises"]["choose_estimator"]["points"] == 1


def test_a_wrong_choice_after_a_pass_costs_no_try():
    check(RIGHT_CHOICE, "choose_estimator")
    for choice in (WRONG_CHOICE, OTHER_CHOICE) * 2:
        message = check(choice, "choose_estimator").message
        assert "You have passed before: this costs no try." in message and "Try " not in message
    assert state.load()["exercises"]["choose_estimator"]["points"] == 1


def test_a_misspelt_choice_is_told_the_words_and_costs_no_try():
    for _ in range(4):
        found = check({**RIGHT_CHOICE, "step": "score"}, "choose_estimator")
        assert not found and "neither, pathwise, score function" in found.message and "costs no try" in found.message
    assert check(RIGHT_CHOICE, "choose_estimator")
    assert state.load()["exercises"]["choose_estimator"]["points"] == 1


def test_an_untouched_choice_uses_up_no_try():
    for _ in range(5):
        check(dict.fromkeys(RIGHT_CHOICE), "choose_estimator")
    assert "Try 1 of 3." in check(WRONG_CHOICE, "choose_estimator").message


def test_a_choice_that_is_half_filled_in_uses_up_no_try():
    for _ in range(4):
        found = check({**RIGHT_CHOICE, "step": None}, "choose_estimator")
        assert found.status == "wrong" and "Your step is still empty." in found.message
    assert (
        check(RIGHT_CHOICE, "choose_estimator").points == 1 == state.load()["exercises"]["choose_estimator"]["points"]
    )


def test_a_ladder_of_checks_takes_one_line_for_what_is_reached_and_one_for_what_is_not():
    def refuses_what_has_another_shape(kl):
        m, v = torch.zeros(3, 5), torch.ones(3, 5)
        return kl(m, v, m, v).shape == (3,)

    found = check(refuses_what_has_another_shape, "kl_test")
    for card in (repr(found), found._repr_html_()):
        assert "✓ refuses 1 of ten wrong versions (0.25)" in card
        assert "✗ refuses 2 to 8 of ten wrong versions" in card and card.count("of ten wrong versions") == 3


def test_an_assert_that_fails_for_a_right_version_is_said_to_be_the_learners_own():
    def kl_test(kl):
        m, v = torch.zeros(3, 5), torch.ones(3, 5)
        assert (kl(m, v, m, v) == 1).all()
        return True

    found = check(kl_test)
    assert found.status == "raised" and "An assert of yours fails" in found.message and ": \n" not in found.message


def test_a_test_that_refuses_all_right_versions_is_asked_about_its_own_right_value():
    def kl_test(kl):
        q = torch.distributions.Normal(torch.zeros(3, 5), 2 * torch.ones(3, 5))
        p = torch.distributions.Normal(torch.ones(3, 5), torch.ones(3, 5))
        right = torch.distributions.kl_divergence(q, p).sum(-1)
        return torch.allclose(kl(q.mean, q.stddev, p.mean, p.stddev), right)  # variances were asked for

    found = check(kl_test)
    assert found.status == "wrong" and "all five right versions" in found.message and "rounding" in found.message


def test_a_pass_says_what_others_did_where_somebody_counted():
    assert "277 answers in public repositories to these stubs" in str(verdict(right))


def test_a_function_that_is_ours_is_forbidden_under_any_name():
    for answer in (given.kl_normal, given.log_normal):
        found = check(answer, quiet=True)
        assert found.status == "forbidden" and f"given.{answer.__name__}" in found.message
    assert check(given.kl_normal, "kl_normal", quiet=True).status == "forbidden"
