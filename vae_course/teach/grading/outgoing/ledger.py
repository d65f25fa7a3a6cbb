"""files.csv: every file of a class, whose it is, and what became of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vae_course.teach.grading.incoming.fates import ASIDE, MARKED, PERSON, Fate
from vae_course.teach.grading.keeping.texts import csv_of, plain_text

COLUMNS = ("path", "student", "fate", "why")
WAITING = "not marked yet"
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. `student` is empty for what belongs to nobody."""

    student: str
    fate: Fate


def ledger(entries: Sequence[Entry]) -> str:
    """files.csv, in the order of the students and their paths."""
    rows = [(plain_text(e.fate.path), e.student, e.fate.fate, plain_text(e.fate.why)) for e in entries]
    return csv_of([COLUMNS, *sorted(rows, key=lambda row: (row[1], row[0]))])


def counted(entries: Sequence[Entry], where: str) -> str:
    """One line for the summary: how many files ended how, and the first of those that need a person."""
    count = Counter(entry.fate.fate for entry in entries)
    said = [f"{count[MARKED]:,} marked", f"{count[ASIDE]:,} set aside", f"{count[PERSON]:,} need a person"]
    said += [f"{count[WAITING]:,} not marked yet"] if count[WAITING] else []
    line = f"Files: {', '.join(said)}; {where} says which and why."
    if count[PERSON]:
        needing = [entry.fate.path for entry in entries if entry.fate.fate == PERSON]
        more = f" and {len(needing) - _MOST_SHOWN} more" if len(needing) > _MOST_SHOWN else ""
        line += f" A person has to look at: {', '.join(needing[:_MOST_SHOWN])}{more}."
    return line
