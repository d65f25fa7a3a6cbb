"""Exercise 5.2: the importance-weighted bound."""
