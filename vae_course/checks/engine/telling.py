"""What is said of a wrong answer: a known mistake, or what its own numbers tell."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from vae_course.checks.engine.cases import AT_EXTREMES, Measured
from vae_course.checks.engine.closer_look import pairs_of
from vae_course.checks.engine.diagnosis import alike, diagnose, mistakes_in
from vae_course.checks.engine.exercise import Constant, Exercise, Formula, Misconception
from vae_course.checks.engine.findings import PROVED, Finding, Reading
from vae_course.checks.engine.running import Seen, run_checks
from vae_course.checks.engine.trial import Raised, Trial, Unwritten, Wrong
from vae_course.runner.answers import Answer, BackwardFailed, LocalAnswer, Stopped

log = logging.getLogger(__name__)


def told(exercise: Exercise, answer: Answer, seen: Seen, seed: int) -> tuple[list[Finding], str]:
    """What is said of a wrong answer, and the name of its mistake.

    A known mistake is the reason where it makes the same numbers and fails the check that is told. What it does not fail, and
    this answer does, is said beside it; without a known mistake all that failed is said, each with what its own numbers tell.
    """
    failed = frozenset(wrong.check for wrong in seen.wrong)
    first, *others = [wrong for wrong in seen.wrong if not failed & set(wrong.follows)] or seen.wrong
    mistake: Misconception | None = None
    with courtesy():
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
            *(_with_reading(wrong) for wrong in others if not wrong.part and wrong.check not in known),
            *of_other_parts(
                first, [wrong for wrong in others if first.part or wrong.check not in known], mistake.message
            ),
        ], mistake.name
    # Of a method's parts, and of noise, each has its own; a closed form is one, and its first finding says it.
    alone = first.reason is not None or (isinstance(exercise, Formula) and not exercise.draws)
    told_of = [first] if alone else list({w.finding: w for w in (first, *others) if not w.part or w is first}.values())
    return _each_once([*map(_with_reading, told_of), *of_other_parts(first, others)]), ""


def _each_once(findings: list[Finding]) -> list[Finding]:
    """What one finding's numbers tell is not said again beside another."""
    told: list[Reading] = []
    for i, finding in enumerate(findings):
        if finding.reading in told:
            findings[i] = replace(finding, reading=Reading())
        told.append(finding.reading)
    return findings


def of_other_parts(first: Wrong, others: list[Wrong], reason: str = "") -> list[Finding]:
    """One finding for each further method of a class that is written and wrong, with its reason, where it is another than `reason`.

    Not said twice: what another has said, such as an error in what they all call. Not looked into: a method that may call one
    that is wrong.
    """
    findings: list[Finding] = []
    said, reasons = {_without_part(first): first.part}, {reason}  # what was said, and of which part
    shown, in_short = {first.part}, dict[str, str]()  # of the others: a part, and a line on it
    for wrong in others:
        if not wrong.part or isinstance(wrong, Unwritten) or wrong.part in shown:
            continue
        shown.add(wrong.part)
        text = _without_part(wrong)
        below = next((part for part in wrong.rests_on if part in shown), "")
        if said.get(text):
            in_short[wrong.part] = f"the same as {said[text]}."
        elif below:
            in_short[wrong.part] = f"wrong as well. Mend {below} first, which may be the reason."
        else:
            said[text] = wrong.part
            found = _with_reason(wrong)
            findings.append(replace(found, reason="") if found.reason in reasons else found)
            reasons.add(found.reason)
    lines = {line: [part for part in in_short if in_short[part] == line] for line in in_short.values()}
    return findings + [Finding(f"{', '.join(parts)}: {line}") for line, parts in lines.items()]


def _without_part(wrong: Wrong) -> str:
    return f"{wrong.finding.got.removeprefix(f'{wrong.part}: ')} {wrong.finding.expected}"


def _with_reason(wrong: Wrong) -> Finding:
    """A finding, with the mistake that its own reason finds, or a closer look at its numbers."""
    with courtesy():
        if wrong.reason is not None and (mistake := wrong.reason()) is not None:
            return replace(wrong.finding, reason=mistake.message)
    return _with_reading(wrong)


@contextlib.contextmanager
def courtesy() -> Iterator[None]:
    """A reason and a note are one: without it an answer keeps its verdict. A fault of ours is logged, and the tests ask for it."""
    try:
        yield
    except (Stopped, Raised, BackwardFailed):
        pass
    except Exception:
        log.debug("A courtesy failed.", exc_info=True)


def _with_reading(wrong: Wrong) -> Finding:
    """A finding, with a closer look at its numbers."""
    with courtesy():
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
    if len(own) != len(known) or not all(alike(a.value, b.value, 1e-3) for a, b in zip(own, known, strict=True)):
        return False
    right = all(alike(pair.value, pair.expected, 1e-3) for pair in own)
    layouts = exercise.fingerprint.layouts() if right and isinstance(exercise.fingerprint, Measured) else []
    for i, arguments in enumerate(layouts):
        a, b = (one.call(*arguments, seed=i).outputs.get("0") for one in (answer, wrong))
        if a is not None and b is not None and not alike(a, b, AT_EXTREMES):
            return False
    return True


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
