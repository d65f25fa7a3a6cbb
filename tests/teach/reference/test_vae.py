"""The complete VAE agrees with integrals, with a linear-Gaussian model, and with itself."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.checks.two_latents import log_evidence_of_two
from vae_course import binarize, given, load_mnist
from vae_course.checks.worlds.truth import Truth, log_likelihood
from vae_course.teach.reference import VAE, gaussian_parameters, kl_normal, log_mean_exp, log_normal, sample_gaussian


def model_of(z_dim: int = 3, nn: str = "v1", seed: int = 0) -> VAE:
    """A model in double precision whose q differs from the prior and from image to image."""
    torch.manual_seed(seed)
    model = VAE(nn=nn, z_dim=z_dim).double()
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(1.5)
    return model


def images(batch: int = 4, seed: int = 1) -> Tensor:
    return torch.bernoulli(torch.rand(batch, 784, generator=torch.Generator().manual_seed(seed)).double())


def test_nelbo_is_kl_plus_rec() -> None:
    nelbo, kl, rec = model_of().negative_elbo_bound(images())
    assert nelbo.item() == pytest.approx((kl + rec).item(), rel=1e-12)


def test_nelbo_is_kl_plus_rec_in_single_precision() -> None:
    nelbo, kl, rec = model_of().float().negative_elbo_bound(images().float())
    assert nelbo.item() == pytest.approx((kl + rec).item(), rel=1e-6)


def truth_for(model: VAE, x: Tensor) -> Truth:
    with torch.no_grad():
        m, v = model.enc(x)

    def likelihood(z: Tensor) -> Tensor:
        with torch.no_grad():
            return log_likelihood(x[0], model.dec(z[:, None]))

    return Truth(likelihood, m.item(), v.item())


@pytest.mark.parametrize("iw", [1, 2, 3, 50])
def test_one_latent_bounds_agree_with_the_integral(iw: int) -> None:
    """False alarms: 6 standard errors of at least 400 draws, about 1e-8 for tails as light as these."""
    model, x = model_of(z_dim=1), images(1)
    truth = truth_for(model, x)
    rows = x.expand(max(400, 8_000 // iw), -1)
    with torch.no_grad():
        values = -log_mean_exp(model.log_weights(rows, iw), 1)
    error = 6 * values.std().item() / math.sqrt(len(values))
    assert values.mean().item() == pytest.approx(-truth.iwae(iw), abs=error + 1e-6)
    if iw == 1:
        nelbo, kl, rec = model.negative_elbo_bound(rows)
        assert kl.item() == pytest.approx(0.5 * (truth.v + truth.m**2 - 1 - math.log(truth.v)), rel=1e-9)
        assert rec.item() == pytest.approx(truth.rec(), abs=error + 1e-6)
    assert -truth.log_evidence() <= -truth.iwae(iw) + 1e-9


def test_the_bound_approaches_log_p_of_x() -> None:
    model, x = model_of(z_dim=1), images(1)
    with torch.no_grad():
        log_w = model.log_weights(x, 20_000)[0]
    estimate = log_mean_exp(log_w, 0).item()
    spread = (log_w - estimate).exp().std().item() / math.sqrt(len(log_w))
    assert estimate == pytest.approx(truth_for(model, x).log_evidence(), abs=6 * spread)


def linear_gaussian() -> dict[str, Any]:
    """z ~ N(0, I), x | z ~ N(A z, noise): its evidence and posterior have closed forms."""
    g = torch.Generator().manual_seed(3)
    a, x, noise = torch.randn(6, 2, generator=g).double(), torch.randn(6, generator=g).double(), 0.5
    evidence = torch.distributions.MultivariateNormal(torch.zeros(6).double(), a @ a.T + noise * torch.eye(6))
    covariance = torch.linalg.inv(torch.eye(2).double() + a.T @ a / noise)
    return {"a": a, "x": x, "noise": noise, "log_p": evidence.log_prob(x).item(), "cov": covariance}


def log_weights_of(world: dict[str, Any], z: Tensor, log_q: Tensor) -> Tensor:
    zero, one = torch.zeros(1).double(), torch.ones(1).double()
    return log_normal(world["x"], z @ world["a"].T, world["noise"] * one) + log_normal(z, zero, one) - log_q


def test_weights_under_the_exact_posterior_are_constant() -> None:
    world = linear_gaussian()
    mean = world["cov"] @ world["a"].T @ world["x"] / world["noise"]
    q = torch.distributions.MultivariateNormal(mean, world["cov"])
    z = q.sample((50,))
    log_w = log_weights_of(world, z, q.log_prob(z))
    assert torch.allclose(log_w, torch.full_like(log_w, world["log_p"]), atol=1e-9)
    assert log_mean_exp(log_w, 0).item() == pytest.approx(world["log_p"], abs=1e-9)


def test_log_mean_exp_of_weights_from_a_wide_q_finds_the_evidence() -> None:
    world = linear_gaussian()
    torch.manual_seed(0)
    mean = (world["cov"] @ world["a"].T @ world["x"] / world["noise"]).expand(200_000, -1)
    v = 2 * world["cov"].diagonal().expand_as(mean)
    z = sample_gaussian(mean, v)
    log_w = log_weights_of(world, z, log_normal(z, mean, v))
    spread = (log_w - world["log_p"]).exp().std().item() / math.sqrt(len(log_w))
    assert log_mean_exp(log_w, 0).item() == pytest.approx(world["log_p"], abs=6 * spread)


def test_nested_doubling_never_lets_the_bound_fall() -> None:
    with torch.no_grad():
        log_w = model_of().log_weights(images(5), 256)
    bounds = [log_mean_exp(log_w.view(5, -1, k), 2).mean(1) for k in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
    for lower, higher in zip(bounds, bounds[1:], strict=False):
        assert bool((higher >= lower - 1e-9).all())


@pytest.mark.parametrize("iw", [0, 3])
def test_gradients_match_finite_differences(iw: int) -> None:
    model, x = model_of(z_dim=2, nn="tiny"), images(3)

    def bound() -> Tensor:
        torch.manual_seed(5)
        return model.negative_iwae_bound(x, iw)[0] if iw else model.negative_elbo_bound(x)[0]

    bound().backward()
    for p in model.parameters():
        assert p.grad is not None
        i = int(p.grad.abs().argmax())
        flat, step = p.data.view(-1), 1e-5
        start = flat[i].item()
        flat[i] = start + step
        up = bound().item()
        flat[i] = start - step
        down = bound().item()
        flat[i] = start
        assert (up - down) / (2 * step) == pytest.approx(p.grad.view(-1)[i].item(), rel=1e-5, abs=1e-7)


class Fixed:
    """Networks that ignore their input: a variance and a logit of our choice."""

    def __init__(self, v: float, logit: float) -> None:
        self.v, self.logit = v, logit

    def Encoder(self, z_dim: int) -> Any:  # noqa: N802 - the name that nns expects
        return lambda x: (x.new_zeros(len(x), z_dim), x.new_full((len(x), z_dim), self.v))

    def Decoder(self, z_dim: int) -> Any:  # noqa: N802
        return lambda z: z.new_full((*z.shape[:-1], 784), self.logit)


@pytest.mark.parametrize("v", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("logit", [-1e4, 0.0, 1e4])
def test_extremes_stay_finite(v: float, logit: float) -> None:
    model, x = VAE(nn=Fixed(v, logit)), images().float()
    for value in (*model.negative_elbo_bound(x), *model.negative_iwae_bound(x, 5)):
        assert math.isfinite(value.item())


def test_one_image_one_draw_one_latent() -> None:
    model, x = model_of(z_dim=1), images(1)
    assert model.log_weights(x, 1).shape == (1, 1)
    assert all(t.shape == () for t in model.negative_iwae_bound(x, 1))
    assert all(t.shape == () for t in model.negative_elbo_bound(x))
    assert model.sample_x(1).shape == (1, 784)


def test_a_batch_is_the_mean_of_its_images() -> None:
    model, x = model_of(), images(4)
    torch.manual_seed(2)
    log_w = model.log_weights(x, 7)
    torch.manual_seed(2)
    assert -log_mean_exp(log_w, 1).mean().item() == pytest.approx(model.negative_iwae_bound(x, 7)[0].item(), rel=1e-12)
    kls = [model.negative_elbo_bound(image[None])[1] for image in x]
    assert torch.stack(kls).mean().item() == pytest.approx(model.negative_elbo_bound(x)[1].item(), rel=1e-12)


def test_the_prior_travels_with_the_model() -> None:
    model = VAE(nn="tiny", z_dim=2)
    model.z_prior_m.fill_(0.5)
    copy = VAE(nn="tiny", z_dim=2)
    copy.load_state_dict(model.state_dict())
    assert copy.z_prior[0].item() == 0.5
    assert model.double().z_prior_v.dtype == torch.float64
    assert model.to("cpu").z_prior[0].shape == (1,)
    assert not any(name.startswith("z_prior") for name, _ in model.named_parameters())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda model, x: VAE(nn="v9"), "v1"),
        (lambda model, x: VAE(z_dim=0), "z_dim"),
        (lambda model, x: model.negative_iwae_bound(x, 0), "iw"),
        (lambda model, x: model.negative_elbo_bound(x.view(-1, 28, 28)), "784"),
        (lambda model, x: model.negative_elbo_bound(x[:0]), "at least one"),
        (lambda model, x: model.negative_elbo_bound(x.float()), "dtype"),
        (lambda model, x: model.negative_elbo_bound(255 * x), "0, 1"),
        (lambda model, x: model.negative_elbo_bound(x / 0), "0, 1"),
        (lambda model, x: log_normal(x, x, 0 * x), "variance"),
        (lambda model, x: kl_normal(x, x - 2, x, x + 1), "variance"),
        (lambda model, x: sample_gaussian(x, -1 - x), "variance"),
    ],
)
def test_wrong_inputs_are_refused_with_a_sentence(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call(model_of(nn="tiny"), images())


def test_the_variance_keeps_a_floor() -> None:
    _, v = gaussian_parameters(torch.tensor([0.0, -104.0]))
    assert v.item() > 0
    assert math.isfinite(log_normal(torch.zeros(1), torch.zeros(1), v).item())


def test_exact_evidence_of_real_digits_lies_above_the_bound() -> None:
    """By a grid over both latents. Each image's mean of 32 values of IWAE_8 lies below log p(x) + 6 standard errors (1e-9 for a
    normal mean; the values' long tail is on the other side), and so does the mean over images without any allowance."""
    model = given.trained("v1_z2", VAE)
    x = binarize(load_mnist("test").images[:20], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        exact = log_evidence_of_two(lambda z: model.dec(z.float()), x)
        torch.manual_seed(0)
        values = log_mean_exp(model.log_weights(x, 256).view(20, 32, 8), 2)
    assert bool((exact > values.mean(1) - 6 * values.std(1) / math.sqrt(32)).all())
    assert 0 < (exact - values.mean(1)).mean().item() < 15
