"""What a figure draws, as numbers: the picture is caught when it would be shown, its artists are asked for their data.

    left, right = axes_of(figures.guess, a=0.8)
    x, y = line(right, "ELBO(a)")
    assert bars(left, "posterior")[:, 3] == pytest.approx([2 / 11, 9 / 11])

A drawing is found by a part of its label, by its colour's name in `style.COLOURS`, or by both; exactly one must match.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from vae_course.figures.style import COLOURS

NAMES = {value.lower(): name for name, value in COLOURS.items()}
Found = TypeVar("Found")


@contextmanager
def pictures() -> Iterator[list[Figure]]:
    """The pictures that are shown within, in order; they keep their data after they are closed."""
    shown: list[Figure] = []
    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    try:
        with patch.object(plt, "show", lambda: shown.append(plt.gcf())):
            yield shown
    finally:
        matplotlib.use(before)


def axes_of(draw: Callable[..., Any], *args: Any, **kwargs: Any) -> list[Axes]:
    """The axes of the one picture that a figure's function shows; a colour bar has axes of its own, last."""
    with pictures() as shown:
        draw(*args, **kwargs)
    [picture] = shown
    return list(picture.axes)


def colour(artist: Any) -> str:
    """The name of the quantity whose colour it has, else the colour itself: a line's, a face's, or a hollow one's edge's."""
    if isinstance(artist, Line2D):
        rgba = to_rgba(artist.get_color())
    else:
        face = np.atleast_2d(artist.get_facecolor())
        hollow = not len(face) or face[0, 3] == 0 or to_hex(face[0]) == "#ffffff"
        edge = np.atleast_2d(artist.get_edgecolor())
        rgba = edge[0] if hollow and edge.size else face[0] if face.size else (0, 0, 0, 0)
    code = to_hex(rgba)
    return NAMES.get(code, code)


def _one(found: Iterable[Found], what: str, offered: Iterable[Any]) -> Found:
    matching = list(found)
    assert len(matching) == 1, f"{len(matching)} drawings match {what}; there are {list(offered)}"
    return matching[0]


def lines(axes: Axes, label: str = "", of: str = "", style: str = "", marker: str = "") -> list[tuple[Any, Any]]:
    """(x, y) of each line, dots joined by nothing too; of a colour, a line style ("--") or a marker ("o")."""
    return [tuple(np.asarray(part, float) for part in one.get_data()) for one in _lines(axes, label, of, style, marker)]


def line(axes: Axes, label: str = "", of: str = "", style: str = "", marker: str = "") -> tuple[Any, Any]:
    """(x, y) of the one line that matches."""
    there = [(one.get_label(), colour(one), one.get_linestyle(), one.get_marker()) for one in axes.lines]
    return _one(lines(axes, label, of, style, marker), f"{label!r} {of!r} {style!r} {marker!r}", there)


def _lines(axes: Axes, label: str, of: str, style: str, marker: str) -> list[Line2D]:
    return [
        one
        for one in axes.lines
        if label in str(one.get_label())
        and of in ("", colour(one))
        and style in ("", one.get_linestyle())
        and marker in ("", one.get_marker())
    ]


def bars(axes: Axes, label: str = "", of: str = "") -> np.ndarray:
    """(left, bottom, width, height) of every bar, a histogram's too: (n, 4)."""
    found = []
    for container in axes.containers:
        if label in named(container):
            found += [one for one in container.patches if isinstance(one, Rectangle) and of in ("", colour(one))]
    return np.array([(*one.get_xy(), one.get_width(), one.get_height()) for one in found], dtype=float).reshape(-1, 4)


def named(drawing: Any) -> str:
    """Its label, or ""; a histogram's stands at its first bar."""
    labels = [str(one.get_label()) for one in (drawing, *getattr(drawing, "patches", ())[:1])]
    return next((label for label in labels if not label.startswith("_")), "")


def filled(axes: Axes, label: str = "", of: str = "") -> list[np.ndarray]:
    """The outlines (n, 2) of the filled areas that match."""
    found = [one for one in axes.collections if isinstance(one, PolyCollection) and label in str(one.get_label())]
    return [path.vertices for one in found if of in ("", colour(one)) for path in one.get_paths()]


def area(outlines: list[np.ndarray]) -> float:
    """Of all outlines together."""
    parts = [np.roll(at, -1, axis=0) for at in outlines]
    return sum(
        abs(float((at[:, 0] * after[:, 1] - after[:, 0] * at[:, 1]).sum())) / 2
        for at, after in zip(outlines, parts, strict=True)
    )


def under(x: np.ndarray, y: np.ndarray) -> float:
    """The area under a curve, by the trapezoid rule."""
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


def dots(axes: Axes, of: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 2) and sizes of the one scatter of dots that matches."""
    found = [one for one in axes.collections if isinstance(one, PathCollection)]
    one = _one([one for one in found if of in ("", colour(one))], of or "dots", map(colour, found))
    return np.asarray(one.get_offsets(), float), np.asarray(one.get_sizes(), float)


def image(axes: Axes) -> np.ndarray:
    """The one image in the axes."""
    return np.asarray(_one(axes.images, "an image", axes.images).get_array(), float)


def words(axes: Axes) -> str:
    """Everything that is written: title, labels, legend, notes, names at the ticks."""
    legend = axes.get_legend()
    parts = [axes.get_title(loc) for loc in ("left", "center", "right")] + [axes.get_xlabel(), axes.get_ylabel()]
    parts += [text.get_text() for text in [*(legend.get_texts() if legend else ()), *axes.texts]]
    return "\n".join(part for part in [*parts, *ticks(axes.xaxis), *ticks(axes.yaxis)] if part)


def ticks(axis: Any) -> list[str]:
    """The names at an axis' ticks that the figure itself chose."""
    return (
        [text for text in axis.get_major_formatter().seq if text] if hasattr(axis.get_major_formatter(), "seq") else []
    )


def numbers(text: str) -> list[float]:
    """The numbers in a text, 10,000 and −2.5 too."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text.replace("−", "-"))
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", plain)]
