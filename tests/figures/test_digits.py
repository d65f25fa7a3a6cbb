"""Rows of images, and the latent plane: which digits are shown, and where."""

import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from tests.figures.models import digits, held_out, plane
from tests.figures.picture import axes_of, image, lines
from vae_course.figures import digits as figures
from vae_course.figures.style import COLOURS, DIGITS


def test_every_row_shows_its_own_images_in_order_inside_grey_frames():
    rows = {"first": digits()[:4], "then": 0.5 * digits()[4:7]}
    shown = axes_of(figures.images_in_rows, rows)
    for axes, (name, images) in zip(shown, rows.items(), strict=True):
        assert axes.get_ylabel() == name
        strip = image(axes)
        assert strip.shape == (30, 30 * len(images)) and axes.images[0].get_clim() == (0, 1)
        for i, one in enumerate(images):
            assert strip[1:29, 30 * i + 1 : 30 * i + 29] == pytest.approx(one.view(28, 28).numpy())
        frame = np.ones(strip.shape, bool)
        for i in range(len(images)):
            frame[1:29, 30 * i + 1 : 30 * i + 29] = False
        assert set(strip[frame]) == {0.25}


def test_whole_numbers_are_images_too_and_a_row_is_about_as_tall_as_its_images_are_wide():
    axes, _ = axes_of(figures.images_in_rows, {"whole": digits()[:6].long(), "grey": digits()[:6]})
    assert image(axes)[0, 0] == 0.25 and image(axes)[1:29, 1:29] == pytest.approx(digits()[0].view(28, 28).numpy())
    width, height = axes.figure.get_size_inches()
    assert height / 2 == pytest.approx(width / 6, rel=0.25)


def test_ink_is_dark():
    [axes] = axes_of(figures.images_in_rows, {"one": digits()[:1]})
    assert axes.images[0].cmap(1.0)[:3] == (0, 0, 0) and axes.images[0].cmap(0.0)[:3] == (1, 1, 1)


def test_the_numerals_on_the_plane_stand_at_the_means_of_their_own_digits():
    x, labels, count = digits(150), held_out().labels, 120
    [axes] = axes_of(figures.latent_plane, plane(), x, labels[:150], count=count)
    with torch.no_grad():
        m = plane().enc(x)[0][:count].numpy()
    scatters = [one for one in axes.collections if isinstance(one, PathCollection)]
    assert len(scatters) == 10
    for digit, dots in enumerate(scatters):
        places = np.asarray(dots.get_offsets())
        assert places == pytest.approx(m[(labels[:count] == digit).numpy()], abs=1e-5)
        assert to_hex(dots.get_facecolor()[0]) == DIGITS[digit].lower()
    assert sum(len(dots.get_offsets()) for dots in scatters) == count


def test_the_numerals_have_the_shapes_of_their_digits():
    """By the width over the height of the outline: a 1 is slim, an 8 has two holes, so three outlines in one."""
    [axes] = axes_of(figures.latent_plane, plane(), digits(150), held_out().labels[:150])
    outlines = [one.get_paths()[0] for one in axes.collections if isinstance(one, PathCollection)]
    loops = [len(path.to_polygons()) for path in outlines]
    assert [digit for digit, count in enumerate(loops) if count == 3] == [8]
    assert {digit for digit, count in enumerate(loops) if count == 2} == {0, 4, 6, 9}


def test_the_circles_lie_at_one_two_and_three_standard_deviations_of_the_prior():
    [axes] = axes_of(figures.latent_plane, plane(), digits(), held_out().labels[:20])
    radii = [np.hypot(x, y) for x, y in lines(axes, of="faint", style="--")]
    assert [radius.mean() for radius in radii] == pytest.approx([1, 2, 3]) and max(map(np.std, radii)) < 1e-9
    assert axes.get_title(loc="left") == "circles: 1, 2 and 3 sd of the prior"
    assert not axes.texts  # which would lie over digits


def test_no_digits_colour_means_a_quantity():
    assert len(set(DIGITS)) == 10 and not {one.lower() for one in DIGITS} & {one.lower() for one in COLOURS.values()}
