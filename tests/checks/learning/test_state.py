"""The file of a learner's progress: it never stops a lesson, and nothing in it is lost without a word."""

import json
import os
import subprocess
import sys
import time
import warnings

import pytest
import torch

from vae_course import check, hint, progress
from vae_course.checks.learning import state
from vae_course.checks.lessons import EXERCISES

DAMAGED = {
    "empty": "",
    "cut off": '{"exercises": {',
    "a list": "[]",
    "no entries": '{"nats": 3}',
    "entries of another kind": '{"exercises": {"a": 1}}',
    "points in words": '{"exercises": {"kl_normal": {"status": "correct", "points": "six"}}}',
    "endless points": '{"exercises": {"kl_normal": {"status": "correct", "points": Infinity}}}',
    "a status that is a number": '{"exercises": {"kl_normal": {"status": 3}}}',
    "negative hints": '{"exercises": {"kl_normal": {"hints": -1}}}',
    "a huge number": '{"exercises": {}, "nats": 1' + "0" * 400 + "}",
    "too deep": "[" * 100_000,
    "another encoding": "\udcff\udcfe",
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def right(m, v):
    return m + v.sqrt() * torch.randn_like(m)


def a_lesson():
    """What a learner does; each of these reads the state, three write it."""
    assert check(right, "sample_gaussian")
    hint("kl_normal")
    return repr(progress(nats=120.0))


@pytest.mark.parametrize("text", DAMAGED.values(), ids=list(DAMAGED))
def test_a_damaged_file_is_kept_aside_and_the_learner_is_told_once(text, home):
    content = text.encode("utf-8", "surrogateescape")
    state.path().write_bytes(content)
    with pytest.warns(UserWarning, match=r"could not be read.*progress\.damaged-1\.json") as told:
        assert "7 of" in a_lesson()
    assert len(told) == 1
    assert (home / "progress.damaged-1.json").read_bytes() == content
    assert json.loads(state.path().read_text())["exercises"]["sample_gaussian"]["status"] == "correct"


def test_a_second_damaged_file_does_not_replace_the_first(home):
    for text in ("first", "second"):
        state.path().write_text(text)
        with pytest.warns(UserWarning, match="is kept as"):
            a_lesson()
    assert [(home / f"progress.damaged-{n}.json").read_text() for n in (1, 2)] == ["first", "second"]


def test_a_folder_in_the_files_place_is_kept_aside_too(home):
    state.path().mkdir()
    (state.path() / "work.txt").write_text("mine")
    with pytest.warns(UserWarning, match="is kept as"):
        assert "7 of" in a_lesson()
    assert (home / "progress.damaged-1.json" / "work.txt").read_text() == "mine"


def test_where_warnings_are_errors_a_damaged_file_stops_no_lesson():
    state.path().write_text("{")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "7 of" in a_lesson()


def test_a_folder_that_is_missing_is_made(home):
    home.rmdir()
    assert "7 of" in a_lesson() and state.path().exists()


def test_a_person_without_a_home_keeps_the_file_beside_the_notebook(tmp_path):
    code = """
import os, pathlib
def no_home(): raise RuntimeError("Could not determine home directory.")
pathlib.Path.home = no_home
from vae_course.checks.learning import state
state.record_verdict("kl_normal", "correct", 6)
print(state.path())
"""
    env = {name: value for name, value in os.environ.items() if name != "VAE_COURSE_HOME"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (tmp_path / ".vae_course" / "progress.json").exists(), done.stderr


def test_where_nothing_can_be_written_the_lesson_goes_on_and_says_so_once(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="cannot be kept.*VAE_COURSE_HOME") as told:
        a_lesson()
        a_lesson()
    assert len(told) == 1


WRITER = """
import sys
from vae_course.checks.learning import state
for i in range(20):
    state.record_verdict(f"exercise {sys.argv[1]} {i}", "correct", 1)
"""


@pytest.mark.slow
def test_kernels_that_write_at_once_lose_nothing_of_each_other():
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(n)]) for n in range(4)]
    assert [writer.wait(120) for writer in writers] == [0] * 4
    assert len(state.load()["exercises"]) == 80
    assert {p.name for p in state.path().parent.iterdir()} <= {"progress.json", "progress.lock"}


HOLDER = """
import sys, time
from filelock import FileLock
FileLock(sys.argv[1]).acquire()
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(home):
    """Another kernel that holds the lock."""
    command = [sys.executable, "-c", HOLDER, str(home / "progress.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_that_a_crash_left_behind_holds_nobody(home, holder, monkeypatch):
    monkeypatch.setattr(state, "PATIENCE", 60.0)
    holder.kill()
    holder.wait()
    begun = time.monotonic()
    assert "7 of" in a_lesson() and time.monotonic() - begun < 60


def test_a_kernel_that_holds_the_lock_delays_a_lesson_and_does_not_stop_it(home, holder, monkeypatch):
    monkeypatch.setattr(state, "PATIENCE", 0.1)
    assert "7 of" in a_lesson() and holder.poll() is None


def test_a_figure_that_is_no_number_changes_nothing():
    progress(nats=120.0)
    assert "120.0" in repr(progress(nats=float("nan")))


def test_a_hint_without_a_name_is_about_the_latest_check_that_did_not_pass():
    assert check(right, "sample_gaussian") and not check(lambda x, m, v: None, "log_normal")
    assert not check({"slope": 1, "mean": 0, "variance": 0}, "predict_noise")
    assert 'hint("predict_noise")' in repr(hint())
    assert check({"slope": 0.5, "mean": 0.5, "variance": 1 / 12}, "predict_noise")
    assert 'hint("log_normal")' in repr(hint())
    assert state.load()["exercises"]["log_normal"].get("hints", 0) == 0, "no hint was opened"


def test_a_hint_without_a_name_and_without_a_check_says_how_to_name_one():
    done = subprocess.run(
        [sys.executable, "-c", "from vae_course import hint; print(hint())"], capture_output=True, text=True, check=True
    )
    assert 'hint("two_boxes")' in done.stdout and all(name in done.stdout for name in EXERCISES)
