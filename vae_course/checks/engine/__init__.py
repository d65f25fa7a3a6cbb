"""How any answer is examined, diagnosed and told."""
