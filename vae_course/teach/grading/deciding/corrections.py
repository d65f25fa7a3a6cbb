"""corrections.csv, in the marks folder: what a person decides of single marks. Marking again never touches it."""

import csv
import difflib
import io
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.incoming.roster import decoded
from vae_course.teach.grading.keeping.files import write_whole
from vae_course.teach.grading.keeping.lock import FolderRefused
from vae_course.teach.grading.keeping.texts import csv_of, plain_text

FILE = "corrections.csv"
COLUMNS = ("student", "exercise", "points", "comment")
EXCUSED = "excused"
_MOST_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Correction:
    """One line.

    Args:
        points: instead of the grader's; None where only something is said.
        excused: True if the exercise counts neither for nor against the student.
        line: where it stands.
    """

    student: str
    exercise: str
    points: float | None
    excused: bool
    comment: str
    line: int


def begin(folder: Path) -> None:
    """Make the file with its header, if there is none."""
    if not (folder / FILE).exists():
        write_whole(folder / FILE, csv_of([COLUMNS]))


def read_corrections(
    folder: Path, students: Collection[str], worth: Callable[[str], float], others: Mapping[str, str] | None = None
) -> dict[tuple[str, str], Correction]:
    """By student and exercise, what a person decided.

    Args:
        students: everybody whose name may stand there.
        worth: the points of an exercise.
        others: names by pseudonyms, which may stand there too.

    Raises:
        FolderRefused: a line cannot be meant so. The message has a line for each fault.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file:
            text = decoded(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return {}
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    found: dict[tuple[str, str], Correction] = {}
    faults: list[str] = []
    heads: list[str] = []
    while True:
        line = reader.line_num + 1
        row = next(reader, None)
        if row is None:
            break
        if not any(map(str.strip, row)):
            continue
        if not heads:
            heads = [cell.strip().casefold() for cell in row]
            if missing := [name for name in COLUMNS[:3] if name not in heads]:
                faults.append(
                    f"line {line}: no column {' and no column '.join(missing)}; expected: {', '.join(COLUMNS)}."
                )
                break
            continue
        cells = dict(zip(heads, (cell.strip() for cell in row), strict=False))
        cells["student"] = (others or {}).get(cells.get("student", ""), cells.get("student", ""))
        one, why = _correction(cells, line, students, worth, comma=separator != ",")
        if one is None:
            faults.append(f"line {line}: {why}")
        elif (same := found.get((one.student, one.exercise))) is not None:
            faults.append(
                f"line {line}: {one.student}, {one.exercise} stands in line {same.line} already; one of the two has to go."
            )
        else:
            found[one.student, one.exercise] = one
    if faults:
        raise FolderRefused("\n".join(f"{path}, {fault}" for fault in faults))
    return found


def _correction(
    cells: Mapping[str, str], line: int, students: Collection[str], worth: Callable[[str], float], comma: bool
) -> tuple[Correction | None, str]:
    """A line, or why it is none.

    Args:
        comma: whether numbers may be written with one, as where semicolons part the cells.
    """
    student, exercise, points = (_bare(cells.get(name, "")) for name in COLUMNS[:3])
    comment = plain_text(_bare(cells.get("comment", "")))
    if student not in students:
        return None, f"nobody is called {student!r}{_near(student, students)}; marks.csv has the names."
    if exercise not in EXERCISES:
        return None, f"there is no exercise {exercise!r}{_near(exercise, EXERCISES)}; marks.csv has their names."
    if points.casefold() == EXCUSED:
        return Correction(student, exercise, None, True, comment, line), ""
    if not points:
        said = Correction(student, exercise, None, False, comment, line)
        return (said, "") if comment else (None, f"neither points nor {EXCUSED!r} nor a comment.")
    try:
        number = float(points.replace(",", ".") if comma else points)
    except ValueError:
        number = math.nan
    most = worth(exercise)
    if not 0 <= number <= most:
        return (
            None,
            f"points {points!r}: a number from 0 to {most:g}, the points of {exercise}, or {EXCUSED!r} was expected.",
        )
    return Correction(student, exercise, number, False, comment, line), ""


def _bare(cell: str) -> str:
    """A cell without the sign by which our tables keep spreadsheets from computing it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell


def _near(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f" (perhaps {near[0]!r}?)" if near else ""
