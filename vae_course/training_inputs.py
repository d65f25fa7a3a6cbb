"""What `fit` is given: a model that can learn, and examples that it can take. What is neither is told what was expected."""

from typing import Any

import torch
from torch import Tensor, nn

from vae_course.data import MNIST
from vae_course.data.mnist import PIXELS


def trainable(model: Any) -> list[nn.Parameter]:
    """The parameters that training may change: at least one."""
    if not isinstance(model, nn.Module):
        what = (
            f"class {model.__name__}: make one, as {model.__name__}()"
            if isinstance(model, type)
            else type(model).__name__
        )
        raise TypeError(f"fit trains a model, which is an nn.Module; got a {what}.")
    parameters = list(model.parameters())
    if not parameters:
        raise ValueError(
            f"{type(model).__name__} has no parameters, so nothing can be learned: its layers must be attributes "
            "(self.enc = ...), and super().__init__() be called before them."
        )
    if not any(parameter.requires_grad for parameter in parameters):
        raise ValueError(
            f"No parameter of this {type(model).__name__} requires a gradient, so nothing can be learned: the model is frozen. "
            "model.requires_grad_(True) lets it learn again."
        )
    return [parameter for parameter in parameters if parameter.requires_grad]


def examples(data: MNIST | Tensor, name: str = "data") -> Tensor:
    """The examples themselves, (n, ...)."""
    images = data.images if isinstance(data, MNIST) else data
    if not isinstance(images, Tensor):
        raise TypeError(
            f"{name} must be a split of load_mnist or one tensor of examples (n, ...), of which fit draws batches itself; got a "
            f"{type(images).__name__}. Of a DataLoader make one tensor with torch.cat([x for x, *_ in loader]), of a numpy array "
            "with torch.from_numpy(array)."
        )
    if images.ndim == 0 or len(images) == 0:
        raise ValueError(f"{name} must hold at least one example, (n, ...); got the shape {tuple(images.shape)}.")
    return images


def tell_unfit(model: nn.Module, x: Tensor, error: RuntimeError) -> None:
    """Torch's words are of matrices inside the network; what a learner chose is the data, where these are no rows of pixels.

    Raises:
        ValueError: a model with an encoder cannot take a batch of another shape or dtype than that of images.
    """
    wanted = next(model.parameters()).dtype
    if not hasattr(model, "enc") or (x.shape[1:] == (PIXELS,) and x.dtype == wanted):
        return
    change = ".flatten(1)" if x.ndim != 2 and x[0].numel() == PIXELS else ""
    if x.dtype != wanted:
        change += f".to({wanted if x.is_floating_point() or x.max() <= 1 else torch.uint8})"
    raise ValueError(
        f"{type(model).__name__} cannot compute its loss on a batch of shape {tuple(x.shape)} and {x.dtype} ({error}). Expected "
        f"were rows of {PIXELS} pixels, (n, {PIXELS}): uint8 from 0 to 255, which become black and white, or {wanted}."
        + (f" Hand over data{change}." if change else "")
    ) from error
