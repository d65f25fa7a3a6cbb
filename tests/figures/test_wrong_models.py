"""The recorded runs of lesson 04: what is drawn and printed is what was recorded, and that is what a wrong model does."""

import math

import numpy as np
import pytest

from tests.figures.picture import axes_of, image, line, lines, numbers, words
from vae_course.checks.lessons.collapse.detective import CULPRITS
from vae_course.figures import wrong_models as figures

NAMES = ("right", *figures.CASES)


def test_what_a_model_reports_is_the_mean_of_its_last_fifty_steps():
    for name in NAMES:
        kls, recs = figures.recording("detective")[f"{name}/curves"].tolist()
        assert figures.reported(name) == pytest.approx((sum(kls[-5:]) / 5, sum(recs[-5:]) / 5), rel=1e-5)


def test_the_true_nelbo_is_the_sum_of_its_terms_and_none_is_below_the_right_models():
    true = {name: figures.true_terms(name) for name in NAMES}
    for kl, rec, nelbo in true.values():
        assert kl + rec == pytest.approx(nelbo) and kl >= 0
    assert min(true, key=lambda name: true[name][2]) == "right"


def test_each_case_has_the_fingerprint_of_its_mistake():
    """A. a logit of a probability lies in (½, 1), where a white pixel costs ln 2 and more. B. no noise, as good as free."""
    right = figures.true_terms("right")
    a, b, c, d, e = ((figures.reported(name), figures.true_terms(name)) for name in figures.CASES)
    assert 784 * math.log(2) > a[0][1] > 500
    assert sum(b[0]) < right[2] < 300 < b[1][2]
    assert c[0][0] == pytest.approx(c[1][0] / 20, rel=0.1) and c[1][0] > 2 * right[0]
    assert d[0][1] == pytest.approx(d[1][1] / 784, rel=0.02) and d[1][0] < 0.01
    assert d[1][2] == pytest.approx(205.9, abs=0.5)
    assert e[1][0] > 5 * right[0] and e[1][1] < right[1]


@pytest.mark.parametrize("case", ["right", "A", "E"])
def test_a_line_of_evidence_has_the_reported_numbers_first_and_the_true_ones_second(case: str):
    (kl, rec), (true_kl, true_rec, nelbo) = figures.reported(case), figures.true_terms(case)
    expected = [rec, kl, rec + kl, true_rec, true_kl, nelbo]
    assert numbers(figures.evidence(case)) == pytest.approx(expected, abs=0.051)
    assert figures.evidence(case).index("|") > figures.evidence(case).index(f"{kl:.2f}")


def test_the_table_of_fingerprints_has_a_row_for_every_recorded_model():
    head, _, *rows = figures.fingerprints(CULPRITS).splitlines()
    assert "reported" in head.split("|")[1] and "true" in head.split("|")[2] and len(rows) == 13
    for row in rows:
        suspect, reported, true = row.split("|")
        name = next((case for case, culprit in CULPRITS.items() if culprit == suspect.strip()), suspect.strip())
        (kl, rec), (true_kl, true_rec, nelbo) = figures.reported(name), figures.true_terms(name)
        assert numbers(reported) == pytest.approx([rec, kl, rec + kl], abs=0.0051, rel=0.05)
        assert numbers(true) == pytest.approx([true_rec, true_kl, nelbo], abs=0.0051, rel=0.05)
    assert len({len(row) for row in rows}) == 1


def test_the_case_files_show_each_models_own_curves_and_pictures():
    data = figures.recording("detective")
    axes = np.reshape(axes_of(figures.case_files), (6, 2))
    titles = ["the right model", *(f"case {case}" for case in "ABCDE")]
    for (left, right), name, title in zip(axes, NAMES, titles, strict=True):
        assert left.get_title("left") == title and left.get_yscale() == "symlog"
        for label, of, row in (("kl", "kl", 0), ("rec", "rec", 1)):
            steps, values = line(left, f"{label}, as reported", of)
            assert values == pytest.approx(data[f"{name}/curves"][row]) and list(steps[[0, 1, -1]]) == [10, 20, 600]
        shown = image(right).reshape(2, 28, 9, 28).transpose(0, 2, 1, 3).reshape(2, 9, 784)
        pictures = data[f"{name}/pictures"] / 255
        assert shown[0, :6] == pytest.approx(data["digits"] / 255) and shown[1, :6] == pytest.approx(pictures[:6])
        assert shown[:, 6:].reshape(6, 784) == pytest.approx(pictures[6:])
        assert right.images[0].get_clim() == (0, 1) and line(right, of="truth")[0] == pytest.approx([6 * 28 - 0.5] * 2)


def test_latents_are_used_where_the_axes_cannot_explain_the_correlation():
    kls = [figures.collapse_numbers(angle)[0] for angle in figures.ANGLES]
    assert kls == sorted(kls) and kls[0] < 0.2 and kls[-1] > 1.3 and list(figures.ANGLES) == list(range(0, 46, 5))
    entropy = math.log(2 * math.pi * math.e) + math.log(2 * 0.5)  # standard deviations 2 and ½, however they are turned
    for angle in figures.ANGLES:
        kl, nelbo, best = figures.collapse_numbers(angle)
        assert best == pytest.approx(entropy, abs=0.02) and best - 0.01 < nelbo < best + 0.05


@pytest.mark.parametrize("moved", [{}, {"angle": 0}, {"angle": 20}])
def test_the_toys_data_are_turned_by_the_angle_of_the_slider(moved: dict[str, int]):
    angle = moved.get("angle", 45)
    left, middle, right = axes_of(figures.collapse_toy, **moved)
    data = np.stack(line(left, of="truth"))
    spread, directions = np.linalg.eigh(np.cov(data))
    assert np.sqrt(spread) == pytest.approx([0.5, 2], rel=0.1)
    along = directions[:, 1]
    assert math.degrees(math.atan(along[1] / along[0])) == pytest.approx(angle, abs=3)
    samples, path = np.stack(line(middle, of="p")), np.stack(line(middle, of="q"))
    assert np.cov(samples) == pytest.approx(np.cov(data), abs=0.7)
    ends = path[:, -1] - path[:, 0]
    assert math.degrees(math.atan(ends[1] / ends[0])) == pytest.approx(angle, abs=5)
    kl, nelbo, best = figures.collapse_numbers(angle)
    x, y = line(right, of="kl", marker="o")
    assert list(x) == list(figures.ANGLES) and y == pytest.approx(
        [figures.collapse_numbers(a)[0] for a in figures.ANGLES]
    )
    assert [part[0] for part in line(right, of="kl", marker="s")] == pytest.approx([angle, kl])
    assert f"KL {kl:.2f} · NELBO {nelbo:.2f} (best {best:.2f})" in words(right)
    assert f"turned by {angle}°" in words(left) and len(lines(left)) == 1


def test_only_a_decoder_that_sees_its_neighbours_gains_much_and_uses_its_latents_less():
    (plain_kl, plain), (deeper_kl, deeper), (kl, nelbo) = map(
        figures.decoder_numbers, ("plain", "deeper", "autoregressive")
    )
    assert plain_kl > deeper_kl > kl and plain - deeper < 4 < plain - nelbo
