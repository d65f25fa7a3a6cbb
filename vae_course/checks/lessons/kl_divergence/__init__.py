"""Lesson 02: log densities, the KL divergence in closed form and by sampling, and a test of it."""
