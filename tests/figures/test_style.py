"""Figures in a live notebook: each carries its words, and a slider moves the picture, not its frame."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient

from vae_course import figures
from vae_course.figures.style import COLOURS, LINES, Moving, again, canvas, figure
from vae_course.figures.widgets import explore

MODULES = [import_module(f"vae_course.figures.{module.name}") for module in iter_modules(figures.__path__)]
SIZES = {"9", "10", "11", "12", "18"}  # notes, ticks and legends, text, titles; and one large sign


@pytest.fixture(autouse=True)
def notebook() -> Iterator[None]:
    """IPython and its inline backend, as a kernel has them."""
    InteractiveShell.instance()
    backend = matplotlib.get_backend()
    matplotlib.use("module://matplotlib_inline.backend_inline")
    yield
    matplotlib.use(backend)
    InteractiveShell.clear_instance()


@figure
def rising(to: float = 1.0) -> None:
    """A line that rises. (The second sentence stands here too.)

    This is for those who read the code.
    """
    with canvas(width=3, height=2) as axes:
        axes.plot([0, to], [0, to], label=f"{to:g}")
        axes.legend()


def outputs(draw: Any, *args: Any) -> list[Any]:
    with capture_output() as captured:
        draw(*args)
    return captured.outputs


def shown(draw: Any, *args: Any) -> Any:
    [output] = [output for output in outputs(draw, *args) if "image/png" in output.data]
    return output


def test_a_figure_is_one_picture_with_its_docstrings_first_line_for_words():
    output = shown(rising)
    words = "A line that rises. (The second sentence stands here too.)"
    assert output.metadata == {"image/png": {"alt": words}}
    assert output.data["text/plain"] == f"Figure: {words}" and output.data["image/png"]
    assert not plt.get_fignums(), "closed, so that it is not shown again"


def test_where_it_is_live_its_words_are_there_for_who_hears_the_page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VAE_COURSE_STATIC", raising=False)
    said, picture = outputs(figure(lambda: canvas_of("Two < three.")))
    assert "Figure: Two &lt; three.</span>" in said.data["text/html"] and "image/png" in picture.data
    monkeypatch.setenv("VAE_COURSE_STATIC", "1")
    assert ["image/png" in output.data for output in outputs(rising)] == [True], (
        "a built notebook has the picture alone"
    )


def canvas_of(words: str) -> None:
    with canvas(width=2, height=2, alt=words):
        pass


def test_words_of_its_own_stand_before_the_docstrings():
    def draw() -> None:
        with canvas(alt="Two rows.") as axes:
            axes.plot([1])

    assert shown(figure(draw)).metadata == shown(draw).metadata == {"image/png": {"alt": "Two rows."}}


def test_every_figure_of_the_course_says_what_it_shows():
    drawing = {
        f"{module.__name__}.{name}": f
        for module in MODULES
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__ and "with canvas(" in inspect.getsource(f) and not name.startswith("_")
    }
    assert len(drawing) > 50
    silent = [name for name, f in drawing.items() if len((f.__doc__ or "").split("\n")[0]) < 20]
    unmarked = [name for name, f in drawing.items() if not hasattr(f, "__wrapped__")]
    assert not silent and not unmarked


def test_there_is_one_ladder_of_type_sizes():
    sources = {module.__name__: Path(str(module.__file__)).read_text(encoding="utf-8") for module in MODULES}
    used = {(name, size) for name, text in sources.items() for size in re.findall(r"fontsize=([\d.]+)", text)}
    assert not {(name, size) for name, size in used if size not in SIZES}


def places_of(to: float) -> list[float]:
    """Where the axes of `rising` lie when they are shown."""
    found: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        close = plt.close
        patch.setattr(
            plt, "close", lambda picture: (found.extend(picture.axes[0].get_position().bounds), close(picture))
        )
        shown(rising, to)
    return found


def test_moves_of_a_slider_leave_the_frame_where_it_was():
    assert places_of(1.0) != places_of(1e6), "wider labels take more room: else this test shows nothing"
    with again(Moving()):
        assert places_of(1.0) == places_of(1e6)


def test_each_quantity_keeps_its_own_colour_of_the_palette_and_its_own_line():
    """Okabe & Ito's blue, orange, vermilion, bluish green and reddish purple."""
    published = {"q": "#0072B2", "p": "#E69F00", "rec": "#D55E00", "kl": "#009E73", "iwae": "#CC79A7"}
    assert published.items() <= COLOURS.items() and len(set(COLOURS.values())) == len(COLOURS)
    assert set(LINES) <= set(COLOURS) and len({LINES[name] for name in ("nelbo", "rec", "kl")}) == 3
    assert LINES["q"] != LINES["p"]


def test_a_canvas_has_the_size_and_the_panels_that_are_asked_for():
    with canvas(columns=2, rows=3, width=4.0, height=2.5) as axes:
        assert axes.shape == (3, 2) and axes[0, 0].figure.get_size_inches().tolist() == [4.0, 2.5]
    with canvas() as axes:
        assert axes.figure.get_size_inches().tolist() == [9.0, 3.4]


def test_a_picture_that_fails_is_closed_and_never_shown():
    def fails() -> None:
        with canvas():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), capture_output() as captured:
        fails()
    assert not captured.outputs and not plt.get_fignums()


def test_the_page_is_opaque_white_and_the_style_stays_inside():
    before = dict(matplotlib.rcParams)
    with canvas(width=2, height=2) as axes:
        axes.axis("off")
        axes.figure.canvas.draw()
        assert (np.asarray(axes.figure.canvas.buffer_rgba()) == 255).all()
    assert dict(matplotlib.rcParams) == before


USERS = {
    "TeX": "text.usetex: True",
    "TeX for mathematics": "mathtext.fontset: custom\nmathtext.rm: No Such Serif\naxes.formatter.use_mathtext: True",
    "a font that is not there": "font.family: No Such Font",
    "a sans that is not there": "font.family: sans-serif\nfont.sans-serif: No Such Sans",
    "a dark page": "axes.facecolor: black\ntext.color: white\naxes.labelcolor: white\nxtick.color: white\naxes.edgecolor: white",
    "another size": "figure.figsize: 3, 3\nfont.size: 30\nlines.marker: o\naxes.grid: True\nfigure.autolayout: True",
    "another way to save": "savefig.dpi: 30\nsavefig.transparent: True\nsavefig.pad_inches: 2\nsavefig.format: pdf\nsavefig.bbox: tight",
    "sketches": "path.sketch: 5, 100, 2",
}


@pytest.mark.parametrize("kind", USERS)
def test_a_users_matplotlibrc_changes_no_figure_and_stays_theirs(kind: str, tmp_path: Path, caplog):
    plain = shown(rising).data
    rc = tmp_path / "matplotlibrc"
    rc.write_text(USERS[kind], encoding="utf-8")
    with plt.rc_context(fname=rc):
        theirs = dict(matplotlib.rcParams)
        assert theirs != dict(matplotlib.rcParamsOrig), "the file is read"
        assert shown(rising).data == plain
        with again(Moving()):
            assert "image/png" in shown(rising).data
        assert dict(matplotlib.rcParams) == theirs
    assert not caplog.records


def test_neither_does_a_matplotlibrc_that_a_notebook_is_started_with(tmp_path: Path):
    """In a kernel of its own, as a notebook has: matplotlib reads the file when it is imported."""
    (tmp_path / "matplotlibrc").write_text(
        "backend: TkAgg\ntext.usetex: True\nfont.family: No Such Font\n", encoding="utf-8"
    )
    cell = "import matplotlib\nfrom vae_course.figures.kl_divergence import bell_and_parabola\nbell_and_parabola()"
    cells = [nbformat.v4.new_code_cell(text) for text in (cell, "print(matplotlib.rcParams['text.usetex'])")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATPLOTLIBRC", str(tmp_path))
        patch.delenv("MPLBACKEND", raising=False)
        NotebookClient(notebook, timeout=120).execute()
    [_, picture], [said] = (cell.outputs for cell in notebook.cells)
    assert "image/png" in picture["data"] and said["text"] == "True\n"


def test_a_widget_is_a_picture_alone_in_a_built_notebook(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VAE_COURSE_STATIC", "1")
    output = shown(lambda: explore(rising, to=(2.0, 0.0, 3.0, 0.5)))
    assert "image/png" in output.data


def test_a_widget_in_a_live_notebook_shows_its_sliders(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VAE_COURSE_STATIC", raising=False)
    found = outputs(lambda: explore(rising, to=(2.0, 0.0, 3.0, 0.5)))
    assert "application/vnd.jupyter.widget-view+json" in found[0].data and "image/png" in found[-1].data
