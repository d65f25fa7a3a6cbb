"""The integrals that answers are measured against."""

import math
from dataclasses import replace

import pytest
import torch

from tests.checks.two_latents import log_evidence_of_two
from vae_course.checks.lessons.iwae.log_weights.checks import truths_of
from vae_course.checks.worlds.models import apart, decode, encode
from vae_course.checks.worlds.truth import Truth
from vae_course.checks.worlds.valleys import Bent, mild, strong


@pytest.fixture(params=["mild", "strong"])
def case(request: pytest.FixtureRequest) -> Bent:
    return {"mild": mild, "strong": strong}[request.param]()


def test_twice_the_nodes_give_the_same_integrals(case: Bent) -> None:
    coarse, fine = case.truth, replace(case.truth, nodes=2 * case.truth.nodes - 1, times=2 * case.truth.times - 1)
    assert coarse.rec() == pytest.approx(fine.rec(), abs=1e-7)
    assert coarse.log_evidence() == pytest.approx(fine.log_evidence(), abs=1e-7)
    for k in (1, 2, 8, 50):
        assert coarse.iwae(k) == pytest.approx(fine.iwae(k), abs=1e-7)


def test_one_draw_is_the_elbo_and_more_rise_to_the_evidence(case: Bent) -> None:
    truth = case.truth
    bounds = [truth.iwae(k) for k in (1, 2, 3, 8, 50, 1000)]
    assert bounds[0] == pytest.approx(-(case.kl + case.rec) / case.latents, abs=1e-7)
    assert bounds == sorted(bounds)
    assert bounds[-1] < truth.log_evidence()


def test_a_gaussian_model_has_its_textbook_evidence() -> None:
    x, noise = 0.7, 0.4  # p(x) = N(0, 1 + noise)
    truth = Truth(lambda z: -0.5 * ((x - z) ** 2 / noise + math.log(2 * math.pi * noise)), m=0.3, v=0.5)
    exact = -0.5 * (x**2 / (1 + noise) + math.log(2 * math.pi * (1 + noise)))
    assert truth.log_evidence() == pytest.approx(exact, abs=1e-9)
    posterior = Truth(truth.log_likelihood, m=x / (1 + noise), v=noise / (1 + noise))
    assert posterior.iwae(1) == pytest.approx(exact, abs=1e-9)
    assert posterior.iwae(5) == pytest.approx(exact, abs=1e-7)


def test_two_latents_by_a_grid_agree_with_one_when_one_does_not_matter() -> None:
    case = strong()
    image = case.image[None]

    def decoder(z: torch.Tensor) -> torch.Tensor:
        return decode(case.model, z[:, :1])

    evidence = log_evidence_of_two(decoder, image, nodes=160, reach=6.5)
    assert evidence.item() == pytest.approx(case.truth.log_evidence(), abs=1e-4)


def test_weight_distribution_is_the_one_that_draws_show() -> None:
    truth = strong().truth
    draws = truth.log_weight(torch.randn(20_000, generator=torch.Generator().manual_seed(1)).double())
    u = truth.weight_distribution(draws).sort().values
    assert (u - torch.linspace(0, 1, len(u))).abs().max() < 0.02  # DKW at 1e-6: 0.019


def test_designed_models_are_as_their_weights_say() -> None:
    case = mild()
    m, v = encode(case.model, case.image[None])
    assert m[0].tolist() == pytest.approx(case.m, abs=1e-6)
    assert v[0].tolist() == pytest.approx(case.v, rel=1e-5)
    z = torch.linspace(-20, 20, 7).double()
    each = torch.stack([z.roll(d) for d in range(case.latents)], 1)
    logits = decode(case.model, each)
    x = case.image.double()
    direct = (x * logits - torch.nn.functional.softplus(logits)).sum(-1)
    assert torch.allclose(case.truth.log_likelihood(each.T.flatten()).view(case.latents, -1).sum(0), direct, atol=1e-5)
    near_zero = each.clamp(-1, 1)
    assert torch.allclose(case.z_of_logits(decode(case.model, near_zero)), near_zero, atol=1e-3)


def test_chances_allowed_for_exceed_what_draws_show_by_little() -> None:
    truth, rows = strong().truth, 48
    noise = torch.randn(4000, rows, 8, generator=torch.Generator().manual_seed(2)).double()
    log_w = truth.log_weight(noise.flatten()).view(noise.shape)
    means = (torch.logsumexp(log_w, -1) - math.log(8)).mean(1) - truth.iwae(8)
    below, above = truth.iwae_deviation(8, rows, math.log(1000))
    assert (means < -below).double().mean() < 0.001 < (means < -0.7 * below).double().mean()
    assert (means > above).double().mean() < 0.001 < (means > 0.6 * above).double().mean()
    recs = -truth.log_likelihood(truth.z(noise[..., 0].flatten())).view(4000, rows).mean(1) - truth.rec()
    allowed = truth.rec_deviation(rows, math.log(1000))
    assert (recs.abs() > allowed).double().mean() < 0.001 < (recs.abs() > 0.6 * allowed).double().mean()


def test_truths_of_a_model_without_z_differ_by_image() -> None:
    truths = truths_of(apart(torch.Generator().manual_seed(0), z_dim=1))
    assert len({round(t.rec(), 3) for t in truths}) == 5
