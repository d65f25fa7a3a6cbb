"""Lower bounds beside the truth that they are under: a picture that returns in lessons 05 and 07."""

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vae_course.evaluation import exact_log_likelihood
from vae_course.figures.style import COLOURS, canvas, figure


def exact_log_p(model: Any, x: Tensor) -> Tensor:
    """log p(x) of each image by a grid over the two latent dimensions: no q and no chance in it. (n,), in nats."""
    return exact_log_likelihood(model, x)


@figure
def bounds_below_truth(rows: Mapping[str, float] | None, exact: float) -> None:
    """Bars of lower bounds that end before the line log p(x); the hatched rest is the gap. All in nats per image."""
    rows = rows or {}
    left = math.floor(min([*rows.values(), exact - 3])) - 1
    with canvas(width=9, height=0.9 + 0.5 * max(len(rows), 1)) as axes:
        for place, (name, value) in enumerate(rows.items()):
            colour = COLOURS["nelbo" if "elbo" in name.lower() else "iwae"]
            axes.barh(place, value - left, left=left, color=colour, alpha=0.75, height=0.6)
            axes.barh(place, exact - value, left=value, fc="none", ec=COLOURS["kl"], hatch="///", height=0.6)
            axes.text(left + 0.06, place, minus(value), va="center", color="white", weight="bold")
            axes.text(exact + 0.06, place, f"gap {exact - value:.2f}", va="center")
        axes.axvline(exact, color=COLOURS["truth"], ls="--")
        axes.set(
            yticks=range(len(rows)),
            yticklabels=list(rows),
            xlim=(left, exact + 1.1),
            xlabel=f"nats per image; dashed line: log p(x) = {minus(exact)}",
        )
        axes.invert_yaxis()


def minus(value: float) -> str:
    """Two decimals, with a real minus sign, as on the axes."""
    return f"{value:.2f}".replace("-", "−")
