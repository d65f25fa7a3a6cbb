"""Sliders with a static figure in their place where there is no kernel.

A widget is one function that draws a figure for given slider values. `explore` shows it with sliders in a live notebook,
and as one picture at chosen values in a built one (VAE_COURSE_STATIC=1), on GitHub and in nbviewer.

The figure moves while a slider is dragged. ipywidgets sends the next value when the last one has been drawn, and of those that
came meanwhile only the newest, so that no picture lags behind the hand however slow the machine is.
"""

import os
import re
from collections.abc import Callable
from typing import Any

import ipywidgets

from vae_course.figures.style import Moving, again
from vae_course.sliders import show_named

BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
"""z_1 is spelt z₁, as in every figure."""


def explore(draw: Callable[..., None], **sliders: tuple[Any, ...] | list[Any]) -> None:
    """Draw a figure, with one slider or menu for each of its arguments.

    Args:
        draw: draws one figure (with `style.canvas`) for the given values.
        sliders: per argument (start, low, high, step) for a slider, or a list of choices whose first one is the start.
    """
    start = {name: values[0] for name, values in sliders.items()}
    if os.environ.get("VAE_COURSE_STATIC"):
        draw(**start)
        return
    controls = {name: _control(name, values) for name, values in sliders.items()}
    figure = Moving()

    def drawn() -> None:
        with again(figure):
            draw(**{name: control.value for name, control in controls.items()})

    def moved(_change: Any) -> None:
        try:
            drawn()
        except Exception as error:  # nobody would see it: a slider's message belongs to no cell
            figure.begin()
            figure.show({"text/plain": f"{type(error).__name__}: {error}"}, {})

    show_named(ipywidgets.VBox(list(controls.values())))
    drawn()
    for control in controls.values():
        control.observe(moved, "value")


def _control(name: str, values: tuple[Any, ...] | list[Any]) -> ipywidgets.Widget:
    label = re.sub(r"_(\d+)$", lambda number: number[1].translate(BELOW), name).replace("_", " ")
    options = {"description": label, "style": {"description_width": "12em"}, "layout": {"width": "40em"}}
    if isinstance(values, list):
        return ipywidgets.Dropdown(options=values, value=values[0], **options)
    start, low, high, step = values
    kind = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    return kind(value=start, min=low, max=high, step=step, **options)
