"""The checks of `semi_supervised_loss`: a stand-in for the bound, without chance, and the labels' cost, computed again in double precision."""

from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds.bound_tools import must_be_near, must_leave_backward_to_others, must_leave_the_model
from vae_course.checks.worlds.labelled import CLASSES, doubled, flat, log_class
from vae_course.runner.answers import Call, Model

WEIGHTS = (0.0, 1.0, 100.0)
BIAS = "cls.net.2.bias"


def draw_case(rng: Generator) -> Arguments:
    """A model, images without labels (one of them grey), others with, their labels (one of them 0), and a weight between 1 and 16; 6 images,
    4 with labels."""
    case = flat(rng, batch=10)
    x, labels = case.x.flip(0), torch.randint(0, CLASSES, (4,), generator=rng)
    labels[1] = 0
    return case.model, x[:6], x[6:], labels, float(2 ** (4 * torch.rand((), generator=rng)))


def where_certain(arguments: Arguments) -> Arguments:
    """With a classifier that is all but certain, and wrong: the label's probability is 0 in float32."""
    model, x, labelled, y, _ = arguments
    bias = model.weights[BIAS] + 150 * torch.eye(CLASSES)[3]
    return replace(model, weights={**model.weights, BIAS: bias}), x, labelled, torch.zeros_like(y), 2.0


def parts(model: Model, x: Tensor, labelled: Tensor, y: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The bound that stands in, and the mean of −log q(y|x) at the labels; in double precision.

    Args:
        bias: the classifier's last, in place of the model's own.
    """
    w = doubled(model)
    w[BIAS] = w[BIAS] if bias is None else bias
    logits_q = log_class(w, x)
    shift = _logits(w, x)
    kl_z = x.double().sum(-1) / 20 + 2 * torch.sigmoid(shift[:, 1])
    bound = (kl_z + 3 * logits_q.exp()[:, 0] + 40 + 5 * torch.tanh(shift).square().sum(-1)).mean()
    return bound, -log_class(w, labelled)[torch.arange(len(y)), y].mean()


def _logits(w: dict[str, Tensor], x: Tensor) -> Tensor:
    hidden = torch.tanh(x.double() @ w["cls.net.0.weight"].T + w["cls.net.0.bias"])
    return hidden @ w["cls.net.2.weight"].T + w[BIAS]


def truth(*arguments: Any) -> float:
    model, x, labelled, y, weight = arguments
    bound, surprise = parts(model, x, labelled, y)
    return float(bound + weight * surprise)


@per_trial
def drawn(trial: Trial) -> tuple[Arguments, Call]:
    arguments = draw_case(trial.generator("arguments"))
    return arguments, trial.call(*arguments, seed=1)


def returns_a_scalar(trial: Trial) -> None:
    """A gate."""
    _, call = drawn(trial)
    value = output(call)
    if value.ndim:
        raise Wrong(f"You returned shape {tuple(value.shape)}.", "It should be a scalar, shape ().")
    must_leave_the_model(call)


def is_the_sum(trial: Trial) -> None:
    arguments, call = drawn(trial)
    bound, surprise = (float(part) for part in parts(*arguments[:4]))
    must_be_near(
        "loss",
        output(call).item(),
        bound + arguments[-1] * surprise,
        f"with weight = {arguments[-1]:.2f}, a bound of {bound:.2f} and −log q(y|x) = {surprise:.2f} on average at the labels",
        closer=lambda: _weights_in(trial),
    )
    for weight in WEIGHTS:
        other = trial.call(*arguments[:4], weight, seed=2)
        must_be_near("loss", output(other).item(), bound + weight * surprise, f"with weight = {weight:g}")
    one = (arguments[0], arguments[1], arguments[2][:1], arguments[3][:1], 2.0)
    must_be_near("loss", output(trial.call(*one, seed=3)).item(), truth(*one), "for a single image with a label")
    certain = where_certain(arguments)
    must_be_near(
        "loss",
        output(trial.call(*certain, seed=4)).item(),
        truth(*certain),
        "where the classifier is all but certain, and wrong",
    )


def _weights_in(trial: Trial) -> str:
    """How often the bound and the labels' term count, read off three weights."""
    arguments, _ = drawn(trial)
    bound, surprise = (float(part) for part in parts(*arguments[:4]))
    found = [output(trial.call(*arguments[:4], weight, seed=2)).item() for weight in (0.0, 1.0, 3.0)]
    at_none, slope = found[0], found[1] - found[0]
    if abs(found[2] - found[0] - 3 * slope) > 1e-3 * (1 + abs(found[2])):
        return ""
    return (
        f"With weight 0 your loss is {at_none:.2f}, and the bound {bound:.2f}; each unit of weight adds {slope:.2f}, and the labels' term is "
        f"{surprise:.2f}."
    )


def reaches_the_classifier(trial: Trial) -> None:
    """Both terms teach the classifier."""
    arguments, call = drawn(trial)
    must_leave_backward_to_others(call)
    if "0" not in call.differentiable:
        raise Wrong("Your loss carries no gradient.", "No .item(), numpy, .detach() or torch.no_grad() on the way.")
    got, right = call.slopes.get(BIAS), right_slope(arguments)
    if got is None:
        raise Wrong("No gradient of your loss reaches the classifier.", "Both terms depend on it.")
    if not close(got.double(), right, 2e-3):
        i = int((got.double() - right).abs().argmax())
        raise Wrong(
            f"Your loss's slope in a bias of the classifier is {got[i]:.4f}.",
            f"It should be {right[i]:.4f} there: the bound's and weight times the labels'.",
            follows=("nelbo + weight · surprise at the labels",),
        )


def right_slope(arguments: Arguments) -> Tensor:
    model, x, labelled, y, weight = arguments
    bias = model.weights[BIAS].double().requires_grad_()
    bound, surprise = parts(model, x, labelled, y, bias)
    return torch.autograd.grad(bound + weight * surprise, bias)[0]
