"""The net under all figures: each draws what drawn.json has recorded of it; and the net notices what it should."""

import inspect
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest

from tests.figures.calls import CALLS, Call
from tests.figures.drawn import RECORD, differences, drawn, read
from vae_course import figures
from vae_course.figures.style import COLOURS, canvas

AGAIN = "if the change was meant: python -m tests.figures.drawn, and look at the diff"


@pytest.fixture(scope="module")
def record() -> dict[str, list[dict[str, object]]]:
    return read()


@pytest.mark.parametrize("name", CALLS)
def test_a_figure_draws_what_is_recorded(name: str, record: dict[str, list[dict[str, object]]]):
    told = differences(record[name], drawn(CALLS[name]), CALLS[name].near)
    assert not told, "\n".join([f"{name} draws something else ({AGAIN}):", *told])


def test_every_drawing_function_of_the_course_is_in_the_record():
    drawing = {
        f"{short}.{name}"
        for _, short, _ in iter_modules(figures.__path__)
        for name, f in inspect.getmembers(import_module(f"vae_course.figures.{short}"), inspect.isfunction)
        if f.__module__ == f"vae_course.figures.{short}"
        and hasattr(f, "__wrapped__")
        and "with canvas(" in inspect.getsource(f)
    }
    assert len(drawing) > 40
    assert not drawing - {name.split(",")[0] for name in CALLS}
    assert set(read()) == set(CALLS)


def test_the_record_is_small_and_names_one_artist_a_line():
    assert len(RECORD.read_bytes()) < 200_000
    assert all(len(line) < 2_000 for line in Path(RECORD).read_text(encoding="utf-8").splitlines())


def a_figure(scale: float = 1.0, label: str = "q, 1.234 nats", of: str = "q", count: int = 50) -> None:
    x = np.linspace(0, 3, count)
    with canvas() as axes:
        axes.plot(x, scale * np.exp(-x), color=COLOURS[of], label=label)


WAS = drawn(Call(a_figure))


@pytest.mark.parametrize(
    "other",
    [
        {"scale": 1.01},
        {"scale": -1.0},
        {"label": "p, 1.234 nats"},
        {"label": "q, 1.264 nats"},
        {"of": "p"},
        {"count": 51},
    ],
)
def test_another_number_label_or_colour_is_a_difference(other: dict[str, object]):
    told = differences(WAS, drawn(Call(a_figure, lambda: other)), 1e-3)
    assert any(line.startswith("- ") for line in told) and any(line.startswith("+ ") for line in told)


@pytest.mark.parametrize("other", [{}, {"scale": 1 + 1e-5}, {"label": "q, 1.235 nats"}])
def test_what_another_machine_might_round_otherwise_is_none(other: dict[str, object]):
    assert not differences(WAS, drawn(Call(a_figure, lambda: other)), 1e-3)


def test_a_drawing_too_many_or_too_few_is_a_difference():
    more = deepcopy([*WAS, WAS[-1]])
    assert len(differences(WAS, more, 1e-3)) == len(differences(more, WAS, 1e-3)) == 1
