"""The record of what every figure draws, drawn.json: for each artist its kind, label, colour and a handful of numbers.

    python -m tests.figures.drawn             draw everything again and write the record
    python -m tests.figures.drawn nelbo iwae  only what begins so

A change of a figure that was meant shows in the record's diff, one line an artist: look at it before you commit it.
Numbers are compared with a tolerance (`calls.Call.near`), words exactly; the numbers in a text are compared as numbers.
"""

import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.contour import ContourSet
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Ellipse, Patch
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text

from tests.figures.calls import CALLS, Call
from tests.figures.picture import colour, named, pictures, words

RECORD = Path(__file__).with_name("drawn.json")
Artists = list[dict[str, Any]]
NUMBER = re.compile(r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")


def drawn(call: Call) -> Artists:
    """The digest of the one picture that a call shows."""
    with pictures() as shown:
        call.draw(**call.arguments())
    [picture] = shown
    found: Artists = []
    for number, axes in enumerate(picture.axes, 1):
        for place in (axes, *axes.child_axes):
            found += [{"in": number} | artist for artist in _artists(place)]
    return found


def _artists(axes: Axes) -> Iterator[dict[str, Any]]:
    limits = [*axes.get_xlim(), *axes.get_ylim()]
    yield {"axes": f"{axes.get_xscale()}, {axes.get_yscale()}", "limits": _rounded(limits)}
    yield {"words": words(axes).split("\n")}
    bars = {patch for container in axes.containers for patch in getattr(container, "patches", ())}
    for container in axes.containers:
        if patches := getattr(container, "patches", ()):
            boxes = np.array([(*one.get_xy(), one.get_width(), one.get_height()) for one in patches])
            left, bottom, width, height = boxes.T
            parts = _summaries(left=left, bottom=bottom, width=width, height=height)
            yield _named("bars", container, patches[0]) | parts
    for artist in axes.get_children():
        if artist not in bars and artist is not axes.patch and (found := _digest(artist)):
            yield found


def _digest(artist: Artist) -> dict[str, Any]:
    match artist:
        case Line2D():
            x, y = (np.asarray(part, float) for part in artist.get_data())
            look = f"{artist.get_linestyle()} {artist.get_marker()}"
            return _named("line", artist) | {"look": look} | _summaries(x=x, y=y)
        case ContourSet():
            extents = [[*path.get_extents().extents] if len(path.vertices) else [] for path in artist.get_paths()]
            values = [float(artist.zmin), float(artist.zmax)]
            return {
                "contours": _rounded(artist.levels),
                "of": _rounded(values),
                "extents": [_rounded(e) for e in extents],
            }
        case PathCollection():
            places = np.asarray(artist.get_offsets(), float)
            sizes = _summary(np.asarray(artist.get_sizes(), float))
            return _named("dots", artist) | _summaries(x=places[:, 0], y=places[:, 1]) | {"sizes": sizes}
        case LineCollection() if artist.get_segments():
            ends = np.array(artist.get_segments(), dtype=float)
            return _named("lines", artist) | _summaries(x=ends[..., 0].ravel(), y=ends[..., 1].ravel())
        case Collection():
            at = np.concatenate([path.vertices for path in artist.get_paths()] or [np.zeros((0, 2))])
            return _named("filled", artist) | _summaries(x=at[:, 0], y=at[:, 1])
        case AxesImage():
            values = np.asarray(artist.get_array(), float)
            bands = [[float(band.mean()) for band in np.array_split(values, 5, axis)] for axis in (0, 1)]
            return {
                "image": [*values.shape],
                "shades": [artist.get_cmap().name, *_rounded(artist.get_clim())],
                "values": _rounded([values.min(), values.max(), values.mean()]),
                "rows": _rounded(bands[0]),
                "columns": _rounded(bands[1]),
            }
        case Annotation():
            ends = [*np.asarray(artist.xyann, float), *np.asarray(artist.xy, float)]
            return {"note" if artist.get_text() else "arrow": artist.get_text(), "ends": _rounded(ends)}
        case Text() if artist.get_text() and artist.get_transform().contains_branch(artist.axes.transData):
            edge = artist.get_bbox_patch()
            frame = {"frame": colour(edge)} if edge is not None else {}
            return {"text": artist.get_text(), "at": _rounded(np.asarray(artist.get_position(), float))} | frame
        case Circle() | Ellipse():
            return _named("ellipse", artist) | {"at": _rounded([*artist.center, artist.width, artist.height])}
        case Spine():
            return {}
        case Patch():
            return _named("shape", artist) | {
                "at": _rounded(artist.get_path().get_extents(artist.get_patch_transform()).extents)
            }
    return {}


def _named(kind: str, artist: Any, coloured: Any = None) -> dict[str, Any]:
    return {kind: named(artist), "colour": colour(coloured or artist)}


def _summaries(**parts: np.ndarray) -> dict[str, Any]:
    """How many points; and of each coordinate the least, most and mean, then five values from the first to the last."""
    count = len(next(iter(parts.values())))
    return {"points": count} | {name: _summary(values) for name, values in parts.items()}


def _summary(values: np.ndarray) -> list[Any]:
    finite = values[np.isfinite(values)]
    if len(values) <= 5 or not len(finite):
        return _rounded(values)
    five = values[np.linspace(0, len(values) - 1, 5).round().astype(int)]
    return _rounded([finite.min(), finite.max(), finite.mean(), *five])


def _rounded(values: Sequence[float] | np.ndarray) -> list[Any]:
    """Five digits, and nothing below a hundred-thousandth of the largest; None for what is no number."""
    largest = max((abs(float(value)) for value in values if math.isfinite(value)), default=0.0)
    return [
        None if not math.isfinite(value) else 0.0 if abs(value) < 1e-5 * largest else float(f"{value:.5g}")
        for value in values
    ]


def differences(recorded: Artists, found: Artists, near: float) -> list[str]:
    """What is not as it was recorded, a line for each: "-" before what was, "+" before what is."""
    told = []
    for i in range(max(len(recorded), len(found))):
        was, now = (artists[i] if i < len(artists) else None for artists in (recorded, found))
        if was is None or now is None or not _alike(was, now, near):
            told += [f"{sign} {_line(one)}" for sign, one in (("-", was), ("+", now)) if one is not None]
    return told


def _alike(was: Any, now: Any, near: float) -> bool:
    match was, now:
        case dict(), dict():
            return list(was) == list(now) and all(_alike(was[key], now[key], near) for key in was)
        case str(), str():
            return NUMBER.sub("#", was) == NUMBER.sub("#", now) and all(
                math.isclose(_value(a), _value(b), rel_tol=near / 10, abs_tol=1.01 * _last_digit(a))
                for a, b in zip(NUMBER.findall(was), NUMBER.findall(now), strict=True)
            )
        case list(), list():
            known = [one for one in was if isinstance(one, float)]
            spread = max(known) - min(known) if known else 0.0
            return len(was) == len(now) and all(
                abs(a - b) <= near * spread + near / 10 * abs(a)
                if isinstance(a, float) and isinstance(b, float)
                else _alike(a, b, near)
                for a, b in zip(was, now, strict=True)
            )
    return bool(was == now)


def _value(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def _last_digit(text: str) -> float:
    """What one step of its last digit is worth; nothing for a whole number, which is a name or a count."""
    digits, _, power = text.partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2])) if "." in digits else 0.0


def _line(artist: dict[str, Any]) -> str:
    return json.dumps(artist, ensure_ascii=False)


def read() -> dict[str, Artists]:
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def write(record: dict[str, Artists]) -> None:
    """One line an artist, so that a diff can be read."""
    figures = [f'"{name}": [\n' + ",\n".join(map(_line, artists)) + "\n]" for name, artists in record.items()]
    RECORD.write_text("{\n" + ",\n".join(figures) + "\n}\n", encoding="utf-8")


def main(argv: Sequence[str]) -> int:
    before = read()
    chosen = [name for name in CALLS if not argv or name.startswith(tuple(argv))]
    write(
        {
            name: drawn(CALLS[name]) if name in chosen else before[name]
            for name in CALLS
            if name in chosen or name in before
        }
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
