"""Answers that no learner writes: each is right wherever all checks of its exercise look but one.

With the misconceptions they show that every check kills: take it away, and one of these passes. A function here makes the
hostile answer out of a right one.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tests.checks.right import right
from vae_course import given
from vae_course.checks.lessons.capstone.vae.mistakes import RightVAE, derived
from vae_course.checks.lessons.nelbo.training_loop.mistakes import loop
from vae_course.data import binarize

Answer = Callable[..., Any]


def changes_its_input(answer: Answer) -> Answer:
    """Right, and leaves its first tensor different from what it was."""

    def hostile(*arguments: Any) -> Any:
        result = answer(*(a.clone() if isinstance(a, Tensor) else a for a in arguments))
        next(a for a in arguments if isinstance(a, Tensor)).data.add_(1)
        return result

    return hostile


def off_by_half_when(answer: Answer, condition: Callable[..., bool]) -> Answer:
    """½ too much for some inputs, with the right gradient."""
    return lambda *arguments: answer(*arguments) + 0.5 * condition(*arguments)


def with_another_gradient(answer: Answer) -> Answer:
    """The right value with twice its gradient."""

    def hostile(*arguments: Any) -> Tensor:
        value = answer(*arguments)
        return 2 * value - value.detach()

    return hostile


def without_batch_of_one(answer: Answer) -> Answer:
    """Drops the axis of a batch of one."""
    return lambda *arguments: answer(*arguments).squeeze(0)


def ordinary(*arguments: Tensor) -> bool:
    """Several examples, two axes, all tensors alike, nothing extreme: what a check of the value draws."""
    same = len({a.shape for a in arguments}) == 1
    return (
        same and arguments[0].ndim == 2 and len(arguments[0]) > 1 and all(float(a.abs().max()) < 500 for a in arguments)
    )


def two_gaussians(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> bool:
    return ordinary(qm, qv, pm, pv) and not torch.equal(qm, pm)


def one_of_moderate_size(z: Tensor, qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> bool:
    return len(qm) == 1 and float(qm.abs().max()) < 25 and 1e-3 < float(qv.min()) and float(qv.max()) < 1e3


def black_and_white(x: Tensor, logits: Tensor) -> bool:
    return ordinary(x, logits) and bool(((x == 0) | (x == 1)).all())


def several_draws(z: Tensor, qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> bool:
    return len(z) > 1 and ordinary(qm, qv, pm, pv) and float(z.abs().max()) < 25


def detached_loss(self: Any, *arguments: Any) -> Any:
    """The right numbers in a loss that nobody can train with."""
    bound, kl, rec = (self.negative_iwae_bound if len(arguments) > 1 else self.negative_elbo_bound)(*arguments)
    elbo = -(kl + rec) if len(arguments) > 1 else -bound
    return bound.detach(), {"train/loss": bound, "gen/elbo": elbo, "gen/kl_z": kl, "gen/rec": rec}


def another_loss(self: Any, x: Tensor, iw: int) -> Any:
    """A dictionary that is right beside a loss that is not."""
    bound, kl, rec = self.negative_iwae_bound(x, iw)
    return 2 * bound, {"train/loss": bound, "gen/elbo": -(kl + rec), "gen/kl_z": kl, "gen/rec": rec}


def but_for_the_pixels_that_tell_z(model: Any, n: int, width: float) -> Tensor:
    """A map whose tiles are too bright by 0.01, except for the two pixels by which the check knows their z."""
    tiles = right("plane_grid")(model, n, width).reshape(n, 28, n, 28) * 0.98 + 0.01
    tiles[:, 0, :, :2] = (tiles[:, 0, :, :2] - 0.01) / 0.98
    return tiles.reshape(28 * n, 28 * n)


def darkens_the_model(model: Any, n: int, width: float) -> Tensor:
    """A right map, and a model that draws another one next time."""
    picture = right("plane_grid")(model, n, width)
    next(model.dec.parameters()).data.mul_(0.9)
    return picture


def _step(model: Any, x: Tensor, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    loss, _ = model.loss(x)
    loss.backward()
    optimizer.step()
    return loss


def one_step_late(model: Any, x: Tensor, optimizer: Any) -> Tensor:
    """Does nothing at first, and makes up for it in the second call; each returns the loss at the weights it finds."""
    found = model.loss(x)[0]
    if not hasattr(model, "waiting"):
        model.waiting = x
        return found
    if model.waiting is not None:
        _step(model, model.waiting, optimizer)
        model.waiting = None
    _step(model, x, optimizer)
    return found


def only_the_first_step(model: Any, x: Tensor, optimizer: Any) -> Tensor:
    """Trains once; afterwards it shows the loss that a trained model would have had."""
    if not hasattr(model, "shadow"):
        loss = _step(model, x, optimizer)
        model.shadow = model.w.detach().clone()
        return loss
    loss = 0.5 * (x - model.shadow).square().sum(-1).mean()
    model.shadow = model.shadow - optimizer.param_groups[0]["lr"] * (model.shadow - x.mean(0))
    return loss


def two_z_an_image(self: Any, batch: int) -> Tensor:
    """The pixels from which the check reads z have another z than the rest."""
    read, rest = (torch.sigmoid(self.dec(torch.randn(batch, self.z_dim))) for _ in range(2))
    return torch.cat([read[:, :2], rest[:, 2:]], 1)


def changes_its_images(answer: Answer) -> Answer:
    """Right, and leaves x different from what it was."""

    def hostile(model: Any, x: Tensor, *more: Any) -> Any:
        result = answer(model, x.clone(), *more)
        x.data.add_(1)
        return result

    return hostile


def bound_off_by_half(self: Any, x: Tensor) -> Any:
    nelbo, kl, rec = right("VAE.negative_elbo_bound")(self, x)
    return nelbo + 0.5, kl, rec


def decoder_left_alone(self: Any, x: Tensor) -> Any:
    """A right NELBO from which the decoder learns nothing; the encoder does, through z."""
    m, v = self.enc(x)
    frozen = {name: weight.detach() for name, weight in self.dec.named_parameters()}
    logits = torch.func.functional_call(self.dec, frozen, given.sample_gaussian(m, v))
    kl = given.kl_normal(m, v, *self.z_prior).mean()
    rec = -given.log_bernoulli_with_logits(x, logits).mean()
    return kl + rec, kl, rec


def one_off_by_half(name: str, which: int) -> Answer:
    """A right bound, of whose terms one is returned ½ too large."""

    def hostile(self: Any, x: Tensor) -> Any:
        found = list(right(name)(self, x))
        found[which] = found[which] + 0.5
        return tuple(found)

    return hostile


def mixture_that_leaves_the_decoder_alone(self: Any, x: Tensor) -> Any:
    """A right bound from which the decoder learns nothing; the encoder does, through z."""
    m, v = self.enc(x)
    z = given.sample_gaussian(m, v)
    frozen = {name: weight.detach() for name, weight in self.dec.named_parameters()}
    rec = -given.log_bernoulli_with_logits(x, torch.func.functional_call(self.dec, frozen, z)).mean()
    kl = (given.log_normal(z, m, v) - right("log_normal_mixture")(z, *self.mixture)).mean()
    return kl + rec, kl, rec


def where_q_is_p(model: Any, x: Tensor) -> bool:
    """The four images of the model in which all log weights of an image are equal."""
    return len(x) == 4 and float(model.enc(x)[0].abs().max()) < 1e-6


def off_where_q_is_p(self: Any, x: Tensor, iw: int) -> Any:
    niwae, kl, rec = right("VAE.negative_iwae_bound")(self, x, iw)
    return niwae + 0.5 * where_q_is_p(self, x), kl, rec


def whole(**methods: Any) -> type:
    """A right class with some methods replaced, whose loss and IWAE bound stand on none of them."""
    standing = {
        "loss": lambda self, x: _loss(*RightVAE.negative_elbo_bound(self, x)),
        "negative_iwae_bound": _right_iwae,
    }
    return derived(**(standing | methods))


def _right_iwae(self: Any, x: Tensor, iw: int) -> Any:
    return -given.log_mean_exp(self.log_w(x, iw), 0).mean(), *RightVAE.negative_elbo_bound(self, x)[1:]


def _loss(nelbo: Tensor, kl: Tensor, rec: Tensor) -> Any:
    return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}


def _off_by_half(self: Any, x: Tensor) -> Any:
    nelbo, kl, rec = RightVAE.negative_elbo_bound(self, x)
    return nelbo + 0.5, kl, rec


def _other_kl(self: Any, x: Tensor) -> Any:
    nelbo, kl, rec = RightVAE.negative_elbo_bound(self, x)
    return nelbo, kl + 0.5, rec


def _iwae(change: Callable[[Any, int], tuple[Any, Any, Any]]) -> Any:
    return lambda self, x, iw: change(_right_iwae(self, x, iw), iw)


def _one_coin_an_image(self: Any, batch: int) -> Tensor:
    return (torch.rand(batch, 1) < self.sample_sigmoid(batch)).float()


def _wide_z(self: Any, batch: int) -> Tensor:
    return torch.bernoulli(torch.sigmoid(self.dec(2 * torch.randn(batch, self.z_dim))))


def always(*arguments: Any) -> bool:
    return True


def has_axes(count: int) -> Callable[..., bool]:
    return lambda x, *others: x.ndim == count


def asks_once_more(model: Any, images: Tensor, steps: int) -> list[float]:
    """A right training loop, and one more loss of which nothing is made."""
    losses = loop()(model, images, steps)
    return [*losses, model.loss(binarize(images[torch.randint(len(images), (100,))]))[0].item()]


def mixture_whose_rec_is_cut_off(self, x):
    """Right, but for the rec that is returned: its logits end at ±16."""
    m, v = self.enc(x)
    z = given.sample_gaussian(m, v)
    logits = self.dec(z)
    kl = given.log_normal(z, m, v) - right("log_normal_mixture")(z, *self.mixture)
    rec, cut = (-given.log_bernoulli_with_logits(x, each) for each in (logits, logits.clamp(-16, 16)))
    return (kl + rec).mean(), kl.mean(), cut.mean()


def classes_whose_rec_is_cut_off(self, x):
    """The same for a model with classes."""
    xs, y = x.repeat_interleave(self.y_dim, 0), torch.eye(self.y_dim).repeat(len(x), 1)
    m, v = self.enc(xs, y)
    log_q = self.cls(x).log_softmax(-1)
    q, logits = log_q.exp(), self.dec(given.sample_gaussian(m, v), y)
    tables = [given.kl_normal(m, v, *self.z_prior)]
    tables += [-given.log_bernoulli_with_logits(xs, each) for each in (logits, logits.clamp(-16, 16))]
    kl_z, rec, cut = ((q * table.reshape(q.shape)).sum(-1).mean() for table in tables)
    kl_y = (q * (log_q + math.log(self.y_dim))).sum(-1).mean()
    return kl_z + kl_y + rec, kl_z, kl_y, cut


def mean_of_late_steps_off(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    m, v = right("posterior_mean_variance")(x_t, x0, alpha_bar, alpha_bar_before)
    return torch.stack([m + 0.5 * (alpha_bar < 1e-3), v])


def variance_with_a_floor(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    m, v = right("posterior_mean_variance")(x_t, x0, alpha_bar, alpha_bar_before)
    return torch.stack([m, v.clamp(min=1e-3)])


HOSTILE: dict[str, list[Any]] = {
    "training_loop": [
        asks_once_more,
        loop(pick=lambda images, step: images[torch.randint(len(images), (99,))]),
        loop(throw=lambda x: 0.999 * binarize(x)),
    ],
    "standardize": [
        changes_its_input(right("standardize")),
        off_by_half_when(right("standardize"), lambda x, m, v: 1.5 < float(v.min()) and float(v.max()) < 100),
        lambda x, m, v: (x.clamp(-1000, 1000) - m.clamp(-1000, 1000)) / v.sqrt(),
        with_another_gradient(right("standardize")),
    ],
    "score_function_gradient": [
        changes_its_input(right("score_function_gradient")),
        off_by_half_when(right("score_function_gradient"), lambda fz, *others: float(fz.min()) > 0),
        off_by_half_when(right("score_function_gradient"), lambda fz, *others: float(fz.min()) < 0),
        with_another_gradient(right("score_function_gradient")),
    ],
    "sample_gaussian": [changes_its_input(right("sample_gaussian"))],
    "log_normal": [changes_its_input(right("log_normal")), off_by_half_when(right("log_normal"), ordinary)],
    "kl_normal": [changes_its_input(right("kl_normal")), off_by_half_when(right("kl_normal"), two_gaussians)],
    "log_bernoulli_with_logits": [
        changes_its_input(right("log_bernoulli_with_logits")),
        off_by_half_when(right("log_bernoulli_with_logits"), black_and_white),
    ],
    "log_mean_exp": [
        changes_its_input(right("log_mean_exp")),
        off_by_half_when(right("log_mean_exp"), lambda x, dim: x.ndim == 3 and x.shape[-1] > 1 and dim != -1),
        off_by_half_when(right("log_mean_exp"), has_axes(1)),
    ],
    "effective_sample_size": [
        changes_its_input(right("effective_sample_size")),
        off_by_half_when(
            right("effective_sample_size"), lambda log_w: float(log_w.abs().max()) < 50 and log_w.shape[-1] > 1
        ),
    ],
    "kl_monte_carlo": [
        changes_its_input(right("kl_monte_carlo")),
        off_by_half_when(right("kl_monte_carlo"), several_draws),
        off_by_half_when(right("kl_monte_carlo"), one_of_moderate_size),
    ],
    "VAE.loss": [detached_loss],
    "IWAE.loss": [detached_loss, another_loss],
    "training_step": [one_step_late, only_the_first_step],
    "dreg_loss": [off_by_half_when(right("dreg_loss"), always)],
    "VAE.sample_z": [without_batch_of_one(right("VAE.sample_z"))],
    "VAE.negative_elbo_bound": [
        changes_its_images(right("VAE.negative_elbo_bound")),
        decoder_left_alone,
        bound_off_by_half,
    ],
    "VAE.negative_iwae_bound": [changes_its_images(right("VAE.negative_iwae_bound")), off_where_q_is_p],
    "log_weights": [
        changes_its_images(right("log_weights")),
        off_by_half_when(right("log_weights"), lambda model, x, iw: where_q_is_p(model, x)),
    ],
    "VAE": [
        whole(negative_elbo_bound=_off_by_half),
        whole(negative_elbo_bound=_other_kl),
        whole(negative_iwae_bound=_iwae(lambda found, iw: (found[0] - math.log(iw), *found[1:]))),
        whole(negative_iwae_bound=_iwae(lambda found, iw: (found[0], 0 * found[1], found[2]))),
        whole(sample_z=lambda self, batch: torch.randn(1, self.z_dim).expand(batch, -1)),
        whole(sample_sigmoid=lambda self, batch: torch.sigmoid(self.dec(torch.zeros(batch, self.z_dim)))),
        whole(sample_x=_one_coin_an_image),
        whole(sample_x=_wide_z),
    ],
    "interpolate": [changes_its_input(right("interpolate"))],
    "plane_grid": [
        lambda model, n, width: right("plane_grid")(model, n, width)[None],
        but_for_the_pixels_that_tell_z,
        darkens_the_model,
    ],
    "VAE.compute_sigmoid_given": [without_batch_of_one(right("VAE.compute_sigmoid_given"))],
    "VAE.sample_sigmoid": [without_batch_of_one(right("VAE.sample_sigmoid")), two_z_an_image],
    "VAE.sample_x_given": [without_batch_of_one(right("VAE.sample_x_given"))],
    "VAE.sample_x": [without_batch_of_one(right("VAE.sample_x"))],
    "VAE.beta_bound": [changes_its_images(right("VAE.beta_bound"))],
    "free_bits": [
        changes_its_input(right("free_bits")),
        off_by_half_when(right("free_bits"), lambda kl, floor: min(kl.shape) >= 3 and kl.shape[1] >= 7),
        off_by_half_when(right("free_bits"), lambda kl, floor: len(kl) == 1),
        with_another_gradient(right("free_bits")),
    ],
    "mutual_information_bounds": [
        changes_its_input(right("mutual_information_bounds")),
        off_by_half_when(
            right("mutual_information_bounds"),
            lambda z, m, v: len(z) > 3 and z.shape[1] > 1 and bool(m.std(0).min() > 0),
        ),
        off_by_half_when(right("mutual_information_bounds"), lambda z, m, v: len(z) == 1),
        with_another_gradient(right("mutual_information_bounds")),
    ],
    "log_normal_mixture": [
        changes_its_input(right("log_normal_mixture")),
        off_by_half_when(
            right("log_normal_mixture"),
            lambda z, m, v: len(z) > len(m) > 1 and z.shape[1] == 3 and bool(m.std(0).min() > 0),
        ),
        off_by_half_when(right("log_normal_mixture"), lambda z, m, v: len(m) == 1),
        with_another_gradient(right("log_normal_mixture")),
    ],
    "GMVAE.mixture_bound": [
        changes_its_images(right("GMVAE.mixture_bound")),
        one_off_by_half("GMVAE.mixture_bound", 1),
        mixture_that_leaves_the_decoder_alone,
        mixture_whose_rec_is_cut_off,
    ],
    "SSVAE.unlabelled_bound": [
        changes_its_images(right("SSVAE.unlabelled_bound")),
        *(one_off_by_half("SSVAE.unlabelled_bound", i) for i in (1, 2)),
        classes_whose_rec_is_cut_off,
    ],
    "semi_supervised_loss": [
        changes_its_images(right("semi_supervised_loss")),
        off_by_half_when(right("semi_supervised_loss"), lambda *_: True),
        with_another_gradient(right("semi_supervised_loss")),
    ],
    "two_layer_log_weight": [
        changes_its_input(right("two_layer_log_weight")),
        off_by_half_when(
            right("two_layer_log_weight"),
            lambda log_p_x, z1, *others: log_p_x.ndim == 1 and len(log_p_x) > 1 and z1.shape[-1] == 7,
        ),
        off_by_half_when(right("two_layer_log_weight"), lambda log_p_x, *others: log_p_x.ndim == 2),
        with_another_gradient(right("two_layer_log_weight")),
    ],
    "q_sample": [
        changes_its_input(right("q_sample")),
        off_by_half_when(
            right("q_sample"),
            lambda x0, alpha_bar, noise: (
                alpha_bar.ndim == 2
                and 0 < alpha_bar.min() < alpha_bar.max()
                and max(x0.abs().max(), noise.abs().max()) < 500
            ),
        ),
        off_by_half_when(right("q_sample"), lambda x0, alpha_bar, noise: alpha_bar.ndim == 3),
        with_another_gradient(right("q_sample")),
    ],
    "posterior_mean_variance": [
        changes_its_input(right("posterior_mean_variance")),
        off_by_half_when(
            right("posterior_mean_variance"),
            lambda x_t, *others: len(x_t) > 1 and x_t.shape[1] == 7 and len(others[1]) > 1,
        ),
        off_by_half_when(right("posterior_mean_variance"), lambda x_t, *others: x_t.shape[1] == 1),
        mean_of_late_steps_off,
        variance_with_a_floor,
        with_another_gradient(right("posterior_mean_variance")),
    ],
    "step_kl": [
        changes_its_input(right("step_kl")),
        off_by_half_when(
            right("step_kl"),
            lambda noise, predicted, a, before: (
                a.ndim == 2 and len(a) > 1 and noise.shape[1] == 7 and not torch.equal(noise, predicted)
            ),
        ),
        off_by_half_when(right("step_kl"), lambda noise, predicted, a, before: len(noise) == 1),
        off_by_half_when(right("step_kl"), lambda noise, predicted, a, before: bool(a.max() > 0.99)),
        with_another_gradient(right("step_kl")),
    ],
}
