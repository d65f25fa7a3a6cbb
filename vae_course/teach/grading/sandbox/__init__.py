"""The box that student code runs in, seen from outside: what is in it, who works there, what is asked and what is believed."""
