"""Put an answer through the checks of its exercise. The notebook and the grader both call `examine`, nothing else."""

from vae_course.checks.engine.diagnosis import plain
from vae_course.checks.engine.exercise import Constant, Exercise, Played
from vae_course.checks.engine.findings import CheckResult, Finding, Outcome
from vae_course.checks.engine.notes import notes_on
from vae_course.checks.engine.running import run_checks
from vae_course.checks.engine.telling import told, told_of_entries
from vae_course.checks.engine.trial import Trial
from vae_course.runner.answers import Answer, Budget

WHOLE_CHECK = 20.0
"""Seconds for all calls together: a right answer that is slow has time for a dozen calls of nearly the limit of one."""
REASON = 10.0
"""Seconds for finding the reason of a wrong answer. It takes a fraction of one."""


def examine(exercise: Exercise, answer: Answer, seed: int) -> Outcome:
    """Run every check; a gate that fails, an error or a time-out ends the examination, and earlier points are kept.

    Time: `exercise.seconds` for one call (kept by the answer), `WHOLE_CHECK` for all checks (more where one call alone may
    take that long), and `REASON` for finding the reason: a courtesy, without which an answer keeps its verdict.
    """
    if isinstance(exercise, Constant) and is_untouched(answer.value):
        return outcome(exercise, "not started", "Nothing is filled in yet.", seed)
    if isinstance(exercise, Played):
        exercise.warm_up()
    answer = Budget(answer, max(WHOLE_CHECK, exercise.seconds))
    trial = Trial(exercise, answer, seed)
    seen = run_checks(exercise, trial)
    findings, name = [wrong.finding for wrong in seen.wrong] or seen.stopped, ""
    if seen.status == "correct":
        findings = notes_on(exercise, trial)
    if seen.status == "wrong":
        answer.renew(max(REASON, exercise.seconds))
        if isinstance(exercise, Constant):
            findings, name = told_of_entries(exercise, answer.value, findings)
        elif seen.wrong:  # of what cannot be compared no reason is looked for
            findings, name = told(exercise, answer, seen, seed)
    return outcome(exercise, seen.status, findings, seed, tuple(seen.results), name)


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


def is_untouched(value: object) -> bool:
    """True for the placeholder of an untouched notebook: None, or a dictionary or list of None."""
    if isinstance(value, dict | list | tuple) and value:
        parts = value.values() if isinstance(value, dict) else value
        return all(part is None for part in parts)
    return plain(value) is None
