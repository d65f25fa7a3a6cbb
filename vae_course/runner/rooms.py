"""The rooms behind the learner's package, by what each may know; imports point downwards, from the last to the first.

Whatever hides, covers, forbids or leaves out a part of the course asks here.
"""

ROOMS = ("runner", "checks", "teach")
"""How answers run; what is right; what only teachers and authors have."""

NOT_IN_SANDBOX = ("checks", "teach")
NOT_FOR_STUDENTS = ("teach",)
