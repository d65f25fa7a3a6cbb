"""The cards that learners see: one layout in HTML, the same words in plain text. Colour is never the only sign."""

from html import escape

from vae_course.exercises.errors import LIKELY
from vae_course.exercises.examine import CheckResult, Outcome

SIGNS = {
    "correct": ("✓", "#0072B2"),
    "wrong": ("✗", "#D55E00"),
    "not started": ("○", "#767676"),
    "raised": ("!", "#D55E00"),
    "timed out": ("!", "#D55E00"),
    "forbidden": ("!", "#D55E00"),
}


def points(value: float, maximum: float) -> str:
    """ "3 of 7 points", or nothing for exercises without points."""
    return f" · {value:g} of {maximum:g} point{'s' if maximum != 1 else ''}" if maximum else ""


def verdict_text(outcome: Outcome) -> str:
    """A verdict as plain text: it reads as well in a terminal or a screen reader as the card looks."""
    sign, _ = SIGNS[outcome.status]
    lines = [f"{sign} {outcome.exercise}: {outcome.status}{points(outcome.points, outcome.max_points)}"]
    lines += [f"  {line}" for line in outcome.message.splitlines()]
    if outcome.status not in ("correct", "not started"):
        lines += [f"  {_mark(check)} {check.name}{_worth(check)}" for check in outcome.checks]
        lines.append(f'  Next: hint("{outcome.exercise}")')
    return "\n".join(lines)


def verdict_html(outcome: Outcome) -> str:
    """The same words as a card."""
    sign, colour = SIGNS[outcome.status]
    head = (
        f"<b><span aria-hidden='true'>{sign}</span> {escape(outcome.exercise)}: {outcome.status}</b>"
        f"{points(outcome.points, outcome.max_points)}"
    )
    body = "".join(_line(line) for line in outcome.message.splitlines())
    if outcome.status not in ("correct", "not started"):
        rows = "".join(f"<li>{_mark(check)} {escape(check.name)}{_worth(check)}</li>" for check in outcome.checks)
        body += f"<ul style='list-style:none;margin:.5em 0 0;padding:0'>{rows}</ul>" if rows else ""
        body += f"<div style='margin-top:.4em'>Next: <code>hint(\"{escape(outcome.exercise)}\")</code></div>"
    return frame(head + body, colour)


def _line(line: str) -> str:
    """A line of the message; one that is indented stands under others in columns."""
    if line.startswith("  "):
        return f"<div style='font-family:monospace;white-space:pre-wrap'>{escape(line)}</div>"
    label, _, rest = line.partition(": ")
    if label == LIKELY:
        return f"<div style='margin-top:.4em'><b>{LIKELY}:</b> {escape(rest)}</div>"
    return f"<div style='margin-top:.4em'>{escape(line)}</div>"


def frame(inner: str, colour: str) -> str:
    """A box with a coloured edge that keeps the page's own text colours, so that light and dark both read well."""
    return (
        f"<div style='border-left:.35em solid {colour};padding:.4em .8em;margin:.2em 0;max-width:46em;line-height:1.45'>"
        f"{inner}</div>"
    )


def _mark(check: CheckResult) -> str:
    if check.passed:
        return "✓"
    return "–" if check.message == "not reached" else "✗"


def _worth(check: CheckResult) -> str:
    if check.message == "not reached":
        return " (not reached)"
    return f" ({check.points:g})" if check.passed and check.points else ""
