"""All that a marks folder shows, made of what was found and of what was decided. It can be made again at any time, and nothing is run for it.

marks.csv    a row for each student and exercise
totals.csv   a row for each student
files.csv    what became of every file
reports/     a report for each student
"""

from dataclasses import dataclass
from pathlib import Path

from vae_course.teach.grading.deciding.corrections import begin, read_corrections
from vae_course.teach.grading.deciding.rules import FILE as RULES
from vae_course.teach.grading.deciding.rules import read_rules
from vae_course.teach.grading.deciding.standing import Standing, standings
from vae_course.teach.grading.incoming.fates import PERSON
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.keeping.files import write_whole
from vae_course.teach.grading.keeping.found import Found, Shown
from vae_course.teach.grading.keeping.lock import FolderRefused
from vae_course.teach.grading.marking.local import STAMP
from vae_course.teach.grading.outgoing.everybody import Everybody
from vae_course.teach.grading.outgoing.ledger import ledger
from vae_course.teach.grading.outgoing.moved import moved
from vae_course.teach.grading.outgoing.report import FOLDER, file_name, report
from vae_course.teach.grading.outgoing.table import table, totals

TABLE, TOTALS, FILES = "marks.csv", "totals.csv", "files.csv"


@dataclass(frozen=True)
class Everything:
    """What counts, by student and in the course's order; who is who; and lines on what is another than it was shown last."""

    rows: list[Standing]
    everybody: Everybody
    moved: list[str]

    @property
    def needs_a_person(self) -> bool:
        return self.everybody.needed or any(row.needs_a_person for row in self.rows)


def decide(found: Found, folder: Path, roster: tuple[Person, ...] | None = None) -> Everything:
    """Apply the rules, and what a person decided, to what was found. Nothing is written.

    Args:
        roster: in the place of the one that was given last.

    Raises:
        FolderRefused: something in class.toml or corrections.csv is none of either.
    """
    everybody = Everybody(found, roster)
    rules = read_rules(folder)
    if rules.groups and not everybody.groups:
        raise FolderRefused(
            f"{folder / RULES}: groups = true needs a roster with a column 'group'; give it with --roster."
        )
    corrections = read_corrections(folder, everybody.names, rules.worth)
    rows = [row for _, mine in standings(found, rules, corrections, everybody.groups) for row in mine]
    return Everything(rows, everybody, moved(found.shown(), rows))


def show(found: Found, folder: Path) -> Everything:
    """Write everything; whoever kills this finds of each file either the old one or the new one.

    Raises:
        FolderRefused: as for `decide`.
    """
    everything = decide(found, folder)
    rows, everybody = everything.rows, everything.everybody
    names = sorted({row.student for row in rows})
    absent = sorted((everybody.about or {}).keys() - set(names))
    watched = {entry.student for entry in everybody.entries if entry.fate.fate == PERSON}
    begin(folder)
    write_whole(folder / TABLE, table(rows, absent))
    write_whole(folder / TOTALS, totals(rows, watched, everybody.about))
    write_whole(folder / FILES, ledger(everybody.entries))
    (folder / FOLDER).mkdir(exist_ok=True)
    of_student: dict[str, list[Standing]] = {name: [] for name in names}
    for row in rows:
        of_student[row.student].append(row)
    for name, mine in of_student.items():
        text = report(name, mine, found.notes(name), "" if found.run.sandbox else STAMP)
        write_whole(folder / FOLDER / file_name(name, names), text)
    found.keep_shown({(r.student, r.exercise): Shown(r.status, r.points, r.as_found, r.decided) for r in rows})
    return everything
