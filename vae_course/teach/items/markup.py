"""The few signs of Markdown that items use, as HTML on one line, with formulas as Moodle's MathJax reads them.

Moodle reads Markdown too, and there a formula's backslashes and underscores would be taken for Markdown's. In HTML they stay.
"""

import html as entities
import re

_PIECE = re.compile(r"(\$\$.+?\$\$|\$[^$]+\$|`[^`]+`)", re.DOTALL)
_ENTRY = re.compile(r"\n(?=\* )")
_UNKNOWN = re.compile(r"^(?:#|\||>|\d+\. |- )|!?\[[^\]]*\]\(|<[a-zA-Z/!]|\{\{", re.MULTILINE)


def html(text: str) -> str:
    r"""The HTML of an item's text, without a line's end: $a$ becomes \(a\), $$a$$ becomes \[a\].

    Raises:
        ValueError: a sign that is not known here, or a formula, code or bold text that does not end.
    """
    if unknown := _UNKNOWN.search(_PIECE.sub("", text)):
        raise ValueError(f"{unknown[0]!r} is no sign that an item's text may have; see vae_course/teach/items.")
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()))


def unwrapped(text: str) -> str:
    """The same Markdown with a line for each paragraph and each entry of a list: a line's end in a formula may be followed by a sign such
    as +, which begins a list for other readers of Markdown."""
    blocks = (_ENTRY.split(block) for block in re.split(r"\n\s*\n", text.strip()))
    return "\n\n".join("\n".join(" ".join(entry.split()) for entry in entries) for entries in blocks)


def _block(block: str) -> str:
    lines = block.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith("* ")), len(lines))
    if first and all(line.startswith(("* ", "  ")) for line in lines[first:]) and first < len(lines):
        return _block("\n".join(lines[:first])) + _block("\n".join(lines[first:]))
    if first == 0:
        entries = re.split(r"^\* ", block, flags=re.MULTILINE)[1:]
        return f"<ul>{''.join(f'<li>{_line(entry)}</li>' for entry in entries)}</ul>"
    return f"<p>{_line(block)}</p>"


def _line(text: str) -> str:
    """A paragraph's text, its lines joined."""
    text = " ".join(text.split())
    return "".join(
        _formula_or_code(piece) if number % 2 else _words(piece) for number, piece in enumerate(_PIECE.split(text))
    )


def _formula_or_code(piece: str) -> str:
    if piece.startswith("`"):
        return f"<code>{entities.escape(piece[1:-1], quote=False)}</code>"
    display = piece.startswith("$$")
    inside = entities.escape(piece.strip("$").strip(), quote=False)
    return rf"\[{inside}\]" if display else rf"\({inside}\)"


def _words(text: str) -> str:
    text = entities.escape(text, quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])", r"<em>\1</em>", text)
    if left := re.search(r"\$|`|\*\*", text):
        raise ValueError(f"{left[0]!r} opens a piece of text that does not end: {text[:60]!r}")
    return text
