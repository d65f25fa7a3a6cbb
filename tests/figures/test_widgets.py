"""Sliders: each has the range it was given, and what it is moved to is what is drawn."""

from typing import Any

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from vae_course.figures import widgets


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `display` is given, in a live notebook."""
    InteractiveShell.instance()
    monkeypatch.delenv("VAE_COURSE_STATIC", raising=False)
    found: list[Any] = []
    monkeypatch.setattr("IPython.display.display", found.append)
    yield found
    InteractiveShell.clear_instance()


def test_every_argument_has_its_slider_or_menu(shown: list[Any]):
    with capture_output():
        widgets.explore(lambda **_: None, q_mean=(1.0, -3.0, 3.0, 0.5), z_2=(1, 1, 64, 1), digit=[3, 0, 1])
    real, whole, menu, _ = shown[0].children
    assert isinstance(real, ipywidgets.FloatSlider) and isinstance(whole, ipywidgets.IntSlider)
    assert [real.value, real.min, real.max, real.step] == [1.0, -3.0, 3.0, 0.5]
    assert [whole.value, whole.min, whole.max, whole.step] == [1, 1, 64, 1]
    assert isinstance(menu, ipywidgets.Dropdown) and list(menu.options) == [3, 0, 1] and menu.value == 3
    assert [one.description for one in (real, whole, menu)] == ["q mean", "z₂", "digit"]
    assert not real.continuous_update and not whole.continuous_update


def test_a_moved_slider_draws_with_its_new_value_and_the_others_old_ones(shown: list[Any]):
    drawn: list[dict[str, Any]] = []
    with capture_output():
        widgets.explore(lambda **values: drawn.append(values), m=(1.5, -3.0, 3.0, 0.5), v=(4.0, 0.25, 9.0, 0.25))
        shown[0].children[1].value = 9.0
    assert drawn == [{"m": 1.5, "v": 4.0}, {"m": 1.5, "v": 9.0}]


def test_a_built_notebook_draws_once_with_the_first_values(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VAE_COURSE_STATIC", "1")
    drawn: list[dict[str, Any]] = []
    widgets.explore(lambda **values: drawn.append(values), a=(0.5, 0.0, 1.0, 0.01), digit=[3, 0])
    assert drawn == [{"a": 0.5, "digit": 3}]
