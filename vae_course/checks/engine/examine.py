"""Put an answer through the checks of its exercise. The notebook and the grader both call `examine`, nothing else."""

import contextlib
from dataclasses import replace

from vae_course.checks.engine.diagnosis import diagnose, mistakes_in, plain, same_constant
from vae_course.checks.engine.errors import finding_on
from vae_course.checks.engine.exercise import Check, Constant, Exercise, Misconception, Played
from vae_course.checks.engine.findings import PROVED, CheckResult, Finding, Outcome, Reading
from vae_course.checks.engine.trial import NotStarted, Raised, Trial, Unwritten, Wrong
from vae_course.runner.answers import Answer, BackwardFailed, Budget, CallError, Stopped

WHOLE_CHECK = 20.0
"""Seconds for all calls of a check together. An answer that is right but slow (a loop over entries where one line would do)
has time for a dozen calls of nearly the limit of one; an answer that never ends meets that limit in its first call."""
REASON = 10.0
"""Seconds for finding the reason of a wrong answer. It takes a fraction of one; a busy machine should not change what is said."""


def examine(exercise: Exercise, answer: Answer, seed: int) -> Outcome:
    """Run every check; a gate that fails, an error or a time-out ends the examination, and earlier points are kept.

    Time: `exercise.seconds` for one call (kept by the answer), `WHOLE_CHECK` for all checks (more where one call alone may
    take that long), and `REASON` for finding the reason of a wrong answer. The reason is a courtesy: an answer that raises or
    runs on while it is looked for keeps its verdict, and has no reason.
    """
    if isinstance(exercise, Constant) and is_untouched(answer.value, exercise.stub):
        return outcome(exercise, "not started", "Nothing is filled in yet.", seed)
    if isinstance(exercise, Played):
        exercise.warm_up()
    answer = Budget(answer, max(WHOLE_CHECK, exercise.seconds))
    trial = Trial(exercise, answer, seed)
    results: list[CheckResult] = []
    findings: list[Finding] = []
    status, first = "correct", None
    for check in exercise.checks:
        stop = check.points == 0
        try:
            check.test(trial)
        except NotStarted as untouched:
            return outcome(exercise, "not started", str(untouched), seed)
        except Wrong as wrong:
            found, status = wrong.finding, "wrong"
            if isinstance(
                exercise, Constant
            ):  # a dictionary's entries are separate questions, so each wrong one is shown
                findings.append(found)
            elif first is None or (isinstance(first, Unwritten) and not isinstance(wrong, Unwritten)):
                first, findings = wrong, [found]
        except Raised as raised:
            status, found, stop = _status_of(raised.error, results), finding_on(raised.error, exercise), True
        except BackwardFailed as failed:
            status, found, stop = "raised", finding_on_the_way_back(failed, exercise), True
        except Stopped as stopped:
            status, found, stop = stopped.status, Finding(str(stopped)), True
        else:
            results.append(CheckResult(check.name, True, check.points))
            continue
        findings = findings or [found]
        results.append(CheckResult(check.name, False, 0, found))
        if stop:
            results += [CheckResult(later.name, False, 0) for later in _after(check, exercise)]
            break
    name = ""
    if status == "wrong":
        answer.renew(max(REASON, exercise.seconds))
        with contextlib.suppress(Exception, Stopped):
            mistake = first.reason() if first is not None and first.reason is not None else diagnose(exercise, answer)
            if mistake is not None:
                name, findings = mistake.name, with_reason(exercise, answer, findings, mistake)
            elif first is not None and first.closer is not None:
                findings = [replace(findings[0], reading=Reading.of(first.closer()))]
    return outcome(exercise, status, findings, seed, tuple(results), name)


def finding_on_the_way_back(failed: BackwardFailed, exercise: Exercise) -> Finding:
    """What a learner's code raised when gradients were asked for."""
    found = finding_on(failed.error, exercise)
    return replace(found, got=f"On the way back, for the gradients: {found.got}")


def with_reason(exercise: Exercise, answer: Answer, findings: list[Finding], found: Misconception) -> list[Finding]:
    """The findings, and what a tutor would say; in a dictionary, each entry with a known mistake has its own reason."""
    if not (isinstance(exercise, Constant) and isinstance(found.wrong, dict)):
        return [*findings[:-1], replace(findings[-1], reason=found.message)]
    findings = list(findings)
    alike: dict[str, list[Misconception]] = {}
    for mistake in mistakes_in(exercise, answer.value):
        alike.setdefault(mistake.message, []).append(mistake)
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
    return findings


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
