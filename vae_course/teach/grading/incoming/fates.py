"""What becomes of a file that was handed in: one of three, each with its reason."""

from dataclasses import dataclass

MARKED, ASIDE, PERSON = "marked", "set aside", "needs a person"

LEFT_BEHIND = "left behind by a system or an editor"
OTHER_KIND = "no hand-in by its name: a file of another kind"


@dataclass(frozen=True)
class Fate:
    """What became of one file, or of a folder that was set aside as a whole.

    Args:
        path: as people know it, below what was given.
        fate: MARKED, ASIDE or PERSON.
        why: the lesson that it was marked for, the rule by which it was set aside, or what a person has to look at.
    """

    path: str
    fate: str
    why: str
