"""Exercise 10.3."""
