"""Texts that every terminal can show: where its encoding lacks a sign, ASCII stands in its place, and never an error.

On Windows what is printed into a file or a pipe is in an old code page, which has no ✓: without this, a card would end in a
UnicodeEncodeError there.
"""

import codecs
import sys
import unicodedata

INSTEAD = {
    **{
        "−": "-",
        "–": "-",
        "±": "+-",
        "×": "x",
        "·": "*",
        "√": "sqrt",
        "Σ": "sum",
        "∫": "int",
        "∂": "d",
        "∞": "inf",
        "‖": "||",
    },
    **{"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "→": "->", "←": "<-", "…": "...", "½": "1/2", "¼": "1/4", "¾": "3/4"},
    **{"²": "^2", "³": "^3", "⁴": "^4", "₁": "_1", "₂": "_2", "₄": "_4", "✗": "x", "○": "o"},
    **{
        "β": "beta",
        "δ": "delta",
        "ε": "eps",
        "θ": "theta",
        "λ": "lambda",
        "μ": "mu",
        "π": "pi",
        "σ": "sigma",
        "φ": "phi",
    },
    **{"χ": "chi", "ω": "omega", "Γ": "Gamma", "Φ": "Phi"},
}
"""What means the same. A letter with an accent is written without it; any other sign, the tick of a card too, is a "?"."""

HANDLER = "vae_course.printable"
"""The name under which `str.encode` and streams know this: `errors=HANDLER`."""


def printable(text: str) -> str:
    """The text as standard output can show it. A notebook shows everything, and the text is returned as it is."""
    encoding = getattr(sys.stdout, "encoding", None)
    if text.isascii() or not encoding:
        return text
    return text.encode(encoding, HANDLER).decode(encoding)


def _instead(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(sign: str) -> str:
    if unicodedata.combining(sign):
        return ""
    letter = unicodedata.normalize("NFD", sign)[0]
    return INSTEAD.get(sign) or (letter if letter.isascii() else "?")


codecs.register_error(HANDLER, _instead)
