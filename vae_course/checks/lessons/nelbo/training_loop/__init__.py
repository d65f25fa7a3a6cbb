"""Exercise 4.4: the training loop, written whole once."""
