"""Bounds beside the truth: a bar ends at its bound, and what is missing to log p(x) is the gap."""

from types import SimpleNamespace

import pytest
import torch
from torch.distributions import Bernoulli

from tests.figures.picture import axes_of, bars, line, numbers, ticks, words
from vae_course.figures import bounds as figures

ROWS = {"the ELBO": -104.25, "IWAE, k = 10": -102.5}
EXACT = -101.25


def test_bars_end_at_their_bounds_and_the_hatched_rest_is_the_gap():
    [axes] = axes_of(figures.bounds_below_truth, ROWS, EXACT)
    for row, (of, value) in enumerate(zip(("nelbo", "iwae"), ROWS.values(), strict=True)):
        [bar], [gap] = bars(axes, of=of), bars(axes, of="kl")[row : row + 1]
        assert bar[0] == axes.get_xlim()[0] and bar[0] + bar[2] == pytest.approx(value)
        assert gap[0] == pytest.approx(value) and gap[0] + gap[2] == pytest.approx(EXACT)
        assert bar[1] + bar[3] / 2 == gap[1] + gap[3] / 2 == pytest.approx(row)
        said = [text.get_text() for text in axes.texts if text.get_position()[1] == row]
        assert said == [figures.minus(value), f"gap {EXACT - value:.2f}"]
    assert line(axes, of="truth")[0] == pytest.approx([EXACT] * 2) and f"log p(x) = {figures.minus(EXACT)}" in words(
        axes
    )
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first stands on top
    assert [text.get_text() for text in axes.get_yticklabels()] == list(ROWS) or ticks(axes.yaxis) == list(ROWS)


def test_the_picture_begins_a_nat_or_more_below_all_bounds_and_is_three_nats_wide_at_least():
    for rows, left in ((ROWS, -106), (None, -106), ({"ELBO": -110.5}, -112)):
        [axes] = axes_of(figures.bounds_below_truth, rows, EXACT)
        assert axes.get_xlim()[0] == left and axes.get_xlim()[1] > EXACT


def test_without_bounds_the_line_of_log_p_stands_alone():
    [axes] = axes_of(figures.bounds_below_truth, None, EXACT)
    assert not axes.patches and len(axes.lines) == 1


def test_a_negative_number_has_a_real_minus_and_two_decimals():
    assert figures.minus(-1.005) in ("−1.00", "−1.01") and figures.minus(2) == "2.00"
    assert numbers(figures.minus(-104.256)) == [-104.26]


def test_log_p_is_the_evaluations_and_exact_where_the_decoder_does_not_look():
    """A decoder that ignores z: log p(x) is the likelihood itself."""
    logits = torch.linspace(-2, 2, 8)
    model = SimpleNamespace(
        enc=lambda x: (torch.zeros(len(x), 2), torch.ones(len(x), 2)),
        dec=lambda z: logits.expand(len(z), -1).clone(),
        z_prior_m=torch.zeros(1),
        z_prior_v=torch.ones(1),
    )
    x = torch.eye(8)[:3]
    expected = Bernoulli(logits=logits).log_prob(x).sum(1)
    assert figures.exact_log_p(model, x).tolist() == pytest.approx(expected.tolist(), abs=1e-4)
