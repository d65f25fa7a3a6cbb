"""The cards that learners see: one layout in HTML, the same words in plain text. Colour is never the only sign."""

import re
from collections.abc import Sequence
from html import escape
from itertools import groupby

from vae_course.checks.engine.exercise import COLLECTED
from vae_course.checks.engine.findings import LIKELY, CheckResult, Finding, Outcome, as_text
from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.emphasis import as_html

SIGNS = {
    "correct": ("✓", "#0072B2"),
    "wrong": ("✗", "#D55E00"),
    "not started": ("○", "#767676"),
    "raised": ("!", "#D55E00"),
    "timed out": ("!", "#D55E00"),
    "forbidden": ("!", "#D55E00"),
}

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def points(value: float, maximum: float) -> str:
    """ "3 of 7 points", or nothing for exercises without points."""
    return f" · {value:g} of {maximum:g} point{'s' if maximum != 1 else ''}" if maximum else ""


def reasons(exercise: Exercise) -> str:
    """What a choice keeps to itself while tries are left."""
    return "\n".join(m.reason for m in exercise.misconceptions if m.reason)


def _shown(outcome: Outcome) -> list[Finding]:
    """What was found; and after a pass, where somebody counted, how real answers went wrong here, and a choice's reasons."""
    shown = list(outcome.findings)
    exercise = EXERCISES.get(outcome.exercise)
    if outcome and exercise is not None:
        if counted := [m.seen for m in exercise.misconceptions if m.seen]:
            shown.append(
                Finding(
                    f"Of {COLLECTED} answers in public repositories to these stubs (Stanford's CS236 homework), {', '.join(counted)}."
                )
            )
        shown.append(Finding(reasons(exercise)))
    return shown


def verdict_text(outcome: Outcome, in_python: bool = True) -> str:
    """A verdict as plain text: it reads as well in a terminal or a screen reader as the card looks.

    Args:
        in_python: whether it is read where `hint` can be called; else nothing asks for that, and what is optional is called so.
    """
    sign, _ = SIGNS[outcome.status]
    optional = "" if in_python or not EXERCISES[outcome.exercise].optional else " · optional"
    lines = [f"{sign} {outcome.exercise}: {outcome.status}{points(outcome.points, outcome.max_points)}{optional}"]
    lines += [f"  {line}" for line in as_text(_shown(outcome)).splitlines()]
    if outcome.status not in ("correct", "not started"):
        lines += [f"  {row}" for row in _rows(outcome.checks)]
        lines += [f'  Next: hint("{outcome.exercise}")'] if in_python else []
    return "\n".join(lines)


def verdict_html(outcome: Outcome) -> str:
    """The same words as a card."""
    sign, colour = SIGNS[outcome.status]
    head = (
        f"<b><span aria-hidden='true'>{sign}</span> {escape(outcome.exercise)}: {outcome.status}</b>"
        f"{points(outcome.points, outcome.max_points)}"
    )
    body = "".join(map(finding_html, _shown(outcome)))
    if outcome.status not in ("correct", "not started"):
        rows = "".join(f"<li>{escape(row)}</li>" for row in _rows(outcome.checks))
        body += f"<ul style='list-style:none;margin:.5em 0 0;padding:0'>{rows}</ul>" if rows else ""
        body += f"<div style='margin-top:.4em'>Next: <code>hint(\"{escape(outcome.exercise)}\")</code></div>"
    return frame(head + body, colour)


def finding_html(finding: Finding) -> str:
    """A line for each sentence; a table stands in columns."""
    parts = [_line(as_html(line)) for line in finding.certain]
    parts += [_line(f"<b>{LIKELY}:</b> {as_html(finding.likely)}")] if finding.likely else []
    parts += [_line(as_html(line)) for line in finding.reading.sentences]
    parts += [f"<div style='font-family:monospace;white-space:pre-wrap'>{escape(row)}</div>" for row in finding.rows]
    return "".join(parts)


def _line(inner: str) -> str:
    return f"<div style='margin-top:.4em'>{inner}</div>"


def frame(inner: str, colour: str) -> str:
    """A box with a coloured edge that keeps the page's own text colours, so that light and dark both read well."""
    return (
        f"<div style='border-left:.35em solid {colour};padding:.4em .8em;margin:.2em 0;max-width:46em;line-height:1.45'>"
        f"{inner}</div>"
    )


def _rows(checks: Sequence[CheckResult]) -> list[str]:
    """One line a check; a ladder of checks (names that differ in one number) has one line for each verdict on it."""
    rows = []
    for (mark, _), alike in groupby(checks, key=lambda check: (_mark(check), _NUMBER.sub("#", check.name))):
        group = list(alike)
        name = group[0].name
        if len(group) > 1:
            last = _NUMBER.search(group[-1].name)
            name = _NUMBER.sub(f"\\g<0> to {last[0]}", name, count=1) if last else name
        rows.append(f"{mark} {name}{_worth(group)}")
    return rows


def _mark(check: CheckResult) -> str:
    if check.passed:
        return "✓"
    if check.unwritten:
        return "○"
    return "✗" if check.reached else "–"


def _worth(checks: Sequence[CheckResult]) -> str:
    if not checks[0].reached:
        return " (not reached)"
    if checks[0].unwritten:
        return " (not written yet)"
    worth = sum(check.points for check in checks)
    return f" ({worth:g})" if checks[0].passed and worth else ""
