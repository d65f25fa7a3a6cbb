"""A student's hand-ins share a process, one after another: none has anything of the one before, nor suffers for it."""

import time
from collections.abc import Callable

import pytest
import torch

from tests.teach.grading.conftest import called, seen
from vae_course.runner.answers import Killed, TimedOut
from vae_course.runner.notebooks import HandIn
from vae_course.teach.grading.sandbox.remote import RemoteSubmission, Workers

MARKS = """
import sys
def f(x): sys.was_here = True; return x
"""
LOOKS = """
import gc, sys
def g():
    modules = [name for name in sys.modules if name.startswith("hand_in_")]
    old = [o for o in gc.get_objects() if isinstance(o, type(g)) and o.__module__[:8] == "hand_in_" and o.__name__ == "f"]
    return {"same process": hasattr(sys, "was_here"), "modules": len(modules), "functions": len(old)}
"""
Make = Callable[[str], HandIn]


@pytest.fixture
def first(workers: Workers, hand_in: Make):
    with workers.submission(hand_in(MARKS)) as submission:
        assert called(submission, "f", torch.ones(1)).error is None
        yield submission


def test_the_next_hand_in_has_the_process_and_nothing_else(first: RemoteSubmission, hand_in: Make):
    first.turn_to(hand_in(LOOKS))
    error = called(first, "f", torch.ones(1)).error
    assert error is not None and error.is_stub
    assert seen(first, "g") == {"same process": 1, "modules": 1, "functions": 0}


def test_after_an_answer_that_was_stopped_there_is_a_fresh_process(first: RemoteSubmission, hand_in: Make):
    first.turn_to(hand_in("def endless():\n    while True: pass"))
    with pytest.raises(TimedOut):
        called(first, "endless", seconds=0.2)
    first.turn_to(hand_in(LOOKS))
    assert not seen(first, "g")["same process"]


def test_after_an_answer_that_ends_python_there_is_a_fresh_process(first: RemoteSubmission, hand_in: Make):
    first.turn_to(hand_in("import os\ndef ends(): os._exit(3)"))
    with pytest.raises(Killed, match="exit code 3"):
        called(first, "ends")
    first.turn_to(hand_in(LOOKS))
    assert first.stopped is None and not seen(first, "g")["same process"]


def test_a_hand_in_that_ends_python_later_does_not_take_the_next_one_with_it(first: RemoteSubmission, hand_in: Make):
    later = "import os, threading\ndef f(x):\n    threading.Timer(0.2, os._exit, [3]).start()\n    return x"
    first.turn_to(hand_in(later))
    assert called(first, "f", torch.ones(1)).error is None
    time.sleep(0.5)
    first.turn_to(hand_in(LOOKS))
    assert first.stopped is None and not seen(first, "g")["same process"]
