"""Lesson 04: the bound, its training step and the loop around it."""
