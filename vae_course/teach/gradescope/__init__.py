"""The course as a Gradescope autograder: `package.py` makes the zip that is uploaded there, `run.py` marks one submission in its container.

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""
