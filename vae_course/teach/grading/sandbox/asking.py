"""What a process of the sandbox is asked first: to run a hand-in's definitions; and what is said when it takes too long."""

from vae_course.checks.lessons import EXERCISES
from vae_course.runner.answers import Killed
from vae_course.runner.notebooks import HandIn
from vae_course.runner.protocol import Message

STATEMENT, DEFINITIONS = 2.0, 20.0  # seconds for one statement of a hand-in, and for all
LONGEST = 300_000  # characters of a hand-in's definitions


def definitions(hand_in: HandIn) -> Message:
    """The request to run them.

    Raises:
        Killed: they are longer than anyone writes.
    """
    length = sum(len(cell.source) for cell in hand_in.cells)
    if length > LONGEST:
        raise Killed(
            f"The definitions have {length:,} characters; at most {LONGEST:,} are run. Hand in the lesson alone."
        )
    cells = [{"place": c.place, "source": c.source, "names": list(c.names)} for c in hand_in.cells]
    facts = {"do": "define", "file": hand_in.path.name, "cells": cells, "lost": dict(hand_in.lost)}
    facts["exercises"] = list(EXERCISES)
    return Message(facts | {"seconds": STATEMENT})


def late(seconds: float, left: float) -> str:
    """Whose time was up: that of one request, or of the whole hand-in."""
    if left <= seconds:
        return (
            "The time for this hand-in is used up: its calls took too long together. A right answer takes milliseconds."
        )
    return (
        f"Your code was still running after {seconds:.2g} seconds and was stopped with its process. A right answer takes "
        "milliseconds: look for a loop that never ends."
    )
