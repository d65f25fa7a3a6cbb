"""Exercises 5.5 and 5.6: train with the importance-weighted bound, and the doubly reparameterized gradient."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.exercises.bound_tools import near
from vae_course.exercises.checks import output
from vae_course.exercises.core import Arguments, Check, Exercise, Misconception, Trial, Wrong
from vae_course.exercises.iwae.weight_catalogue import draws, terms
from vae_course.exercises.models import LINEAR_M, Case, apart, kl_terms, linear_weights, rec_without_z, still
from vae_course.exercises.nelbo.bound import FORMULAS
from vae_course.exercises.nelbo.loss import Summary, loss_first, numbers_match, values_on
from vae_course.given import log_mean_exp
from vae_course.stage.lent import known_bound, right_bound, right_weights

LESSON = "05_iwae"


def draw_with_iw(rng: Generator) -> Arguments:
    case = apart(rng)
    return case.model, case.x, 8


def _expected(trial: Trial) -> dict[str, float]:
    case, iw = Case(*trial.arguments[:2]), trial.arguments[2]
    kl, rec = kl_terms(case)[2].mean().item(), rec_without_z(case).mean().item()
    niwae = kl + rec - (20 - 10 / iw)
    return {"0": niwae, "train/loss": niwae, "gen/elbo": -kl - rec, "gen/kl_z": kl, "gen/rec": rec}


def summed(change: Callable[[Tensor, Tensor, Tensor], Summary]) -> Callable[[Any, Tensor, int], Summary]:
    """A `loss` that builds its result from the right niwae, kl, rec."""

    def loss(self: Any, x: Tensor, iw: int = 10) -> Summary:
        return change(*self.negative_iwae_bound(x, iw))

    return loss


def _entries(loss: Any, kl: Any, rec: Any) -> dict[str, Any]:
    return {"train/loss": loss, "gen/elbo": -(kl + rec), "gen/kl_z": kl, "gen/rec": rec}


def _ignores_iw(self: Any, x: Tensor, iw: int = 10) -> Summary:
    niwae, kl, rec = self.negative_iwae_bound(x, 1)
    return niwae, _entries(niwae, kl, rec)


iwae_loss = Exercise(
    name="IWAE.loss",
    lesson=LESSON,
    number="5.5",
    title="Train with the tighter bound",
    points=2,
    minutes=8,
    difficulty=2,
    lines="3 lines",
    arguments=draw_with_iw,
    scaffold={"VAE.negative_iwae_bound": known_bound, "VAE.negative_elbo_bound": right_bound},
    fingerprint=values_on(draw_with_iw),
    checks=(
        Check("a loss and a dictionary", loss_first),
        Check("the loss", numbers_match(lambda trial: {"0": _expected(trial)["0"]}), points=1),
        Check("the numbers", numbers_match(_expected), points=1),
    ),
    misconceptions=(
        Misconception(
            "still-the-elbo",
            summed(lambda niwae, kl, rec: (kl + rec, _entries(kl + rec, kl, rec))),
            "Your loss is kl + rec, the NELBO: this trains the old model. The first of the three numbers is the bound to "
            "minimise.",
        ),
        Misconception(
            "elbo-from-the-bound",
            summed(lambda niwae, kl, rec: (niwae, _entries(niwae, kl, rec) | {"gen/elbo": -niwae})),
            "gen/elbo is −niwae in your dictionary. That is the importance-weighted bound; the ELBO is −(kl + rec), so that "
            "curves of both models can be compared.",
        ),
        Misconception(
            "elbo-with-the-sign-of-nelbo",
            summed(lambda niwae, kl, rec: (niwae, _entries(niwae, kl, rec) | {"gen/elbo": kl + rec})),
            "gen/elbo is the ELBO, −(kl + rec): a negative number that rises in training.",
        ),
        Misconception(
            "maximises",
            summed(lambda niwae, kl, rec: (-niwae, _entries(-niwae, kl, rec))),
            "niwae already is the negative bound: minimise it as it is.",
        ),
        Misconception(
            "ignores-iw", _ignores_iw, "Your loss does not depend on iw: pass it on to negative_iwae_bound(x, iw)."
        ),
        Misconception(
            "keys-without-prefix",
            summed(lambda niwae, kl, rec: (niwae, {"loss": niwae, "elbo": -kl - rec, "kl": kl, "rec": rec})),
            "The keys are renamed. Plots look for train/loss, gen/elbo, gen/kl_z and gen/rec.",
        ),
    ),
    correct={
        "dict display": summed(lambda niwae, kl, rec: (niwae, _entries(niwae, kl, rec))),
        "detached numbers": summed(lambda niwae, kl, rec: (niwae, _entries(niwae.detach(), kl.detach(), rec.detach()))),
        "floats": summed(lambda niwae, kl, rec: (niwae, _entries(niwae.item(), kl.item(), rec.item()))),
    },
    hints=(
        "It is VAE.loss with another bound: what changes is which number training minimises.",
        "niwae, kl, rec = self.negative_iwae_bound(x, iw). The loss is niwae. Is the ELBO −niwae?",
        "Return niwae and the dictionary of VAE.loss, where gen/elbo is −(kl + rec).",
    ),
)


def bound_where_q_is_p(trial: Trial) -> None:
    """The value is the negative bound's: −log p(x) where every weight is p(x)."""
    case = Case(*trial.arguments[:2])
    value = output(trial.call())
    if value.numel() != 1:
        raise Wrong(f"You returned shape {tuple(value.shape)}.", "It should be a scalar.")
    expected = rec_without_z(case).mean().item()
    if not near(value.item(), expected):
        raise Wrong(
            f"Your loss is {value.item():.2f} where every weight is p(x).", f"It should be {expected:.2f} there."
        )


def doubly_reparameterized(trial: Trial) -> None:
    """Where log w = c − m ε − m²/2 (v = 1), each draw adds w̃² · m to the slope in m, exactly.

    So for one draw the slope is m, with no chance in it, and for several it is m Σ w̃², below m and at least m / k.
    """
    case = linear_weights(trial.generator("linear"))
    shares = []
    for iw, seed in ((1, 21), (5, 22), (5, 23), (5, 24)):
        call = trial.call(case.model, case.x, iw, seed=seed)
        slope = call.pull_back({"0": torch.ones_like(output(call))}).get("enc.net.2.bias")
        if slope is None:
            raise Wrong("No gradient of your loss reaches the encoder.", "It flows through z.")
        share = slope[0].item() / LINEAR_M
        if iw == 1 and abs(share - 1) > 1e-3:
            raise Wrong(f"For one draw the slope in m is {slope[0]:.3f}.", f"It should be {LINEAR_M}, whatever z is.")
        shares += [share] * (iw == 5)
    # One of five weights is 2,000 times the others' sum with a chance below 0.001; three calls in a row, below 1e-9.
    if min(shares) > 0.9995 or min(shares) < 0.199 or max(shares) > 1.001:
        raise Wrong(
            f"For five draws the slope in m is m times {shares[0]:.3f}.", "It should be Σ w̃², between 1/5 and 1."
        )


def dreg(power: int, stop_q: bool = True) -> Callable[[Any, Tensor, int], Tensor]:
    """The bound whose gradient through z is weighted by w̃ to some power; 2 is right."""

    def loss(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        stopped = (m.detach(), v.detach()) if stop_q else (m, v)
        likelihood, prior, posterior = terms(model, x, *stopped, z)
        log_w = likelihood + prior - posterior
        share = torch.softmax(log_w, 1).detach()
        # The bound's own gradient brings the first power.
        z.register_hook(lambda g: g * share.unsqueeze(-1) ** (power - 1))
        return -log_mean_exp(log_w, 1).mean()

    return loss


def _surrogates(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v, z = draws(model, x, iw)
    likelihood, prior, posterior = terms(model, x, m.detach(), v.detach(), z)
    log_w = likelihood + prior - posterior
    share = torch.softmax(log_w, 1).detach()
    to_encoder = -(share**2 * log_w).sum(1).mean()
    fixed = terms(model, x, m.detach(), v.detach(), z.detach())
    to_decoder = -(share * (fixed[0] + fixed[1])).sum(1).mean()
    # Two losses for two sets of weights, put together with the value of the bound.
    frozen = -(share**2 * fixed[0]).sum(1).mean()
    surrogate = to_encoder - frozen + to_decoder
    return surrogate - surrogate.detach() - log_mean_exp(log_w, 1).mean().detach()


dreg_loss = Exercise(
    name="dreg_loss",
    lesson=LESSON,
    number="5.6",
    title="The doubly reparameterized gradient",
    points=0,
    minutes=30,
    difficulty=4,
    lines="8 lines",
    optional=True,
    arguments=lambda rng: (*_pair(still(rng, batch=4)), 6),
    scaffold=FORMULAS,
    checks=(
        Check("the value of the bound", bound_where_q_is_p),
        Check("the gradient to the encoder", doubly_reparameterized),
    ),
    fingerprint=lambda answer: _dreg_fingerprint(answer),
    misconceptions=(
        Misconception(
            "plain-bound",
            lambda model, x, iw: -log_mean_exp(right_weights(model, x, iw), 1).mean(),
            "m and v still act inside log q, as in the bound's ordinary gradient. Detach them there, and weight the path "
            "through z by w̃².",
            family="q not detached",
        ),
        Misconception(
            "sticking-the-landing",
            dreg(1),
            "m and v are stopped inside log q, and the path through z is weighted by w̃: that is sticking the landing, "
            "biased for k > 1. DReG weights by w̃².",
        ),
        Misconception(
            "squared-without-stopping",
            dreg(2, stop_q=False),
            "m and v still act inside log q: detach them there. The path through z is weighted by w̃².",
            family="q not detached",
        ),
    ),
    correct={"a hook on z": dreg(2), "surrogate losses": _surrogates},
    hints=(
        "The gradient in the encoder's weights should flow through z alone. Where else do m and v enter log w?",
        "Detach m and v inside log q. The path through z then needs the weight w̃², and the bound itself brings one w̃.",
        "z.register_hook(lambda g: g * w̃) with w̃ = softmax(log w) detached multiplies the path by the missing w̃.",
    ),
)


def _pair(case: Case) -> tuple[Any, Tensor]:
    return case.model, case.x


def _dreg_fingerprint(answer: Any) -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(5)
    case = linear_weights(rng)
    found = {}
    for iw in (1, 5):
        call = answer.call(case.model, case.x, iw, seed=iw)
        slope = call.pull_back({n: torch.ones_like(t) for n, t in call.outputs.items()}).get("enc.net.2.bias")
        if slope is None:
            return {}
        share = slope[0].item() / LINEAR_M
        found[f"{iw}: as if one draw"] = torch.tensor(float(abs(share - 1) < 1e-3))
    return found
