"""Mutants: the right answers with one slip, or two, made by a grammar of edits. None may pass.

What becomes of one: it is not refused, because it is equal to the right answer, draws other noise of the same distribution, or is off by less
than the checks see; or in spite of being wrong. It is stopped by an error. Or it is refused, with a reason that makes the same numbers, with a
fact about all numbers, or without.
"""

EQUAL, OTHER_NOISE, TOO_SMALL, PASSED = "equal", "other noise", "too small to see", "passed"
RAISED = "raised"
PROVED, RELATED, ELSE = "proved", "related", "else"
