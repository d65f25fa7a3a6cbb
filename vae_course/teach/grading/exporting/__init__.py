"""What counts, handed on to gradebooks: each platform's own form, by the platform's own word for everybody. Nobody is guessed."""
