"""Exercises of lesson 05: importance weights, the bound they make, and how many of them count."""

from vae_course.checks.engine.core import Exercise
from vae_course.checks.lessons.iwae.bound import negative_iwae_bound
from vae_course.checks.lessons.iwae.dreg import dreg_loss
from vae_course.checks.lessons.iwae.numbers import effective_sample_size, two_weights
from vae_course.checks.lessons.iwae.training import iwae_loss
from vae_course.checks.lessons.iwae.weights import log_weights

EXERCISES: tuple[Exercise, ...] = (
    log_weights,
    negative_iwae_bound,
    effective_sample_size,
    two_weights,
    iwae_loss,
    dreg_loss,
)
