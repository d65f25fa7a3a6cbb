"""Mark a class of sample hand-ins through the public door, in the sandbox, and say what was not as it had to be."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from tests.submissions.canary import Canary, canary
from tests.submissions.hand_in import HandIn, Row
from vae_course import cli


def written(hand_ins: Sequence[HandIn], folder: Path, canaries: Canary) -> Path:
    """The hand-ins as files of a class's folder."""
    for hand_in in hand_ins:
        content = hand_in.form(hand_in, canaries.fill(hand_in.text))
        for name, data in {**hand_in.beside, hand_in.path: content}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            if name in hand_in.beside:
                os.utime(path, (0, 1_600_000_000))
    return folder


def mark(hand_ins: Sequence[HandIn], folder: Path) -> list[str]:
    """Mark hand-ins as one class, one after another in one sandbox; everything that differs from what is expected.

    The marks are in `folder / "marks"`.
    """
    with canary(folder / "class") as canaries:
        written(hand_ins, folder / "class", canaries)
        cli.main(["grade", str(folder / "class"), "--out", str(folder / "marks"), "--jobs", "1"])
        harm = [f"CANARY: {what}" for what in canaries.harm()]
    found = rows(folder / "marks" / "marks.csv")
    names = [hand_in.student for hand_in in hand_ins]
    assert len(set(names)) == len(names), "two hand-ins of one name"
    strangers = {student for student, _ in found} - set(names)
    return (
        harm
        + [f"nobody is called {name!r}" for name in sorted(strangers)]
        + [line for hand_in in hand_ins for line in differences(hand_in, found)]
    )


def rows(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """marks.csv by student and exercise; every pair stands in it once."""
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    found = {(row["student"].removeprefix("'"), row["exercise"]): row for row in table}
    assert len(found) == len(table)
    return found


def differences(hand_in: HandIn, found: dict[tuple[str, str], dict[str, str]]) -> list[str]:
    lines = []
    for exercise, row in hand_in.expected().items():
        got = found.get((hand_in.student, exercise))
        if got is None:
            lines.append(f"{hand_in.student}: {exercise}: no mark")
        elif not fits(row, got):
            is_ = f"{got['status']} {got['points']} {got['misconception']!r} {got['message'][:150]!r}"
            lines.append(f"{hand_in.student}: {exercise}: expected {row}, got {is_}")
    return lines


def fits(row: Row, got: dict[str, str]) -> bool:
    same = (got["status"], float(got["points"]), got["misconception"]) == (row.status, row.points, row.misconception)
    return same and row.says.casefold() in got["message"].casefold()
