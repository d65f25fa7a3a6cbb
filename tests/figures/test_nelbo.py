"""Lesson 04's figures: Jensen by hand, curves that are means of 25 steps, and a watch that shows what it saw."""

import math

import numpy as np
import pytest
import torch
from matplotlib.text import Annotation

from tests.figures.calls import training_curves, watched
from tests.figures.models import digits, held_out, plane
from tests.figures.picture import axes_of, colour, image, line, numbers, pictures, words
from vae_course.curves import Curves
from vae_course.data import load_mnist
from vae_course.figures import nelbo as figures


@pytest.mark.parametrize("moved", [{}, {"share": 0.2}, {"share": 1.0}])
def test_the_chord_lies_below_the_logarithm_by_jensens_gap(moved: dict[str, float]):
    share = moved.get("share", 0.5)
    [axes] = axes_of(figures.jensen, **moved)
    mean, chord = (1 - share) * 1 + share * 3, share * math.log(3)
    x, y = line(axes, "log w", "truth")
    assert y == pytest.approx(np.log(x)) and x.min() < 1 and x.max() > 3
    assert np.stack(line(axes, "straight line", "faint")) == pytest.approx(np.array([[1, 3], [0, math.log(3)]]))
    for label, of, height in (("log of the mean", "p", math.log(mean)), ("mean of the logs", "nelbo", chord)):
        assert [part[0] for part in line(axes, label, of)] == pytest.approx([mean, height])
        assert f"{label}: {height:.4f}" in words(axes)
    assert np.stack(line(axes, "what the swap costs:", "kl")) == pytest.approx(
        np.array([[mean] * 2, [chord, math.log(mean)]])
    )
    assert f"what the swap costs: {math.log(mean) - chord:.4f}" in words(axes)
    assert numbers(axes.get_title("left")) == pytest.approx([3, share, 1])


def test_at_one_half_the_mean_of_the_logs_is_the_elbo_of_the_pencil():
    [axes] = axes_of(figures.jensen)
    assert "mean of the logs: 0.5493" in words(axes) and "log of the mean: 0.6931" in words(axes)


def test_the_six_steps_are_joined_in_their_order():
    [axes] = axes_of(figures.six_steps)
    boxes = {text.get_text()[0]: text for text in axes.texts if text.get_text()}
    assert {name: colour(text.get_bbox_patch()) for name, text in boxes.items()} == {
        "x": "truth", "1": "q", "t": "p", "2": "q", "3": "kl", "4": "rec", "5": "nelbo", "6": "nelbo",
    }  # fmt: skip

    def nearest(place: tuple[float, float]) -> str:
        return min(boxes, key=lambda name: math.dist(place, boxes[name].get_position()))

    arrows = [text for text in axes.texts if isinstance(text, Annotation)]
    joined = {(nearest(arrow.xyann), nearest(arrow.xy)) for arrow in arrows}
    ways = {("x", "1"), ("1", "2"), ("1", "3"), ("t", "3"), ("2", "4"), ("3", "5"), ("4", "5"), ("5", "6")}
    assert joined - {("4", "4")} == ways, "and the bent one ends at 4"
    [bent] = axes.lines
    assert nearest(bent.get_xydata()[0]) == "x" and nearest(bent.get_xydata()[-1]) == "4"


@pytest.mark.parametrize("window", [1, 4, 25])
def test_smoothing_is_the_mean_of_the_last_values(window: int):
    values = torch.randn(60, generator=torch.Generator().manual_seed(0)).tolist()
    expected = [np.mean(values[max(0, i + 1 - window) : i + 1]) for i in range(60)]
    assert figures.smooth(values, window) == pytest.approx(expected)
    assert figures.SMOOTH != window or figures.smooth(values) == pytest.approx(expected)


def test_the_learning_curves_are_the_smoothed_quantities_of_their_names():
    curves = training_curves()
    left, right = axes_of(figures.learning_curves, curves)
    for axes, label, of, key in (
        (left, "nelbo = kl + rec", "nelbo", "train/loss"),
        (left, "rec", "rec", "gen/rec"),
        (right, "kl", "kl", "gen/kl_z"),
    ):
        steps, values = line(axes, label, of)
        assert list(steps) == list(range(1, 121)) and values == pytest.approx(figures.smooth(curves[key], 25))


def test_the_line_of_the_mean_pixel_model_is_what_that_model_costs():
    p = (load_mnist("train").images.double().mean(0) / 255).clamp(1e-4, 1 - 1e-4)
    x = held_out().images.double().mean(0) / 255
    cost = -(x * p.log() + (1 - x) * (1 - p).log()).sum().item()
    left, _ = axes_of(figures.learning_curves, training_curves())
    assert line(left, of="faint")[1] == pytest.approx([cost] * 2, abs=0.3)


def test_a_watch_remembers_reconstructions_and_samples_of_the_steps_it_was_told():
    x, watch = digits(4), watched()
    with torch.no_grad():
        m, _ = plane().enc(x)
        expected = plane().dec(m).sigmoid()
    assert list(watch.seen) == [1, 40]
    title, *_ = panels = axes_of(figures.Watch.pictures, watch)
    assert np.reshape(panels, (3, 2)).shape == (3, 2) and "reconstructions" in title.get_title("left")

    def strip(axes) -> np.ndarray:
        return np.stack(np.split(image(axes), 4, axis=1)).reshape(4, 784)

    assert strip(title) == pytest.approx(x.numpy()) and "samples" in panels[1].get_title("left")
    for left, right, step in ((panels[2], panels[3], 1), (panels[4], panels[5], 40)):
        assert left.get_ylabel() == f"step {step}" and strip(left) == pytest.approx(expected.numpy(), abs=1e-5)
        with torch.no_grad():
            assert strip(right) == pytest.approx(plane().dec(watch.z).sigmoid().numpy(), abs=1e-5)
    assert watch.z.shape == (4, 2) and watch.z.unique().numel() == 8


def test_the_samples_of_a_watch_come_from_the_prior():
    z = figures.Watch(plane(), digits(500)).z
    assert z.mean(0).abs().max() < 0.2 and (z.var(0) - 1).abs().max() < 0.25


def test_what_m_costs_is_split_into_a_move_of_all_images_and_the_rest():
    watch = watched()
    with torch.no_grad():
        m = plane().enc(digits(4))[0].double()
    shared = 0.5 * sum((m[:, i].sum() / 4).item() ** 2 for i in range(2))
    own = 0.5 * m.square().sum().item() / 4 - shared
    assert watch.moves == {40: pytest.approx((shared, own), rel=1e-4)}
    head, row = watch.what_m_costs().splitlines()
    assert head.index("the same") < head.index("different") and row.startswith("step   40 ")
    assert numbers(row) == pytest.approx([40, shared, own], abs=0.051)


@pytest.mark.parametrize(("step", "static", "count"), [(50, "", 1), (60, "", 0), (50, "1", 0), (2_600, "", 0)])
def test_a_watch_draws_live_curves_every_so_many_steps_until_the_last(
    step: int, static: str, count: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("VAE_COURSE_STATIC", static)
    watch = figures.Watch(plane(), digits(2), live=50)
    with pictures() as shown:
        watch(step, training_curves(step))
    assert len(shown) == count
    for picture in shown:
        assert len(line(picture.axes[0], "rec", "rec")[0]) == step


def test_a_watch_looks_at_the_lessons_steps_by_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VAE_COURSE_STATIC", "1")
    watch = figures.Watch(plane(), digits(2))
    for step in (1, 20, 40, 100, 300, 2_600):
        watch(step, Curves())
    assert list(watch.seen) == [1, 40, 100, 300, 2_600] and list(watch.moves) == [20, 40, 100, 300]


def test_the_lowest_loss_on_unseen_images_is_marked():
    curves = training_curves()
    [axes] = axes_of(figures.train_and_valid, curves)
    steps, train = line(axes, "it learns from", "nelbo")
    assert list(steps) == list(range(1, 121)) and train == pytest.approx(figures.smooth(curves["train/loss"], 25))
    steps, valid = line(axes, "never sees", "truth")
    assert list(steps) == [20, 40, 60, 80, 100, 120] and valid == pytest.approx(curves["valid/loss"])
    assert [part[0] for part in line(axes, of="truth", marker="s")] == [80, 100]
    assert [text.xy for text in axes.texts] == [(80, 100)]
    low, high = axes.get_ylim()
    assert low < min(train.min(), 100) and high > valid.max()
