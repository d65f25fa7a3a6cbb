"""Lesson 06: drawing from the trained model, and walking through its latent space."""
