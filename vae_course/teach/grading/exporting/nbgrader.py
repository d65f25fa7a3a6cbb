"""nbgrader: its gradebook, by its own API, in whatever database that has. An assignment and a notebook a lesson, a grade cell an exercise.

Written are automatic scores and automatic comments alone: what somebody has entered in formgrader, a manual score or comment, stays.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from vae_course.emphasis import without_signs
from vae_course.teach.grading.deciding.standing import EXCUSED, Standing
from vae_course.teach.grading.exporting.people import NoExport, lines_among
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.keeping.found import Found
from vae_course.teach.grading.outgoing.everybody import Everybody


def nbgrader(found: Found, rows: Sequence[Standing], everybody: Everybody, address: str, notes: list[str]) -> None:
    """Write into a gradebook.

    Args:
        address: of its database, as "sqlite:///gradebook.db" or "postgresql://user@host/name".
        notes: gets a sentence on everybody and everything that was not written.

    Raises:
        NoExport: nbgrader is not installed, or the database cannot be opened.
    """
    try:
        from nbgrader.api import Gradebook  # it takes seconds to load
        from sqlalchemy.exc import ArgumentError, DBAPIError, SAWarning
    except ModuleNotFoundError as error:
        raise NoExport(f"the package {error.name} is missing: pip install nbgrader.") from None
    # For a new database nbgrader calls the program alembic, which lies beside this Python, whether or not that is on the path.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    try:
        gradebook = Gradebook(address)
    except (ArgumentError, DBAPIError, ModuleNotFoundError) as error:
        raise NoExport(f"{address} cannot be opened: {str(error).splitlines()[0]}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own way to add a submission
            _write(gradebook, found, rows, everybody, notes)
    finally:
        gradebook.close()


def _write(gradebook: Any, found: Found, rows: Sequence[Standing], everybody: Everybody, notes: list[str]) -> None:
    names = _students(gradebook, found, sorted({row.student for row in rows}), everybody, notes)
    cells: dict[tuple[str, str], float] = {}
    for row in rows:
        cells[row.lesson, row.exercise] = max(row.max_points, cells.get((row.lesson, row.exercise), 0.0))
    for lesson in dict.fromkeys(lesson for lesson, _ in cells):
        gradebook.update_or_create_assignment(lesson)
        gradebook.update_or_create_notebook(lesson, lesson)
    for (lesson, exercise), most in cells.items():
        gradebook.update_or_create_grade_cell(exercise, lesson, lesson, max_score=most, cell_type="code")
        gradebook.update_or_create_solution_cell(exercise, lesson, lesson)
    excused = [f"{row.student}/{row.exercise}" for row in rows if row.decided == EXCUSED and row.student in names]
    for (student, lesson), of_lesson in groupby(rows, key=lambda row: (row.student, row.lesson)):
        if student in names:
            _fill(gradebook, names[student], lesson, list(of_lesson))
    gradebook.db.commit()
    if excused:
        notes.append(
            f"nbgrader knows no excuse; these cells have no score, and count as nothing: {', '.join(excused)}."
        )


def _students(
    gradebook: Any, found: Found, students: Sequence[str], everybody: Everybody, notes: list[str]
) -> dict[str, str]:
    """By our name, nbgrader's. A gradebook of nobody gets everybody; in another, who cannot be told is named."""
    known = [
        Person(" ".join(filter(None, (one.first_name, one.last_name))) or one.id, one.id, words=frozenset(_words(one)))
        for one in gradebook.students
    ]
    if known:
        places, lost = lines_among(found, students, known)
        if lost:
            notes.append(f"Cannot be told in the gradebook, and not written: {', '.join(lost)}.")
        return {student: known[place].id for student, place in places.items()}
    for student in students:
        number, email, *_ = (everybody.about or {}).get(student, ("", ""))
        first, _, last = student.rpartition(" ")
        gradebook.add_student(
            student, first_name=first, last_name=last, email=email or None, lms_user_id=number or None
        )
    return {student: student for student in students}


def _words(student: Any) -> set[str]:
    return {word.casefold() for word in (student.id, student.email, student.lms_user_id) if word}


def _in_utc(told: str) -> datetime:
    """A time as nbgrader keeps it: without an offset, in UTC; one that says no offset is taken for that, as nbgrader does."""
    time = datetime.fromisoformat(told)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def _fill(gradebook: Any, student: str, lesson: str, rows: Sequence[Standing]) -> None:
    from nbgrader.api import Comment, Grade

    submission = gradebook.update_or_create_submission(lesson, student)
    if told := next((row.handed_in for row in rows if row.handed_in), ""):
        submission.timestamp = _in_utc(told)  # formgrader shows a submission whose own timestamp.txt says the same
    [notebook] = [one for one in submission.notebooks if one.name == lesson]
    grades, comments = ({one.name: one for one in found} for found in (notebook.grades, notebook.comments))
    for row in rows:
        place = (row.exercise, lesson, lesson)
        if row.exercise not in grades:  # the submission is older than the cell
            grades[row.exercise] = Grade(cell_id=gradebook.find_grade_cell(*place).id, notebook=notebook)
            gradebook.db.add(grades[row.exercise])
        if row.exercise not in comments:
            comments[row.exercise] = Comment(cell_id=gradebook.find_solution_cell(*place).id, notebook=notebook)
            gradebook.db.add(comments[row.exercise])
        grades[row.exercise].auto_score = None if row.decided == EXCUSED else row.points
        grades[row.exercise].needs_manual_grade = row.needs_a_person
        comments[row.exercise].auto_comment = "\n".join(filter(None, (without_signs(row.message), row.comment)))
