"""Put an answer through the checks of its exercise. The notebook and the grader both call `examine`, nothing else."""

import contextlib
from dataclasses import dataclass

from vae_course.checks.engine.core import Check, Exercise, Misconception, NotStarted, Raised, Trial, Unwritten, Wrong
from vae_course.checks.engine.diagnosis import diagnose, mistakes_in, plain, same_constant
from vae_course.checks.engine.errors import LIKELY, sentence_on
from vae_course.runner.answers import Answer, BackwardFailed, Budget, CallError, Stopped

NOT_REACHED = "not reached"
WHOLE_CHECK = 20.0
"""Seconds for all calls of a check together. An answer that is right but slow (a loop over entries where one line would do)
has time for a dozen calls of nearly the limit of one; an answer that never ends meets that limit in its first call."""
REASON = 10.0
"""Seconds for finding the reason of a wrong answer. It takes a fraction of one; a busy machine should not change what is said."""


@dataclass(frozen=True)
class CheckResult:
    """What one check saw."""

    name: str
    passed: bool
    points: float
    message: str = ""


@dataclass(frozen=True)
class Outcome:
    """What is known about an answer. True in a condition if and only if the answer is correct.

    `status`: "correct", "wrong" (may carry points), "not started", "raised", "timed out" or "forbidden"; in a sandbox also
    "out of memory" or "killed".
    """

    exercise: str
    lesson: str
    status: str
    points: float
    max_points: float
    misconception: str
    message: str
    checks: tuple[CheckResult, ...]
    seed: int

    def __bool__(self) -> bool:
        return self.status == "correct"


def examine(exercise: Exercise, answer: Answer, seed: int) -> Outcome:
    """Run every check; a gate that fails, an error or a time-out ends the examination, and earlier points are kept.

    Time: `exercise.seconds` for one call (kept by the answer), `WHOLE_CHECK` for all checks (more where one call alone may
    take that long), and `REASON` for finding the reason of a wrong answer. The reason is a courtesy: an answer that raises or
    runs on while it is looked for keeps its verdict, and has no reason.
    """
    if exercise.is_constant and is_untouched(answer.value, exercise.stub):
        return outcome(exercise, "not started", "Nothing is filled in yet.", seed)
    if exercise.warm_up is not None:
        exercise.warm_up()
    answer = Budget(answer, max(WHOLE_CHECK, exercise.seconds))
    trial = Trial(exercise, answer, seed)
    results: list[CheckResult] = []
    status, message = "correct", ""
    first: Wrong | None = None
    for check in exercise.checks:
        stop = check.points == 0
        try:
            check.test(trial)
        except NotStarted as untouched:
            return outcome(exercise, "not started", str(untouched), seed)
        except Wrong as wrong:
            text, status = f"{wrong.got} {wrong.expected}".strip(), "wrong"
            if exercise.is_constant:  # a dictionary's entries are separate questions, so each wrong one is shown
                message = f"{message}\n{text}".strip()
            elif first is None or (isinstance(first, Unwritten) and not isinstance(wrong, Unwritten)):
                first, message = wrong, text
        except Raised as raised:
            error = raised.call.error
            assert error is not None
            status, text, stop = _status_of(error, results), sentence_on(error, exercise), True
            message = message or text
        except BackwardFailed as failed:
            status, text, stop = (
                "raised",
                f"On the way back, for the gradients: {sentence_on(failed.error, exercise)}",
                True,
            )
            message = message or text
        except Stopped as stopped:
            status, text, stop = stopped.status, str(stopped), True
            message = message or text
        else:
            results.append(CheckResult(check.name, True, check.points))
            continue
        results.append(CheckResult(check.name, False, 0, text))
        if stop:
            results += [CheckResult(later.name, False, 0, NOT_REACHED) for later in _after(check, exercise)]
            break
    name = ""
    if status == "wrong":
        answer.renew(max(REASON, exercise.seconds))
        with contextlib.suppress(Exception, Stopped):
            found = first.reason() if first is not None and first.reason is not None else diagnose(exercise, answer)
            if found is not None:
                name, message = found.name, with_reason(exercise, answer, message, found)
            elif first is not None and first.closer is not None:
                message = f"{message}\n{first.closer()}".strip()
    return outcome(exercise, status, message, seed, tuple(results), name)


def with_reason(exercise: Exercise, answer: Answer, message: str, found: Misconception) -> str:
    """The message, and what a tutor would say; in a dictionary, each entry with a known mistake has its own reason."""
    if not (exercise.is_constant and isinstance(found.wrong, dict)):
        return f"{message}\n{LIKELY}: {found.message}"
    lines = message.splitlines()
    alike: dict[str, list[Misconception]] = {}
    for mistake in mistakes_in(exercise, answer.value):
        alike.setdefault(mistake.message, []).append(mistake)
    for sentence, mistakes in alike.items():
        entries = [str(key) for mistake in mistakes for key in mistake.wrong]
        own = [i for i, line in enumerate(lines) for entry in entries if line.startswith(f"Your {entry} ")]
        if len(entries) == len(own) == 1:
            lines[own[0]] += f" {sentence}"
        elif len(mistakes) > 1:  # one sentence on all of them, in the place of theirs
            lines = [line for i, line in enumerate(lines) if i not in own]
            lines.insert(0, f"Your {', '.join(entries)} ({len(entries)} entries): that is not it. {sentence}")
        else:
            lines.append(f"{', '.join(entries)}: {sentence}")
    return "\n".join(lines)


def outcome(
    exercise: Exercise,
    status: str,
    message: str,
    seed: int,
    checks: tuple[CheckResult, ...] = (),
    misconception: str = "",
) -> Outcome:
    """An `Outcome` whose points are those of the checks."""
    points = round(sum(check.points for check in checks), 6)  # ten tenths are one
    return Outcome(
        exercise.name, exercise.lesson, status, points, exercise.points, misconception, message, checks, seed
    )


def is_untouched(value: object, stub: object) -> bool:
    """True for the placeholder of an untouched notebook: the exercise's stub, None, or a dictionary or list of None."""
    value = plain(value)
    if value is None:
        return True
    if isinstance(value, dict | list | tuple) and value:
        parts = value.values() if isinstance(value, dict) else value
        return all(part is None for part in parts)
    return stub is not None and same_constant(value, stub, tolerance=0)


def _after(check: Check, exercise: Exercise) -> tuple[Check, ...]:
    return exercise.checks[exercise.checks.index(check) + 1 :]


def _status_of(error: CallError, results: list[CheckResult]) -> str:
    return "not started" if error.is_stub and not any(r.passed for r in results) else "raised"
