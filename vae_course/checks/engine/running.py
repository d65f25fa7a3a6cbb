"""The checks of an exercise, one after the other: what they saw."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from vae_course.checks.engine.errors import finding_on
from vae_course.checks.engine.exercise import Check, Constant, Exercise, Formula
from vae_course.checks.engine.findings import CheckResult, Finding
from vae_course.checks.engine.trial import NotStarted, Raised, Trial, Unwritten, Wrong
from vae_course.runner.answers import BackwardFailed, CallError, Stopped

NOT_COMPARED = (
    "In one of the calls you returned what cannot be compared ({}). Shape and kind should be the card's at every call."
)


@dataclass
class Seen:
    """What the checks saw: their results, the verdict, and what it rests on.

    Attributes:
        wrong: why checks failed, in order; a stub that stands among what is written comes last.
        stopped: what ended the examination, where no check found anything wrong before.
    """

    status: str = "correct"
    results: list[CheckResult] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    stopped: list[Finding] = field(default_factory=list)


def run_checks(exercise: Exercise, trial: Trial) -> Seen:
    """Put an answer to the checks, one after the other."""
    seen = Seen()
    for check in exercise.checks:
        stop, unwritten = check.points == 0, False
        try:
            check.test(trial)
        except NotStarted as untouched:
            return Seen("not started", stopped=[Finding(str(untouched))])
        except Wrong as wrong:
            found, seen.status, unwritten = wrong.finding, "wrong", isinstance(wrong, Unwritten)
            wrong.check = check.name
            seen.wrong.append(wrong)
        except Raised as raised:
            seen.status, found, stop = _status_of(raised.error, seen.results), finding_on(raised.error, exercise), True
        except BackwardFailed as failed:
            seen.status, found, stop = "raised", finding_on_the_way_back(failed, exercise), True
        except Stopped as stopped:
            seen.status, found, stop = stopped.status, Finding(str(stopped)), True
        except Exception as error:
            if fails_by_itself(check, exercise, trial.seed):
                raise
            seen.status, found, stop = "wrong", Finding(NOT_COMPARED.format(error)), True
        else:
            seen.results.append(CheckResult(check.name, True, check.points))
            continue
        seen.stopped = seen.stopped or [found]
        seen.results.append(CheckResult(check.name, False, 0, found, unwritten))
        if stop:
            seen.results += [CheckResult(later.name, False, 0) for later in _after(check, exercise)]
            break
    seen.wrong.sort(key=lambda wrong: isinstance(wrong, Unwritten))
    return seen


def fails_by_itself(check: Check, exercise: Exercise, seed: int) -> bool:
    """True if it is the check that fails, and not what an answer gave it: it fails for every answer that we know."""
    return not any(_can_tell(check, exercise, known, seed) for known in _known_answers(exercise))


def _known_answers(exercise: Exercise) -> Iterator[Any]:
    if isinstance(exercise, Constant):
        yield exercise.right
    if isinstance(exercise, Formula) and not exercise.draws:
        yield exercise.truth
    yield from (mistake.wrong for mistake in exercise.misconceptions)


def _can_tell(check: Check, exercise: Exercise, answer: Any, seed: int) -> bool:
    try:
        check.test(Trial(exercise, exercise.answer(answer), seed))
    except Wrong:
        return True
    except Exception:
        return False
    return True


def finding_on_the_way_back(failed: BackwardFailed, exercise: Exercise) -> Finding:
    """What a learner's code raised when gradients were asked for."""
    found = finding_on(failed.error, exercise)
    return replace(found, got=f"On the way back, for the gradients: {found.got}")


def _after(check: Check, exercise: Exercise) -> tuple[Check, ...]:
    return exercise.checks[exercise.checks.index(check) + 1 :]


def _status_of(error: CallError, results: list[CheckResult]) -> str:
    return "not started" if error.is_stub and not any(r.passed for r in results) else "raised"
