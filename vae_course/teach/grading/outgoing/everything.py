"""All that a marks folder shows, made of what was found: tables and reports. It can be made again at any time, and nothing is run for it.

marks.csv    a row for each student and exercise
totals.csv   a row for each student
files.csv    what became of every file
reports/     a report for each student
"""

from pathlib import Path

from vae_course.teach.grading.incoming.fates import PERSON
from vae_course.teach.grading.marking.local import STAMP
from vae_course.teach.grading.marks import Mark
from vae_course.teach.grading.outgoing.everybody import Everybody
from vae_course.teach.grading.outgoing.files import write_whole
from vae_course.teach.grading.outgoing.found import Found
from vae_course.teach.grading.outgoing.ledger import ledger
from vae_course.teach.grading.outgoing.report import FOLDER, file_name, report
from vae_course.teach.grading.outgoing.standing import standings
from vae_course.teach.grading.outgoing.table import table, totals

TABLE, TOTALS, FILES = "marks.csv", "totals.csv", "files.csv"


def marks_of(found: Found) -> list[Mark]:
    """The marks that count, by student and in the course's order."""
    return [mark for _, marks in standings(found) for mark in marks]


def show(found: Found, folder: Path) -> tuple[list[Mark], Everybody]:
    """Write everything; whoever kills this finds of each file either the old one or the new one.

    Returns:
        The marks that count, and who is who.
    """
    everybody = Everybody(found)
    marks = marks_of(found)
    names = sorted({mark.student for mark in marks})
    absent = sorted((everybody.about or {}).keys() - set(names))
    watched = {entry.student for entry in everybody.entries if entry.fate.fate == PERSON}
    write_whole(folder / TABLE, table(marks, absent))
    write_whole(folder / TOTALS, totals(marks, watched, everybody.about))
    write_whole(folder / FILES, ledger(everybody.entries))
    (folder / FOLDER).mkdir(exist_ok=True)
    of_student: dict[str, list[Mark]] = {name: [] for name in names}
    for mark in marks:
        of_student[mark.student].append(mark)
    for name, mine in of_student.items():
        text = report(name, mine, found.notes(name), "" if found.run.sandbox else STAMP)
        write_whole(folder / FOLDER / file_name(name, names), text)
    return marks, everybody
