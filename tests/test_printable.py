"""A terminal, a pipe or a file of an old code page: what the course prints is shown as well as it can be, and never raises."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import ROOT
from tests.share import one_in
from vae_course.printable import HANDLER, INSTEAD, printable

PRINTING = """
import torch
from vae_course import check, evaluate, hint, progress, solution
from vae_course.given import trained

def log_normal(x, m, v):
    return -0.5 * (torch.log(2 * torch.pi * v) + (x - m) ** 2 / v).sum(-1)

def kl_normal(qm, qv, pm, pv):
    return qm.sum(-1)

print(check(log_normal))
print([check(kl_normal)], f"{check(kl_normal)}")
for name in ("kl_normal", "log_bernoulli_with_logits"):
    for _ in range(3):
        print(hint(name))
    print(solution(name, anyway=True))
print(progress(98.7))
print(evaluate(trained("v1_z2"), torch.zeros(2, 784), "iwae", 2))
"""
ENCODINGS = ["cp1252:strict", "cp1252", "cp437", "utf-8", "ascii:strict"]


def run(command: list[str], encoding: str, home: Path) -> subprocess.CompletedProcess[bytes]:
    env = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "VAE_COURSE_HOME": str(home)}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, timeout=300)


@pytest.mark.parametrize("encoding", one_in(len(ENCODINGS), ENCODINGS))
def test_every_text_of_a_learner_can_be_printed(encoding: str, tmp_path: Path):
    done = run(["-c", PRINTING], encoding, tmp_path)
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    said = done.stdout.decode(encoding.split(":")[0])
    tick, cross, minus = ("✓", "✗", "−") if encoding == "utf-8" else ("?", "x", "-")
    assert said.startswith(f"{tick} log_normal: correct") and f"{cross} kl_normal: wrong" in said
    assert "Hint 3 of" in said and "Our solution of kl_normal" in said
    assert f"our model: {minus}98.7 nats" in said and f"{minus}IWAE_2" in said


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252:strict", "ascii"])
def test_so_can_what_the_commands_say(encoding: str, tmp_path: Path):
    answers = tmp_path / "Łukasz ✓"
    answers.mkdir()
    (answers / "02_kl_divergence.py").write_text("def log_normal(x, m, v):\n    return x", encoding="utf-8")
    for command in (["check", str(answers)], ["check", str(answers / "no such ✓")], ["doctor"], ["check", "--help"]):
        done = run(["-m", "vae_course.cli", *command], encoding, tmp_path)
        assert b"Traceback" not in done.stderr and b"UnicodeEncodeError" not in done.stdout + done.stderr
        assert done.stdout or done.stderr.startswith(b"vae-course: ")


@pytest.mark.slow
def test_so_can_the_summary_of_a_class(tmp_path: Path):
    for student in ("Łukasz", "李娜"):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "02_kl_divergence.py").write_text("def log_normal(x, m, v):\n    1 / 0")
    (tmp_path / "class" / "李娜" / "02_kl_divergence.py").write_text("")
    command = ["-m", "vae_course.cli", "grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks")]
    done = run(command, "cp1252:strict", tmp_path)
    assert done.returncode == 1 and b"Traceback" not in done.stderr, done.stderr
    assert "A person has to look at: unreadable: ??" in done.stdout.decode("cp1252")
    assert "李娜" in (tmp_path / "marks" / "marks.csv").read_text(encoding="utf-8")


def test_a_sign_has_another_that_means_the_same_where_there_is_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii", errors="strict"))
    assert printable("✓ ½ σ² ≤ −1 → q̃, René Łuć") == "? 1/2 sigma^2 <= -1 -> q, Rene ?uc"
    assert all(text.isascii() for text in INSTEAD.values())
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "cp437", errors="strict"))
    assert printable("✓ ½ σ² ≤ −1 → René") == "? ½ σ² ≤ -1 -> René"


@pytest.mark.parametrize("stdout", [io.StringIO(), None, io.TextIOWrapper(io.BytesIO(), "utf-8")])
def test_where_every_sign_can_be_shown_the_text_stays_as_it_is(stdout: object, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdout", stdout)
    assert printable("✓ ½ σ²") == "✓ ½ σ²"


def test_a_stream_can_be_told_to_do_so_by_itself():
    stream = io.TextIOWrapper(io.BytesIO(), "cp1252", errors=HANDLER)
    print("✓ 3 ≥ 2 ½ 😀 \udce4", file=stream, end="", flush=True)
    assert stream.buffer.getvalue().decode("cp1252") == "? 3 >= 2 ½ ? ?"
