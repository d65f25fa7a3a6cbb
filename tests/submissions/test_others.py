"""What is no attack: right answers in many styles, misconceptions, half-finished work, files of every kind."""

from pathlib import Path

import pytest

from tests.submissions import mangled, mistaken, right
from tests.submissions.run import mark
from tests.teach.grading import pages

OTHERS = (*right.HAND_INS, *mistaken.HAND_INS, *mangled.HAND_INS)

NOTES = {
    "mangled 1 byte order mark": "byte-order mark",
    "mangled 2 UTF-16": "UTF-16",
    "mangled 3 conflict markers": "conflict markers",
    "mangled 8 retyped": "was read as code",
    "mangled 9 cut off": "JSON is damaged",
    "mangled 12 versions": "the newest, counts",
    "mangled 15 leads out": "is a symbolic link; it was refused",
    "half 2 a cell that is no Python": "has a syntax error",
    "half 4 work in the file": "IPython alone were left out",
}
"""What was repaired, skipped or guessed, as the student's report tells it."""


@pytest.mark.slow
def test_every_other_hand_in_gets_its_honest_mark_and_is_told_what_was_done_to_its_file(tmp_path: Path):
    assert len(OTHERS) >= 20
    wrong = mark(OTHERS, tmp_path)
    for student, note in NOTES.items():
        report = pages.page(tmp_path / "marks", student)
        if note not in report:
            wrong.append(f"{student}: no note of {note!r} in the report:\n{report[:600]}")
    assert not wrong, "\n".join(wrong)
