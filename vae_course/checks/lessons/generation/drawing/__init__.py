"""Exercise 6.1: the five methods by which the model draws."""
