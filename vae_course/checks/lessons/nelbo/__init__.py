"""Exercises of lesson 04: the bound, its training step, its derivation, and five wrong models."""

from vae_course.checks.engine.core import Exercise
from vae_course.checks.lessons.nelbo.bound import negative_elbo_bound
from vae_course.checks.lessons.nelbo.derivation import derivation
from vae_course.checks.lessons.nelbo.detective import detective
from vae_course.checks.lessons.nelbo.loss import loss
from vae_course.checks.lessons.nelbo.training import training_step

EXERCISES: tuple[Exercise, ...] = (negative_elbo_bound, loss, training_step, derivation, detective)
