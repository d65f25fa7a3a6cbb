"""Exercise 9.6: how it goes wrong, each mistake written as the one piece of a right loss that differs; and what a tutor says."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from vae_course.checks.engine.exercise import Misconception

Change = Callable[..., Tensor]


def _altered(change: Change) -> Callable[..., Tensor]:
    """A mistake in putting together: from the bound, the classifier's logits of the labelled images, their labels and the weight."""

    def wrong(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
        return change(model.unlabelled_bound(x)[0], model.cls(labelled), y, weight)

    return wrong


def _at_labels(logits: Tensor, y: Tensor) -> Tensor:
    """log q(y|x) at the labels, (batch,)."""
    return logits.log_softmax(-1)[range(len(y)), y]


def _labels_of_others(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
    return model.unlabelled_bound(x)[0] - weight * _at_labels(model.cls(x[: len(y)]), y).mean()


def _bound_of_labelled(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
    return model.unlabelled_bound(labelled)[0] - weight * _at_labels(model.cls(labelled), y).mean()


def _bound_of_all(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
    return model.unlabelled_bound(torch.cat([x, labelled]))[0] - weight * _at_labels(model.cls(labelled), y).mean()


def _bounds_added(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
    return _bound_of_labelled(model, x, labelled, y, weight) + model.unlabelled_bound(x)[0]


def _summed_over_many(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
    return model.unlabelled_bound(x)[0] - weight * _at_labels(model.cls(labelled), y).sum() / len(x)


def _ten_questions(nelbo: Tensor, logits: Tensor, y: Tensor, weight: float) -> Tensor:
    return nelbo + weight * binary_cross_entropy_with_logits(logits, one_hot(y, logits.shape[-1]).float())


def _ten_questions_summed(nelbo: Tensor, logits: Tensor, y: Tensor, weight: float) -> Tensor:
    each = binary_cross_entropy_with_logits(logits, one_hot(y, logits.shape[-1]).float(), reduction="none")
    return nelbo + weight * each.sum(-1).mean()


def _rec_alone(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
    return model.unlabelled_bound(x)[3] - weight * _at_labels(model.cls(labelled), y).mean()


def _all_four(model: Any, x: Tensor, labelled: Tensor, y: Tensor, weight: float) -> Tensor:
    return torch.stack(model.unlabelled_bound(x)).sum() - weight * _at_labels(model.cls(labelled), y).mean()


MISTAKES = (
    Misconception(
        "labels-of-other-images",
        _labels_of_others,
        "You compare the labels with the classifier's answer for x, the images *without* labels. They belong to the images in `labelled`.",
    ),
    Misconception(
        "bound-of-the-labelled",
        _bound_of_labelled,
        "You take the bound of the images with labels, of which there are few. The bound is for x, the many without.",
    ),
    Misconception(
        "bound-of-both",
        _bound_of_all,
        "Your bound runs over both batches together. Asked is the bound of x alone (the labelled images are among the 50,000 as well, and "
        "come there in their turn).",
    ),
    Misconception(
        "both-bounds-added",
        _bounds_added,
        "You add a bound for the images with labels to that of x. Asked is the bound of x alone (the labelled images are among the 50,000 as well, and "
        "come there in their turn).",
    ),
    Misconception(
        "rec-for-the-bound",
        _rec_alone,
        "You add the last of the four numbers, rec. The bound is the first.",
    ),
    Misconception(
        "no-bound",
        lambda model, x, labelled, y, weight: -weight * _at_labels(model.cls(labelled), y).mean(),
        "The bound is missing: that trains a classifier on a hundred images, and nothing else.",
    ),
    Misconception(
        "no-labels",
        lambda model, x, labelled, y, weight: model.unlabelled_bound(x)[0],
        "The labels do not enter your loss: nobody tells which of the ten classes is called 4.",
    ),
    Misconception(
        "sign-of-the-labels",
        _altered(lambda nelbo, logits, y, weight: nelbo + weight * _at_labels(logits, y).mean()),
        "log q(y|x) enters with a plus, so that training makes the right labels *unlikely*. The cost is −log q(y|x).",
    ),
    Misconception(
        "probability-for-its-log",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * _at_labels(logits, y).exp().mean()),
        "You take the probability of the label itself. The cost is −log q(y|x).",
    ),
    Misconception(
        "softmax-twice",
        _altered(lambda nelbo, logits, y, weight: nelbo + weight * cross_entropy(logits.softmax(-1), y)),
        "cross_entropy takes logits, and makes the log-softmax by itself: you hand it probabilities.",
    ),
    Misconception(
        "log-of-the-softmax",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * logits.softmax(-1)[range(len(y)), y].log().mean()),
        "Right until the classifier is sure, and wrong: the label's probability is then 0 in float32, and its log infinite. torch.log_softmax of the logits, "
        "or cross_entropy, stays finite.",
    ),
    Misconception(
        "softmax-over-the-images",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * logits.log_softmax(0)[range(len(y)), y].mean()),
        "Your softmax runs over the images. Each image's probabilities of the ten classes add up to 1: the last axis.",
    ),
    Misconception(
        "log-softmax-left-out",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * logits[range(len(y)), y].mean()),
        "You take the logit of the label, which is no log probability yet: log_softmax first.",
    ),
    Misconception(
        "summed-over-the-labelled",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * _at_labels(logits, y).sum()),
        "The labels' term is summed over the images. It is a mean, as the bound is.",
    ),
    Misconception(
        "divided-by-the-many",
        _summed_over_many,
        "The labels' term is divided by the number of images in x. It is a mean over the images that have labels.",
    ),
    Misconception(
        "ten-questions",
        _altered(_ten_questions),
        "You ask of each class by itself whether it is the one (binary cross-entropy of a one-hot y). Of ten classes an image has one: −log q(y|x), by a softmax.",
        family="ten-questions",
    ),
    Misconception(
        "ten-questions-summed",
        _altered(_ten_questions_summed),
        "You ask of each class by itself whether it is the one (binary cross-entropy of a one-hot y). Of ten classes an image has one: −log q(y|x), by a softmax.",
        family="ten-questions",
    ),
    Misconception(
        "averaged-over-the-classes",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * _at_labels(logits, y).mean() / logits.shape[-1]),
        "The labels' term is divided by the ten classes as well. Of each image one log q counts, that of its label: average over the images alone.",
    ),
    Misconception(
        "every-label-for-every-image",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * logits.log_softmax(-1)[:, y].mean()),
        "[:, y] takes *all* labels' columns from every image, (n, n). Image i has the label y[i] alone: [torch.arange(n), y].",
    ),
    Misconception(
        "all-four-added",
        _all_four,
        "You add up all four numbers of the bound. The first is the sum of the others already.",
    ),
    Misconception(
        "weight-on-the-bound",
        _altered(lambda nelbo, logits, y, weight: weight * nelbo - _at_labels(logits, y).mean()),
        "The weight stands before the bound. It belongs to the labels' term.",
    ),
    Misconception(
        "weight-on-both",
        _altered(lambda nelbo, logits, y, weight: weight * (nelbo - _at_labels(logits, y).mean())),
        "The weight multiplies the bound as well. It belongs to the labels' term alone.",
    ),
    Misconception(
        "weight-forgotten",
        _altered(lambda nelbo, logits, y, weight: nelbo - _at_labels(logits, y).mean()),
        "Your loss is the same for every weight: it stands before the labels' term.",
    ),
    Misconception(
        "between-the-two",
        _altered(lambda nelbo, logits, y, weight: (1 - weight) * nelbo - weight * _at_labels(logits, y).mean()),
        "You give the bound what the weight leaves of 1. The bound counts once, whatever the weight.",
    ),
    Misconception(
        "classifier-detached-from-labels",
        _altered(lambda nelbo, logits, y, weight: nelbo - weight * _at_labels(logits.detach(), y).mean()),
        "The value is right, but the labels' term is detached: the classifier does not hear of them.",
    ),
    Misconception(
        "bound-detached",
        _altered(lambda nelbo, logits, y, weight: nelbo.detach() - weight * _at_labels(logits, y).mean()),
        "The value is right, but the bound is detached: nothing learns from the images without labels.",
    ),
)
