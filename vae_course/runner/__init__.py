"""Where answers come from and how they are called: a hand-in is read, its definitions run, the answer to an exercise found and called.

All that the grader's sandbox holds besides the learner's package. Nothing here knows what is right.
"""
