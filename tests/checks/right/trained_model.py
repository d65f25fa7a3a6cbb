"""Exercise 7.3: in how many ways it may be written right."""

import torch

from vae_course import given
from vae_course.checks.lessons.capstone.trained_model.exercise import made


def _nudged(model: given.VAE) -> None:
    """The course's good model, moved by less than anyone could measure."""
    model.load_state_dict(given.trained("v1_z20").state_dict())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1 + 1e-6)


RIGHT = {
    "trained_model": {"the course's model": made("nudged", 20, _nudged)},
}
