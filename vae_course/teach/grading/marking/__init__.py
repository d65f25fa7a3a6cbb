"""One student's hand-in gets its marks."""
