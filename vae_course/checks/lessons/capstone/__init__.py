"""Lesson 07: the whole class, a network of one's own, a trained model, and a close reading."""
