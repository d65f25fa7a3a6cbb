"""Comparisons of lesson 07: every dot, line and bar is the number that was published, stored or counted."""

import json

import numpy as np
import pytest

from tests.figures.picture import axes_of, bars, colour, lines, words
from vae_course import nns, weights
from vae_course.figures import capstone_comparisons as figures


def test_the_published_numbers_are_burdas():
    """Table 1, one stochastic layer: VAE 86.76, IWAE with k = 50 84.78."""
    assert sorted(figures.PUBLISHED.values()) == [84.78, 86.76]
    [best] = [name for name, value in figures.PUBLISHED.items() if value == 84.78]
    assert "IWAE" in best and "50" in best


def test_every_model_has_its_own_dot_row_and_error():
    yours = {"yours: NELBO": 97.5, "yours: 5,000 draws": 92.25}
    [axes] = axes_of(figures.beside_the_paper, yours, {"yours: NELBO": 1.5})
    ours = weights.load("v1_z20")[1]["figures"]
    rows = [*figures.PUBLISHED.items(), ("the course's v1_z20", ours["test_nll_iw5000"]), *yours.items()]
    assert [text.get_text() for text in axes.get_yticklabels()] == [name for name, _ in rows]
    dots = [(x[0], y[0]) for marker in "Dso" for x, y in lines(axes, marker=marker)]
    assert set(dots) == {(value, row) for row, (_, value) in enumerate(rows)}
    assert {text.xy: text.get_text() for text in axes.texts} == {
        (v, row): f"{v:.2f}" for row, (_, v) in enumerate(rows)
    }
    for marker, of, row in (("D", "truth", 0), ("D", "truth", 1), ("s", "p", 2), ("o", "nelbo", 3), ("o", "iwae", 4)):
        assert (rows[row][1], row) in [(x[0], y[0]) for x, y in lines(axes, of=of, marker=marker)]
    spans = {round(segment[0, 1]): segment[:, 0] for one in axes.collections for segment in one.get_segments()}
    error = 2 * ours["test_nll_iw5000_standard_error"]
    assert spans.keys() == {2, 3}
    assert spans[3] == pytest.approx([96.0, 99.0])
    assert spans[2] == pytest.approx([ours["test_nll_iw5000"] - error, ours["test_nll_iw5000"] + error])
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_stored_models_have_a_line_each_and_the_first_seed_its_numbers():
    [axes] = axes_of(figures.train_by_evaluate)
    rows = json.loads(figures.STORED.read_text(encoding="utf-8"))["rows"]
    assert len(lines(axes)) == len(rows) == 4
    for drawn, row in zip(axes.lines, rows, strict=True):
        iw, seed = row["recipe"]["iw"], row["recipe"]["seed"]
        assert colour(drawn) == ("nelbo" if iw == 1 else "iwae") and (drawn.get_alpha() == 1) == (seed == 0)
        assert np.stack(drawn.get_data()) == pytest.approx(
            np.array([[int(k) for k in row["nats"]], list(row["nats"].values())])
        )
        label = drawn.get_label()
        assert label.startswith("_") if seed else (f"k = {iw}" in label and f"in {row['seconds']} s" in label)
    written = sorted(text.get_text() for text in axes.texts)
    assert written == sorted(
        f"{value:.2f}" for row in rows if row["recipe"]["seed"] == 0 for value in row["nats"].values()
    )
    assert {float(text.xy[0]): text for text in axes.texts}.keys() == {1, 10, 100, 1000} and axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "10", "100", "1,000"]


def test_each_way_of_training_is_the_better_one_at_its_own_count():
    rows = json.loads(figures.STORED.read_text(encoding="utf-8"))["rows"]
    for seed in (0, 1):
        by_elbo, by_iwae = (
            r["nats"] for iw in (1, 10) for r in rows if r["recipe"]["iw"] == iw and r["recipe"]["seed"] == seed
        )
        assert by_elbo["1"] < by_iwae["1"] and by_iwae["1000"] < by_elbo["1000"]
        assert list(by_elbo.values()) == sorted(by_elbo.values(), reverse=True)


def test_the_bars_are_the_numbers_of_parameters_and_the_share_at_the_pixels():
    [axes] = axes_of(figures.network_sizes, {"v1": nns.get("v1"), "tiny": nns.get("tiny")}, z_dim=20)
    # v1: 784 → 300 → 300 → 2 · 20 and 20 → 300 → 300 → 784; tiny: one hidden layer of 32. Weights and biases.
    sizes = {
        "v1": (784 * 300 + 300 + 300 * 300 + 300 + 300 * 40 + 40, 20 * 300 + 300 + 300 * 300 + 300 + 300 * 784 + 784),
        "tiny": (784 * 32 + 32 + 32 * 40 + 40, 20 * 32 + 32 + 32 * 784 + 784),
    }
    at_pixels = {"v1": (784 * 300, 300 * 784 + 784), "tiny": (784 * 32, 32 * 784 + 784)}
    for row, name in enumerate(sizes):
        encoder, decoder = (bars(axes, of=of)[row] for of in ("q", "p"))
        assert [encoder[0], encoder[2]] == pytest.approx([0, sizes[name][0] / 1000])
        assert [decoder[0], decoder[2]] == pytest.approx([sizes[name][0] / 1000, sizes[name][1] / 1000])
        assert encoder[1] + encoder[3] / 2 == pytest.approx(row) == pytest.approx(decoder[1] + decoder[3] / 2)
        said = [text.get_text() for text in axes.texts if text.get_position()[1] == row]
        assert said == [
            f"{n / 1000:.0f} ({part / n:.0%})" for n, part in zip(sizes[name], at_pixels[name], strict=True)
        ]
        middles = [text.get_position()[0] for text in axes.texts if text.get_position()[1] == row]
        assert middles == pytest.approx([encoder[2] / 2, encoder[2] + decoder[2] / 2])
    assert (
        bars(axes, "encoder", "q").shape[0] == bars(axes, "decoder", "p").shape[0] == 1
    )  # one entry of the legend each
    assert "z_dim = 20" in words(axes) and [t.get_text() for t in axes.get_yticklabels()] == list(sizes)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
