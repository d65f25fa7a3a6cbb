"""Exercise 9.4: the bound of an image whose class nobody told."""
