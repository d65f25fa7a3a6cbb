"""Sample hand-ins, each with the marks that it must get: attacks, right answers, mistakes, half-done work, mangled files.

To add one, write it into the module of its family, with a sentence that says what it tries and what must come of it, and the
rows of its marks. An attack is test data that must be harmless on a day when the sandbox has a bug. It aims only at a canary
of the test, by a placeholder such as `@CANARY@`; it ends by itself, within half a minute; it asks for at most 1 GB of memory,
64 MB of disk and 20 processes; it names no path, deletes nothing, and signals nobody but itself. `rules.py` refuses what it
can see of the opposite. Read an attack for all this once more before it is run for the first time, and run it nowhere but
through `run.mark`: in the sandbox, and never in the test's own process.
"""
