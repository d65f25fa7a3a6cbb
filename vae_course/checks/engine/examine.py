"""Put an answer through the checks of its exercise. The notebook and the grader both call `examine`, nothing else."""

import contextlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch

from vae_course.checks.engine.cases import AT_EXTREMES, Measured
from vae_course.checks.engine.closer_look import pairs_of
from vae_course.checks.engine.diagnosis import diagnose, mistakes_in, plain, same_constant
from vae_course.checks.engine.errors import finding_on
from vae_course.checks.engine.exercise import Check, Constant, Exercise, Formula, Misconception, Played
from vae_course.checks.engine.findings import PROVED, CheckResult, Finding, Outcome, Reading
from vae_course.checks.engine.trial import NotStarted, Raised, Trial, Unwritten, Wrong
from vae_course.runner.answers import Answer, BackwardFailed, Budget, CallError, LocalAnswer, Stopped

NOT_COMPARED = (
    "In one of the calls you returned what cannot be compared ({}). Shape and kind should be the card's at every call."
)
WHOLE_CHECK = 20.0
"""Seconds for all calls together: a right answer that is slow has time for a dozen calls of nearly the limit of one."""
REASON = 10.0
"""Seconds for finding the reason of a wrong answer. It takes a fraction of one."""


def examine(exercise: Exercise, answer: Answer, seed: int) -> Outcome:
    """Run every check; a gate that fails, an error or a time-out ends the examination, and earlier points are kept.

    Time: `exercise.seconds` for one call (kept by the answer), `WHOLE_CHECK` for all checks (more where one call alone may
    take that long), and `REASON` for finding the reason: a courtesy, without which an answer keeps its verdict.
    """
    if isinstance(exercise, Constant) and is_untouched(answer.value, exercise.stub):
        return outcome(exercise, "not started", "Nothing is filled in yet.", seed)
    if isinstance(exercise, Played):
        exercise.warm_up()
    answer = Budget(answer, max(WHOLE_CHECK, exercise.seconds))
    seen = run_checks(exercise, Trial(exercise, answer, seed))
    findings, name = [wrong.finding for wrong in seen.wrong] or seen.stopped, ""
    if seen.status == "wrong":
        answer.renew(max(REASON, exercise.seconds))
        if isinstance(exercise, Constant):
            findings, name = told_of_entries(exercise, answer.value, findings)
        elif seen.wrong:  # of what cannot be compared no reason is looked for
            findings, name = told(exercise, answer, seen, seed)
    return outcome(exercise, seen.status, findings, seed, tuple(seen.results), name)


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
        stop = check.points == 0
        try:
            check.test(trial)
        except NotStarted as untouched:
            return Seen("not started", stopped=[Finding(str(untouched))])
        except Wrong as wrong:
            found, seen.status = wrong.finding, "wrong"
            wrong.check = check.name
            seen.wrong.append(wrong)
        except Raised as raised:
            seen.status, found, stop = _status_of(raised.error, seen.results), finding_on(raised.error, exercise), True
        except BackwardFailed as failed:
            seen.status, found, stop = "raised", finding_on_the_way_back(failed, exercise), True
        except Stopped as stopped:
            seen.status, found, stop = stopped.status, Finding(str(stopped)), True
        except Exception as error:
            if fails_for_a_right_answer(check, exercise, trial.seed):
                raise
            seen.status, found, stop = "wrong", Finding(NOT_COMPARED.format(error)), True
        else:
            seen.results.append(CheckResult(check.name, True, check.points))
            continue
        seen.stopped = seen.stopped or [found]
        seen.results.append(CheckResult(check.name, False, 0, found))
        if stop:
            seen.results += [CheckResult(later.name, False, 0) for later in _after(check, exercise)]
            break
    seen.wrong.sort(key=lambda wrong: isinstance(wrong, Unwritten))
    return seen


def fails_for_a_right_answer(check: Check, exercise: Exercise, seed: int) -> bool:
    """True if it is the check that fails, and not what an answer gave it."""
    right = exercise.right if isinstance(exercise, Constant) else next(iter(exercise.correct.values()))
    with contextlib.suppress(Exception):
        check.test(Trial(exercise, exercise.answer(right), seed))
        return False
    return True


def told(exercise: Exercise, answer: Answer, seen: Seen, seed: int) -> tuple[list[Finding], str]:
    """What is said of a wrong answer, and the name of its mistake.

    A known mistake is the reason where it makes the same numbers and fails the check that is told. What it does not fail, and
    this answer does, is said beside it; without a known mistake all that failed is said, each with what its own numbers tell.
    """
    first, others = seen.wrong[0], seen.wrong[1:]
    failed = frozenset(wrong.check for wrong in seen.wrong)
    mistake: Misconception | None = None
    with contextlib.suppress(Exception, Stopped):
        if first.reason is not None:
            mistake = first.reason()
        else:
            mistake = diagnose(
                exercise,
                answer,
                lambda m: (
                    first.check in fails_of(exercise, m, seed, failed) and makes_the_numbers(exercise, answer, m, seed)
                ),
            )
    if mistake is not None:
        known = fails_of(exercise, mistake, seed, failed) if first.reason is None else failed
        return [
            replace(first.finding, reason=mistake.message),
            *(_with_reading(wrong) for wrong in others if wrong.check not in known),
        ], mistake.name
    # Of a method's parts each has its own; a formula is one, and its first finding says it.
    alone = first.reason is not None or isinstance(exercise, Formula)
    told_of = [first] if alone else list({wrong.finding: wrong for wrong in seen.wrong}.values())
    return [_with_reading(wrong) for wrong in told_of], ""


def _with_reading(wrong: Wrong) -> Finding:
    """A finding, with a closer look at its numbers."""
    with contextlib.suppress(Exception, Stopped):
        if wrong.closer is not None:
            return replace(wrong.finding, reading=Reading.of(wrong.closer()))
    return wrong.finding


def makes_the_numbers(exercise: Exercise, answer: Answer, mistake: Misconception, seed: int) -> bool:
    """True if a mistake in a closed form makes the answer's values on this examination's own draws too, and where these are right, in other
    layouts; of others nothing is asked.
    """
    if not isinstance(exercise, Formula) or not exercise.formulas:
        return True
    wrong = exercise.answer(mistake.wrong)
    own, known = (pairs_of(Trial(exercise, a, seed)) for a in (answer, wrong))
    if len(own) != len(known) or not all(_alike(a.value, b.value, 1e-3) for a, b in zip(own, known, strict=True)):
        return False
    right = all(_alike(pair.value, pair.expected, 1e-3) for pair in own)
    layouts = exercise.fingerprint.layouts() if right and isinstance(exercise.fingerprint, Measured) else []
    for i, arguments in enumerate(layouts):
        a, b = (one.call(*arguments, seed=i).outputs.get("0") for one in (answer, wrong))
        if a is not None and b is not None and not _alike(a, b, AT_EXTREMES):
            return False
    return True


def _alike(a: torch.Tensor, b: torch.Tensor, exact: float) -> bool:
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=exact, atol=exact, equal_nan=True)


@lru_cache(maxsize=64)  # for one examination; seeds differ
def fails_of(exercise: Exercise, mistake: Misconception, seed: int, names: frozenset[str]) -> frozenset[str]:
    """Those of some checks that a known mistake fails, or does not reach, with this seed or another: one may pass by luck."""
    asked = replace(exercise, checks=tuple(check for check in exercise.checks if check.name in names))
    failed: frozenset[str] = frozenset()
    for other in (seed, seed + 1):
        seen = run_checks(asked, Trial(exercise, exercise.answer(mistake.wrong), other))
        failed |= {result.name for result in seen.results if not result.passed}
        if failed == names:
            break
    return failed


def finding_on_the_way_back(failed: BackwardFailed, exercise: Exercise) -> Finding:
    """What a learner's code raised when gradients were asked for."""
    found = finding_on(failed.error, exercise)
    return replace(found, got=f"On the way back, for the gradients: {found.got}")


def told_of_entries(exercise: Constant, value: Any, findings: list[Finding]) -> tuple[list[Finding], str]:
    """What is said of a constant; in a dictionary, each entry with a known mistake has its own reason."""
    mistake = diagnose(exercise, LocalAnswer(value))
    if mistake is None:
        return list(dict.fromkeys(findings)), ""
    if not mistake.message:  # a choice that is judged as a whole
        return findings, mistake.name
    if not isinstance(mistake.wrong, dict):
        return [*findings[:-1], replace(findings[-1], reason=mistake.message)], mistake.name
    findings = list(findings)
    alike: dict[str, list[Misconception]] = {}
    for each in mistakes_in(exercise, value):
        alike.setdefault(each.message, []).append(each)
    for sentence, mistakes in alike.items():
        entries = [str(key) for mistake in mistakes for key in mistake.wrong]
        own = [i for i, finding in enumerate(findings) if finding.where in entries]
        if len(entries) == len(own) == 1:
            before = findings[own[0]]
            findings[own[0]] = replace(before, reason=f"{before.reason} {sentence}".strip(), standing=PROVED)
        elif len(mistakes) > 1:  # one sentence on all of them, in the place of theirs
            findings = [finding for i, finding in enumerate(findings) if i not in own]
            got = f"Your {', '.join(entries)} ({len(entries)} entries): that is not it."
            findings.insert(0, Finding(got, reason=sentence, standing=PROVED))
        else:
            findings.append(Finding(f"{', '.join(entries)}: {sentence}"))
    return findings, mistake.name


def outcome(
    exercise: Exercise,
    status: str,
    found: str | list[Finding],
    seed: int,
    checks: tuple[CheckResult, ...] = (),
    misconception: str = "",
) -> Outcome:
    """An `Outcome` whose points are those of the checks; of one sentence, or of several findings."""
    findings = found if isinstance(found, list) else [Finding(found)]
    points = round(sum(check.points for check in checks), 6)  # ten tenths are one
    most = exercise.points
    return Outcome(exercise.name, exercise.lesson, status, points, most, misconception, tuple(findings), checks, seed)


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
