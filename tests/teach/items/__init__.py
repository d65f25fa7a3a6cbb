"""The bank of questions: its files, its formats, its numbers."""
