"""What a card says where no known mistake makes an answer's numbers: facts, each with a wrong answer of which it is true."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import StudentT

from tests.share import one_in
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.lessons import EXERCISES


def told(name: str, answer: Any, seed: int = 0) -> Outcome:
    exercise = EXERCISES[name]
    return examine(exercise, exercise.answer(answer), seed)


def each(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    return 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 / pv - 1)


def mixed(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    return each(qm, qv / qv.mean(0), pm, pv).sum(-1)


def the_first_alone(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    return each(qm, qv, pm, pv[..., :1] if pv.ndim < 2 else pv[:1, :1]).sum(-1) + 0.3 * qm.abs().sum(-1)


def remembering() -> Any:
    kept: dict[Any, Tensor] = {}

    def kl(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
        log_pv = kept.setdefault(tuple(pv.shape), pv.detach().log())
        return 0.5 * (log_pv - qv.log() + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

    return kl


def drawing(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    torch.manual_seed(0)
    z = qm + qv.sqrt() * torch.randn(400, *qm.shape)
    return (given.log_normal(z, qm, qv) - given.log_normal(z, pm, pv)).mean(0)


def weighing_later_ones_more(x: Tensor, dim: int) -> Tensor:
    total, *rest = x.unbind(dim)
    for entry in rest:
        total = torch.logaddexp(total, entry) - math.log(2)
    return total


KL = "kl_normal"
FACTS: dict[str, tuple[str, Any, str]] = {
    "rows": (KL, mixed, "changes when the other examples change"),
    "the same for all": (
        KL,
        lambda *a: each(*a).sum(-1).mean() + 0.1 * a[0].mean() + 0 * a[0].sum(-1),
        "All your numbers are the same",
    ),
    "one entry": (KL, the_first_alone, "Of pv only the very first entry counts"),
    "kept": (KL, remembering(), "something is kept from call to call"),
    "drawn": (KL, drawing, "Copies of one example get different numbers"),
    "a mean, and another slip": (
        KL,
        lambda qm, qv, pm, pv: (0.5 * (pv / qv).log() + qv / pv + (qm - pm) ** 2 / pv - 1).mean(-1),
        "Over the dimensions you take the mean, where the sum belongs",
    ),
    "a constant once": (
        KL,
        lambda qm, qv, pm, pv: (0.5 * ((pv / qv).log() + (qv / pv) ** 2 + (qm - pm).abs().sqrt() / pv)).sum(-1) - 0.5,
        "A constant of -0.5 is counted once",
    ),
    "of one input": (
        KL,
        lambda qm, qv, pm, pv: (each(qm, qv, pm, pv) + torch.sin(qv)).sum(-1),
        "depends on qv alone, and not on qm and pm and pv",
    ),
    "in double precision": (
        KL,
        lambda qm, qv, pm, pv: (0.25 * ((pv / qv) ** 2).log() + 0.5 * (qv / pv + (qm - pm) ** 2 / pv - 1)).sum(-1),
        "In double precision the same code is right there",
    ),
    "together": (
        KL,
        lambda qm, qv, pm, pv: 0.5 * ((pv / qv).prod(-1).log() + (qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)),
        "Each dimension by itself comes out right there",
    ),
    "order": ("log_mean_exp", weighing_later_ones_more, "The order of the entries along the axis that is reduced"),
    "the axis": (
        "log_mean_exp",
        lambda x, dim: torch.logsumexp(x, 0) - 2 * math.log(x.shape[0]),
        "dim is not used",
    ),
    "a size": (
        "log_bernoulli_with_logits",
        lambda x, logits: (x * logits - torch.nn.functional.softplus(logits, threshold=4)).sum(-1),
        "Single dimensions come out right but where logits lies",
    ),
    "held": (
        "log_normal",
        lambda x, m, v: given.log_normal(x, m, v).clamp(min=-150),
        "ten times as large your number stays the same",
    ),
    "squeezed": (
        KL,
        lambda qm, qv, pm, pv: each(qm, qv, pm, pv).sum(-1).squeeze(),
        "squeeze() without an axis",
    ),
}


SEEDS = {"kept": 1}
"""Where two of the draws have one shape."""


@pytest.mark.parametrize("fact", one_in(12, FACTS))
def test_a_fact_is_told_of_an_answer_of_which_it_is_true(fact: str) -> None:
    name, answer, words = FACTS[fact]
    found = told(name, answer, seed=SEEDS.get(fact, 0))
    assert found.status == "wrong" and words in found.message, found.message


NOISE: dict[str, tuple[Any, str]] = {
    "v": (lambda m, v: m + v * torch.rand_like(m).sub(0.5) * math.sqrt(12), "Your z spreads by v, "),
    "exp": (
        lambda m, v: m + (v / 2).exp() * StudentT(5.0).sample(m.shape) * math.sqrt(3 / 5),
        "Your z spreads by exp(v / 2), ",
    ),
    "a factor": (lambda m, v: m + 0.7 * v.sqrt() * torch.randn_like(m), "Your z spreads by 0.7"),
    "a floor": (lambda m, v: m + v.clamp(min=0.02).sqrt() * torch.randn_like(m), "never spreads by less than 0.1"),
    "added": (lambda m, v: m + (v + 0.02).sqrt() * torch.randn_like(m), "√(v + c), with c near 0.02"),
    "m": (lambda m, v: m * (1 + v.sqrt() * torch.randn_like(m)), "the noise is multiplied by m"),
    "beside": (
        lambda m, v: m + v.sqrt() * (torch.randn_like(m) + 0.7),
        "√v beside m: the noise has a mean of its own",
    ),
    "tails": (lambda m, v: m + v.sqrt() * StudentT(5.0).sample(m.shape) * math.sqrt(3 / 5), "its tails are too long"),
    "others": (lambda m, v: m + v.mean(-1, keepdim=True).sqrt() * torch.randn_like(m), "when v changes in another"),
}


@pytest.mark.parametrize("law", NOISE)
def test_the_law_by_which_draws_spread_is_told(law: str) -> None:
    answer, words = NOISE[law]
    found = told("sample_gaussian", answer, seed=1)
    assert found.status == "wrong" and words in found.message, found.message


def bound(change: str) -> Any:
    """An ELBO of which one gradient is cut off."""

    class VAE(given.VAE):
        def negative_elbo_bound(self, x: Tensor) -> Any:
            m, v = self.enc(x)
            stopped = {"m": m.detach(), "v": v.detach()}
            drawn_m, drawn_v = stopped["m"] if "m in z" in change else m, stopped["v"] if "v in z" in change else v
            z = drawn_m + drawn_v.sqrt() * torch.randn_like(m)
            kl = given.kl_normal(m, v, *self.z_prior)
            kl = kl.detach() if "kl" in change else kl
            rec = -given.log_bernoulli_with_logits(x, self.dec(z))
            return (kl + rec).mean(), kl.mean(), rec.mean()

    return VAE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("kl", "if kl gives none"),
        ("v in z", "if v gets none through z"),
        ("m in z", "if m gets none through z"),
        ("kl, v in z", "if v gets none through z and kl gives none"),
    ],
)
def test_a_gradient_that_is_cut_off_is_told_where(change: str, words: str) -> None:
    found = told("VAE.negative_elbo_bound", bound(change))
    assert found.status == "wrong" and words in found.message, found.message
    assert told("VAE.negative_elbo_bound", bound("")).status == "correct"


def test_no_z_is_read_off_logits_that_are_cut_off() -> None:
    class VAE(given.VAE):
        def negative_elbo_bound(self, x: Tensor) -> Any:
            m, v = self.enc(x)
            kl = given.kl_normal(m, v, *self.z_prior).mean()
            logits = self.dec(given.sample_gaussian(m, v)).clamp(-6, 6)
            rec = -given.log_bernoulli_with_logits(x, logits).mean()
            return kl + rec, kl, rec

    found = told("VAE.negative_elbo_bound", VAE)
    assert found.status == "wrong" and "the z that you decode" not in found.message
    assert "something cuts them off" in found.message
