"""Exercise 3.2: an average in log space."""
