"""Exercise 9.6: a few labels beside the bound."""
