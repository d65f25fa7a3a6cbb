"""Lesson 07's figures: the class in two lanes, its curves, its latents, and bounds that never fall."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from tests.figures.calls import log_weights, training_curves
from tests.figures.models import digits, good
from tests.figures.picture import axes_of, bars, colour, line, lines, numbers, under, words
from vae_course import given
from vae_course.figures import capstone as figures


def test_the_two_lanes_have_their_parts_in_order_and_the_random_ones_marked():
    [axes] = axes_of(figures.the_whole_class)
    boxes = [text for text in axes.texts if text.get_bbox_patch() and text.get_text()]
    lanes = [
        sorted((t for t in boxes if t.get_position()[1] == y), key=lambda t: t.get_position()[0]) for y in (2.25, 0.25)
    ]
    assert [[text.get_text() for text in lane] for lane in lanes] == [
        ["x", "enc", "m, v", "z", "dec", "logits"],
        ["prior", "z", "dec", "sigmoid", "x"],
    ]
    random = [[t.get_text() for t in lane if t.get_bbox_patch().get_edgecolor()[:3] == rgb("p")] for lane in lanes]
    assert random == [["z"], ["z", "x"]]
    networks = [[t.get_text() for t in lane if colour(t.get_bbox_patch()) == "#e3eef6"] for lane in lanes]
    assert networks == [["enc", "dec"], ["dec"]]
    titles = {text.get_position()[1]: text.get_text() for text in axes.texts if text.get_text().startswith(("b", "sa"))}
    assert "an image comes in" in titles[2.25 + 0.52] and "no image" in titles[0.25 + 0.52]
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    between = sorted((arrow.xy[1], round(arrow.xy[0] - 0.17)) for arrow in arrows if not arrow.get_text())
    assert (
        between == [*((0.25, at) for at in (1, 2, 3, 4)), *((2.25, at) for at in (0, 1, 2, 3, 4))] or len(between) == 9
    )
    terms = {arrow.get_text().split()[-1]: arrow.xy[0] for arrow in arrows if arrow.get_text()}
    assert {arrow.xy for arrow in arrows if "kl_normal" in arrow.get_text()} == {(2, 2.0)}
    assert {arrow.xy for arrow in arrows if "bernoulli" in arrow.get_text()} == {(5, 2.0)} and len(terms) == 3


def rgb(name: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    from vae_course.figures.style import COLOURS

    return to_rgb(COLOURS[name])


def test_the_thick_curves_are_means_of_the_last_25_steps_over_the_thin_ones():
    curves = training_curves()
    left, right = axes_of(figures.learning_curves, curves)
    for axes, name, key in ((left, "nelbo", "train/loss"), (left, "rec", "gen/rec"), (right, "kl", "gen/kl_z")):
        values = np.array(curves[key])
        means = [values[max(0, i - 24) : i + 1].mean() for i in range(len(values))]
        assert line(axes, name, name)[1] == pytest.approx(means)
        thin = [y for x, y in lines(axes, of=name) if y == pytest.approx(values)]
        assert len(thin) == 1
    assert len(left.lines) == 4 and len(right.lines) == 2


def test_the_bars_are_the_mean_kls_and_the_bells_belong_to_the_busiest_dimension():
    x, model = digits(), good()
    left, right = axes_of(figures.q_over_prior, model, x)
    with torch.no_grad():
        m, v = model.enc(x)
        kl = torch.stack([given.kl_normal(m[:, [i]], v[:, [i]], *model.z_prior) for i in range(20)]).mean(1)
    place, _, width, height = bars(right, of="kl").T
    assert height == pytest.approx(kl.sort(descending=True).values.numpy(), abs=1e-4)
    assert place + width / 2 == pytest.approx(range(1, 21)) and f"together {kl.sum():.1f} nats" in words(right)
    z, prior = line(left, "prior p(z)", "p")
    assert prior == pytest.approx(Normal(0, 1).log_prob(torch.tensor(z)).exp().numpy(), abs=1e-6)
    busiest = int(kl.argmax())
    for row, (z, density) in enumerate(lines(left, of="q")):
        q = Normal(m[row, busiest], v[row, busiest].sqrt())
        assert density == pytest.approx(q.log_prob(torch.tensor(z)).exp().numpy(), abs=1e-4)
        assert under(z, density) == pytest.approx(1, abs=0.02) or abs(m[row, busiest]) > 3
    peaks = {text.get_text(): text.xy for text in left.texts}
    for row, (z, density) in enumerate(lines(left, of="q")):
        assert [float(part) for part in peaks[f"image {row}"]] == pytest.approx([z[density.argmax()], density.max()])
    assert len(lines(left, of="q")) == 4


def test_a_prior_of_another_mean_and_variance_is_drawn_and_counted():
    model = given.VAE("tiny", z_dim=3)
    model.z_prior_m.fill_(1.0)
    model.z_prior_v.fill_(4.0)
    left, right = axes_of(figures.q_over_prior, model, digits())
    z, prior = line(left, "prior p(z)", "p")
    assert prior == pytest.approx(Normal(1, 2).log_prob(torch.tensor(z)).exp().numpy(), abs=1e-6)
    with torch.no_grad():
        kl = given.kl_normal(*model.enc(digits()), *model.z_prior).mean().item()
    assert bars(right, of="kl")[:, 3].sum() == pytest.approx(kl, rel=1e-4)


def test_doubling_merges_pairs_never_falls_and_ends_at_the_log_of_the_mean():
    log_w = log_weights(3, 37)
    counts, found = figures.doubling(log_w)
    assert counts == [1, 2, 4, 8, 16, 32] and (np.diff(found) >= 0).all()
    w = log_w[:, :32].double() + 100
    for level, k in enumerate(counts):
        means = torch.stack([w[:, i : i + k].exp().mean(1).log() for i in range(0, 32, k)])
        assert found[level] == pytest.approx(means.mean().item() - 100)


def test_the_weights_of_the_first_image_and_the_bound_of_all():
    log_w = log_weights()
    left, right = axes_of(figures.weights_and_bound, log_w)
    values = log_w[0].double()
    mean, bound = values.mean().item(), values.exp().mean().log().item()
    for label, of, value in (
        ("mean of log w", "nelbo", mean),
        ("log of mean w", "iwae", math.log(values.add(100).exp().mean()) - 100),
    ):
        assert line(left, label, of)[0] == pytest.approx([value] * 2)
        assert numbers(left.get_legend_handles_labels()[1][0 if of == "nelbo" else 1])[-1] == pytest.approx(
            value, abs=0.0051
        )
    assert bound == pytest.approx(math.log(values.add(100).exp().mean()) - 100)
    place, _, width, height = bars(left, of="q").T
    assert len(place) == 60 and height.sum() == 300
    assert place[0] == pytest.approx(values.quantile(0.005).item(), abs=1e-3)
    assert place[-1] + width[-1] == pytest.approx(values.max().item(), abs=1e-3)
    counts, bounds = figures.doubling(log_w)
    k, drawn = line(right, of="iwae")
    assert list(k) == counts and drawn == pytest.approx([-one for one in bounds]) and right.get_xscale() == "log"
    assert {text.get_text(): text.xy for text in right.texts} == {
        f"{-bounds[place]:.2f}": (counts[place], -bounds[place]) for place in (0, -1)
    }


def test_without_a_model_both_panels_wait_empty_with_their_names():
    left, right = axes_of(figures.weights_and_bound, None)
    assert not left.patches and not right.lines and "log w" in words(left) and "−bound" in words(right)
