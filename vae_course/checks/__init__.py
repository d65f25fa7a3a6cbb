"""What knows the right answers: the exercises of every lesson, how an answer is examined and told, and what a learner sees of it."""
