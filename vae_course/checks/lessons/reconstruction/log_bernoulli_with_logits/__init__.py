"""Exercise 3.1: pixels as coins."""
