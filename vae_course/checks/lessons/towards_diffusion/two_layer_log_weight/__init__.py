"""Exercise 10.1."""
