"""From lesson sources to notebooks: build, student edition, trained weights. Not part of what a learner receives."""
