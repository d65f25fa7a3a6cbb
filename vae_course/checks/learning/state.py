"""A learner's state: one small file under VAE_COURSE_HOME. It helps; it never stops a lesson."""

import contextlib
import json
import math
import os
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

PASSING = {"COLAB_RELEASE_TAG": "Colab", "KAGGLE_KERNEL_RUN_TYPE": "Kaggle", "BINDER_LAUNCH_HOST": "Binder"}
"""Variables by which services are known whose machines, with all that is kept in the home folder, end with the session."""
PATIENCE = 1.0
"""Seconds to wait for another kernel that is writing."""


def path() -> Path:
    """Where the state is kept: VAE_COURSE_HOME, else a folder in the home directory, else beside the notebook."""
    home = os.environ.get("VAE_COURSE_HOME")
    if home:
        return Path(home) / "progress.json"
    try:
        folder = Path.home()
    except RuntimeError:  # a container's user without a home
        folder = Path.cwd()
    return folder / ".vae_course" / "progress.json"


def ends_with() -> str:
    """The service with whose session the state ends, or an empty string where it stays; `VAE_COURSE_HOME` is taken for a place that stays."""
    if os.environ.get("VAE_COURSE_HOME"):
        return ""
    return next((service for variable, service in PASSING.items() if variable in os.environ), "")


def load() -> dict[str, Any]:
    """The state: {"exercises": {name: {"status", "points", "hints", "tries", "last"}}, "nats": number or null,
    "predictions": {name: {"said", "right"}}, "puzzles": {name: {"shortest": number or null}}}.

    A missing file counts as an empty one. One that cannot be read is kept beside it under another name, and the learner
    is told which.
    """
    for last_time in (False, True):  # another kernel may be writing at this very moment
        try:
            return _read(path().read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            break
        except Exception as error:  # noqa: BLE001 - whatever a damaged file holds, a lesson goes on
            if last_time:
                _keep_aside(error)
            else:
                time.sleep(0.02)
    return _empty()


class Kept(NamedTuple):
    """What is kept of a verdict: how many wrong attempts have counted, the points; was it the same answer again, or after a pass?"""

    used: int
    points: float
    again: bool
    passed: bool


def record_verdict(exercise: str, status: str, points: float, tries: int = 0, answer: str = "") -> Kept:
    """Keep the latest verdict; a pass is never taken away by a later attempt.

    Args:
        tries: how many wrong attempts count; after them the points stay what they were. 0: any number.
        answer: by which the same wrong answer is known again: run once more, it is no other attempt.
    """
    with _changing() as state:
        entry = state["exercises"].setdefault(exercise, {})
        used = entry.get("tries", 0)
        again = status == "wrong" and answer != "" and entry.get("last") == answer
        passed = entry.get("status") == "correct"
        if not (again or passed):
            in_time = not tries or used < tries
            entry["status"], entry["points"] = status, points if in_time else entry.get("points", 0)
            entry["tries"] = used = used + (status == "wrong")
            if status == "wrong" and answer:
                entry["last"] = answer
    return Kept(used, entry["points"], again, passed)


def next_hint(exercise: str, rungs: int) -> int:
    """The index of the next hint to show, from 0; the last one is shown again for ever."""
    with _changing() as state:
        entry = state["exercises"].setdefault(exercise, {})
        shown = entry.get("hints", 0)
        entry["hints"] = min(shown + 1, rungs)
    return min(shown, rungs - 1)


def prediction(name: str) -> Any:
    """What was predicted, or None."""
    return load()["predictions"].get(name, {}).get("said")


def keep_prediction(name: str, said: str | float) -> None:
    """It may be changed until its truth was shown: after that nobody can predict."""
    with _changing() as state:
        if "right" not in state["predictions"].get(name, {}):
            state["predictions"][name] = {"said": said}


def is_judged(name: str) -> bool:
    """Whether the truth was shown beside a prediction."""
    return "right" in load()["predictions"].get(name, {})


def judge_prediction(name: str, right: bool) -> None:
    """Whether what was predicted is so."""
    with _changing() as state:
        if name in state["predictions"]:
            state["predictions"][name]["right"] = right


def record_puzzle(name: str, length: int | None = None) -> int | None:
    """A puzzle is solved, by an answer of so many operations, where they are counted. Returns the fewest so far."""
    with _changing() as state:
        entry = state["puzzles"].setdefault(name, {"shortest": None})
        if length is not None:
            entry["shortest"] = length if entry["shortest"] is None else min(length, entry["shortest"])
    return entry["shortest"]


def record_nats(nats: float) -> None:
    """Keep the best figure (the smallest) of "our model: −? nats"."""
    if not math.isfinite(nats):
        return
    with _changing() as state:
        state["nats"] = nats if state["nats"] is None else min(nats, state["nats"])


def _empty() -> dict[str, Any]:
    return {"exercises": {}, "nats": None, "predictions": {}, "puzzles": {}}


def _read(text: str) -> dict[str, Any]:
    found = json.loads(text)
    nats = found.get("nats")
    entries = {str(name): dict(entry) for name, entry in found["exercises"].items()}
    for entry in entries.values():
        if not isinstance(entry.get("status", ""), str):
            raise ValueError("a status is not a word")
        counts = [entry.get(name, 0) for name in ("hints", "tries")]
        if not math.isfinite(entry.get("points", 0)) or any(not 0 <= int(count) == count for count in counts):
            raise ValueError("a number is out of range")
    nats = float(nats) if nats is not None else None
    predictions = {str(name): dict(entry) for name, entry in found.get("predictions", {}).items()}
    if not all(isinstance(entry.get("said"), str | float | int) for entry in predictions.values()):
        raise ValueError("a prediction is neither a word nor a number")
    if not all(isinstance(entry.get("right", False), bool) for entry in predictions.values()):
        raise ValueError("a prediction is neither right nor wrong")
    puzzles = {str(name): {"shortest": entry["shortest"]} for name, entry in found.get("puzzles", {}).items()}
    if not all(n is None or (type(n) is int and n >= 0) for n in (entry["shortest"] for entry in puzzles.values())):
        raise ValueError("a length of a puzzle is no whole number")
    # A figure that is not positive was kept by an earlier version, and no later one could be better.
    nats = nats if nats is None or nats > 0 else None
    return {"exercises": entries, "nats": nats, "predictions": predictions, "puzzles": puzzles}


def _keep_aside(error: Exception) -> None:
    """Rename the file that cannot be read, to a name that is free, and say so: once, because then it is gone."""
    damaged = path()
    aside = next(p for n in range(1, 1_000) if not (p := damaged.with_name(f"progress.damaged-{n}.json")).exists())
    with contextlib.suppress(OSError):
        damaged.rename(aside)
        _tell(
            f"Your progress in {damaged} could not be read ({type(error).__name__}: {error}). It is kept as {aside.name} "
            "beside it. A new file is begun: every check that passes counts again."
        )


@contextlib.contextmanager
def _changing() -> Iterator[dict[str, Any]]:
    """The state, to be changed and saved while no other kernel does the same."""
    with _lock():
        state = load()
        yield state
        _save(state)


def _save(state: dict[str, Any]) -> None:
    # Written beside and moved into place, so that an interruption leaves the old file whole.
    draft = path().with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        draft.write_text(json.dumps(state, indent=1, sort_keys=True), encoding="utf-8")
        draft.replace(path())
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        if str(path()) not in _told:
            _told.add(str(path()))
            _tell(
                f"Your progress cannot be kept: {error}. All else works; set VAE_COURSE_HOME to a folder you can write to."
            )


_told: set[str] = set()
"""Files of which the learner knows that nothing can be written there."""


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Only one at a time, between kernels too. Never waits long, and goes on without where nothing can be written: saving says so.

    The operating system's lock, which ends with the process that holds it; where a home on a network has none, a file in its place.
    """
    lock = FileLock(path().with_suffix(".lock"), timeout=PATIENCE)
    with contextlib.suppress(Timeout, OSError):
        lock.acquire(poll_interval=0.005)  # makes the folder too
    try:
        yield
    finally:
        lock.release()


def _tell(sentence: str) -> None:
    # Where warnings are errors, saying it would stop the lesson.
    with contextlib.suppress(UserWarning):
        warnings.warn(sentence, stacklevel=2)
