"""Exercise 6.1: in how many ways it may be written right."""

import torch

from vae_course.checks.worlds.decoders import PIXELS

SAMPLE_Z = {
    "expand and randn": lambda self, batch: self.z_prior[0] + self.z_prior[1].sqrt() * torch.randn(batch, self.z_dim),
    "torch.normal": lambda self, batch: torch.normal(
        self.z_prior[0].expand(batch, self.z_dim), self.z_prior[1].sqrt().expand(batch, self.z_dim)
    ),
    "buffers": lambda self, batch: self.z_prior_m + self.z_prior_v**0.5 * torch.randn(batch, self.z_dim),
    "one column at a time": lambda self, batch: torch.stack(
        [self.z_prior[0] + self.z_prior[1].sqrt() * torch.randn(batch) for _ in range(self.z_dim)], 1
    ),
}

COMPUTE_SIGMOID_GIVEN = {
    "torch.sigmoid": lambda self, z: torch.sigmoid(self.dec(z)),
    "method": lambda self, z: self.dec(z).sigmoid(),
    "formula": lambda self, z: 1 / (1 + torch.exp(-self.dec(z))),
    "Bernoulli.probs": lambda self, z: torch.distributions.Bernoulli(logits=self.dec(z)).probs,
    "tanh": lambda self, z: 0.5 + 0.5 * torch.tanh(self.dec(z) / 2),
    "no_grad": torch.no_grad()(lambda self, z: torch.sigmoid(self.dec(z))),
}

SAMPLE_SIGMOID = {
    "by the methods": lambda self, batch: self.compute_sigmoid_given(self.sample_z(batch)),
    "by hand": lambda self, batch: torch.sigmoid(self.dec(torch.randn(batch, self.z_dim))),
}

SAMPLE_X_GIVEN = {
    "bernoulli": lambda self, z: torch.bernoulli(self.compute_sigmoid_given(z)),
    "distributions": lambda self, z: torch.distributions.Bernoulli(logits=self.dec(z)).sample(),
    "rand": lambda self, z: (torch.rand(len(z), PIXELS) < torch.sigmoid(self.dec(z))).float(),
    "p.bernoulli": lambda self, z: torch.sigmoid(self.dec(z)).bernoulli(),
    "le": lambda self, z: torch.rand(z.shape[0], PIXELS).le(self.compute_sigmoid_given(z)).to(z.dtype),
}

SAMPLE_X = {
    "by the methods": lambda self, batch: self.sample_x_given(self.sample_z(batch)),
    "from probabilities": lambda self, batch: torch.bernoulli(self.sample_sigmoid(batch)),
    "by hand": lambda self, batch: torch.bernoulli(torch.sigmoid(self.dec(torch.randn(batch, self.z_dim)))),
}

RIGHT = {
    "VAE.sample_z": SAMPLE_Z,
    "VAE.compute_sigmoid_given": COMPUTE_SIGMOID_GIVEN,
    "VAE.sample_sigmoid": SAMPLE_SIGMOID,
    "VAE.sample_x_given": SAMPLE_X_GIVEN,
    "VAE.sample_x": SAMPLE_X,
}
