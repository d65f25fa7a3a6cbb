"""A sample of the methods' mutants; `make check-the-checks` tries all of them."""

import pytest

from tests.mutants import EQUAL, PASSED
from tests.mutants.bounds import SOURCES, MethodMutant, fate, mutants
from vae_course.checks.worlds import elbo

EVERY = 83


@pytest.mark.parametrize("exercise", SOURCES)
def test_no_method_with_a_slip_passes(exercise: str):
    for mutant in mutants(exercise)[::EVERY]:
        became, found = fate(mutant)
        assert became != PASSED, (mutant.changed, found.message)


@pytest.mark.parametrize("exercise", SOURCES)
def test_the_right_method_passes_and_is_equal_to_itself(exercise: str):
    right = MethodMutant(exercise, SOURCES[exercise].strip())
    assert fate(right)[0] == EQUAL


KINDS = {
    "noise that is cut off": ("noise", "noise.clamp(-2, 2)"),
    "noise that is cut off far out": ("noise", "noise.clamp(-3, 3)"),
    "another image's v": ("torch.sqrt(v)", "torch.sqrt(v.flip(0))"),
    "a mean v": ("torch.sqrt(v)", "torch.sqrt(v.mean(0, keepdim=True))"),
    "v through softplus": ("torch.sqrt(v)", "torch.sqrt(torch.nn.functional.softplus(v))"),
    "a floor under v": ("torch.sqrt(v)", "torch.sqrt(v.clamp(min=0.25))"),
    "m cut off": ("m + ", "m.clamp(-2, 2) + "),
    "noise that is rounded": ("noise", "noise.round()"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_draw_does_to_one_kind_of_image_alone_is_seen(kind: str):
    right = SOURCES["VAE.negative_elbo_bound"].strip()
    line = "z = m + torch.sqrt(v) * noise"
    wrong = right.replace(line, line.replace(*KINDS[kind]))
    assert wrong != right and fate(MethodMutant("VAE.negative_elbo_bound", wrong))[0] not in (EQUAL, PASSED)


def test_a_hole_in_the_checks_is_found(monkeypatch: pytest.MonkeyPatch):
    """Without the images of three kinds another image's v passes."""
    right = SOURCES["VAE.negative_elbo_bound"].strip()
    rolled = MethodMutant("VAE.negative_elbo_bound", right.replace("torch.sqrt(v)", "torch.sqrt(v.roll(1, 0))"))
    assert fate(rolled)[0] != PASSED
    monkeypatch.setattr(elbo, "must_be_own", lambda *given, **more: None)
    monkeypatch.setattr(elbo, "slopes_must_follow", lambda *given, **more: None)
    assert fate(rolled)[0] == PASSED


@pytest.mark.parametrize("change", ["kl.clamp(min=1)", "kl.clamp(min=0.5)", "torch.nn.functional.softplus(kl)"])
def test_a_floor_under_the_whole_kl_is_seen(change: str):
    right = SOURCES["VAE.negative_elbo_bound"].strip()
    for old, new in (("mean(kl + rec)", f"mean({change} + rec)"), ("mean(kl),", f"mean({change}),")):
        assert fate(MethodMutant("VAE.negative_elbo_bound", right.replace(old, new)))[0] not in (EQUAL, PASSED)


def test_rec_of_other_images_is_seen_and_an_estimate_of_kl_with_its_own_q_stopped_is_right():
    right = SOURCES["VAE.negative_elbo_bound"].strip()
    stopped = "log_normal(z, m.detach(), v.detach()) - log_normal(z, pm.expand_as(z), pv.expand_as(z))"
    estimate = right.replace("kl_normal(m, v, pm, pv)", stopped)
    assert MethodMutant("VAE.negative_elbo_bound", estimate).examined().status == "correct"
    other = right.replace("log_bernoulli_with_logits(x, logits)", "log_bernoulli_with_logits(x, self.dec(z.flip(0)))")
    assert other != right and fate(MethodMutant("VAE.negative_elbo_bound", other))[0] not in (EQUAL, PASSED)


def test_an_absolute_value_of_a_monte_carlo_kl_is_seen():
    right = SOURCES["VAE.negative_elbo_bound"].strip()
    estimate = "log_normal(z, m, v) - log_normal(z, pm.expand_as(z), pv.expand_as(z))"
    for formula, passes in ((estimate, True), (f"abs({estimate})", False), (f"relu({estimate})", False)):
        status = (
            MethodMutant("VAE.negative_elbo_bound", right.replace("kl_normal(m, v, pm, pv)", formula)).examined().status
        )
        assert (status == "correct") == passes
