"""Canvas: the gradebook's own CSV, filled in, to be imported again.

Its form: Student, ID, SIS User ID, SIS Login ID, Section, then a column for each assignment, "Name (id)"; below the heads a row "Points
Possible". A new column makes a new assignment. (Canvas Instructor Guide, "How do I import grades in the Gradebook?")
"""

from collections.abc import Mapping, Sequence

from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.exporting.adding import Sum, counts, on_partly_excused, sums, worth
from vae_course.teach.grading.exporting.people import NoExport, Sheet, filled, lines_of
from vae_course.teach.grading.keeping.found import Found

WHO = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def canvas(
    found: Found, rows: Sequence[Standing], columns: Mapping[str, Sequence[str]], sheet: Sheet, notes: list[str]
) -> str:
    """The columns by which Canvas knows people, and those that are asked for.

    Args:
        columns: by how the name of a column begins in Canvas, the lessons that it sums; where none begins so it is a new one.
        notes: gets a sentence on everybody and everything that was not written as it stands here.
    """
    heads = [head.strip() for head in sheet.rows[0]]
    kept = [number for number, head in enumerate(heads) if head in WHO]
    possible = next((row for row in sheet.rows[1:] if row[0].strip() == "Points Possible"), None)
    lines, lost = lines_of(found, {row.student for row in rows}, sheet)
    for title, lessons in columns.items():
        of_student = sums(rows, lessons)
        if not counts(of_student):
            if of_student:
                notes.append(f"No column {title}: nothing of {', '.join(lessons)} counts here.")
            continue
        most = f"{worth(of_student):g}"
        alike = [number for number, head in enumerate(heads) if head.casefold().startswith(title.casefold())]
        if len(alike) > 1:
            raise NoExport(
                f"{len(alike)} columns begin with {title!r}: {', '.join(heads[n] for n in alike)}. Name one whole."
            )
        column = alike[0] if alike else _new(sheet, title)
        if not alike:
            notes.append(f"Canvas makes a new assignment of the column {title}.")
        if possible is not None:
            if alike and possible[column].strip() not in ("", most, f"{worth(of_student):.2f}"):
                notes.append(
                    f"{heads[column]} has {possible[column].strip()} points possible in Canvas, and {most} here."
                )
            possible[column] = possible[column] or most
        filled(sheet, lines, column, {student: _cell(one) for student, one in of_student.items()})
        kept.append(column)
        notes += on_partly_excused(of_student, f"Canvas' {title}")
    if lost:
        notes.append(f"Cannot be told in {sheet.path.name}, and not written: {', '.join(lost)}.")
    return sheet.written(kept)


def _new(sheet: Sheet, title: str) -> int:
    for row in sheet.rows:
        row.append("")
    sheet.rows[0][-1] = title
    return len(sheet.rows[0]) - 1


def _cell(one: Sum) -> str:
    return "EX" if one.excused or one.points is None else f"{one.points:g}"
