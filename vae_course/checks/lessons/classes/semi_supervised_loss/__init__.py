"""Exercise 9.5: a few labels beside the bound."""
