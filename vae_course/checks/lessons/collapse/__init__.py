"""Lesson 04b: the derivation from memory, and five wrong models."""
