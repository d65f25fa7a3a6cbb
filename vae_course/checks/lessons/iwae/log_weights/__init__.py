"""Exercise 5.1: the log importance weights."""
