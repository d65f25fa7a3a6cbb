"""What a check says, without what a puzzle's rules forbid: its sentences were written for an exercise that has no such rules."""

import re
from dataclasses import replace

import torch

from vae_course.checks.engine.exercise import Called, Exercise, Formula
from vae_course.checks.engine.findings import PROVED, Finding, Reading
from vae_course.checks.learning.puzzles.kinds import Constraint
from vae_course.checks.learning.puzzles.rules import Without

OF_DISTRIBUTIONS = {*torch.distributions.__all__, "rsample", "log_prob"} - {"Independent"}
"""What stands for `torch.distributions` in a sentence."""
ASK = 'More is known, in words that this puzzle does not allow: check(your_function, "{}") says it.'


def permitted(finding: Finding, puzzle: Constraint, exercise: Exercise) -> Finding:
    """A finding that names nothing forbidden. What was seen stays; a reason is said in its other words, where it has some.

    Of what is left out the finding says where it can be read. No sentence is cut: half of one is another sentence.
    """
    reason = finding.reason
    known = exercise.misconceptions if isinstance(exercise, Called) else ()
    if names_forbidden(reason, puzzle, exercise):
        reason = next((m.otherwise for m in known if m.message == reason), "")
    expected = "" if names_forbidden(finding.expected, puzzle, exercise) else finding.expected
    words = (*finding.reading.sentences, *(value for _, value in finding.reading.table))
    reading = Reading() if any(names_forbidden(said, puzzle, exercise) for said in words) else finding.reading
    is_less = (bool(reason), expected, reading) != (bool(finding.reason), finding.expected, finding.reading)
    standing = finding.standing if reason or not is_less else PROVED
    if is_less:
        reason = f"{reason} {ASK.format(exercise.name)}".strip()
    return replace(finding, expected=expected, reason=reason, standing=standing, reading=reading)


def names_forbidden(text: str, puzzle: Constraint, exercise: Exercise) -> bool:
    """True if a word of a text is a name that the rules forbid. An argument's name is none, and "loss" is a word."""
    own = {"loss", *(exercise.parameters if isinstance(exercise, Formula) else ())}
    names = set(re.findall(r"[A-Za-z_]\w*", text.replace("-", "_"))) - own
    if not OF_DISTRIBUTIONS.isdisjoint(names):
        names.add("distributions")
    if "**" in text:
        names.add("**")
    return any(
        any(rule.forbids(name) for name in names) or any(word in text for word in rule.words)
        for rule in puzzle.rules
        if isinstance(rule, Without)
    )
