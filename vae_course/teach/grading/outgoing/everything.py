"""All that a marks folder shows, made of what was found and of what was decided. It can be made again at any time, and nothing is run for it.

marks.csv    a row for each student and exercise
totals.csv   a row for each student
files.csv    what became of every file
class.html   a page on the class
reports/     a page for each student
names.csv    who is meant, where a marker reads other names
"""

from dataclasses import dataclass, replace
from pathlib import Path

from vae_course.teach.grading.deciding.corrections import FILE as CORRECTIONS
from vae_course.teach.grading.deciding.corrections import begin, read_corrections
from vae_course.teach.grading.deciding.pseudonyms import pseudonyms, without_name
from vae_course.teach.grading.deciding.rules import FILE as RULES
from vae_course.teach.grading.deciding.rules import read_rules
from vae_course.teach.grading.deciding.standing import Standing, standings
from vae_course.teach.grading.incoming.fates import PERSON
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.keeping.files import write_whole
from vae_course.teach.grading.keeping.found import Found, Shown
from vae_course.teach.grading.keeping.lock import FolderRefused
from vae_course.teach.grading.keeping.texts import csv_of
from vae_course.teach.grading.marking.local import STAMP
from vae_course.teach.grading.outgoing.everybody import Everybody
from vae_course.teach.grading.outgoing.ledger import ledger
from vae_course.teach.grading.outgoing.moved import moved
from vae_course.teach.grading.outgoing.pages.of_class import class_page
from vae_course.teach.grading.outgoing.pages.rendering import is_ours
from vae_course.teach.grading.outgoing.pages.student import FOLDER, file_name, student_page
from vae_course.teach.grading.outgoing.table import table, totals

TABLE, TOTALS, FILES, CLASS, NAMES = "marks.csv", "totals.csv", "files.csv", "class.html", "names.csv"


@dataclass(frozen=True)
class Everything:
    """What counts, by student and in the course's order; who is who; and lines on what is another than it was shown last.

    `called` are the names by which a marker reads of people, where these are not their own; `notes` say which decisions decide nothing.
    """

    rows: list[Standing]
    everybody: Everybody
    moved: list[str]
    called: dict[str, str]
    notes: list[str]

    @property
    def needs_a_person(self) -> bool:
        return self.everybody.needed or any(row.needs_a_person for row in self.rows)


def decide(found: Found, folder: Path, roster: tuple[Person, ...] | None = None, marked: bool = True) -> Everything:
    """Apply the rules, and what a person decided, to what was found. Nothing is written.

    Args:
        roster: in the place of the one that was given last.
        marked: whether something has been marked just now, so that new marks are no news.

    Raises:
        FolderRefused: something in class.toml or corrections.csv is none of either.
    """
    everybody = Everybody(found, roster)
    rules = read_rules(folder)
    if rules.groups and not everybody.groups:
        raise FolderRefused(
            f"{folder / RULES}: groups = true needs a roster with a column 'group'; give it with --roster."
        )
    called = pseudonyms(everybody.names, found.run.seed)
    others = {other: name for name, other in called.items()}  # corrections written so stay, whoever reads names later
    corrections = read_corrections(folder, everybody.names, rules.worth, others)
    rows = [row for _, mine in standings(found, rules, corrections, everybody.groups) for row in mine]
    notes = [
        f"{RULES}: an extension for {name!r}, whom nobody is called."
        for name in rules.extensions
        if name not in everybody.names
    ]
    apart = sorted({row.lesson for row in rows if rules.is_apart(row.lesson) and not row.max_points})
    notes += [
        f"{lesson} is beyond the core, and counts for nothing here; lessons = [...] in {RULES}, with its name, makes it count."
        for lesson in apart
    ]
    idle = [one for one in corrections.values() if not rules.counts(one.exercise)]
    notes += [f"{CORRECTIONS}, line {one.line}: {one.exercise} does not count here ({RULES})." for one in idle]
    return Everything(rows, everybody, moved(found.shown(), rows, not marked), called if rules.anonymous else {}, notes)


def show(found: Found, folder: Path, marked: bool = True) -> Everything:
    """Write everything; whoever kills this finds of each file either the old one or the new one.

    Raises:
        FolderRefused: as for `decide`.
    """
    everything = decide(found, folder, marked=marked)
    rows, everybody = everything.rows, everything.everybody
    names = sorted({row.student for row in rows})
    absent = sorted((everybody.about or {}).keys() - set(names))
    watched = {entry.student for entry in everybody.entries if entry.fate.fate == PERSON}
    begin(folder)
    write_whole(folder / TABLE, table(rows, absent))
    write_whole(folder / TOTALS, totals(rows, watched, everybody.about))
    write_whole(folder / FILES, ledger(everybody.entries))
    _write_pages(found, folder, everything, absent)
    found.keep_shown({(r.student, r.exercise): Shown(r.status, r.points, r.as_found, r.decided) for r in rows})
    return everything


def _write_pages(found: Found, folder: Path, everything: Everything, absent: list[str]) -> None:
    rows, called = everything.rows, everything.called
    stamp = "" if found.run.sandbox else STAMP
    of_student: dict[str, list[Standing]] = {}
    for row in rows:
        of_student.setdefault(row.student, []).append(row)
    names = {student: called.get(student, student) for student in of_student}
    files = {student: file_name(name, names.values()) for student, name in names.items()}
    (folder / FOLDER).mkdir(exist_ok=True)
    for student, mine in of_student.items():
        notes = [without_name(note, student, called[student]) if called else note for note in found.notes(student)]
        write_whole(folder / FOLDER / files[student], student_page(names[student], mine, notes, stamp))
    for path in (folder / FOLDER).glob("*.html"):
        if path.name not in files.values() and is_ours(path):
            path.unlink()  # under another name, or of somebody who does not count any more
    waiting = [entry.fate.path for entry in everything.everybody.entries if entry.fate.fate == PERSON]
    shown = [replace(row, student=names[row.student]) for row in rows] if called else rows
    lost = [called.get(name, name) for name in absent]
    write_whole(folder / CLASS, class_page(shown, lost, [] if called else waiting, stamp))
    if called:
        write_whole(folder / NAMES, csv_of([("student", "called"), *sorted(called.items())]))
    else:
        (folder / NAMES).unlink(missing_ok=True)
