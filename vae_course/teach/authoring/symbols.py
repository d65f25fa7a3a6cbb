"""No undefined symbol: a letter of a displayed formula stands in the notation table, or the words around it name it.

The table is that of lesson 00. A letter that is not in it must be named in running text (as $k$ or `k`) in the same cell or
an earlier one of the lesson, since each lesson is read alone. A machine can not tell whether the words explain it; it can
tell that there are none.
"""

import re
from pathlib import Path

from vae_course.teach.authoring.lesson_source import Lesson
from vae_course.teach.authoring.problems import Problem

TABLE = "<summary>Notation"
FREE = frozenset({"i", "j", "e", r"\pi"})
"""Counting indices, and two numbers."""

_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi rho sigma tau phi varphi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
).split()
_DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_INLINE = re.compile(r"\$([^$]+)\$|`([^`\n]+)`")
_FENCED = re.compile(r"^\s*(```+|~~~+).*?^\s*\1", re.DOTALL | re.MULTILINE)
_WORDS = re.compile(r"\\(?:text|texttt|mathrm|operatorname)\s*\{[^{}]*\}")
_ALPHABETS = re.compile(r"\\math(?:bb|cal)\s*\{?[A-Z]\}?")  # sets, expectations, distributions
_DERIVATIVE = re.compile(r"\{d\}|\{d(?=\\)|(?<![a-zA-Z\\])d(?=\\)")
_SAID_INSIDE = re.compile(r"(\\?[a-zA-Z]+)\s*=\s*\\text\{")


def letters(tex: str) -> set[str]:
    """The letters, Latin and Greek, that stand for something in a formula; subscripts are letters too."""
    tex = _DERIVATIVE.sub(" ", _ALPHABETS.sub(" ", _WORDS.sub(" ", tex)))
    greek = {f"\\{name}" for name in re.findall(r"\\([a-zA-Z]+)", tex) if name in _GREEK}
    tex = re.sub(r"\\[a-zA-Z]+", " ", tex)
    return greek | set(re.findall(r"(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])", tex))


def notation(root: Path) -> set[str]:
    """The letters in the first column of lesson 00's table; none in a repository without one."""
    for source in sorted((root / "solutions").glob("00_*.py")):
        _, _, rest = source.read_text(encoding="utf-8").partition(TABLE)
        rows = [line for line in rest.split("\n# %%")[0].splitlines() if line.startswith("# |")][2:]
        return set().union(*(letters(row.replace("\\|", " ").split("|")[1]) for row in rows))
    return set()


def check_symbols(lesson: Lesson, root: Path) -> list[Problem]:
    known = notation(root) | FREE
    problems = []
    for cell in lesson.cells:
        if cell.kind != "markdown":
            continue
        text = _FENCED.sub(lambda fence: "\n" * fence[0].count("\n"), cell.source)
        displayed = list(_DISPLAYED.finditer(text))
        for tex, code in _INLINE.findall(_DISPLAYED.sub(" ", text)):
            known |= letters(tex or code)
        for formula in displayed:
            unknown = letters(formula[1]) - known - set(_SAID_INSIDE.findall(formula[1]))
            if unknown:
                problems.append(
                    Problem(
                        lesson.path,
                        cell.line_of(text[: formula.start()].count("\n")),
                        "every letter of a formula to be in lesson 00's notation table or named in the text up to it",
                        f"{', '.join(sorted(unknown))} in `{' '.join(formula[1].split())[:60]}`",
                        "say in words what it is, as `$k$` in this cell or before",
                    )
                )
    return problems
