"""Exercise 4.1: the negative ELBO."""
