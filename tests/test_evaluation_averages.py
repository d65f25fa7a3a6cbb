"""Thresholds, averages and grids of the evaluation, against numbers that follow from a formula on paper."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vae_course.data import binarize, load_mnist
from vae_course.evaluation import active_units, evaluate, exact_log_likelihood, latent_activity, log_likelihood
from vae_course.teach.reference import VAE

X = binarize(load_mnist("test").images[:40], torch.Generator().manual_seed(0))


class Moving:
    """A posterior whose means spread over the images with the variances given; nothing else matters."""

    z_prior_m, z_prior_v = torch.zeros(1), torch.ones(1)

    def __init__(self, *variances: float) -> None:
        self.sd = torch.tensor(variances, dtype=torch.float64).sqrt().float()

    def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The first pixel says where an image stands: −1 or 1 times the standard deviation."""
        return (2 * x[:, :1] - 1) * self.sd, torch.ones(len(x), len(self.sd))


def half_and_half(count: int) -> Tensor:
    """Images of which every second has its first pixel inked."""
    x = torch.zeros(count, 784)
    x[::2, 0] = 1
    return x


# ---------------------------------------------------------------- which latents are in use


def test_a_latent_is_in_use_from_a_variance_of_one_hundredth_on():
    """Source: Burda, Grosse & Salakhutdinov, ICLR 2016, section 5.2."""
    variances = (1.0, 0.099, 0.0105, 0.0095, 0.001)
    model = Moving(*variances)
    assert latent_activity(model, half_and_half(40)).tolist() == pytest.approx(variances, rel=1e-4)
    assert active_units(model, half_and_half(40)) == 3


@pytest.mark.parametrize(("threshold", "count"), [(0.5, 1), (0.05, 2), (0.01, 3), (0.005, 4), (0.0, 5)])
def test_another_threshold_counts_those_above_it(threshold: float, count: int):
    assert active_units(Moving(1.0, 0.099, 0.0105, 0.0095, 0.001, 0.0), half_and_half(40), threshold=threshold) == count


def test_activity_is_the_variance_over_all_images_however_many():
    """2,500 images, of which the last thousand stand on one side: a variance of 1 − mean², over n and not n − 1."""
    x = half_and_half(2_500)
    x[1_500:, 0] = 1
    share = x[:, 0].double().mean().item()
    found = latent_activity(Moving(1.0), x)
    assert found.tolist() == pytest.approx([1 - (2 * share - 1) ** 2], rel=1e-5)
    two = half_and_half(2)
    assert latent_activity(Moving(1.0), two).tolist() == [1.0]


# ---------------------------------------------------------------- averages


class Fixed:
    """q = N(1, 0.25) in two dimensions, p = N(0, 1), and logits that ignore z: every term of every image is known."""

    z_prior_m, z_prior_v = torch.zeros(1), torch.ones(1)

    def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones(len(x), 2), torch.full((len(x), 2), 0.25)

    def dec(self, z: Tensor) -> Tensor:
        return torch.full((*z.shape[:-1], 784), -1.0)


KL = 2 * 0.5 * (math.log(1 / 0.25) + 0.25 + 1 - 1)  # two latents
REC = torch.where(X == 1, softplus(torch.tensor(1.0)), softplus(torch.tensor(-1.0))).double().sum(1)  # (n,)


@pytest.mark.parametrize("iw", [1, 3])
def test_the_elbo_of_an_image_is_minus_its_kl_and_its_reconstruction_term(iw: int):
    result = evaluate(Fixed(), X, "elbo", iw)
    assert torch.allclose(result.per_image, -(KL + REC), atol=1e-3)
    assert (result.kl, result.rec) == (pytest.approx(KL, rel=1e-5), pytest.approx(REC.mean().item(), rel=1e-5))
    assert result.nll == pytest.approx(KL + REC.mean().item(), rel=1e-5)
    spread = (REC - REC.mean()).square().mean().sqrt().item()  # over n
    assert result.standard_error == pytest.approx(spread / math.sqrt(40), rel=1e-4)


def test_one_image_alone_has_no_spread():
    result = evaluate(Fixed(), X[:1])
    assert result.standard_error == 0 and result.bound == pytest.approx(-(KL + REC[0].item()), rel=1e-5)


@pytest.mark.parametrize(("bound", "iw", "label"), [("elbo", 1, "NELBO"), ("elbo", 7, "NELBO"), ("iwae", 7, "−IWAE_7")])
def test_a_result_in_one_line_names_the_bound_and_both_terms(bound: str, iw: int, label: str):
    result = evaluate(Fixed(), X, bound, iw)
    assert (result.name, result.iw) == (bound, iw)
    assert str(result) == (
        f"{label} {-result.bound:.2f} ± {result.standard_error:.2f} nats (KL {KL:.2f}, reconstruction {REC.mean():.2f})"
    )


def test_with_nothing_said_it_is_the_elbo_of_one_draw_from_seed_0_and_log_likelihood_the_bound_of_5000():
    model = tiny(2)
    said = evaluate(model, X, bound="elbo", iw=1, seed=0, rows=1_000)
    assert torch.equal(evaluate(model, X).per_image, said.per_image)
    found = log_likelihood(model, X[:2])
    assert (found.name, found.iw) == ("iwae", 5_000)
    assert torch.equal(found.per_image, evaluate(model, X[:2], "iwae", 5_000).per_image)
    assert not torch.equal(
        log_likelihood(model, X[:2], 50, seed=3).per_image, log_likelihood(model, X[:2], 50).per_image
    )


def tiny(z_dim: int, scale: float = 2.0) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = VAE(nn="tiny", z_dim=z_dim)
    with torch.no_grad():
        for layer in (model.dec.net[0], model.dec.net[2]):
            layer.weight.mul_(scale)
    return model


# ---------------------------------------------------------------- what may be measured


def test_pixels_of_0_and_1_and_all_between_are_measured_and_a_hair_beyond_is_not():
    x = torch.linspace(0, 1, 784)[None]
    assert math.isfinite(evaluate(Fixed(), x).bound)
    for wrong in (x + 1e-3, x - 1e-3, torch.full_like(x, math.inf)):
        for measure in (evaluate, exact_log_likelihood, latent_activity, active_units):
            with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]; got values from"):
                measure(Fixed(), wrong)


@pytest.mark.parametrize("measure", [evaluate, exact_log_likelihood, latent_activity, active_units])
def test_every_measure_switches_dropout_off_asks_for_no_gradient_and_puts_the_mode_back(measure):
    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.seen = tiny(2), set()
            self.z_prior_m, self.z_prior_v = self.inner.z_prior_m, self.inner.z_prior_v

        def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
            self.seen.add((self.training, torch.is_grad_enabled()))
            return self.inner.enc(x)

        def dec(self, z: Tensor) -> Tensor:
            self.seen.add((self.training, torch.is_grad_enabled()))
            return self.inner.dec(z)

    for mode in (True, False):
        model = Watched().train(mode)
        measure(model, X[:3])
        assert model.seen == {(False, False)} and model.training is mode


# ---------------------------------------------------------------- the grid


class Halves:
    """The pixels in as many equal parts as there are latents, each of which moves its own part by a slope: then log p(x) is a sum of
    integrals over one number each."""

    def __init__(self, *slopes: float, prior: tuple[float, float] = (0.0, 1.0)) -> None:
        self.slopes = slopes
        self.z_prior_m, self.z_prior_v = (torch.tensor([p], dtype=torch.float64) for p in prior)
        self.asked: list[int] = []

    def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.zeros(len(x), len(self.slopes)), torch.ones(len(x), len(self.slopes))

    def dec(self, z: Tensor) -> Tensor:
        self.asked.append(len(z))
        width = 784 // len(self.slopes)
        return torch.cat([(slope * z[:, i : i + 1]).expand(-1, width) for i, slope in enumerate(self.slopes)], 1)

    def log_p(self, x: Tensor) -> float:
        """Each integral by a rule of 100,001 points on ±9 standard deviations of the posterior about its highest point."""
        m, v = self.z_prior_m.item(), self.z_prior_v.item()
        total = 0.0
        for slope, part in zip(self.slopes, x.double().chunk(len(self.slopes)), strict=True):
            ones, count = part.sum().item(), len(part)

            def log_joint(z: Tensor, slope=slope, ones=ones, count=count) -> Tensor:
                likelihood = ones * slope * z - count * softplus(slope * z)
                return likelihood - (z - m) ** 2 / (2 * v) - 0.5 * math.log(2 * math.pi * v)

            coarse = torch.linspace(m - 9 * math.sqrt(v), m + 9 * math.sqrt(v), 200_001, dtype=torch.float64)
            peak = coarse[log_joint(coarse).argmax()]
            p = torch.sigmoid(slope * peak)
            sd = (count * slope**2 * p * (1 - p) + 1 / v).rsqrt()
            z = peak + sd * torch.linspace(-12, 12, 100_001, dtype=torch.float64)
            total += torch.logsumexp(log_joint(z), 0).item() + math.log((z[1] - z[0]).item())
        return total


def inked(*shares: float) -> Tensor:
    """One image whose equal parts have these shares of ink."""
    width = 784 // len(shares)
    return torch.cat([(torch.arange(width) < share * width).double() for share in shares])[None]


@pytest.mark.parametrize("prior", [(0.0, 1.0), (0.5, 4.0)])
def test_in_one_dimension_the_grid_finds_posteriors_as_narrow_as_a_two_hundredth(prior: tuple[float, float]):
    """784 pixels of slope 12 know z to 0.006; the grid's points lie 0.002 apart."""
    model, x = Halves(12.0, prior=prior), inked(0.3)
    assert exact_log_likelihood(model, x).item() == pytest.approx(model.log_p(x[0]), abs=1e-4)
    assert sum(model.asked) == 8_001


@pytest.mark.parametrize("prior", [(0.0, 1.0), (0.5, 4.0)])
def test_in_two_dimensions_the_grid_is_the_sum_of_both_integrals_down_to_a_width_of_a_thirtieth(
    prior: tuple[float, float],
):
    model, x = Halves(3.0, 1.0, prior=prior), inked(0.4, 0.7)
    assert exact_log_likelihood(model, x).item() == pytest.approx(model.log_p(x[0]), abs=2e-3)
    assert sum(model.asked) == 400**2


@pytest.mark.parametrize(
    ("slopes", "shares", "tolerance"), [((0.2,), (0.807,), 2e-3), ((0.05, 0.05), (0.66, 0.5), 1e-2)]
)
def test_the_grid_reaches_posteriors_far_out(slopes: tuple, shares: tuple, tolerance: float):
    """In one dimension the posterior sits near 6 standard deviations of the prior, in two near 2.5 in one of them."""
    model, x = Halves(*slopes), inked(*shares)
    assert exact_log_likelihood(model, x).item() == pytest.approx(model.log_p(x[0]), abs=tolerance)


def test_a_grid_may_be_coarser_and_is_asked_for_in_rows():
    model, x = Halves(0.5, 0.5), inked(0.4, 0.7)
    found = exact_log_likelihood(model, x.expand(3, -1), nodes=41, rows=500)
    assert found.shape == (3,) and found.dtype == torch.float64
    assert sum(model.asked) == 41**2 and max(model.asked) == 500
    assert found[0].item() == pytest.approx(model.log_p(x[0]), abs=1e-3)


def test_the_prior_of_a_coarse_grid_still_sums_to_one():
    """A decoder that ignores z: the grid's weights are all that is left."""
    for nodes in (3, 11, 400):
        found = exact_log_likelihood(Halves(0.0, 0.0), inked(0.4, 0.7), nodes=nodes).item()
        assert found == pytest.approx(-784 * math.log(2), abs=1e-9)


# ---------------------------------------------------------------- options that pass through


def test_one_row_at_a_time_and_pieces_of_one_image_are_allowed():
    """Rows below the draws of an image cut its draws; the numbers are those of that noise."""
    model = Halves(0.5, 0.5)
    found = evaluate(model, inked(0.4, 0.7).expand(2, -1), "iwae", 3, rows=1)
    assert max(model.asked) == 1 and sum(model.asked) == 6 and math.isfinite(found.bound)


def test_log_likelihood_hands_its_options_on():
    model = Halves(0.5, 0.5)
    log_likelihood(model, inked(0.4, 0.7).expand(2, -1), 20, rows=7)
    assert max(model.asked) == 7
