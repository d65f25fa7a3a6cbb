"""What a check says, without what a puzzle's rules forbid: its sentences were written for an exercise that has no such rules."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from vae_course.checks.engine.exercise import Called, Exercise, Formula
from vae_course.checks.engine.findings import Finding, Reading
from vae_course.checks.learning.puzzles.kinds import Constraint
from vae_course.checks.learning.puzzles.rules import Without

OF_DISTRIBUTIONS = {*torch.distributions.__all__, "rsample", "log_prob"} - {"Independent"}
"""What stands for `torch.distributions` in a sentence."""
LEANS = ("It ", "Its ", "That ", "This ", "They ", "Both ", "Here ", "And ", "Then ")
"""A sentence that begins so says something of the one before."""
ROOTS = ((r"(?<![\w.])(?:torch\.)?sqrt\((\w+)\)", r"√\1"),)
IN_SYMBOLS = (*ROOTS, (r"(?<![\w.])softplus\(([^()]+)\)", r"log(1 + exp(\1))"))
"""Functions that mathematics writes in another way: in sentences, and in formulas, where nothing is said of how they are computed."""


def permitted(findings: list[Finding], puzzle: Constraint, exercise: Exercise) -> list[Finding]:
    """Findings of which no sentence names what the rules forbid. What was seen stays; a reason is said in other words, or ends before it."""
    names = _Names(puzzle, exercise)
    return [_permitted(finding, names, exercise) for finding in findings]


class _Names:
    """What may not be named."""

    def __init__(self, puzzle: Constraint, exercise: Exercise) -> None:
        self.rules = [rule for rule in puzzle.rules if isinstance(rule, Without)]
        self.own = set(exercise.parameters) if isinstance(exercise, Formula) else set()

    def forbids(self, name: str) -> bool:
        """A bare "loss" is a word."""
        return name not in (*self.own, "loss") and any(rule.forbids(name) for rule in self.rules)

    def stands_in(self, text: str) -> bool:
        text = re.sub(r"(?<!\*)\*([\w ]+)\*(?!\*)", r"\1", text)  # emphasis
        words = [word.replace("-", "_") for word in re.findall(r"[A-Za-z_]\w*(?:-[A-Za-z]+)*", text)]
        return (
            any(self.forbids(word) for word in words if not word.startswith("log_"))
            or any(self.forbids(word) for word in re.findall(r"\blog_\w+", text))
            or ("**" in text and self.forbids("**"))
            or ("square root" in text and self.forbids("sqrt"))
            or ("torch's loss" in text and self.forbids("nll_loss"))
            or (self.forbids("distributions") and not OF_DISTRIBUTIONS.isdisjoint(words))
        )


def _permitted(finding: Finding, names: _Names, exercise: Exercise) -> Finding:
    seen = finding.got if "raised" in finding.got else _in_symbols(finding.got, names)  # a line of code stays as it is
    read = (_in_symbols(sentence, names, IN_SYMBOLS) for sentence in finding.reading.sentences)
    sentences = tuple(filter(None, (_left(sentence, names) for sentence in read)))
    whole = len(sentences) == len(finding.reading.sentences)
    table = tuple((name, _in_symbols(value, names, IN_SYMBOLS)) for name, value in finding.reading.table)
    table = () if not whole or any(names.stands_in(value) for _, value in table) else table
    if sentences and not table and sentences[-1].endswith(":"):
        sentences = sentences[:-1]  # what it announces is gone
    return replace(
        finding,
        got=seen,
        expected=_left(finding.expected, names),
        reason=_left(_in_other_words(finding.reason, exercise, names), names),
        reading=Reading(sentences, table),
    )


def _in_other_words(reason: str, exercise: Exercise, names: _Names) -> str:
    known = exercise.misconceptions if isinstance(exercise, Called) else ()
    if reason and names.stands_in(reason):
        return next((m.otherwise for m in known if m.message == reason and m.otherwise), reason)
    return reason


def _in_symbols(text: str, names: _Names, which: Sequence[tuple[str, str]] = ROOTS) -> str:
    for pattern, symbols in which:
        if names.stands_in(" ".join(found[0] for found in re.finditer(pattern, text))):
            text = re.sub(pattern, symbols, text)
    return text


def _left(text: str, names: _Names) -> str:
    """What can be said of a text: a sentence that names something forbidden ends before the clause that does."""
    text = re.sub(
        r"\b(?:torch|math)\.(\w+), (?=(?:torch|math)\.\w)", lambda m: "" if names.forbids(m[1]) else m[0], text
    )
    kept: list[str] = []
    dropped = False
    for sentence in _sentences(text):
        if dropped and sentence.startswith(LEANS):
            continue
        said = _start_of(sentence, names)
        dropped = not said
        kept += [said] if said else []
    return " ".join(kept)


def _start_of(sentence: str, names: _Names) -> str:
    """The clauses of a sentence before the first that names something forbidden."""
    if not names.stands_in(sentence):
        return sentence
    if not names.stands_in(shown := _in_symbols(sentence, names)):
        return shown
    clauses = re.split(r"((?:[;:]|, or) )", shown)
    said = ""
    for i in range(0, len(clauses), 2):
        if names.stands_in(clauses[i]):
            break
        said += ("" if i == 0 else clauses[i - 1]) + clauses[i]
    return f"{said}." if said and said.count("(") == said.count(")") else ""


def _sentences(text: str) -> Iterator[str]:
    """Cut behind a full stop, a question or an exclamation mark, outside of brackets."""
    depth, start = 0, 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        behind = text[i + 1 : i + 2]
        ends = letter in ".?!" or (letter == ")" and text[i - 1] in ".?!")
        if ends and depth <= 0 and (not behind or behind.isspace()):
            yield text[start : i + 1].strip()
            start = i + 1
    if text[start:].strip():
        yield text[start:].strip()
