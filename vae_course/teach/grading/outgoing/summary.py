"""What a class has understood, in a table for the terminal."""

from collections import Counter
from collections.abc import Sequence

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.marks import NEEDS_A_PERSON

_STATUSES = (
    *("correct", "wrong", "not started", "raised", "timed out", "forbidden", "out of memory", "killed"),
    *NEEDS_A_PERSON,
)
_MOST_MISTAKES = 10


def summary(marks: Sequence[Standing]) -> str:
    """Students, mean points and statuses for each exercise, the commonest mistakes, and who needs a person."""
    students = sorted({mark.student for mark in marks})
    shown = [status for status in _STATUSES if any(mark.status == status for mark in marks)]
    rows = [["exercise", "students", "mean points", *shown]]
    for name in EXERCISES:
        mine = [mark for mark in marks if mark.exercise == name]
        if mine:
            mean = sum(mark.points for mark in mine) / len(mine)
            count = Counter(mark.status for mark in mine)
            cells = [str(count[status] or "") for status in shown]
            most = max(mark.max_points for mark in mine)
            rows.append([name, str(len(mine)), f"{mean:.2f} of {most:g}", *cells])
    lines = [*_columns(rows), "", f"{_many(len(students), 'student')}, {_many(len(marks), 'mark')}"]
    mistakes = Counter((mark.exercise, mark.misconception) for mark in marks if mark.misconception)
    if mistakes:
        lines += ["", "The commonest mistakes:"]
        lines += [f"  {count:4}  {name}: {what}" for (name, what), count in mistakes.most_common(_MOST_MISTAKES)]
    for status in NEEDS_A_PERSON:
        who = sorted({mark.student for mark in marks if mark.status == status and mark.needs_a_person})
        if who:
            more = f" and {len(who) - 10} more" if len(who) > 10 else ""
            lines += ["", f"A person has to look at: {status}: {', '.join(who[:10])}{more}"]
    return "\n".join(lines)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
