"""The fifteen versions that a learner's test is shown."""

import torch

from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons.kl_divergence.gaussians import draw_two_gaussians, kl_truth
from vae_course.checks.lessons.kl_divergence.kl_test import kl_test
from vae_course.checks.lessons.kl_divergence.versions import VERSIONS, WRONG


def judged(accepts) -> dict[str, float]:
    assert kl_test.fingerprint is not None
    return {name: float(value) for name, value in kl_test.fingerprint(kl_test.answer(accepts)).items()}


def differs(arguments):
    def test(kl):
        got, right = kl(*arguments), kl_truth(*arguments)
        return got.shape == right.shape and torch.allclose(got, right, rtol=1e-4, atol=1e-5)

    return test


def test_five_versions_are_right_and_ten_are_wrong_on_any_ordinary_draw():
    for seed in range(20):
        verdicts = judged(differs(draw_two_gaussians(torch.Generator().manual_seed(seed))))
        assert [name for name, value in verdicts.items() if value == 1] == [f"right {i}" for i in range(5)]
        assert [name for name, value in verdicts.items() if value == 0] == list(WRONG)


def test_an_error_on_a_wrong_version_is_a_refusal_and_a_stub_is_not_started():
    arguments = draw_two_gaussians(torch.Generator().manual_seed(0))

    def asserts(kl):
        assert differs(arguments)(kl)
        return True

    def stub(kl):
        raise NotImplementedError

    assert sum(judged(asserts).values()) == 5
    call = kl_test.answer(stub).call(VERSIONS["right 0"], seed=0)
    assert call.error is not None and call.error.is_stub


def test_a_test_that_counts_or_keeps_knows_nothing_of_the_versions():
    """One right version comes among the ten wrong ones, in an order of chance, and the others among those again: see `asked_of_each`. Who accepts by
    number has to hit all five; the best guess of the first eleven hits three times in eleven, and of fourteen others once in 1,001."""
    arguments = draw_two_gaussians(torch.Generator().manual_seed(0))

    def first_five(count: int, agrees: bool) -> bool:
        return count <= 5

    def three_and_the_last(count: int, agrees: bool) -> bool:
        return count <= 3 or count > 11

    def until_two_agree(count: int, agrees: bool) -> bool:
        return agrees or not seen_twice

    for accepts in (first_five, three_and_the_last, until_two_agree):
        for seed in range(3):
            seen: list[torch.Tensor] = []
            seen_twice: list[torch.Tensor] = []

            def test(kl, accepts=accepts, seen=seen, seen_twice=seen_twice):
                value = kl(*arguments)
                same = [one for one in seen if one.shape == value.shape and torch.allclose(one, value, rtol=1e-4)]
                seen.append(value)
                seen_twice += same
                return accepts(len(seen), bool(same))

            assert not examine(kl_test, kl_test.answer(test), seed).points
