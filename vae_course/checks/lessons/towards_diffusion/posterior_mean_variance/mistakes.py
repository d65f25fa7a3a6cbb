"""What people write in the place of mean and variance of one step back."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.lessons.towards_diffusion.posterior_mean_variance.steps_back import true_posterior

Part = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def _mean(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    return true_posterior(x_t, x0, alpha_bar, before)[0]


def _variance(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    return true_posterior(x_t, x0, alpha_bar, before)[1]


def _parts(mean: Part = _mean, variance: Part = _variance) -> Part:
    """A mistake in one of the two, or in both."""

    def wrong(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
        arguments = x_t, x0, alpha_bar, alpha_bar_before
        return torch.stack([mean(*arguments), variance(*arguments).expand_as(x_t)])

    return wrong


def _weights(alpha_bar: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Of x_t and of x0 in the mean."""
    one, none = torch.ones_like(alpha_bar), torch.zeros_like(alpha_bar)
    return _mean(one, none, alpha_bar, before), _mean(none, one, alpha_bar, before)


def _weighed(change: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Part:
    """A mean with other weights: change(of x_t, of x0, ᾱ, ᾱ before)."""

    def mean(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
        noised, clean = change(*_weights(alpha_bar, before), alpha_bar, before)
        return noised * x_t + clean * x0

    return _parts(mean)


def _with_v(change: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Part:
    """Another v, by which the mean is multiplied as well: change(α, ᾱ, ᾱ before)."""

    def wrong(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
        alpha = alpha_bar / alpha_bar_before
        return _by_the_goal(x_t, x0, alpha, alpha_bar_before, change(alpha, alpha_bar, alpha_bar_before))

    return wrong


def _with_alpha(change: Callable[[Tensor, Tensor], Tensor]) -> Part:
    """Another α: change(ᾱ, ᾱ before)."""

    def wrong(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
        alpha = change(alpha_bar, alpha_bar_before)
        v = (1 - alpha) * (1 - alpha_bar_before) / (1 - alpha_bar)
        return _by_the_goal(x_t, x0, alpha, alpha_bar_before, v)

    return wrong


def _by_the_goal(x_t: Tensor, x0: Tensor, alpha: Tensor, before: Tensor, v: Tensor) -> Tensor:
    """Two sources, each times its precision, times v."""
    known, seen = before.sqrt() / (1 - before), alpha.sqrt() / (1 - alpha)
    return torch.stack([v * (known * x0 + seen * x_t), v.expand_as(x0)])


def _denominators_exchanged(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    alpha, v = alpha_bar / alpha_bar_before, _variance(x_t, x0, alpha_bar, alpha_bar_before)
    mean = v * (alpha_bar_before.sqrt() / (1 - alpha) * x0 + alpha.sqrt() / (1 - alpha_bar_before) * x_t)
    return torch.stack([mean, v.expand_as(mean)])


def _by_half(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    """v times the first source, and the second without it."""
    alpha, v = alpha_bar / alpha_bar_before, _variance(x_t, x0, alpha_bar, alpha_bar_before)
    mean = v * alpha_bar_before.sqrt() / (1 - alpha_bar_before) * x0 + alpha.sqrt() / (1 - alpha) * x_t
    return torch.stack([mean, v.expand_as(mean)])


def _with_step_for_alpha(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    """α is the step's own share, ᾱ / ᾱ before; here ᾱ stands in its place."""
    rest = 1 - alpha_bar
    mean = before.sqrt() * rest / rest * x0 + alpha_bar.sqrt() * (1 - before) / rest * x_t
    return torch.stack([mean, (1 - before).expand_as(mean)])


MISTAKES = (
    Misconception(
        "forward-variance",
        _parts(variance=lambda x_t, x0, alpha_bar, before: 1 - alpha_bar / before),
        "Your mean is right. Your variance is 1 − α, that of the step forwards. Going back one knows x0 as well, so less is open: by the factor (1 − ᾱ before) / (1 − ᾱ).",
    ),
    Misconception(
        "marginal-variance",
        _parts(variance=lambda x_t, x0, alpha_bar, before: 1 - before),
        "Your mean is right. Your variance is that of x_before given x0 alone. x_t is known too, and makes it smaller.",
    ),
    Misconception(
        "precision",
        _parts(variance=lambda x_t, x0, alpha_bar, before: 1 / _variance(x_t, x0, alpha_bar, before)),
        "Your mean is right. Your second part is the precision; the variance is 1 over it.",
    ),
    Misconception(
        "standard-deviation",
        _parts(variance=lambda x_t, x0, alpha_bar, before: _variance(x_t, x0, alpha_bar, before).sqrt()),
        "Your mean is right. Your second part is the standard deviation. v is always a variance here.",
    ),
    Misconception(
        "log-variance",
        _parts(variance=lambda x_t, x0, alpha_bar, before: _variance(x_t, x0, alpha_bar, before).log()),
        "Your mean is right. Your second part is the log-variance. v is the variance itself.",
    ),
    Misconception(
        "ratio-upside-down",
        _parts(variance=lambda x_t, x0, alpha_bar, before: (1 - alpha_bar / before) * (1 - alpha_bar) / (1 - before)),
        "Your mean is right. In your variance the factor is upside down: the variance has to be smaller than 1 − α, as one knows more than going forwards.",
    ),
    Misconception(
        "weights-exchanged",
        _weighed(lambda noised, clean, alpha_bar, before: (clean, noised)),
        "Your variance is right. In your mean the weights of x_t and x0 have changed places, or x_t and x0 themselves: x0 says most where the noise before is small beside that of the step.",
    ),
    Misconception(
        "denominators-exchanged",
        _denominators_exchanged,
        "Your variance is right. In your mean the denominators have changed places: √ᾱ before · x0 stands over 1 − ᾱ before, and √α · x_t over 1 − α.",
    ),
    Misconception(
        "variance-for-root-of-data",
        _weighed(lambda noised, clean, alpha_bar, before: (noised, clean * before**0.5)),
        "Your variance is right. In your mean x0 is multiplied by ᾱ before, where its root belongs: x0 was scaled by the root.",
    ),
    Misconception(
        "variance-for-root-of-step",
        _weighed(lambda noised, clean, alpha_bar, before: (noised * (alpha_bar / before) ** 0.5, clean)),
        "Your variance is right. In your mean x_t is multiplied by α, where its root belongs.",
    ),
    Misconception(
        "root-of-data-forgotten",
        _weighed(lambda noised, clean, alpha_bar, before: (noised, clean / before**0.5)),
        "Your variance is right. In your mean the factor √ᾱ before of x0 is missing: the step before held x0 only times that.",
    ),
    Misconception(
        "root-of-step-forgotten",
        _weighed(lambda noised, clean, alpha_bar, before: (noised / (alpha_bar / before) ** 0.5, clean)),
        "Your variance is right. In your mean the factor √α of x_t is missing.",
    ),
    Misconception(
        "data-forgotten",
        _weighed(lambda noised, clean, alpha_bar, before: (noised, 0 * clean)),
        "Your variance is right. Your mean leaves x0 out. Two sources tell of the step before: x_t, and x0.",
    ),
    Misconception(
        "noised-forgotten",
        _weighed(lambda noised, clean, alpha_bar, before: (0 * noised, clean)),
        "Your variance is right. Your mean leaves x_t out. Two sources tell of the step before: x_t, and x0.",
    ),
    Misconception(
        "step-undone",
        _weighed(lambda noised, clean, alpha_bar, before: ((before / alpha_bar) ** 0.5, 0 * clean)),
        "Your variance is right. Your mean only undoes the scaling, x_t / √α. Part of x_t is noise, and x0 says which part.",
    ),
    Misconception(
        "mean-without-x-t",
        _weighed(lambda noised, clean, alpha_bar, before: (0 * noised, before**0.5)),
        "Your variance is right. Your mean is that of x_before given x0 alone, as if x_t were not known.",
    ),
    Misconception(
        "precision-weights-not-divided",
        _weighed(
            lambda noised, clean, alpha_bar, before: tuple(  # type: ignore[arg-type,return-value]
                w * (1 - alpha_bar) / ((1 - before) * (1 - alpha_bar / before)) for w in (noised, clean)
            )
        ),
        "Your variance is right. Your mean is the sum of the two sources, each times its precision; it is still to be multiplied by the variance.",
    ),
    Misconception(
        "roots-of-both-forgotten",
        _weighed(lambda noised, clean, alpha_bar, before: (noised * (alpha_bar / before) ** 0.5, clean * before**0.5)),
        "Your variance is right. In your mean x0 is multiplied by ᾱ before and x_t by α; both stand under a root.",
    ),
    Misconception(
        "factors-of-both-forgotten",
        _weighed(lambda noised, clean, alpha_bar, before: (noised / (alpha_bar / before) ** 0.5, clean / before**0.5)),
        "Your variance is right. In your mean the factors are missing: √ᾱ before of x0, and √α of x_t.",
    ),
    Misconception(
        "root-of-the-step-for-data",
        _weighed(lambda noised, clean, alpha_bar, before: (noised, clean * (alpha_bar / before) ** 0.5)),
        "Your variance is right. In your mean x0 is multiplied by √ᾱ of the step itself; the step before held x0 times √ᾱ before.",
    ),
    Misconception(
        "root-of-all-steps-for-one",
        _weighed(lambda noised, clean, alpha_bar, before: (noised * before**0.5, clean)),
        "Your variance is right. In your mean x_t is multiplied by √ᾱ, where √α belongs: it came from the step before by one step alone.",
    ),
    Misconception(
        "forward-variance-in-both",
        _with_v(lambda alpha, alpha_bar, before: 1 - alpha),
        "Your v, which multiplies the mean too, is 1 − α, the variance of the step forwards. Going back one knows x0 as well, so less is open: by the factor "
        "(1 − ᾱ before) / (1 − ᾱ).",
    ),
    Misconception(
        "denominator-forgotten",
        _with_v(lambda alpha, alpha_bar, before: (1 - alpha) * (1 - before)),
        "Your v, which multiplies the mean too, is not divided by 1 − ᾱ.",
    ),
    Misconception(
        "precision-in-both",
        _with_v(lambda alpha, alpha_bar, before: (1 - alpha_bar) / ((1 - alpha) * (1 - before))),
        "Your v, which multiplies the mean too, is the sum of the precisions; the variance is 1 over it.",
    ),
    Misconception(
        "alpha-upside-down",
        _with_alpha(lambda alpha_bar, before: before / alpha_bar),
        "Your α is upside down: ᾱ = α · ᾱ before, so α is ᾱ / ᾱ before, below 1.",
    ),
    Misconception(
        "step-before-for-alpha",
        _with_alpha(lambda alpha_bar, before: before),
        "You use ᾱ before as the step's own α. It is the product of all steps *before* this one: α = ᾱ / ᾱ before.",
    ),
    Misconception(
        "alpha-as-a-difference",
        _with_alpha(lambda alpha_bar, before: before - alpha_bar),
        "Your α is a difference of the two ᾱ. Shares of steps are multiplied, ᾱ = α · ᾱ before, so α is the quotient.",
    ),
    Misconception(
        "alpha-as-a-product",
        _with_alpha(lambda alpha_bar, before: before * alpha_bar),
        "Your α is the product of the two ᾱ. ᾱ is a product already, ᾱ = α · ᾱ before, so α is the quotient.",
    ),
    Misconception(
        "brackets-of-the-sum",
        _by_half,
        "In your mean v multiplies the first source alone, that of x0. It multiplies the sum of both: brackets.",
    ),
    Misconception(
        "step-for-alpha",
        _with_step_for_alpha,
        "You use ᾱ where the step's own α belongs, α = ᾱ / ᾱ before: one step takes off far less than all steps up to it.",
    ),
    Misconception(
        "steps-exchanged",
        lambda x_t, x0, alpha_bar, alpha_bar_before: true_posterior(x_t, x0, alpha_bar_before, alpha_bar),
        "The two ᾱ have changed places: the one before is the larger.",
    ),
    Misconception(
        "parts-exchanged",
        lambda x_t, x0, alpha_bar, alpha_bar_before: true_posterior(x_t, x0, alpha_bar, alpha_bar_before).flip(0),
        "The two have changed places: the mean comes first.",
    ),
    Misconception(
        "joined",
        lambda x_t, x0, alpha_bar, alpha_bar_before: torch.cat(
            list(true_posterior(x_t, x0, alpha_bar, alpha_bar_before))
        ),
        "torch.cat joins along an axis that is there already, which makes (2 · batch, dim). torch.stack makes a new one in front.",
    ),
    Misconception(
        "stacked-at-the-end",
        lambda x_t, x0, alpha_bar, alpha_bar_before: true_posterior(x_t, x0, alpha_bar, alpha_bar_before).movedim(
            0, -1
        ),
        "Mean and variance stand side by side in the last axis. torch.stack([m, v]), without another argument, makes the new axis in front.",
    ),
    Misconception(
        "mean-alone",
        _mean,
        "There is a mean, and no variance: torch.stack([m, v]), with v as large as m.",
    ),
    Misconception(
        "no-gradient",
        lambda x_t, x0, alpha_bar, alpha_bar_before: true_posterior(x_t, x0, alpha_bar, alpha_bar_before).detach(),
        "Right, but cut off from its inputs: no .detach(), .item(), numpy or no_grad.",
    ),
)
