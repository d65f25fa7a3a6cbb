"""Lesson 01: drawing from a Gaussian so that gradients flow to its mean and variance."""
