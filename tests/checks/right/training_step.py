"""Exercise 4.3: in how many ways it may be written right."""

from typing import Any

from torch import Tensor

from vae_course.checks.lessons.nelbo.training_step import step_of


def _with_model_zero_grad(model: Any, x: Tensor, optimizer: Any) -> Tensor:
    model.zero_grad()
    value = model.loss(x)[0]
    value.backward()
    optimizer.step()
    return value.detach()


RIGHT = {
    "training_step": {
        "zero, backward, step": step_of("zero", "backward", "step"),
        "zero at the end": step_of("backward", "step", "zero"),
        "a float": step_of("zero", "backward", "step", returned="float"),
        "model.zero_grad": _with_model_zero_grad,
    },
}
