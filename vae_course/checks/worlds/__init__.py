"""Designed models on which a bound has an exact value, and those values."""
