"""One visual style: a colour-blind-safe palette in which a colour always means the same quantity.

Source of the palette: Okabe & Ito, Color Universal Design (2008).
"""

import base64
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from html import escape
from typing import Any, ParamSpec, TypeVar

import matplotlib
import matplotlib.pyplot as plt

COLOURS = {
    "q": "#0072B2",  # the encoder's distribution q(z|x), and what is drawn from it
    "p": "#E69F00",  # the model's: prior, posterior, target curves
    "rec": "#D55E00",
    "kl": "#009E73",
    "nelbo": "#6C4AB6",
    "iwae": "#CC79A7",
    "truth": "#3C3C3C",  # exact values: log p(x), closed forms
    "other": "#8C6D1F",  # what is none of these, and stands beside them
    "faint": "#9A9A9A",
}
"""Beside its colour, each quantity also differs by label, line style or marker: colour is never the only sign."""

DIGITS = "#332288 #CC6677 #117733 #AA4499 #2F7F99 #882255 #44AA99 #7A7A1C #6F6F6F #C2571A".split()
"""A colour for each class of digit, none of them a quantity's; each digit is drawn as its numeral too.

Source: Paul Tol's scheme "muted" (2021), its light colours darkened.
"""

LINES = {"q": "-", "p": "--", "rec": "-.", "kl": ":", "nelbo": "-", "iwae": "-", "truth": "--", "faint": "-"}

_RC: Any = {
    "figure.dpi": 100,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.facecolor": "white",  # an opaque page: readable wherever it is shown
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
    "axes.titley": 1.0,  # said, so that matplotlib need not search for a free place: a tenth of a figure's time
    "legend.frameon": False,
    "lines.linewidth": 2.0,
}


_BEFORE_A_FIGURE = (
    "<style>body[data-jp-theme-light='false'] .jp-OutputArea-child:has(.vae-figure)+.jp-OutputArea-child img"
    "{filter:invert(.93) hue-rotate(180deg)}</style>"
    "<span class='vae-figure' style='position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)'>"
)
"""For JupyterLab, which has no alt text of its own: the figure in words, unseen and read aloud; and in the dark theme a dark figure, in
which light and dark change places and hues stay."""

_P = ParamSpec("_P")
_R = TypeVar("_R")
_alt_texts: list[str] = []  # of the figures that are being drawn: a figure may call another's function
_moving: list["Moving"] = []  # see `again`


def figure(draw: Callable[_P, _R]) -> Callable[_P, _R]:
    """Mark a function that draws a figure: its docstring's first line is what those are told who do not see the picture."""

    @wraps(draw)
    def described(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        _alt_texts.append((draw.__doc__ or "").split("\n")[0])
        try:
            return draw(*args, **kwargs)
        finally:
            _alt_texts.pop()

    return described


class Moving:
    """A figure that is drawn again and again: what it shows is replaced where it stands, and a saved notebook has the last of it.

    Attributes:
        layout: where the first drawing had its axes.
    """

    def __init__(self) -> None:
        self.layout: list[Any] = []
        self._shown: list[tuple[Any, dict[str, str]]] = []  # a handle, and what it shows now
        self._next = 0

    def begin(self) -> None:
        """What is shown from now on stands where the first thing was."""
        self._next = 0

    def show(self, data: dict[str, str], metadata: dict[str, Any]) -> None:
        """A bundle of MIME types, in the place of the one that stood there, if it is another."""
        from IPython.display import display

        if self._next == len(self._shown):
            self._shown.append((display(data, metadata=metadata, raw=True, display_id=True), data))
        handle, before = self._shown[self._next]
        if data != before:
            handle.update(data, metadata=metadata, raw=True)
            self._shown[self._next] = handle, data
        self._next += 1


@contextmanager
def again(moving: Moving) -> Iterator[None]:
    """Figures drawn within take the place of those drawn before, with their axes where the first had its own: nothing jumps.

    It also saves half of the time that a figure takes.
    """
    moving.begin()
    _moving.append(moving)
    try:
        yield
    finally:
        _moving.pop()


@contextmanager
def canvas(
    columns: int = 1, width: float = 9.0, height: float = 3.4, rows: int = 1, alt: str = "", **options: Any
) -> Iterator[Any]:
    """Axes to draw on, in the course's style; shown once, at the end, and then closed.

    The style is matplotlib's own and `_RC` over it, so that a user's matplotlibrc (a font that is not here, TeX that is not
    installed, a dark page) changes no figure of the course. What they draw themselves has their settings, as before.

    Args:
        alt: describes the picture in words, in place of the docstring's line (see `figure`).

    Yields:
        one Axes, or an array of them when there are several columns or rows.
    """
    with plt.style.context(["default", _RC]):
        picture, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **options)
        try:
            yield axes
            _show(picture, alt or next(iter(_alt_texts), ""))
        finally:
            plt.close(picture)


def _show(picture: Any, alt: str) -> None:
    """Hand the picture to the notebook, with its description, as `plt.show` does without one.

    A slider's picture is drawn once and never cropped: `plt.show` draws three times, to find out what there is to crop.
    """
    if "inline" not in matplotlib.get_backend():
        plt.show()
        return
    said = f"Figure: {alt}"
    show = _moving[-1].show if _moving else _display
    if not os.environ.get("VAE_COURSE_STATIC"):
        show({"text/html": f"{_BEFORE_A_FIGURE}{escape(said)}</span>", "text/plain": ""}, {})
    png = io.BytesIO()
    if _moving:
        _draw_once(picture, _moving[-1].layout, png)
    else:
        picture.savefig(png, format="png", bbox_inches="tight")
    data = {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": said}
    show(data, {"image/png": {"alt": alt}})


def _display(data: dict[str, str], metadata: dict[str, Any]) -> None:
    from IPython.display import display

    display(data, metadata=metadata, raw=True)


def _draw_once(picture: Any, layout: list[Any], png: io.BytesIO) -> None:
    """With the axes where `layout` says, or where the layout engine puts them, which is then kept."""
    if len(layout) == len(picture.axes):
        picture.set_layout_engine("none")
        for axes, place in zip(picture.axes, layout, strict=True):
            axes.set_position(place)
    picture.canvas.print_png(png, pil_kwargs={"compress_level": 1})  # larger, and sooner there
    layout[:] = [axes.get_position() for axes in picture.axes]
