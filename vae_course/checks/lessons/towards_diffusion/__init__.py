"""Lesson 10: from two layers to diffusion."""
