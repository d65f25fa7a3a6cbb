"""Each gate is seen to bite: one fault is planted in a copy of the repository, and the gate must refuse it."""
