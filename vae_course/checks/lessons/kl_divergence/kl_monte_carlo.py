"""Exercise 2.3: the KL divergence by sampling."""

import torch
from torch import Generator, Tensor
from torch.distributions import Normal

from vae_course import given
from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception
from vae_course.checks.engine.trial import generator
from vae_course.checks.lessons.kl_divergence.gaussians import draw_two_gaussians, kl_truth
from vae_course.runner.answers import Answer


def draw_samples(generator: Generator) -> Arguments:
    """z (n, batch, dim), and two Gaussians (batch, dim); the last q is so near its p that about half of its estimates are negative."""
    qm, qv, pm, pv = draw_two_gaussians(generator)
    pm[-1], pv[-1] = qm[-1] + 0.1 * qv[-1].sqrt(), qv[-1]
    n = int(torch.randint(8, 12, (), generator=generator))  # differs from every batch and from dim
    return qm + qv.sqrt() * torch.randn(n, *qm.shape, generator=generator), qm, qv, pm, pv


def sample_layouts(generator: Generator) -> dict[str, Arguments]:
    """One draw; a batch of one; the prior as the models keep it."""
    z, qm, qv, pm, pv = draw_samples(generator)
    prior = torch.tensor([0.5]), torch.tensor([2.0])
    return {
        "a single draw": (z[:1], qm, qv, pm, pv),
        "a batch of one": (z[:, :1], qm[:1], qv[:1], pm[:1], pv[:1]),
        "a prior with one entry for all dimensions": (z, qm, qv, *prior),
    }


def sample_extremes() -> list[Arguments]:
    """Draws in a place that p finds very implausible, far from 0; variances of 1e-12 and 1e12."""
    steps, one = torch.tensor([[[-1.0, 1.0, 0.0]], [[0.0, 0.5, -2.0]]]), torch.ones(1, 3)
    return [
        (30 + steps, 30 * one, one, 0 * one, one),
        (30 + steps, 0 * one, one, 30 * one, one),
        (1e-5 * steps, 0 * one, 1e-10 * one, 0 * one, one),
        (2048 + steps, 2048 * one, one, 2047 * one, 2 * one),  # sums that float32 holds exactly
        (1e-6 * steps, 0 * one, 1e-12 * one, 1e-6 * one, 2e-12 * one),
        (1e6 * steps, 0 * one, 1e12 * one, 1e6 * one, 2e12 * one),
    ]


def _log_density(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    return Normal(m, v.sqrt(), validate_args=False).log_prob(z)


def log_ratio(z: Tensor, qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    """log q(z) − log p(z) for each draw: (n, batch, dim) -> (n, batch)."""
    return (_log_density(z, qm, qv) - _log_density(z, pm, pv)).sum(-1)


_of_formula = case_fingerprint(draw_samples, log_ratio, sample_layouts, sample_extremes)


def sampling_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """Whether the answer draws by itself, else its numbers."""
    arguments = draw_samples(generator(2, "fingerprint"))
    first, again = (answer.call(*arguments, seed=seed).outputs.get("0") for seed in (1, 2))
    if first is not None and again is not None and not torch.allclose(first, again, equal_nan=True):
        return {"draws": torch.ones(())}
    return _of_formula(answer)


kl_monte_carlo = Formula(
    name="kl_monte_carlo",
    lesson="02_kl_divergence",
    number="2.3",
    title="The KL divergence by sampling",
    minutes=10,
    difficulty=2,
    lines="1 line",
    arguments=draw_samples,
    truth=log_ratio,
    formulas=(
        "-log_normal(z, pm, pv) + log_normal(z, qm, qv)",
        "0.5 * sum(log(pv) - log(qv) + (z - pm) ** 2 / pv - (z - qm) ** 2 / qv, -1)",
    ),
    checks=(
        Check("one estimate per draw and example", shape_matches),
        Check("the value", equals_truth, points=1),
        Check("the gradients", gradients_match, points=0.5),
        Check("one draw, a batch of one, broadcasting", holds_for(sample_layouts), points=0.25),
        Check("far from p", stays_finite(sample_extremes), points=0.25),
    ),
    fingerprint=sampling_fingerprint,
    scaffold={"log_normal": given.log_normal},
    misconceptions=(
        Misconception(
            "sign",
            lambda z, qm, qv, pm, pv: -log_ratio(z, qm, qv, pm, pv),
            "Yours is log p − log q, whose mean under q is −KL. The KL is E_q[log q − log p], in this order.",
        ),
        *(
            Misconception(
                f"negatives-{what}",
                lambda z, qm, qv, pm, pv, positive=positive: positive(log_ratio(z, qm, qv, pm, pv)),
                "You made negative estimates positive. A single estimate may be negative; only their average is the KL, and it "
                "comes out right because they are.",
            )
            for what, positive in (("made-positive", torch.abs), ("set-to-zero", torch.relu))
        ),
        Misconception(
            "log-q-alone",
            lambda z, qm, qv, pm, pv: _log_density(z, qm, qv).sum(-1),
            "This is log q(z) without the prior: its mean is minus the entropy of q. Subtract log p(z).",
        ),
        Misconception(
            "minus-log-p-alone",
            lambda z, qm, qv, pm, pv: -_log_density(z, pm, pv).sum(-1),
            "This is −log p(z) alone, the cross-entropy. Add log q(z): the KL is the *extra* cost over q's own.",
        ),
        Misconception(
            "averages-the-draws",
            lambda z, qm, qv, pm, pv: log_ratio(z, qm, qv, pm, pv).mean(0),
            "Your average over the draws is a good estimate of the KL. Asked is the list before averaging, (n, batch): we "
            "want to look at how the single estimates spread.",
        ),
        Misconception(
            "averages-everything",
            lambda z, qm, qv, pm, pv: log_ratio(z, qm, qv, pm, pv).mean(),
            "You average draws and examples into one number. Return one estimate per draw and example, (n, batch).",
        ),
        Misconception(
            "no-sum",
            lambda z, qm, qv, pm, pv: _log_density(z, qm, qv) - _log_density(z, pm, pv),
            "You return one number per dimension. The log densities of independent dimensions add up: sum the last axis.",
        ),
        Misconception(
            "sums-the-examples",
            lambda z, qm, qv, pm, pv: (_log_density(z, qm, qv) - _log_density(z, pm, pv)).sum(1),
            "You sum axis 1, which is the batch. The dimensions are the last axis.",
        ),
        Misconception(
            "mean-over-dimensions",
            lambda z, qm, qv, pm, pv: (_log_density(z, qm, qv) - _log_density(z, pm, pv)).mean(-1),
            "You average over the dimensions where the sum belongs: your estimate is the right one divided by dim.",
        ),
        Misconception(
            "densities-not-logs",
            lambda z, qm, qv, pm, pv: _log_density(z, qm, qv).sum(-1).exp() - _log_density(z, pm, pv).sum(-1).exp(),
            "You subtract densities. The KL compares their logarithms.",
        ),
        Misconception(
            "ratio-without-log",
            lambda z, qm, qv, pm, pv: log_ratio(z, qm, qv, pm, pv).exp(),
            "This is q(z) / p(z). The KL is the mean of its *logarithm*.",
        ),
        Misconception(
            "weighted-by-density",
            lambda z, qm, qv, pm, pv: _log_density(z, qm, qv).sum(-1).exp() * log_ratio(z, qm, qv, pm, pv),
            "You multiply by q(z). The draws come from q already, so likely places occur more often by themselves: weighting "
            "them again counts q twice.",
        ),
        Misconception(
            "closed-form",
            lambda z, qm, qv, pm, pv: kl_truth(qm, qv, pm, pv).expand(z.shape[:-1]),
            "You return the exact KL for every draw. Asked is what each single draw z says: log q(z) − log p(z).",
        ),
        Misconception(
            "draws-by-itself",
            lambda z, qm, qv, pm, pv: log_ratio(qm + qv.sqrt() * torch.randn_like(z), qm, qv, pm, pv),
            "You draw new samples inside. z already holds n draws from q: use those.",
        ),
        Misconception(
            "exp-then-log",
            lambda z, qm, qv, pm, pv: (_log_density(z, qm, qv).exp() / _log_density(z, pm, pv).exp()).log().sum(-1),
            "Right while z is moderate; far from p its density is 0 in float32, and the log of the ratio is inf or NaN. "
            "Subtract the two *log* densities.",
        ),
        Misconception(
            "bare-squeeze",
            lambda z, qm, qv, pm, pv: log_ratio(z, qm, qv, pm, pv).squeeze(),
            "squeeze() without an axis drops the batch, or the draws, when there is only one.",
        ),
        Misconception(
            "no-gradient",
            lambda z, qm, qv, pm, pv: log_ratio(z, qm, qv, pm, pv).detach(),
            "The estimates are right, but cut off from their inputs: no .detach(), .item(), numpy or no_grad.",
        ),
    ),
    hints=(
        "The KL is an expectation under q. z holds draws from q; what is averaged over them?",
        "For one draw it is log q(z) − log p(z). You wrote a function for log densities in exercise 2.1.",
        "Call log_normal twice, once with q's mean and variance and once with p's, and subtract. Broadcasting does the rest.",
    ),
)
