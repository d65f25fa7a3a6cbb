"""Pictures for the page on a class, as data that stands in the page itself."""

import base64
import io
from collections.abc import Callable, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

BLUE = "#0072B2"


def histogram(shares: Sequence[float]) -> tuple[str, str]:
    """How many students have how much of their points, in tenths.

    Returns:
        The picture as a `data:` address, and its words for whoever does not see it.
    """
    counts = [0] * 10
    for share in shares:
        counts[min(9, int(10 * share))] += 1

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.bar([10 * i + 5 for i in range(10)], counts, width=9, color=BLUE)
        axes.set(
            xlabel="points, per cent of what could be had", ylabel="students", xlim=(0, 100), xticks=range(0, 101, 20)
        )
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))

    words = ", ".join(f"{10 * i} to {10 * i + 10} %: {count}" for i, count in enumerate(counts) if count)
    return _picture(draw, 2.6), f"Students by their share of the points. {words}."


def bars(names: Sequence[str], shares: Sequence[float]) -> tuple[str, str]:
    """The mean share of the points of each exercise, the hardest first; returns as `histogram`."""

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = range(len(names), 0, -1)
        axes.barh(list(places), [100 * share for share in shares], color=BLUE)
        axes.set(
            yticks=list(places), yticklabels=list(names), xlim=(0, 100), xlabel="mean share of the points, per cent"
        )

    words = ", ".join(f"{name}: {share:.0%}" for name, share in zip(names, shares, strict=True))
    return _picture(draw, 1.0 + 0.24 * len(names)), f"Exercises, the hardest first. {words}."


def _picture(draw: Callable[[Figure], None], height: float) -> str:
    figure = Figure(figsize=(7.2, height), layout="constrained")
    draw(figure)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
