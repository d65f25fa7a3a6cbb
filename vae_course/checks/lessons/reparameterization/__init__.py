"""Exercises of lesson 01: drawing from a Gaussian so that gradients flow to its mean and variance."""

from vae_course.checks.lessons.reparameterization.predictions import choose_estimator, predict_noise
from vae_course.checks.lessons.reparameterization.sample_gaussian import sample_gaussian
from vae_course.checks.lessons.reparameterization.score_function import score_function_gradient

EXERCISES = (sample_gaussian, predict_noise, choose_estimator, score_function_gradient)
