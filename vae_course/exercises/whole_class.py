"""Exercise 7.1: the class VAE, whole. Nothing of it is lent: its own methods call each other."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import Module

from vae_course import nns
from vae_course.answers import Answer
from vae_course.exercises import models, samplers
from vae_course.exercises import sampling_checks as sampling
from vae_course.exercises.checks import output
from vae_course.exercises.core import Arguments, Trial, Wrong, generator

LESSON = "07_capstone"


def of_method(test: Callable[[Trial], None], name: str, arguments: Arguments | None = None) -> Callable[[Trial], None]:
    """A check of one method, put to that method of a class; `arguments` replace the exercise's own."""

    def on_class(trial: Trial) -> None:
        inner = Trial(trial.exercise, trial.answer.method(name), trial.seed)
        inner._arguments = arguments
        try:
            test(inner)
        except Wrong as wrong:
            raise Wrong(f"{name}: {wrong.got}", wrong.expected) from None

    return on_class


def draw_still(generator: Generator) -> Arguments:
    """A model and images whose bounds are known without luck: see `models.still`."""
    case = models.still(generator)
    return case.model, case.x


def builds(trial: Trial) -> None:
    """A gate: VAE(nn, name, z_dim) can be called, in this order."""
    call = trial.answer.method("__init__").call(trial.arguments[0], "tiny", "mine", 4, seed=0)
    if call.error is not None:
        raise Wrong(
            f"VAE('tiny', 'mine', 4) raised {call.error.type}: {call.error.message}",
            "It should build a model: __init__(self, nn, name, z_dim), with super().__init__() first.",
        )


def prior_is_standard(trial: Trial) -> None:
    """z_prior is (mean, variance) = (0, 1), of any shape that broadcasts to (batch, z_dim)."""
    for reader in ("__getattribute__", "__getattr__"):
        call = trial.answer.method(reader).call(trial.arguments[0], "z_prior", seed=0)
        if call.error is None:
            break
    if call.error is not None:
        raise Wrong("Your model has no z_prior.", "z_prior should be the pair (mean, variance) of p(z).")
    if len(call.outputs) != 2:
        raise Wrong("Your z_prior is not a pair.", "z_prior should be (mean, variance) of p(z).")
    mean, variance = output(call, "0"), output(call, "1")
    if not (bool((mean == 0).all()) and bool((variance == 1).all())):
        raise Wrong(
            f"Your z_prior is {mean.flatten()[0]:g}, {variance.flatten()[0]:g}.", "It should be mean 0, variance 1."
        )


def still_bounds(trial: Trial, method: str, *more: int) -> dict[str, float]:
    """The three numbers of a bound where every draw of z gives the same ones."""
    call = Trial(trial.exercise, trial.answer.method(method), trial.seed).call(*trial.arguments, *more, seed=1)
    names = ("0", "1", "2")
    found = {}
    for name in names:
        value = output(call, name)
        if value.numel() != 1:
            raise Wrong(
                f"{method}: output {name} has shape {tuple(value.shape)}.", "Three scalars: mean over the batch."
            )
        found[name] = value.item()
    return found


def _right(trial: Trial) -> float:
    model, x = trial.arguments
    return models.rec_without_z(models.Case(model, x)).mean().item()


def elbo_is_right(trial: Trial) -> None:
    """On a model whose decoder ignores z and whose q is the prior: nelbo = rec = −log p(x) and kl = 0, exactly."""
    _compare(still_bounds(trial, "negative_elbo_bound"), {"0": _right(trial), "1": 0.0, "2": _right(trial)}, "nelbo")


def elbo_adds_up(trial: Trial) -> None:
    """On a model whose decoder ignores z and whose q is elsewhere: rec is exact, and so is kl = nelbo − rec if in closed
    form; a Monte Carlo kl is only held to nelbo = kl + rec."""
    case = models.apart(trial.generator("apart"))
    inner = Trial(trial.exercise, trial.answer.method("negative_elbo_bound"), trial.seed)
    call = inner.call(case.model, case.x, seed=2)
    nelbo, kl, rec = (output(call, name).item() for name in ("0", "1", "2"))
    right = models.rec_without_z(case).mean().item()
    _compare({"2": rec}, {"2": right}, "nelbo")
    if abs(nelbo - kl - rec) > 1e-3 * (1 + abs(nelbo)):
        raise Wrong(f"nelbo is {nelbo:.2f}, and kl + rec is {kl + rec:.2f}.", "nelbo = kl + rec.")
    exact = models.kl_terms(case)[2].mean().item()
    if abs(kl - exact) > 0.5 * exact:
        raise Wrong(
            f"Your kl is {kl:.2f} nats.",
            f"It should be {exact:.2f}, or scatter near it: sum over dimensions, mean over images.",
        )


def iwae_is_right(trial: Trial) -> None:
    """On the same model every weight is p(x): niwae = −log p(x) exactly, for every iw."""
    for iw in (1, 4):
        found = still_bounds(trial, "negative_iwae_bound", iw)
        _compare(found, {"0": _right(trial), "1": 0.0, "2": _right(trial)}, f"niwae, iw = {iw}")


def loss_is_right(trial: Trial) -> None:
    """loss returns nelbo and the four numbers by name; on the same model all are known."""
    call = Trial(trial.exercise, trial.answer.method("loss"), trial.seed).call(*trial.arguments, seed=3)
    right = _right(trial)
    expected = {"0": right, "train/loss": right, "gen/elbo": -right, "gen/kl_z": 0.0, "gen/rec": right}
    missing = [name for name in expected if name not in call.kinds]
    if missing:
        raise Wrong(
            f"loss: {', '.join(missing)} is missing.",
            "It returns (nelbo, {'train/loss', 'gen/elbo', 'gen/kl_z', 'gen/rec'}).",
        )
    _compare({n: output(call, n).mean().item() for n in expected}, expected, "loss")


def _compare(found: dict[str, float], right: dict[str, float], what: str) -> None:
    words = {"0": what, "1": "kl", "2": "rec"}
    for name, value in right.items():
        if name in found and not abs(found[name] - value) <= 1e-3 * (1 + abs(value)):
            raise Wrong(
                f"{words.get(name, name)} is {found[name]:.2f} on a model where it is known.",
                f"It should be {value:.2f} nats.",
            )


class RightVAE(Module):
    """A right class through torch.distributions, from which the mistakes below are derived."""

    z_prior_m: Tensor
    z_prior_v: Tensor

    def __init__(self, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = network.Encoder(z_dim), network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self) -> tuple[Tensor, Tensor]:
        return self.z_prior_m, self.z_prior_v

    def _q(self, x: Tensor) -> tuple[Normal, Normal]:
        m, v = self.enc(x)
        return Normal(m, v.sqrt()), Normal(self.z_prior_m, self.z_prior_v.sqrt())

    def negative_elbo_bound(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, p = self._q(x)
        kl = kl_divergence(q, p).sum(-1).mean()
        rec = -Bernoulli(logits=self.dec(q.rsample()), validate_args=False).log_prob(x).sum(-1).mean()
        return kl + rec, kl, rec

    def log_w(self, x: Tensor, iw: int) -> Tensor:
        q, p = self._q(x)
        z = q.rsample((iw,))
        log_p = Bernoulli(logits=self.dec(z), validate_args=False).log_prob(x).sum(-1)
        return log_p + (p.log_prob(z) - q.log_prob(z)).sum(-1)  # (iw, batch)

    def negative_iwae_bound(self, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
        _, kl, rec = self.negative_elbo_bound(x)
        return -(torch.logsumexp(self.log_w(x, iw), 0) - math.log(iw)).mean(), kl, rec

    def loss(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    sample_z = sampling.right_sample_z
    compute_sigmoid_given = sampling.right_sigmoid_given
    sample_sigmoid = sampling.right_sample_sigmoid
    sample_x_given = sampling.right_x_given
    sample_x = sampling.right_sample_x


def derived(**methods: Any) -> type:
    """RightVAE with some methods replaced."""
    return type("VAE", (RightVAE,), methods)


def fingerprint(answer: Answer) -> dict[str, Tensor]:
    """The bounds, the loss and the samples on two designed models."""
    found: dict[str, Tensor] = {}
    still, apart = models.still(generator(0, "still")), models.apart(generator(0, "apart"))
    for label, case in (("still", still), ("apart", apart)):
        for method, more in (("negative_elbo_bound", ()), ("negative_iwae_bound", (4,)), ("loss", ())):
            call = answer.method(method).call(case.model, case.x, *more, seed=1)
            for name, value in call.outputs.items():
                random = label == "apart" and method == "negative_iwae_bound" and name == "0"
                if not random:
                    found[f"{label} {method} {name}"] = value.double()
    images = samplers.image_fingerprint(answer.method("sample_x"), given_z=False)
    found |= {f"sample_x {name}": value for name, value in images.items()}
    z = answer.method("sample_z").call(samplers.ruler(0, 3, 9), 512, seed=2).outputs.get("0")
    return found if z is None else found | {"sample_z": z.double().std() / 3}
