"""Do the tests notice a careless change? Every single small edit of a module, one at a time, and the tests that run the edited line.

`edits` makes the mutants of a text; `python -m tests.mutation` runs them. By hand, before a release.
"""
