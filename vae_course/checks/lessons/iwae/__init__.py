"""Lesson 05: importance weights, the bound they make, and how many of them count."""
