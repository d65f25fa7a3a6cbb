"""*Emphasis*, the one sign of Markdown that a sentence of the course may bear: HTML shows it, a terminal leaves it, a table takes it away."""

import re
from html import escape

# A line of somebody's own code is shown as it is: there a * multiplies.
_FOUND = re.compile(r"line \d+: .*|(?<![\w*])\*([^\W\d_]+(?:[ ’'-][^\W\d_]+)*)\*(?![\w*])")


def as_html(sentence: str) -> str:
    """A sentence as HTML, all else in it escaped."""
    pieces, last = [], 0
    for found in _FOUND.finditer(sentence):
        if found[1] is not None:
            pieces += [escape(sentence[last : found.start()]), f"<em>{escape(found[1])}</em>"]
            last = found.end()
    return "".join([*pieces, escape(sentence[last:])])


def without_signs(sentence: str) -> str:
    """A sentence for where nothing shows emphasis."""
    return _FOUND.sub(lambda found: found[0] if found[1] is None else found[1], sentence)
