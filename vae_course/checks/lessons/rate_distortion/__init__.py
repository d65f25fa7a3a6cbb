"""Lesson 08: rate and distortion."""
