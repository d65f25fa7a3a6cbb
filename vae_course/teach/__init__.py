"""What only teachers and authors have: marking a class, questions for exams, building the lessons, and the answer key."""
