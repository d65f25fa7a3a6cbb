"""evaluate and its relatives agree with integrals, with the plain formula on the same noise, and with themselves."""

import math
import time

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn.functional import softplus

from vae_course.data import binarize, load_mnist
from vae_course.evaluation import active_units, evaluate, exact_log_likelihood, latent_activity, log_likelihood
from vae_course.importance import log_bernoulli
from vae_course.teach.reference import VAE

X = binarize(load_mnist("test").images[:40], torch.Generator().manual_seed(0))


def tiny(z_dim: int, seed: int = 0, scale: float = 1.0) -> VAE:
    """A small network with a decoder that depends on z, so that the weights spread."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = VAE(nn="tiny", z_dim=z_dim)
    with torch.no_grad():
        model.dec.net[0].weight.mul_(scale)
        model.dec.net[2].weight.mul_(scale)
    return model


class Still(nn.Module):
    """q = prior, and a decoder that ignores z: every log w is log p(x), so every bound is exact for every iw."""

    def __init__(self, z_dim: int = 3) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.linspace(-3, 1, 784))
        self.z_dim = z_dim
        self.rows: list[int] = []  # how many rows the decoder was asked for
        self.register_buffer("z_prior_m", torch.full((1,), 0.5))
        self.register_buffer("z_prior_v", torch.full((1,), 4.0))

    def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shape = (len(x), self.z_dim)
        return self.z_prior_m.expand(shape), self.z_prior_v.expand(shape)

    def dec(self, z: Tensor) -> Tensor:
        self.rows.append(len(z))
        return self.logits.expand(*z.shape[:-1], 784)

    def log_p(self, x: Tensor) -> Tensor:
        return Bernoulli(logits=self.logits.detach()).log_prob(x).sum(-1)


def on_a_grid(model: VAE, x: Tensor) -> tuple[Tensor, Tensor]:
    """ELBO and log p(x) of each image by the trapezoid rule over a one-dimensional z, in float64."""
    model = model.double()
    x = x.double()
    with torch.no_grad():
        m, v = model.enc(x)  # (n, 1)
        prior = Normal(model.z_prior_m, model.z_prior_v.sqrt())
        q = Normal(m, v.sqrt())
        z = m + v.sqrt() * torch.linspace(-9, 9, 1_501, dtype=torch.float64)  # (n, nodes)
        log_px = torch.stack([Bernoulli(logits=model.dec(z[i, :, None])).log_prob(x[i]).sum(-1) for i in range(len(x))])
        elbo = torch.trapezoid(q.log_prob(z).exp() * log_px, z) - kl_divergence(q, prior).squeeze(1)
        wide = prior.mean + prior.stddev * torch.linspace(-9, 9, 6_001, dtype=torch.float64)
        log_joint = Bernoulli(logits=model.dec(wide[:, None])).log_prob(x[:, None]).sum(-1) + prior.log_prob(wide)
        evidence = torch.logsumexp(log_joint, 1) + torch.log(wide[1] - wide[0])
    model.float()
    return elbo, evidence


# ---------------------------------------------------------------- without chance


@pytest.mark.parametrize("bound", ["elbo", "iwae"])
@pytest.mark.parametrize("iw", [1, 2, 7, 2_500])
def test_with_equal_weights_every_bound_is_log_p_for_every_iw(bound: str, iw: int):
    model = Still()
    result = evaluate(model, X, bound, iw)
    truth = model.log_p(X)
    assert torch.allclose(result.per_image.float(), truth, atol=1e-3)
    assert result.bound == pytest.approx(truth.mean().item(), abs=1e-3)
    assert result.nll == -result.bound and result.rec == pytest.approx(result.nll, abs=1e-3)
    assert result.kl == pytest.approx(0, abs=1e-6)
    assert result.effective_sample_size == pytest.approx(iw, rel=1e-3)
    assert result.standard_error == pytest.approx(truth.std(correction=0).item() / math.sqrt(len(X)), rel=1e-3)


@pytest.mark.parametrize("z_dim", [1, 2])
def test_the_grid_gives_log_p_when_z_does_not_matter(z_dim: int):
    model = Still(z_dim)
    assert torch.allclose(exact_log_likelihood(model, X).float(), model.log_p(X), atol=1e-3)


# ---------------------------------------------------------------- against integrals


@pytest.mark.parametrize("prior", [(0.0, 1.0), (1.0, 4.0)])
def test_in_one_dimension_the_bounds_and_log_p_agree_with_integrals(prior: tuple[float, float]):
    """Averages over ten images, within six standard errors of the repeats and what the integrals leave."""
    x = X[:10]
    model = tiny(1, scale=2.0)
    model.z_prior_m.fill_(prior[0])
    model.z_prior_v.fill_(prior[1])
    elbo, evidence = on_a_grid(model, x)
    assert torch.allclose(exact_log_likelihood(model, x), evidence, atol=2e-3)
    assert evidence.mean() - elbo.mean() > 0.3  # there is a gap to see
    repeats = torch.tensor([evaluate(model, x, "elbo", 50, seed=seed).bound for seed in range(40)])
    error = repeats.std().item() / math.sqrt(40)
    assert repeats.mean().item() == pytest.approx(elbo.mean().item(), abs=6 * error + 1e-3)
    repeats = torch.tensor([evaluate(model, x, "iwae", 1, seed=seed).bound for seed in range(400)])
    error = repeats.std().item() / 20
    assert repeats.mean().item() == pytest.approx(elbo.mean().item(), abs=6 * error + 1e-3)  # IWAE_1 = ELBO
    many = log_likelihood(model, x).bound
    assert evidence.mean() - 0.05 < many < evidence.mean() + 0.02


def test_in_two_dimensions_log_p_lies_above_the_iwae_bound_and_closes_in():
    model = tiny(2, scale=2.0)
    exact = exact_log_likelihood(model, X).mean().item()
    bounds = [evaluate(model, X, "iwae", iw).bound for iw in (1, 10, 100, 10_000)]
    assert bounds == sorted(bounds)
    assert bounds[0] < exact - 0.1
    assert bounds[-1] == pytest.approx(exact, abs=0.02)


def test_doubling_the_grid_changes_nothing():
    for z_dim, nodes in ((1, 8_001), (2, 100)):
        model = tiny(z_dim, scale=2.0)
        coarse, fine = (exact_log_likelihood(model, X[:10], nodes=count) for count in (nodes, 2 * nodes))
        assert torch.allclose(coarse, fine, atol=1e-4, rtol=0)


# ---------------------------------------------------------------- against the plain formula


@pytest.mark.parametrize(("iw", "rows"), [(6, 1_000), (50, 80), (50, 7), (1, 5)])
def test_in_pieces_or_at_once_is_the_same_on_the_same_noise(iw: int, rows: int):
    """The plain formula, with its (n, iw, 784) broadcast and torch.distributions, on the noise that evaluate draws."""
    model = tiny(3, scale=2.0)
    log_w, log_p = [], []
    with torch.no_grad():
        for number, images in enumerate(X.split(max(1, rows // iw))):
            generator = torch.Generator().manual_seed(4 * 1_000_003 + number)
            n, left, noise = len(images), iw, []
            while left:
                draws = min(left, max(1, rows // n))
                noise.append(torch.randn(n, draws, 3, generator=generator))
                left -= draws
            m, v = (value.unsqueeze(1) for value in model.enc(images))
            z = m + v.sqrt() * torch.cat(noise, 1)  # (n, iw, 3)
            likelihood = Bernoulli(logits=model.dec(z)).log_prob(images.unsqueeze(1)).sum(-1)
            ratio = (Normal(0, 1).log_prob(z) - Normal(m, v.sqrt()).log_prob(z)).sum(-1)
            log_w.append(likelihood + ratio)
            log_p.append(likelihood)
    weights = torch.cat(log_w).double()
    niwae = torch.logsumexp(weights, 1) - math.log(iw)
    iwae = evaluate(model, X, "iwae", iw, seed=4, rows=rows)
    assert torch.allclose(iwae.per_image, niwae, atol=1e-3, rtol=0)
    assert iwae.rec == pytest.approx(-torch.cat(log_p).mean().item(), abs=1e-3)
    w = torch.softmax(weights, 1)
    assert iwae.effective_sample_size == pytest.approx((1 / w.square().sum(1)).mean().item(), rel=1e-3)
    elbo = evaluate(model, X, "elbo", iw, seed=4, rows=rows)
    assert (elbo.kl, elbo.rec) == (iwae.kl, iwae.rec)
    assert elbo.nll == pytest.approx(elbo.kl + elbo.rec, abs=1e-6)


def test_the_elbo_agrees_with_the_reference_s_own():
    model = tiny(4, scale=2.0)
    ours = evaluate(model, X, "elbo", 500)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        _, kl, rec = model.negative_elbo_bound(X.repeat_interleave(500, 0))
    assert ours.kl == pytest.approx(kl.item(), rel=1e-5)
    assert ours.rec == pytest.approx(rec.item(), abs=1.2)  # five standard errors of either's 20,000 draws


@pytest.mark.parametrize("pixels", [784, 113, 226])
def test_the_product_of_sigmoids_is_the_sum_of_softplus(pixels: int):
    """Also for sizes that no group of factors divides, for grey pixels, and far out, where a product of softplus' own would vanish."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(5, pixels, generator=generator)
    logits = 4 * torch.randn(5, 3, pixels, generator=generator)
    logits[0] = 1e4 * torch.randn(3, pixels, generator=generator)
    before = logits.clone()
    right = (x.unsqueeze(1) * logits - softplus(logits)).sum(-1)
    assert torch.allclose(log_bernoulli(x, logits), right, rtol=1e-5, atol=1e-3)
    assert torch.allclose(log_bernoulli(x.double(), logits[1].double()), _each_with_each(x, logits[1]), rtol=1e-9)
    assert torch.equal(logits, before)  # the buffer is another


def _each_with_each(x: Tensor, logits: Tensor) -> Tensor:
    x, logits = x.double().unsqueeze(1), logits.double().unsqueeze(0)
    return (x * logits - softplus(logits)).sum(-1)


# ---------------------------------------------------------------- memory, chance, state


@pytest.mark.parametrize(("images", "iw", "rows"), [(40, 1, 16), (40, 3, 16), (2, 100_000, 1_000), (40, 50, 16)])
def test_the_decoder_is_never_asked_for_more_rows_than_allowed(images: int, iw: int, rows: int):
    model = Still()
    evaluate(model, X[:images], "iwae", iw, rows=rows)
    assert max(model.rows) <= rows
    assert sum(model.rows) == images * iw


def test_the_number_of_threads_changes_no_number_and_is_put_back():
    model, before = tiny(3), torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(evaluate(model, X, "iwae", 300, rows=400).per_image)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])


def test_an_error_in_one_thread_ends_the_others_soon():
    """2,000 pieces wait, 4 seconds of work; the first fails while another thread is at its own."""
    model, before, calls = Still(), torch.get_num_threads(), []
    decoder = model.dec

    def dec(z: Tensor) -> Tensor:
        calls.append(len(calls))
        if calls[-1] == 0:
            time.sleep(0.02)
            raise ArithmeticError("the first")
        time.sleep(0.002)
        return decoder(z)

    model.dec = dec
    torch.set_num_threads(2)
    try:
        with pytest.raises(ArithmeticError, match="the first"):
            evaluate(model, X.repeat(50, 1), "iwae", 10, rows=10)
    finally:
        torch.set_num_threads(before)
    assert len(calls) < 1_000


def test_the_same_seed_gives_the_same_numbers_and_the_global_generator_is_left_alone():
    model = tiny(3)
    before = torch.get_rng_state()
    one, same, other = (evaluate(model, X, "iwae", 5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.per_image, same.per_image)
    assert not torch.equal(one.per_image, other.per_image)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("mode", [True, False])
def test_the_model_is_measured_in_evaluation_mode_and_put_back(mode: bool):
    model = tiny(2)
    model.dec.net.append(nn.Dropout(0.9))
    model.train(mode)
    with_dropout = evaluate(model, X)
    assert model.training is mode and not with_dropout.per_image.requires_grad
    assert with_dropout.bound == evaluate(tiny(2), X).bound


def test_a_model_in_double_precision_is_measured_in_double_precision():
    model = tiny(2).double()
    assert evaluate(model, X.double(), "iwae", 5).per_image.dtype == torch.float64


def test_a_wrong_bound_in_the_model_s_own_class_cannot_flatter_the_result():
    class Flatterer(VAE):
        def negative_elbo_bound(self, x: Tensor):
            return torch.zeros(()), torch.zeros(()), torch.zeros(())

    model = Flatterer(nn="tiny", z_dim=2)
    assert evaluate(model, X).nll > 100


# ---------------------------------------------------------------- latents


def test_active_units_counts_the_dimensions_that_move_with_the_image():
    class Encoder(Still):
        def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
            ink = (x.mean(1, keepdim=True) - x.mean()) / x.mean(1).std(correction=0)  # variance 1 over X
            return torch.cat([ink, 0.5 * ink, 0.05 * ink, torch.zeros_like(ink)], 1), torch.ones(len(x), 4)

    assert latent_activity(Encoder(), X).tolist() == pytest.approx([1, 0.25, 0.0025, 0], abs=1e-4)
    assert active_units(Encoder(), X) == 2
    assert active_units(Encoder(), X, threshold=0.001) == 3


def test_the_result_reads_well():
    text = str(evaluate(Still(), X, "iwae", 50))
    assert text.startswith("−IWAE_50 ") and "nats" in text and "KL 0.00" in text
    assert "per_image" not in repr(evaluate(Still(), X))


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(x=X, bound="iwea"), "no bound 'iwea'.*'elbo', 'iwae'"),
        (dict(x=X, iw=0), "at least 1"),
        (dict(x=X, rows=0), "at least 1"),
        (dict(x=X[0]), r"\(n, 784\).*got \(784,\)"),
        (dict(x=X[:0]), "at least one image"),
        (dict(x=load_mnist("test").images[:2]), "float32; got torch.uint8.*binarize"),
        (dict(x=X * 255), r"\[0, 1\]"),
        (dict(x=X * math.nan), r"\[0, 1\]"),
    ],
)
def test_bad_arguments_are_refused_with_a_sentence(arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        evaluate(Still(), **arguments)


def test_a_grid_in_three_dimensions_is_refused():
    with pytest.raises(ValueError, match="z_dim 1 or 2.*log_likelihood"):
        exact_log_likelihood(Still(3), X)
