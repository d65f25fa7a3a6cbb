"""Lesson 09: classes."""
