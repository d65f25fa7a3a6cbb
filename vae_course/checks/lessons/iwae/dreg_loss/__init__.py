"""Exercise 5.6: the doubly reparameterized gradient."""
