"""Reading what people hand in: whatever arrives becomes definitions by name, and notes on what had to be done for it.

`read_hand_in` never runs anything. `run_definitions` runs the definitions alone; give it a time limit, and run it in a
sandbox if the author is not the person at the keyboard.
"""

from vae_course.runner.notebooks.answers_in import answers_in, reason_for
from vae_course.runner.notebooks.files import Unreadable
from vae_course.runner.notebooks.hand_in import HandIn, read_hand_in
from vae_course.runner.notebooks.run import Definitions, run_definitions
from vae_course.runner.notebooks.snippets import Snippet

__all__ = [
    "Definitions",
    "HandIn",
    "Snippet",
    "Unreadable",
    "answers_in",
    "read_hand_in",
    "reason_for",
    "run_definitions",
]
