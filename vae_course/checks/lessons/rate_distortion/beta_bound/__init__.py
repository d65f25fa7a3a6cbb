"""Exercise 8.1: the bound with a weight."""
