"""Hand-ins are read in a process with limits, and it hands back a manifest. What it is made of needs no torch."""
