"""Exercises of lesson 06: drawing from the trained model, and walking through its latent space."""

from vae_course.checks.lessons.generation.binary_images import sample_x, sample_x_given
from vae_course.checks.lessons.generation.latents import sample_z
from vae_course.checks.lessons.generation.probability_images import compute_sigmoid_given, sample_sigmoid
from vae_course.checks.lessons.generation.walk import interpolate

EXERCISES = (sample_z, compute_sigmoid_given, sample_sigmoid, sample_x_given, sample_x, interpolate)
