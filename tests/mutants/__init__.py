"""Mutants: the right answers with one slip, or two, made by a grammar of edits. None may pass."""
