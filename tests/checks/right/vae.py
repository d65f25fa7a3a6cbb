"""Exercise 7.1: in how many ways it may be written right."""

import torch

from vae_course.checks.lessons.capstone.vae.mistakes import RightVAE, derived

CORRECT = {
    "torch.distributions": RightVAE,
    "by its own methods": derived(sample_x=lambda self, batch: torch.bernoulli(self.sample_sigmoid(batch))),
    "prior written in": derived(sample_z=lambda self, batch: torch.randn(batch, self.z_dim)),
}

RIGHT = {"VAE": CORRECT}
