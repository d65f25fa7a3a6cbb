"""Lesson 03: pixels as coins, and averages in log space."""
