"""What only teachers and authors have: marking a class, building the lessons, and the answer key."""
