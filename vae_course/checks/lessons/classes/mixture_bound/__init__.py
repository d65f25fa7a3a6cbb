"""Exercise 9.2: the bound under a prior that is a mixture."""
