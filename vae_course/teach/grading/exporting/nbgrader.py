"""nbgrader: its gradebook, by its own API, in whatever database that has. An assignment and a notebook a lesson, a grade cell an exercise.

Written are automatic scores and automatic comments alone: what somebody has entered in formgrader, a manual score or comment, stays.
"""

import warnings
from collections.abc import Sequence
from typing import Any

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
    excused = []
    for row in rows:
        if row.student not in names:
            continue
        if row.decided == EXCUSED:
            excused.append(f"{row.student}/{row.exercise}")
        _fill(gradebook, names[row.student], row)
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


def _fill(gradebook: Any, student: str, row: Standing) -> None:
    from nbgrader.api import Comment, Grade, MissingEntry

    submission = gradebook.update_or_create_submission(row.lesson, student)
    place = (row.exercise, row.lesson, row.lesson, student)
    try:
        grade, comment = gradebook.find_grade(*place), gradebook.find_comment(*place)
    except MissingEntry:  # the submission is older than the cell
        [notebook] = [one for one in submission.notebooks if one.name == row.lesson]
        grade = Grade(cell_id=gradebook.find_grade_cell(*place[:3]).id, notebook=notebook)
        comment = Comment(cell_id=gradebook.find_solution_cell(*place[:3]).id, notebook=notebook)
        gradebook.db.add_all([grade, comment])
    grade.auto_score = None if row.decided == EXCUSED else row.points
    grade.needs_manual_grade = row.needs_a_person
    comment.auto_comment = "\n".join(filter(None, (row.message, row.comment)))
