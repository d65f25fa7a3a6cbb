"""Moodle: an assignment's grading worksheet, filled in, and a zip of feedback files for everybody in it.

The worksheet ("Download grading worksheet") has the columns Identifier, Full name, Grade, Maximum Grade, and perhaps Feedback comments; the zip ("Upload
multiple feedback files in a zip") has a folder for each, called as that of their hand-in: "Full name_4711_assignsubmission_file_".
(Moodle docs, "Assignment grading"; mod/assign/feedback/file/importziplib.php)
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.exporting.adding import Sum, counts, on_partly_excused, sums
from vae_course.teach.grading.exporting.people import NoExport, Sheet, filled, lines_of
from vae_course.teach.grading.keeping.found import Found

_LONGEST = 120  # signs of a name in a folder's


def moodle(
    found: Found,
    rows: Sequence[Standing],
    lessons: Sequence[str],
    sheet: Sheet,
    notes: list[str],
    pages: Mapping[str, bytes],
) -> tuple[str, bytes]:
    """The worksheet, and the zip.

    Args:
        pages: by student, the page that they get.
        notes: gets a sentence on everybody who was not written.

    Raises:
        NoExport: the worksheet lacks a column that Moodle wants; nothing of the lessons counts.
    """
    of_student = sums(rows, lessons)
    if of_student and not counts(of_student):
        raise NoExport(f"nothing of {', '.join(lessons)} counts here; lessons = [...] in class.toml makes it count.")
    identifier, grade, most = (sheet.column(name) for name in ("Identifier", "Grade", "Maximum Grade"))
    full_name = sheet.column("Full name")
    lines, lost = lines_of(found, of_student, sheet)
    too_many = [student for student, line in lines.items() if not _fits(of_student[student], sheet.rows[line][most])]
    if too_many:
        raise NoExport(
            f"Moodle's maximum grade is {sheet.rows[lines[too_many[0]]][most]}, and {', '.join(sorted(too_many)[:5])} would have more: "
            "make it what the lessons are worth, or choose lessons by --lesson."
        )

    known = {student: one for student, one in of_student.items() if one.points is not None}
    filled(sheet, lines, grade, {student: f"{one.points:g}" for student, one in known.items()})
    heads = [head.strip().casefold() for head in sheet.rows[0]]
    if "feedback comments" in heads:
        comments = {student: _comment(one) for student, one in of_student.items()}
        filled(sheet, lines, heads.index("feedback comments"), comments)
    notes += on_partly_excused(of_student, "Moodle")
    if lost:
        notes.append(f"Cannot be told in {sheet.path.name}, and not written: {', '.join(lost)}.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, line in sorted(lines.items()):
            number = re.sub(r"\D", "", sheet.rows[line][identifier])
            name = re.sub(r"[^\w .,'()-]", "", sheet.rows[line][full_name].replace("_", " "))[:_LONGEST].strip()
            if student in pages and number:
                info = zipfile.ZipInfo(f"{name}_{number}_assignsubmission_file_/feedback.html", (1980, 1, 1, 0, 0, 0))
                archive.writestr(info, pages[student])
    return sheet.written(), packed.getvalue()


def _fits(one: Sum, most: str) -> bool:
    try:
        return one.points is None or one.points <= float(most.replace(",", "."))
    except ValueError:
        return True


def _comment(one: Sum) -> str:
    if one.excused:
        return "Excused."
    return f"{one.points:g} of {one.max_points:g} points; the page in the feedback files says how."
