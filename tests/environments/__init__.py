"""Environments of other people: what the lower bounds allow at the least, what is newest today, and what Colab has."""
