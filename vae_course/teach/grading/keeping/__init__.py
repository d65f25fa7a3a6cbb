"""The marks folder: what was found stays in it, one run at a time has it, and what stands in it harms nobody who opens it."""
