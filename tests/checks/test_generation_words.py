"""What a learner of lesson 06 wrote, and what the card says: each of these once got a sentence or a tick that was not true."""

from typing import Any

import pytest
import torch

from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.lessons import EXERCISES
from vae_course.data import binarize
from vae_course.given import sample_gaussian

TOSSED, CHANCE = "each pixel tossed on its own", "each pixel with its own chance"
PRIOR = "the right spread and centre under another prior"


def said(name: str, answer: Any, seed: int = 3) -> Outcome:
    return examine(EXERCISES[name], EXERCISES[name].answer(answer), seed)


def ticks(outcome: Outcome) -> set[str]:
    """The checks with points that passed."""
    return {check.name for check in outcome.checks if check.passed and check.points}


def toss(p):
    return torch.bernoulli(p)


def sample_from_a_new_z(self, z):
    return toss(self.sample_sigmoid(len(z)))


def toss_for_a_new_z(self, z):
    return toss(self.compute_sigmoid_given(self.sample_z(len(z))))


@pytest.mark.parametrize("answer", [sample_from_a_new_z, toss_for_a_new_z])
def test_a_new_z_inside_is_told_so_and_earns_no_tick(answer: Any) -> None:
    for seed in range(10):
        found = said("VAE.sample_x_given", answer, seed)
        assert "You draw a new z inside" in found.message and "random number" not in found.message
        assert ticks(found) == set()


def above_one_half(self, z):
    return (self.compute_sigmoid_given(z) > 0.5).float()


def test_rounding_tosses_nothing_and_earns_no_tick() -> None:
    found = said("VAE.sample_x_given", above_one_half)
    assert "You round instead of tossing" in found.message and ticks(found) == set()


def exchanged(self, z):
    return (torch.rand(len(z), 784) > self.compute_sigmoid_given(z)).float()


def sigmoid_twice(self, z):
    return toss(torch.sigmoid(self.compute_sigmoid_given(z)))


@pytest.mark.parametrize(("answer", "words"), [(exchanged, "< and > exchanged"), (sigmoid_twice, "applied twice")])
def test_coins_with_wrong_chances_are_coins_all_the_same(answer: Any, words: str) -> None:
    found = said("VAE.sample_x_given", answer)
    assert words in found.message and ticks(found) == {TOSSED}


def one_number_an_image(self, z):
    p = self.compute_sigmoid_given(z)
    return (torch.rand(len(z)).unsqueeze(1) < p).float()


def one_number_a_pixel(self, z):
    p = self.compute_sigmoid_given(z)
    return (torch.rand_like(p[0]) < p).float()


@pytest.mark.parametrize(
    ("answer", "words"), [(one_number_an_image, "share one random"), (one_number_a_pixel, "share the same 784")]
)
def test_tosses_that_are_shared_keep_the_tick_for_their_chances(answer: Any, words: str) -> None:
    for seed in range(5):
        found = said("VAE.sample_x_given", answer, seed)
        assert words in found.message and ticks(found) == {CHANCE}


def seeded_toss(self, z):
    torch.manual_seed(0)
    return toss(self.compute_sigmoid_given(z))


def seeded_images(self, batch):
    torch.manual_seed(0)
    return self.sample_x_given(self.sample_z(batch))


def seeded_probabilities(self, batch):
    torch.manual_seed(0)
    return self.compute_sigmoid_given(self.sample_z(batch))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("VAE.sample_x_given", seeded_toss),
        ("VAE.sample_x", seeded_images),
        ("VAE.sample_sigmoid", seeded_probabilities),
    ],
)
def test_a_seed_inside_is_refused_wherever_something_is_drawn(name: str, answer: Any) -> None:
    found = said(name, answer)
    assert found.status == "wrong" and found.misconception == "seed-inside"


def comparison(self, z):
    p = self.compute_sigmoid_given(z)
    return torch.rand_like(p) < p


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("VAE.sample_x_given", comparison),
        ("VAE.sample_x", lambda self, batch: comparison(self, self.sample_z(batch))),
    ],
)
def test_a_comparison_is_told_to_become_numbers(name: str, answer: Any) -> None:
    assert "add .float()" in said(name, answer).message


def test_rounded_probabilities_are_not_told_of_a_toss() -> None:
    message = said("VAE.compute_sigmoid_given", lambda self, z: torch.sigmoid(self.dec(z)).round()).message
    assert "You round the probabilities" in message and "toss" not in message


def test_logits_in_a_toss_are_told_of_the_sigmoid() -> None:
    for name, answer in (
        ("VAE.sample_x_given", lambda self, z: toss(self.dec(z))),
        ("VAE.sample_x", lambda self, batch: toss(self.dec(self.sample_z(batch)))),
    ):
        assert "compute_sigmoid_given(z) first" in said(name, answer).message


def test_binarize_in_place_of_a_toss_is_told_what_binarize_is_for() -> None:
    message = said("VAE.sample_x_given", lambda self, z: binarize(self.compute_sigmoid_given(z))).message
    assert "torch.bernoulli tosses" in message and "cross_entropy" not in message


def drawn_then_expanded(self, batch):
    return sample_gaussian(*self.z_prior).expand(batch, self.z_dim)


def uniform(self, batch):
    m, v = self.z_prior
    return m + v.sqrt() * torch.rand(batch, self.z_dim)


def mean_only(self, batch):
    return self.z_prior[0].expand(batch, self.z_dim)


def without_the_root(self, batch):
    m, v = self.z_prior
    return m + v * torch.randn(batch, self.z_dim)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (drawn_then_expanded, "You drew one number and expanded it"),
        (uniform, "uniform"),
        (mean_only, "without noise"),
        (without_the_root, "square root of the variance"),
    ],
)
def test_a_draw_that_reads_the_prior_is_not_told_to_read_it(answer: Any, words: str) -> None:
    found = said("VAE.sample_z", answer)
    everything = " ".join([found.message, *(check.name + check.message for check in found.checks)])
    assert words in found.message and PRIOR not in ticks(found)
    assert "from self.z_prior" not in everything and "is used" not in everything


def test_a_prior_written_in_by_hand_is_told_to_read_it() -> None:
    found = said("VAE.sample_z", lambda self, batch: torch.randn(batch, self.z_dim))
    assert "Read mean and variance from self.z_prior" in found.message and PRIOR not in ticks(found)


def drawn(self, *shape):
    return sample_gaussian(*(t.expand(*shape) for t in self.z_prior))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda self, batch: drawn(self, batch, 1), "The second axis holds the dimensions of z"),
        (lambda self, batch: drawn(self, batch, 20), "The second axis holds the dimensions of z"),
        (lambda self, batch: drawn(self, batch, self.z_dim).mean(0), "one z for the whole batch"),
        (lambda self, batch: drawn(self, batch), "one number for each image"),
        (lambda self, batch: drawn(self, batch, self.z_dim).squeeze(0), "A batch of one keeps its axis"),
    ],
)
def test_a_wrong_shape_of_an_expanded_prior_is_not_told_to_expand_it(answer: Any, words: str) -> None:
    message = said("VAE.sample_z", answer).message
    assert words in message and "expand both" not in message


def test_a_prior_that_is_not_expanded_is_told_to_expand_it() -> None:
    assert "expand both to (batch, self.z_dim)" in said("VAE.sample_z", lambda self, batch: drawn(self, 1)).message


def glued(z0, z1, n):
    return torch.cat([(1 - t) * z0 + t * z1 for t in torch.linspace(0, 1, n)])


def draft_with_its_end_replaced(z0, z1, n):
    stations = torch.stack([(1 - t) * z0 + t * z1 for t in torch.arange(n) / n])
    stations[-1] = z1
    return stations


@pytest.mark.parametrize(
    ("answer", "words", "not_said"),
    [
        (glued, "torch.stack gives each a row", "length 1"),
        (draft_with_its_end_replaced, "your last step is longer than the others", "never arrives"),
    ],
)
def test_a_walk_is_told_what_is_wrong_with_its_stations(answer: Any, words: str, not_said: str) -> None:
    for seed in range(20):
        message = said("interpolate", answer, seed).message
        assert words in message and not_said not in message


@pytest.mark.parametrize("name", [name for name, e in EXERCISES.items() if e.lesson == "06_generation"])
def test_the_last_rung_of_a_ladder_stops_short_of_the_answer(name: str) -> None:
    last = EXERCISES[name].hints[-1]
    assert "torch.sigmoid" not in last and "self.sample_z(batch)" not in last and "1 − t" not in last
    assert not ("torch.bernoulli" in last and "compute_sigmoid_given" in last)


def map_upside_down(model, n, width):
    line = torch.linspace(-width, width, n)
    z = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).view(-1, 2)
    return torch.sigmoid(model.dec(z)).view(n, n, 28, 28).permute(0, 2, 1, 3).reshape(n * 28, n * 28)


def test_a_map_upside_down_has_its_reason_whether_a_gradient_is_left_or_not() -> None:
    for answer in (map_upside_down, torch.no_grad()(map_upside_down)):
        found = said("plane_grid", answer)
        assert found.misconception == "upside-down"
        assert "begins on top with z = (−" in found.message and "ends at the bottom with (−" in found.message
