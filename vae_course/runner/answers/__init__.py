"""Calling a learner's answer, and writing down what came back. The one place where learners' code is run.

An `Answer` may live in this process (`LocalAnswer`, as in a notebook) or behind a pipe in a sandbox; a check cannot tell.
Nothing here knows what is right.
"""

from vae_course.runner.answers.budget import Budget
from vae_course.runner.answers.call import (
    Answer,
    BackwardFailed,
    Call,
    CallError,
    Model,
)
from vae_course.runner.answers.local import LocalAnswer
from vae_course.runner.stopped import Killed, OutOfMemory, Stopped, TimedOut

__all__ = [
    "Answer",
    "BackwardFailed",
    "Budget",
    "Call",
    "CallError",
    "Killed",
    "LocalAnswer",
    "Model",
    "OutOfMemory",
    "Stopped",
    "TimedOut",
]
