"""Lesson 05b: the bound with a pencil, training with it, and a gradient with less noise."""
