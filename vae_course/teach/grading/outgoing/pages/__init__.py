"""Pages to read and to print, each whole in itself: one for each student, and one for the class."""
