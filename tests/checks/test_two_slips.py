"""Two slips get two sentences, each part of a bound by its own numbers; and one slip costs its own points."""

from typing import Any

import torch
import torch.nn.functional as F

from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.lessons import EXERCISES
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

NELBO, NIWAE = "VAE.negative_elbo_bound", "VAE.negative_iwae_bound"


def said(name: str, answer: Any, seed: int = 3) -> Outcome:
    return examine(EXERCISES[name], EXERCISES[name].answer(answer), seed)


def bound(
    kl: Any = lambda m, v, prior: kl_normal(m, v, *prior),
    rec: Any = lambda x, logits: -log_bernoulli_with_logits(x, logits),
) -> Any:
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kls, recs = kl(m, v, self.z_prior), rec(x, self.dec(sample_gaussian(m, v)))
        return (kls + recs).mean(), kls.mean(), recs.mean()

    return negative_elbo_bound


def test_a_sign_of_kl_and_a_sigmoid_too_many_are_both_told():
    both = bound(
        lambda m, v, prior: -kl_normal(m, v, *prior), lambda x, logits: -log_bernoulli_with_logits(x, logits.sigmoid())
    )
    message = said(NELBO, both).message
    assert "with the sign flipped" in message and "sigmoid(logits)" in message
    assert "z that you decode" not in message  # a gradient that is no multiple of rec's tells no z


def test_a_variance_through_softplus_and_a_rec_over_the_pixels_are_both_told():
    both = bound(
        lambda m, v, prior: kl_normal(m, F.softplus(v), *prior),
        lambda x, logits: F.binary_cross_entropy_with_logits(logits, x)[None],
    )
    message = said(NELBO, both).message
    assert "wherever v belongs, it has softplus(v)" in message and "divided by 784" in message


def test_a_bound_that_is_its_own_kl_plus_rec_sends_the_learner_to_them():
    message = said(NELBO, bound(lambda m, v, prior: 5 * kl_normal(m, v, *prior))).message
    assert "Your bound is your kl + your rec, as it should be" in message and "times 5" in message


def test_a_batch_size_in_the_code_is_told():
    message = said(NELBO, bound(rec=lambda x, logits: -log_bernoulli_with_logits(x, logits) * len(x) / 100)).message
    assert "the sum over the images, divided by 100" in message


def three(change: Any) -> Any:
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl, rec = kl_normal(m, v, *self.z_prior), -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v)))
        return change(kl, rec)

    return negative_elbo_bound


def test_a_kl_or_rec_that_is_no_mean_costs_its_own_points_and_leaves_those_of_the_bound():
    for change, kept in (
        (lambda kl, rec: ((kl + rec).mean(), kl, rec.mean()), {"nelbo", "rec"}),
        (lambda kl, rec: ((kl + rec).mean(), kl.mean(), rec), {"nelbo", "kl"}),
        (lambda kl, rec: ((kl + rec).mean(), 0, rec.mean()), {"nelbo", "rec", "each is a scalar"}),
        (lambda kl, rec: ((kl + rec).mean(), None, rec.mean()), {"nelbo", "rec"}),
    ):
        found = said(NELBO, three(change))
        assert found.status == "wrong" and kept <= {check.name for check in found.checks if check.passed}


def weighing(prior: Any, reduce: Any) -> Any:
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = prior(self)
        wide_m, wide_v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(wide_m, wide_v)
        log_w = (
            log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
            + log_normal(z, pm, pv)
            - log_normal(z, wide_m, wide_v)
        )
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return reduce(log_w), kl_normal(m, v, pm, pv).mean(), rec

    return negative_iwae_bound


def test_a_standard_prior_in_the_code_hides_no_other_mistake_and_is_told_beside_it():
    def written_in(self: Any) -> Any:
        return torch.zeros(1), torch.ones(1)

    for reduce, name in (
        (lambda w: -torch.logsumexp(w, 1).mean(), "log-k-missing"),
        (lambda w: -log_mean_exp(w, 0).mean(), "batch-inside-the-log"),
        (lambda w: -log_mean_exp(w, 1).sum(), "sums-the-batch"),
    ):
        found = said(NIWAE, weighing(written_in, reduce))
        assert found.misconception == name, found.message
        assert "N(0, I) is written into kl: take mean and variance of the prior from self.z_prior." in found.message
    alone = said(NIWAE, weighing(written_in, lambda w: -log_mean_exp(w, 1).mean()))
    assert alone.misconception == "standard-prior-written-in" and alone.points == 8


def test_terms_that_are_averaged_apart_in_part_are_refused():
    def negative_iwae_bound(self, x, iw):
        m, v = (t.unsqueeze(1) for t in self.enc(x))
        z = sample_gaussian(m.expand(-1, iw, -1), v)
        likelihood = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        rest = log_normal(z, *self.z_prior) - log_normal(z, m, v)
        kl = kl_normal(*self.enc(x), *self.z_prior).mean()
        return -(log_mean_exp(likelihood, 1) + log_mean_exp(rest, 1)).mean(), kl, -likelihood.mean()

    assert "q is the posterior itself" in said(NIWAE, negative_iwae_bound).message


def test_two_slips_in_kl_alone_are_read_off_its_four_numbers():
    both = bound(lambda m, v, prior: (v + m.abs() - 1 - v.log()).sum(-1))  # ½ is missing, and m is not squared
    assert "Your numbers are exactly those of another formula" in said(NELBO, both).message


def weighed(change: Any) -> Any:
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in (m, v))
        z = sample_gaussian(m, v)
        log_w = (
            log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z)) + log_normal(z, *self.z_prior) - log_normal(z, m, v)
        )
        return change(log_w), kl, rec

    return negative_iwae_bound


def test_a_bound_of_the_right_weights_is_read_off_where_they_are_known():
    wrong = weighed(lambda log_w: -log_mean_exp(log_w, 1).square().mean())
    assert "-mean(square(log_p), 0)" in said(NIWAE, wrong).message


def test_what_one_reading_tells_is_told_once():
    class Shifted:
        def negative_elbo_bound(self, x):
            m, v = self.enc(x)
            z = m + 1 + v.sqrt() * torch.randn_like(m)
            kl, rec = kl_normal(m, v, *self.z_prior), -log_bernoulli_with_logits(x, self.dec(z))
            return (kl + rec).mean(), kl.mean(), rec.mean()

    assert said(NELBO, Shifted.negative_elbo_bound).message.count("distributed as those of another formula") == 1
