"""The one training loop of the course: any model, any objective, black-and-white images drawn afresh for every batch.

curves = fit(VAE(nn="v1", z_dim=20), load_mnist("train"))
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from vae_course import threads
from vae_course.checkpoints import load_checkpoint, save_checkpoint
from vae_course.curves import Curves as Curves
from vae_course.curves import TrainingDiverged as TrainingDiverged
from vae_course.data import MNIST, binarize
from vae_course.training_inputs import examples, tell_unfit, trainable

NO_BARS = any(os.environ.get(name) for name in ("TQDM_DISABLE", "VAE_COURSE_STATIC"))  # no bars in a built notebook
MAX_GRADIENT_NORM = 100.0  # nats; far above what a healthy step has, so that it only catches the wild ones
# beta2 0.99 instead of 0.999: an average over 100 steps can follow a loss that falls from 543 to 100 in 1,000.
ADAM: Mapping[str, Any] = {"betas": (0.9, 0.99), "fused": True}

Objective = Callable[[Any, Tensor], Any]


def fit(
    model: nn.Module,
    data: MNIST | Tensor,
    *,
    objective: Objective | None = None,
    steps: int = 2_400,
    batch_size: int = 100,
    lr: float = 5e-3,
    warmup: int = 100,
    optimizer: torch.optim.Optimizer | None = None,
    seed: int = 0,
    valid: MNIST | Tensor | None = None,
    valid_every: int = 200,
    callback: Callable[[int, Curves], None] | None = None,
    progress: bool = True,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 200,
    resume: bool = True,
) -> Curves:
    """Train `model` in place and return its learning curves. Interrupting keeps both: the curves so far come back.

    Args:
        model: any module; its parameters are changed.
        data: an MNIST split or uint8 images (n, 784): each batch is drawn at random, then binarized afresh.
            A float tensor (n, ...) is used as it is.
        objective: objective(model, x) -> the scalar to minimise, or (scalar, {name: number to write down}). None:
            model.loss(x). The IWAE bound: `lambda model, x: model.negative_iwae_bound(x, iw=10)[0]`.
        steps, batch_size: how many steps, of how many examples.
        lr, warmup: of Adam: the learning rate rises to `lr` over the first `warmup` steps, and falls in a straight line to 0.
        optimizer: another one, over the model's parameters; its rate is its own affair.
        seed: of everything random, the model's draws included; the global generator is left as it was found.
        valid: images on which the objective is computed every `valid_every` steps, as "valid/loss".
        callback: callback(step, curves) after every step, e.g. to draw a live figure.
        progress: show a bar; TQDM_DISABLE=1 or VAE_COURSE_STATIC=1 in the environment hides all bars.
        checkpoint: a .safetensors file, written every `checkpoint_every` steps and at the end. If it is there already,
            training goes on from it, bit for bit as if it had never stopped (on as many threads: see `threads`), unless
            `resume` is False.

    Raises:
        TrainingDiverged: the loss or the gradient is not finite; the model keeps the parameters of the step before.
        TypeError: the objective returned something else than it should; there is none, and the model has no loss; data is
            no tensor; model is no module.
        ValueError: the checkpoint is of another run; steps or batch_size below 1; no parameter can be trained; the model
            cannot take examples of this shape or dtype.
    """
    if steps < 1 or batch_size < 1:
        raise ValueError(f"steps and batch_size must be at least 1; got {steps} and {batch_size}.")
    parameters = trainable(model)
    objective = objective or _own_loss(model)
    device = parameters[0].device
    images = examples(data).to(device)
    held_out = None if valid is None else examples(valid, "valid").to(device)
    if held_out is not None and held_out.shape[1:] != images.shape[1:]:
        raise ValueError(
            f"valid has examples of shape {tuple(held_out.shape[1:])}, and data of {tuple(images.shape[1:])}."
        )
    own_rate = optimizer is not None
    optimizer = optimizer or torch.optim.Adam(parameters, lr=lr, **ADAM)
    settings: dict[str, Any] = dict(
        steps=steps,
        batch_size=batch_size,
        lr=lr,
        warmup=warmup,
        seed=seed,
        images=len(images),
        optimizer=type(optimizer).__name__,
    )
    curves = Curves()
    was_training = model.training
    model.train()
    pace = threads.Pace()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if checkpoint and resume and Path(checkpoint).exists():
            curves.rows = load_checkpoint(Path(checkpoint), model, optimizer, settings)
        bar = tqdm(initial=len(curves), total=steps, disable=not progress or NO_BARS)
        try:
            for step in range(len(curves) + 1, steps + 1):
                if not own_rate:
                    for group in optimizer.param_groups:
                        group["lr"] = lr * min(1, step / max(1, warmup)) * (1 - (step - 1) / steps)
                with pace.step():
                    x = _batch(images[torch.randint(len(images), (batch_size,), device=device)])  # (batch, 784)
                    loss, row = _loss(objective, model, x)
                    optimizer.zero_grad()
                    loss.backward()
                    norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
                    if not torch.isfinite(loss + norm):
                        raise _diverged(step, loss, norm, curves)
                    if norm > MAX_GRADIENT_NORM:
                        nn.utils.clip_grads_with_norm_(parameters, MAX_GRADIENT_NORM, norm)
                    optimizer.step()
                if held_out is not None and (step % valid_every == 0 or step == steps):
                    row["valid/loss"] = _valid_loss(objective, model, held_out, seed)
                curves.rows.append(row)
                if checkpoint and (step % checkpoint_every == 0 or step == steps):
                    save_checkpoint(Path(checkpoint), model, optimizer, settings, curves.rows)
                if callback:
                    with torch.random.fork_rng():  # what the callback draws changes nothing here
                        callback(step, curves)
                bar.set_postfix_str(f"loss {row['train/loss']:.1f}", refresh=False)
                bar.update()
        except KeyboardInterrupt:
            pass  # the learner has seen enough
        finally:
            bar.close()
            model.train(was_training)
    return curves


def start_at_mean_pixel(model: Any, data: MNIST | Tensor) -> None:
    """Let an untrained model begin with what is true of every digit: the average image.

    The decoder's last bias becomes logit(mean pixel), so that training starts near the mean-pixel model's 206 nats and
    not at 543; and the encoder's first bias is shifted as if that image were subtracted from x. Changes the model in place.
    It needs the decoder's last and the encoder's first layer to be `nn.Linear`s on the pixels, as in `vae_course.nns`.

    Args:
        model: with enc and dec, untrained.
        data: an MNIST split, or images (n, 784): uint8, or float in [0, 1].
    """
    images = examples(data)
    mean = images.float().mean(0) / (255 if images.dtype == torch.uint8 else 1)  # (784,)
    first = next(layer for layer in model.enc.modules() if isinstance(layer, nn.Linear))
    last = [layer for layer in model.dec.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        first.bias.sub_(first.weight @ mean.to(first.weight))
        last.bias.copy_(torch.logit(mean, eps=1e-3))  # pixels that are never inked would have a bias of −∞


def _batch(images: Tensor) -> Tensor:
    return binarize(images) if images.dtype == torch.uint8 else images


def _own_loss(model: Any) -> Objective:
    if not callable(getattr(model, "loss", None)):
        raise TypeError(
            f"{type(model).__name__} has no method loss(x) to minimise. Train a class that has one, as lesson 04 writes it, or hand "
            "over objective=..., which is called with the model and a batch x and returns the scalar to minimise."
        )
    return lambda model, x: model.loss(x)


def _loss(objective: Objective, model: Any, x: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The scalar to minimise, and the row to write down."""
    try:
        result = objective(model, x)
    except RuntimeError as error:
        tell_unfit(model, x, error)
        raise
    loss, summary = result if isinstance(result, tuple) and len(result) == 2 else (result, {})
    if not (isinstance(loss, Tensor) and loss.ndim == 0 and isinstance(summary, dict)):
        found = tuple(loss.shape) if isinstance(loss, Tensor) else type(result).__name__
        raise TypeError(
            f"The objective must return a scalar tensor, or (scalar tensor, dict); it returned {found}. "
            "Average over the batch, and of (nelbo, kl, rec) take the first."
        )
    if not loss.requires_grad and torch.is_grad_enabled():
        raise TypeError(
            "The objective's loss does not depend on the parameters, so nothing can be learned. Look for .item(), "
            ".detach(), torch.no_grad() or numpy on the way from x to the loss."
        )
    numbers = {name: torch.as_tensor(value).item() for name, value in summary.items()}
    return loss, {"train/loss": loss.item()} | numbers


def _valid_loss(objective: Objective, model: Any, images: Tensor, seed: int) -> float:
    """The objective on other images, always with the same draws, so that the curve shows the model and not chance."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        parts = images.split(1_000)
        return sum(_loss(objective, model, _batch(part))[0].item() * len(part) for part in parts) / len(images)


def _diverged(step: int, loss: Tensor, norm: Tensor, curves: Curves) -> TrainingDiverged:
    error = TrainingDiverged(
        f"Step {step}: the loss is {loss.item():.4g} and its gradient's norm {norm.item():.4g}. The model keeps the "
        "parameters of the step before. Try a smaller lr or a longer warmup; if it happens at once, look for a log of 0, "
        "an exp of a large number or a variance that can become 0 or negative."
    )
    error.curves = curves
    return error
