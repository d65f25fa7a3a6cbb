"""Exercise 7.1: the whole class."""
