"""Sliders: each has the range it was given, and what it is moved to is what is drawn."""

from collections.abc import Iterator
from typing import Any

import ipywidgets
import matplotlib
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from vae_course.figures import widgets
from vae_course.figures.style import canvas


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `display` is given, in a live notebook."""
    InteractiveShell.instance()
    monkeypatch.delenv("VAE_COURSE_STATIC", raising=False)
    found: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda what, **_: found.append(what))
    yield found
    InteractiveShell.clear_instance()


def test_every_argument_has_its_slider_or_menu(shown: list[Any]):
    with capture_output():
        widgets.explore(lambda **_: None, q_mean=(1.0, -3.0, 3.0, 0.5), z_2=(1, 1, 64, 1), digit=[3, 0, 1])
    real, whole, menu = shown[0].children
    assert isinstance(real, ipywidgets.FloatSlider) and isinstance(whole, ipywidgets.IntSlider)
    assert [real.value, real.min, real.max, real.step] == [1.0, -3.0, 3.0, 0.5]
    assert [whole.value, whole.min, whole.max, whole.step] == [1, 1, 64, 1]
    assert isinstance(menu, ipywidgets.Dropdown) and list(menu.options) == [3, 0, 1] and menu.value == 3
    assert [one.description for one in (real, whole, menu)] == ["q mean", "z₂", "digit"]
    assert real.continuous_update and whole.continuous_update, "the figure moves while a slider is dragged"


def test_a_moved_slider_draws_with_its_new_value_and_the_others_old_ones(shown: list[Any]):
    drawn: list[dict[str, Any]] = []
    with capture_output():
        widgets.explore(lambda **values: drawn.append(values), m=(1.5, -3.0, 3.0, 0.5), v=(4.0, 0.25, 9.0, 0.25))
        shown[0].children[1].value = 9.0
    assert drawn == [{"m": 1.5, "v": 4.0}, {"m": 1.5, "v": 9.0}]


def line(to: float) -> None:
    if to == 2:
        raise ValueError("no line to 2")
    with canvas(width=2, height=2, alt=f"To {to:g}.") as axes:
        axes.plot([0, to])


@pytest.fixture
def slider(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[Any], Any]]:
    """What a live notebook is sent, and a slider of `line`."""
    InteractiveShell.instance()
    backend = matplotlib.get_backend()
    matplotlib.use("module://matplotlib_inline.backend_inline")
    monkeypatch.delenv("VAE_COURSE_STATIC", raising=False)
    boxes: list[Any] = []
    monkeypatch.setattr(widgets, "show_named", boxes.append)
    with capture_output() as captured:
        widgets.explore(line, to=(1.0, 0.0, 3.0, 0.5))
        yield captured._outputs, boxes[0].children[0]
    matplotlib.use(backend)
    InteractiveShell.clear_instance()


def test_a_moved_slider_replaces_words_and_picture_where_they_stand(slider: tuple[list[Any], Any]):
    sent, control = slider
    words, picture = sent
    control.value = 3.0
    new_words, new_picture = sent[2:]
    assert "To 3." in new_words["data"]["text/html"] and new_picture["metadata"] == {"image/png": {"alt": "To 3."}}
    assert new_picture["data"]["image/png"] != picture["data"]["image/png"]
    assert [new_words["update"], new_picture["update"]] == [True, True]
    assert [new_words["transient"], new_picture["transient"]] == [words["transient"], picture["transient"]], (
        "by their id"
    )


def test_what_cannot_be_drawn_is_said_where_the_picture_stands_until_the_slider_moves_on(
    slider: tuple[list[Any], Any],
):
    sent, control = slider
    control.value = 2.0
    assert sent[-1]["data"] == {"text/plain": "ValueError: no line to 2"} and sent[-1]["update"]
    control.value = 3.0
    assert "To 3." in sent[-2]["data"]["text/html"] and sent[-2]["transient"] == sent[0]["transient"]


def test_a_built_notebook_draws_once_with_the_first_values(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VAE_COURSE_STATIC", "1")
    drawn: list[dict[str, Any]] = []
    widgets.explore(lambda **values: drawn.append(values), a=(0.5, 0.0, 1.0, 0.01), digit=[3, 0])
    assert drawn == [{"a": 0.5, "digit": 3}]
