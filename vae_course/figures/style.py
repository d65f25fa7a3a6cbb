"""One visual style: a colour-blind-safe palette in which a colour always means the same quantity.

Source of the palette: Okabe & Ito, Color Universal Design (2008).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt

COLOURS = {
    "q": "#0072B2",  # the encoder's distribution q(z|x), and what is drawn from it
    "p": "#E69F00",  # the model's: prior, posterior, target curves
    "rec": "#D55E00",
    "kl": "#009E73",
    "nelbo": "#6C4AB6",
    "iwae": "#CC79A7",
    "truth": "#3C3C3C",  # exact values: log p(x), closed forms
    "faint": "#9A9A9A",
}
"""Beside its colour, each quantity also differs by label, line style or marker: colour is never the only sign."""

LINES = {"q": "-", "p": "--", "rec": "-.", "kl": ":", "nelbo": "-", "iwae": "-", "truth": "--", "faint": "-"}

_RC: Any = {
    "figure.dpi": 100,
    "figure.facecolor": "white",  # an opaque page: readable in a dark notebook too
    "savefig.facecolor": "white",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "legend.fontsize": 10,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "lines.linewidth": 2.0,
}


@contextmanager
def canvas(columns: int = 1, width: float = 9.0, height: float = 3.4, rows: int = 1, **options: Any) -> Iterator[Any]:
    """Axes to draw on, in the course's style; shown once, at the end, and then closed.

    Yields:
        one Axes, or an array of them when there are several columns or rows.
    """
    with plt.rc_context(_RC):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **options)
        try:
            yield axes
            plt.show()
        finally:
            plt.close(figure)
