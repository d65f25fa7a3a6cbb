"""Exercise 7.1: the class VAE, whole. Nothing of it is lent: its own methods call each other."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import Module

from vae_course import nns
from vae_course.answers import Answer, Call, Model
from vae_course.exercises import models
from vae_course.exercises.bound_tools import part
from vae_course.exercises.core import Arguments, Raised, Trial, Wrong, generator
from vae_course.exercises.diagnosis import InParts
from vae_course.exercises.generation import checks as sampling
from vae_course.exercises.generation import designed
from vae_course.exercises.noise import rows_agree

LESSON = "07_capstone"


def of_method(
    *tests: Callable[[Trial], None], name: str, arguments: Arguments | None = None
) -> Callable[[Trial], None]:
    """Checks of one method, put to that method of a class; `arguments` replace the exercise's own.

    Checks of the same method share one trial, and with it their calls.
    """

    def on_class(trial: Trial) -> None:
        trials = trial.__dict__.setdefault("_of_methods", {})
        if name not in trials:
            trials[name] = Trial(trial.exercise, trial.answer.method(name), trial.seed)
            trials[name]._arguments = arguments
        try:
            for test in tests:
                test(trials[name])
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
        raise_if_untouched(call)
        raise Wrong(
            f"VAE('tiny', 'mine', 4) raised {call.error.type}: {call.error.message}",
            "It should build a model: __init__(self, nn, name, z_dim), with super().__init__() first.",
        )
    for name, kind in (("enc", "Encoder"), ("dec", "Decoder")):
        if not is_set(trial.answer, trial.arguments[0], name):
            raise Wrong(f"Your constructor sets no self.{name}.", f"It should set it to the network's {kind}(z_dim).")


def raise_if_untouched(call: Call) -> None:
    """A class whose `raise NotImplementedError` stands below given lines, such as super().__init__(), is not started."""
    if call.error is not None and call.error.type == "NotImplementedError":
        raise Raised(replace(call, error=replace(call.error, is_stub=True)))


def is_set(answer: Answer, model: Model, name: str) -> bool:
    """Does the constructor, alone, leave an attribute (or the class a property) of this name?"""
    calls = (answer.method(reader).call(model, name, seed=0) for reader in ("__getattr__", "__getattribute__"))
    return any(call.error is None and call.kinds.get("returned") != "NoneType" for call in calls)


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
    mean, variance = part(call, "0"), part(call, "1")
    if not (bool((mean == 0).all()) and bool((variance == 1).all())):
        raise Wrong(
            f"Your z_prior is {mean.flatten()[0]:g}, {variance.flatten()[0]:g}.", "It should be mean 0, variance 1."
        )


def _right(trial: Trial) -> float:
    model, x = trial.arguments
    return models.rec_without_z(models.Case(model, x)).mean().item()


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
    _compare({n: part(call, n).mean().item() for n in expected}, expected)


def _compare(found: dict[str, float], right: dict[str, float]) -> None:
    words = {"0": "the loss"}
    for name, value in right.items():
        if not abs(found[name] - value) <= 1e-3 * (1 + abs(value)):
            raise Wrong(
                f"loss: {words.get(name, name)} is {found[name]:.2f} on a model where it is known.",
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


@cache
def _cases() -> tuple[models.Case, models.Case]:
    return models.still(generator(0, "still")), models.apart(generator(0, "apart"))


@InParts
def fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """What its constructor sets, the bounds and the loss on two designed models, and the samples."""
    still, apart = _cases()
    yield {name: torch.tensor(float(is_set(answer, still.model, name))) for name in ("enc", "dec", "z_prior")}
    yield _values(answer, "negative_elbo_bound", apart)
    yield _values(answer, "negative_iwae_bound", still, 4)
    # With draws, the bound itself is random.
    yield {n: t for n, t in _values(answer, "negative_iwae_bound", apart, 4).items() if n != "0"} | {"": torch.ones(1)}
    yield _values(answer, "loss", apart)
    z = answer.method("sample_z").call(designed.ruler(0, 3, 9), 512, seed=2).outputs.get("0")
    if z is None:
        return
    yield {"spread": z.double().std() / 3, "rows": torch.tensor(float(rows_agree(z)))}
    yield from designed.image_parts(answer.method("sample_x"), given_z=False)


def _values(answer: Answer, method: str, case: models.Case, *more: int) -> dict[str, Tensor]:
    outputs = answer.method(method).call(case.model, case.x, *more, seed=1).outputs
    return {name: value.double() for name, value in outputs.items()}
