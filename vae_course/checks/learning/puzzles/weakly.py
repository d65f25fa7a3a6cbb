"""A weak test is put to an answer: does it refuse it, and where?"""

import ast
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.learning.resolve import plain
from vae_course.checks.lessons import Exercise
from vae_course.runner.answers.call import CallError
from vae_course.runner.stopped import TimedOut


class NotStarted(Exception):
    """The answer is the stub."""


class Ended(Exception):
    """The answer gave no tensor: the sentence says what came instead."""


def refusal(test: Callable[..., None], exercise: Exercise, answer: Any) -> str:
    """Why the weak test refuses the answer; empty if it accepts it. The answer runs as in a check, with its time limit."""
    held = exercise.answer(plain(answer)).limited(exercise.seconds)
    calls = 0

    def called(*inputs: Any) -> Tensor:
        nonlocal calls
        calls += 1
        call = held.call(*inputs, seed=calls)
        if call.error is not None and call.error.is_stub:
            raise NotStarted
        if call.error is not None:
            raise Ended(_raised(call.error))
        if "0" not in call.outputs:
            raise Ended(f"It returned {call.kinds['returned']}, and the test wants a tensor")
        return call.outputs["0"]

    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            test(called)
    except NotStarted:
        raise
    except AssertionError as error:
        return f"It is refused at `{_assertion(test, error)}`."
    except (Ended, TimedOut) as error:
        return f"It is refused because it gives no number there. {error}."
    except Exception as error:  # noqa: BLE001 - the test's own, over an odd result: a wrong shape, a wrong type
        return f"It is refused with {type(error).__name__}: {error}."
    return ""


def _raised(error: CallError) -> str:
    return f"It raised {error.type}: {error.message}{f' ({error.line})' if error.line else ''}"


def _assertion(test: Callable[..., None], error: AssertionError) -> str:
    """The assertion of the test that failed, as it is written."""
    code = test.__code__
    [line] = [f.tb_lineno for f in _frames(error) if f.tb_frame.f_code is code][-1:]
    lines, first = inspect.getsourcelines(test)
    nodes = [n for n in ast.walk(ast.parse("".join(lines))) if isinstance(n, ast.Assert)]
    return next(
        ast.get_source_segment("".join(lines), n) or ""
        for n in nodes
        if n.lineno <= line - first + 1 <= (n.end_lineno or n.lineno)
    )


def _frames(error: BaseException) -> list[Any]:
    found, frame = [], error.__traceback__
    while frame is not None:
        found.append(frame)
        frame = frame.tb_next
    return found
