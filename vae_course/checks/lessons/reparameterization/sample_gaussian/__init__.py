"""Exercise 1.1: a draw that gradients flow through."""
