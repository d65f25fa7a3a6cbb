"""Exercise 5b.3: the doubly reparameterized gradient."""
