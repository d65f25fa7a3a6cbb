"""`vae-course report`: tables and reports are made again of what was found and decided. Nothing is marked, and nothing is run."""

from pathlib import Path

from vae_course.teach.grading.deciding.standing import LATE, UNKNOWN
from vae_course.teach.grading.incoming.roster import read_roster
from vae_course.teach.grading.keeping.folder import shown
from vae_course.teach.grading.outgoing.everybody import few
from vae_course.teach.grading.outgoing.everything import FILES, Everything, decide, show
from vae_course.teach.grading.outgoing.summary import summary


def report(folder: Path, roster: Path | None = None, dry: bool = False) -> str:
    """Make everything in a marks folder again, and say what is another than it was.

    Args:
        roster: takes the place of the one that was given last.
        dry: say whose marks would move, and write nothing.

    Raises:
        lock.FolderRefused: there are no marks, or something in class.toml or corrections.csv is none of either.
        collect.NoClass: the roster is none.
    """
    notes: list[str] = []
    people = read_roster(roster, notes) if roster else None
    with shown(folder) as found:
        if people is not None and not dry:
            found.keep_roster(people)
        everything = decide(found, folder, people, marked=False) if dry else show(found, folder, marked=False)
    return told(everything, folder, notes, dry)


def told(everything: Everything, folder: Path, notes: list[str], dry: bool = False) -> str:
    """The summary first; what somebody has to know or do stands last, where a terminal shows it."""
    moved = everything.moved
    count = f"{len(moved):,} mark{'' if len(moved) == 1 else 's'} {'would move' if dry else 'moved'}"
    lines = [*notes, *everything.notes, *everything.everybody.said(folder / FILES)]
    lines += [count + (":" if moved else "."), *(f"  {line}" for line in moved)]
    if unknown := sorted({row.student for row in everything.rows if row.days_late in (UNKNOWN, LATE)}):
        lines.append(f"There is a deadline, and nobody says when they handed in: {few(unknown)}.")
    return "\n".join([summary(everything.rows), "", *lines])
