"""Exercise 7.3: a trained model."""
