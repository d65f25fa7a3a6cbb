"""Marking a class. Students' code runs only in a sandbox; what decides about marks never enters it."""
