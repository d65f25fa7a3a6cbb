"""A learner's state: one small file under VAE_COURSE_HOME. It helps; it never stops a lesson."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def path() -> Path:
    """Where the state is kept: VAE_COURSE_HOME, else a folder in the home directory."""
    return Path(os.environ.get("VAE_COURSE_HOME") or Path.home() / ".vae_course") / "progress.json"


def load() -> dict[str, Any]:
    """The state: {"exercises": {name: {"status", "points", "hints"}}, "nats": number or null}.

    A missing or damaged file counts as an empty one; the damaged file is kept beside it under another name.
    """
    try:
        text = path().read_text(encoding="utf-8")
    except OSError:
        return _empty()
    try:
        found = json.loads(text)
        entries = {str(n): dict(e) for n, e in found["exercises"].items()}
        nats = found.get("nats")
        return {"exercises": entries, "nats": float(nats) if nats is not None else None}
    except (ValueError, KeyError, TypeError, AttributeError):
        with contextlib.suppress(OSError):
            path().replace(path().with_suffix(".damaged.json"))
        return _empty()


def record_verdict(exercise: str, status: str, points: float) -> None:
    """Keep the latest verdict; a pass is never taken away by a later attempt."""
    state = load()
    entry = state["exercises"].setdefault(exercise, {})
    if entry.get("status") != "correct":
        entry["status"], entry["points"] = status, points
    _save(state)


def next_hint(exercise: str, rungs: int) -> int:
    """The index of the next hint to show, from 0; the last one is shown again for ever."""
    state = load()
    entry = state["exercises"].setdefault(exercise, {})
    shown = entry.get("hints", 0)
    shown = shown if isinstance(shown, int) and shown >= 0 else 0
    entry["hints"] = min(shown + 1, rungs)
    _save(state)
    return min(shown, rungs - 1)


def record_nats(nats: float) -> None:
    """Keep the best figure (the smallest) of "our model: −? nats"."""
    state = load()
    state["nats"] = nats if state["nats"] is None else min(nats, state["nats"])
    _save(state)


def _empty() -> dict[str, Any]:
    return {"exercises": {}, "nats": None}


def _save(state: dict[str, Any]) -> None:
    # Written beside and moved into place, so that an interruption leaves the old file whole.
    with contextlib.suppress(OSError):
        path().parent.mkdir(parents=True, exist_ok=True)
        draft = path().with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(state, indent=1, sort_keys=True), encoding="utf-8")
        draft.replace(path())
