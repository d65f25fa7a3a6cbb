"""Lesson 04: the bound, its training step, its derivation, and five wrong models."""
