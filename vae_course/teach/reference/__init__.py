"""The answer key: the complete VAE. Read `distributions`, then `numerics`, then `vae`."""

from vae_course.nns import gaussian_parameters
from vae_course.teach.reference.distributions import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian
from vae_course.teach.reference.numerics import log_mean_exp
from vae_course.teach.reference.vae import VAE

__all__ = [
    "VAE",
    "gaussian_parameters",
    "kl_normal",
    "log_bernoulli_with_logits",
    "log_mean_exp",
    "log_normal",
    "sample_gaussian",
]
