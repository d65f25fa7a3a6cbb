"""`puzzle(name, answer)`: what the rules say, what the exercise's own check says, and the card with both."""

import inspect
import types
from collections.abc import Sequence
from html import escape
from typing import Any

from vae_course.checks.engine.exercise import Formula
from vae_course.checks.engine.findings import Finding, Outcome, as_text
from vae_course.checks.learning import state
from vae_course.checks.learning.cards import finding_html, frame
from vae_course.checks.learning.check import examined, settled
from vae_course.checks.learning.puzzles.kinds import BreakIt, Constraint
from vae_course.checks.learning.puzzles.permitted import permitted
from vae_course.checks.learning.puzzles.rules import Broken, first_loop, operations
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.puzzles.weakly import NotStarted, refusal
from vae_course.checks.learning.puzzles.written import Unreadable, Written, names_for, outside, rebuilt, written
from vae_course.checks.learning.resolve import plain
from vae_course.checks.lessons import EXERCISES
from vae_course.printable import printable

UNSEEN = (
    "The exercise's check cannot tell this one from a right one: if it is wrong, its error is below what the check sees. Make the mistake "
    "larger, or of another kind."
)
"""Of draws, where a check has a power that ends."""
SIGNS = {"solved": ("✓", "#0072B2"), "not yet": ("✗", "#D55E00"), "not started": ("○", "#767676")}


class Told:
    """What became of a try. True in a condition if and only if the puzzle is solved; HTML in a notebook, text everywhere else."""

    def __init__(self, name: str, status: str, said: Sequence[str | Finding]) -> None:
        self.name, self.status = name, status
        self.said = [part if isinstance(part, Finding) else Finding(part) for part in said]

    def __bool__(self) -> bool:
        return self.status == "solved"

    def __repr__(self) -> str:
        head = f"{SIGNS[self.status][0]} puzzle {self.name}: {self.status}"
        return printable("\n".join([head, *(f"  {line}" for line in as_text(self.said).splitlines())]))

    def _repr_html_(self) -> str:
        sign, colour = SIGNS[self.status]
        head = f"<b><span aria-hidden='true'>{sign}</span> puzzle {escape(self.name)}: {self.status}</b>"
        return frame(head + "".join(map(finding_html, self.said)), colour)


def puzzle(name: str, answer: Any) -> Told:
    """Try an answer to a puzzle. Nothing counts but that it is solved, and how short the answer was.

    Args:
        name: "02.eight"; the lesson says it.
        answer: your function.

    Raises:
        ValueError: there is no such puzzle; the sentence lists the names.
    """
    if name not in PUZZLES:
        raise ValueError(f"There is no puzzle {name!r}. There are: {', '.join(PUZZLES)}.")
    found = PUZZLES[name]
    if isinstance(found, Constraint):
        return _under_rules(name, found, answer)
    return _broken_test(name, found, answer)


# ---------------------------------------------------------------- an exercise under rules


def _under_rules(name: str, puzzle: Constraint, answer: Any) -> Told:
    exercise = EXERCISES[puzzle.exercise]
    asked = f"Wanted: {puzzle.exercise} {puzzle.says}."
    try:
        source = written(answer)
    except Unreadable as error:
        return Told(name, "not yet", [str(error), asked])
    if source.is_stub:
        return Told(name, "not started", [asked])
    places = (outside(source, puzzle.may_use), *(rule.broken(source.node) for rule in puzzle.rules))
    broken = next(filter(None, places), None)
    if broken is not None:
        verdict = examined(exercise, _alone(answer, puzzle.may_use))
        beside = "By itself the answer is right" if verdict else "And the exercise's check does not accept the answer"
        told = [permitted(finding, puzzle, exercise) for finding in _all(verdict)]
        more = [f"{beside}: only the rule is broken."] if verdict else [f"{beside}: {_first(told)}"]
        return Told(name, "not yet", [_place(source, broken), *more, asked])
    verdict = examined(exercise, rebuilt(source, puzzle.may_use))
    if not verdict:
        return Told(
            name,
            "not yet",
            [
                "The rule is kept. The exercise's check does not accept the answer:",
                *(permitted(finding, puzzle, exercise) for finding in _all(verdict)),
                asked,
            ],
        )
    return Told(name, "solved", _league(name, puzzle, source))


def _alone(answer: Any, may_use: tuple[str, ...]) -> types.FunctionType:
    """The function without its class, in which it may have another name than the exercise's method, among the notebook's names and those
    that a puzzle gives."""
    f = plain(answer)
    names = {**f.__globals__, **names_for(may_use)}
    copy = types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, f.__closure__)
    copy.__kwdefaults__ = f.__kwdefaults__
    return copy


def _place(source: Written, broken: Broken) -> str:
    where = f"Line {broken.line}, `{source.line(broken.line)}`: " if broken.line else "The whole function: "
    return f"{where}{broken.got}. Expected: {broken.expected}. {broken.then}"


def _league(name: str, puzzle: Constraint, source: Written) -> list[str]:
    """The lengths beside each other, and the moral."""
    theirs = f"our solution of the exercise, which need not keep the rule: {puzzle.ours}; the shortest that we know: {puzzle.shortest}"
    if first_loop(source.node) is not None:
        state.record_puzzle(name)
        length = f"Length in operations: not counted, since a loop repeats them. For comparison: {theirs}."
        return [f"{puzzle.exercise}, {puzzle.says}: right.", length, puzzle.moral]
    count = operations(source.node)
    best = state.record_puzzle(name, count)
    length = f"Length in operations: {count}; your shortest: {best}; {theirs}."
    record = ["Shorter than ours: tell us, and the number changes."] if count < puzzle.shortest else []
    return [f"{puzzle.exercise}, {puzzle.says}: right.", length, *record, puzzle.moral]


# ---------------------------------------------------------------- a weak test to be broken


def _broken_test(name: str, puzzle: BreakIt, answer: Any) -> Told:
    exercise = EXERCISES[puzzle.exercise]
    asked = f"Wanted: a wrong {puzzle.exercise} that the test above accepts."
    if not callable(answer) or inspect.isclass(answer):
        return Told(
            name,
            "not yet",
            [f"This is a {type(answer).__name__}. Hand in the function itself, without calling it.", asked],
        )
    try:
        with settled():
            refused = refusal(puzzle.test, exercise, answer)
    except NotStarted:
        return Told(name, "not started", [asked])
    verdict = examined(exercise, answer, seed=0)  # the same numbers each time, for what a lesson shows
    if verdict:
        said = UNSEEN if isinstance(exercise, Formula) and exercise.draws else "This one is right; we want a wrong one."
        return Told(name, "not yet", [said, *([refused] if refused else []), asked])
    if refused:
        return Told(name, "not yet", [f"It is wrong, and the weak test sees it. {refused}", asked])
    if verdict.status != "wrong":
        got = f"The weak test accepts it, and the exercise's check cannot judge its numbers ({verdict.status}): {_first(_all(verdict))}"
        return Told(
            name,
            "not yet",
            [got, "Expected: a function that runs on all inputs and returns wrong numbers on some.", asked],
        )
    state.record_puzzle(name)
    return Told(
        name,
        "solved",
        [
            "The weak test accepts it, the exercise's check refuses it:",
            *_all(verdict),
            f"What this test forgot: {puzzle.moral}" if _forgotten(verdict, puzzle) else puzzle.moral,
        ],
    )


def _forgotten(verdict: Outcome, puzzle: BreakIt) -> bool:
    """A check failed of those that look at what the moral speaks of."""
    return any(check.reached and not check.passed and check.name in puzzle.forgot for check in verdict.checks)


# ---------------------------------------------------------------- what a check said


def _all(verdict: Outcome) -> Sequence[Finding]:
    return verdict.findings or [Finding(f"{verdict.exercise}: {verdict.status}.")]


def _first(findings: Sequence[Finding]) -> str:
    return str(findings[0]).partition("\n")[0]
