"""Exercise 7.2: a network of one's own."""
