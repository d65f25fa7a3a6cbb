"""`vae-course export`: what counts, in the form of a gradebook. The marks are read, and stay as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.exporting.canvas import canvas
from vae_course.teach.grading.exporting.moodle import moodle
from vae_course.teach.grading.exporting.nbgrader import nbgrader
from vae_course.teach.grading.exporting.people import NoExport, read_sheet
from vae_course.teach.grading.exporting.plain import as_json, wide
from vae_course.teach.grading.keeping.folder import shown
from vae_course.teach.grading.outgoing.everything import decide
from vae_course.teach.grading.outgoing.pages.student import FOLDER, file_name

FORMATS = {
    "canvas": "Canvas' gradebook, filled in (wants --into, the export of its gradebook)",
    "moodle": "Moodle's grading worksheet, filled in, and feedback files (wants --into, the worksheet)",
    "nbgrader": "nbgrader's gradebook, by its database's address (--out sqlite:///gradebook.db)",
    "csv": "a table with a row for each student",
    "json": "all that is known",
}


@dataclass(frozen=True)
class Asked:
    """What the command line says; see `vae-course export --help`.

    `out` is a file, or the address of nbgrader's database. `columns` are for Canvas: by how the name of a column begins there, the lessons that it sums.
    """

    form: str
    marks: Path
    out: str
    into: Path | None = None
    lessons: tuple[str, ...] = LESSONS
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)


def export(asked: Asked) -> list[str]:
    """Write the files, and say what was written and who was not.

    Raises:
        NoExport: something is missing, or does not fit.
        lock.FolderRefused: there are no marks, or what was decided of them is none of either.
        OSError: something cannot be read or written.
    """
    notes: list[str] = []
    out = Path(asked.out)
    with shown(asked.marks) as found:
        everything = decide(found, asked.marks)
        notes += everything.notes
        rows = [row for row in everything.rows if row.lesson in asked.lessons]
        waiting = sorted({row.student for row in rows if row.needs_a_person})
        if waiting:
            notes.append(
                f"A person has still to look at answers of: {', '.join(waiting)}. They count as nothing so far."
            )
        if everything.moved:
            notes.append("What is written here was not shown yet: `vae-course report` makes tables and pages of it.")
        if asked.form == "csv":
            return _write(out, wide(rows, everything.everybody, asked.lessons).encode(), notes)
        if asked.form == "json":
            return _write(out, as_json(found, rows, everything.everybody).encode(), notes)
        if asked.form == "nbgrader":
            nbgrader(found, rows, everything.everybody, asked.out, notes)
            return [f"wrote    into {asked.out}", *notes]
        if asked.into is None:
            raise NoExport(f"{asked.form} wants its own table: give it with --into.")
        if asked.into.resolve() == out.resolve():
            raise NoExport(f"{out} is the platform's own table; give --out another name.")
        sheet = read_sheet(asked.into)
        if asked.form == "canvas":
            columns = asked.columns or {lesson: [lesson] for lesson in asked.lessons}
            return _write(out, canvas(found, rows, columns, sheet, notes).encode(), notes)
        called = {row.student: everything.called.get(row.student, row.student) for row in rows}
        files = {student: asked.marks / FOLDER / file_name(name, called.values()) for student, name in called.items()}
        pages = {student: path.read_bytes() for student, path in files.items() if path.exists()}
        if missing := sorted(files.keys() - pages.keys()):
            notes.append(f"No page to hand back of: {', '.join(missing)}; `vae-course report` makes them.")
        worksheet, packed = moodle(found, rows, asked.lessons, sheet, notes, pages)
        archive = out.with_suffix(".zip")
        return [*_write(out, worksheet.encode(), []), *_write(archive, packed, notes)]


def _write(path: Path, data: bytes, notes: Sequence[str]) -> list[str]:
    """Write a file anew; one that is there is somebody's."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise NoExport(f"{path} is there already; name another file, or move it away.") from None
    return [f"wrote    {path}", *notes]
