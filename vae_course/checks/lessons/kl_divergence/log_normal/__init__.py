"""Exercise 2.1: the log density of a Gaussian."""
