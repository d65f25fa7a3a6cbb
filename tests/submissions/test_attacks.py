"""Every attack, really sandboxed, in six long runs: its own mark, its canary, and the hand-in that is marked next."""

import csv
import re
import unicodedata
from pathlib import Path

import pytest

from tests.share import one_in
from tests.submissions import ending, keeping, reading
from tests.submissions.hand_in import after
from tests.submissions.run import mark
from tests.submissions.test_rules import ATTACKS
from tests.teach.grading import marks_folder, pages
from vae_course.checks import around
from vae_course.teach.grading.sandbox.workers import RESOURCES


@pytest.mark.parametrize("sixth", one_in(6, range(6)))
def test_every_attack_gets_its_honest_mark_harms_nothing_and_leaves_nothing(
    sixth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(RESOURCES, "memory", 2**29)  # attacks ask for 1 GB at most, which is what a submission has
    quick = [attack for attack in ATTACKS if attack not in ending.SLOW][sixth::6]
    wrong = mark([*quick, *map(after, quick)], tmp_path)
    out, err = capsys.readouterr()
    wrong += [f"on the terminal: {line}" for line in unsafe_text(out + err)]
    wrong += unsafe_files(tmp_path / "marks")
    assert not wrong, "\n".join(wrong)


def test_the_mildest_attack_does_not_read_its_canary(tmp_path: Path):
    """The gate of "a worker without the sandbox" runs this alone: it opens the canary's file, and does nothing else."""
    mildest = reading.HAND_INS[0]
    assert 'open("@CANARY@").read()' in mildest.text and mildest.student == "read 1 a file"
    wrong = mark([mildest, after(mildest)], tmp_path)
    assert not wrong, "\n".join(wrong)


def test_what_is_kept_is_worth_points_where_a_process_lives_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The planted fault: no process ends because of what it was lent. Every attack of the family then has more than its mark."""
    monkeypatch.setattr(around, "knows_an_answer", lambda name: False)
    wrong = mark(keeping.HAND_INS, tmp_path)
    assert [line.split(":")[0] for line in wrong] == [attack.student for attack in keeping.HAND_INS], "\n".join(wrong)


@pytest.mark.slow
def test_an_attack_that_takes_longer_gets_its_honest_mark_too(tmp_path: Path):
    wrong = mark([*ending.SLOW, *map(after, ending.SLOW)], tmp_path)
    assert not wrong, "\n".join(wrong)


def unsafe_text(text: str) -> list[str]:
    """What a terminal would obey: control characters, escapes, and what turns the direction of writing."""
    return [repr(line[:200]) for line in text.split("\n") if any(unicodedata.category(c).startswith("C") for c in line)]


FORMULA = re.compile(r"""(?:^|[;\t\n\r\v\u2028|])[\s"]*[=+@\uff1d-]""")
"""Where a spreadsheet begins to compute, whatever parts its cells."""


def unsafe_files(folder: Path) -> list[str]:
    """What a spreadsheet would compute, a browser run or a reader take for the grader's own words."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [(row, name, cell) for row in csv.DictReader(file) for name, cell in row.items()]
        found += [
            f"{path.name}: a formula in {row}"
            for row, name, cell in cells
            if "points" not in name and FORMULA.search(cell)
        ]
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not re.fullmatch(r"[\w .,@+()'~-]+", path.name):
            found.append(f"the name {path.name!r}")
        if path.is_file() and path.suffix in (".csv", ".html"):
            found += [f"{path.name}: {line}" for line in unsafe_text(path.read_text(encoding="utf-8"))]
    for path in sorted((folder / "reports").iterdir()):
        found += [f"{path.name}: {strange}" for strange in pages.strange(path.read_text(encoding="utf-8"))]
    texts = marks_folder.rows(folder, "mark")
    found += [
        f"found.sqlite: {line}" for text in texts for value in map(str, text.values()) for line in unsafe_text(value)
    ]
    return found
