"""Lesson 00: meeting check, hint and progress; and the two boxes world, with a pencil."""
