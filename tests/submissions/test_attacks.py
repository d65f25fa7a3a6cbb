"""Every attack, really sandboxed, in one long run: its own mark, its canary, and the hand-in that is marked next."""

from pathlib import Path

from tests.submissions import ending
from tests.submissions.hand_in import after
from tests.submissions.run import mark
from tests.submissions.test_rules import ATTACKS
from vae_course.grading.workers import RESOURCES


def test_every_attack_gets_its_honest_mark_harms_nothing_and_leaves_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(RESOURCES, "memory", 2**29)  # attacks ask for 1 GB at most, which is what a submission has
    quick = [attack for attack in ATTACKS if attack not in ending.SLOW]
    wrong = mark([*quick, *map(after, quick)], tmp_path)
    assert not wrong, "\n".join(wrong)
