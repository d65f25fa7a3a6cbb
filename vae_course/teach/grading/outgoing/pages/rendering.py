"""From facts to HTML: every text stands escaped, and nothing is fetched and nothing is run when a page is opened."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from vae_course.emphasis import as_html
from vae_course.teach.grading.marks import Mark

GENERATOR = "vae-course report"
"""Says in a page that it is ours, and may be replaced or taken away."""
SIGNS = {"correct": "✓", "wrong": "✗", "not started": "○", "not handed in": "○"}
"""Before a status, so that colour is never the only sign; all others have an exclamation mark."""


def rendered(template: str, **facts: Any) -> str:
    """A page of `templates/`."""
    return _environment().get_template(template).render(facts)


def is_ours(page: Path) -> bool:
    """True for a page that was made here."""
    with page.open("rb") as file:
        return f'content="{GENERATOR}"'.encode() in file.read(500)


def number(value: float) -> str:
    """ "2.5", and "3" for 3.0."""
    return f"{value:g}"


def points(value: float, most: float) -> str:
    return f"{value:g} of {most:g} point{'' if most == 1 else 's'}"


def code(text: str, first: int, raised: str = "") -> Markup:
    """Python, coloured, with the numbers of its lines.

    Args:
        first: the number of the first line.
        raised: "line 3: return x", which is marked if that line is there.
    """
    named = re.fullmatch(r"line (\d+): (.*)", raised, re.S)
    lines = text.splitlines()
    here = int(named[1]) - first if named else -1
    marked = [here + 1] if named and 0 <= here < len(lines) and lines[here].strip() == named[2].strip() else []
    formatter = HtmlFormatter(linenos="inline", linenostart=first, hl_lines=marked, cssclass="code", wrapcode=True)
    return Markup(highlight(text, _lexer(), formatter))  # noqa: S704 - Pygments escapes


def sentence(text: str) -> Markup:
    """A sentence of the course, its *emphasis* shown."""
    return Markup(as_html(text))  # noqa: S704 - all else is escaped there


def sign(mark: Mark) -> str:
    return SIGNS.get(mark.status, "!")


@cache
def _lexer() -> PythonLexer:
    return PythonLexer(stripnl=False)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("vae_course.teach.grading.outgoing.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "code": code, "sign": sign, "sentence": sentence}
    made.globals |= {"generator": GENERATOR, "points": points, "colours": _colours()}
    return made


def _colours() -> Markup:
    """Pygments' styles, for light pages and for dark ones."""

    def of(style: str) -> Sequence[str]:
        return HtmlFormatter(style=style).get_style_defs(".code").splitlines()

    def only_tokens(rules: Sequence[str]) -> str:
        return "\n".join(
            rule
            for rule in rules
            if rule.startswith(".code .") and not rule.startswith((".code .hll", ".code .linenos"))
        )

    light, dark = only_tokens(of("default")), only_tokens(of("github-dark"))
    return Markup(f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}")  # noqa: S704 - ours
