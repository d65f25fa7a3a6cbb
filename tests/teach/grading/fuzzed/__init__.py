"""Notebooks and archives in which chance has changed something: made from a seed, and put through the grader as a class."""
