"""Exercise 7.3 is marked from a part of the test images where that decides, and from all of them where it does not."""

import math
from typing import Any

import pytest
import torch

from vae_course import given, weights
from vae_course.checks.engine.trial import Trial
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.capstone.trained_model.test_images import COUNT, PART, costs, draw_test_images, nats_of
from vae_course.evaluation import evaluate


class Measured:
    """The course's model, or one that is worse by the same number of nats on every image; remembers how many images it met."""

    value: Any = None

    def __init__(self, worse: float = 0.0, name: str = "v1_z20") -> None:
        self.worse, self.model, self.met = worse, given.trained(name), []

    def call(self, x: torch.Tensor, seed: int, twice: bool = False) -> Any:
        from vae_course.runner.answers import Call

        self.met.append(len(x))
        found = evaluate(self.model, x, seed=seed)
        return Call({"per_image": self.worse - found.per_image, "kl": torch.tensor(found.kl)})

    def method(self, name: str) -> "Measured":
        return self


def trial(answer: Measured, seed: int = 3) -> Trial:
    return Trial(EXERCISES["trained_model"], answer, seed)


def test_the_stored_costs_are_the_courses_model_s():
    figures = weights.load("v1_z20")[1]["figures"]
    assert costs().shape == (COUNT,)
    assert costs().mean().item() == pytest.approx(figures["test_nelbo"], abs=0.3)  # of another binarization
    (x,) = draw_test_images(torch.Generator().manual_seed(5))
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(5))[:300]
    found = -evaluate(given.trained("v1_z20"), x[:300]).per_image
    assert torch.corrcoef(torch.stack([found, costs()[order].double()]))[0, 1] > 0.9


@pytest.mark.parametrize("name", ["v1_z20", "v1_z2"])
def test_far_from_every_edge_a_part_of_the_images_decides_and_tells_the_nelbo_of_all(name: str):
    answer = Measured(name=name)
    one = trial(answer)
    edges = (100.5, 130.5)
    found = nats_of(one, edges)
    (x,) = one.arguments
    everything = evaluate(answer.model, x)
    assert answer.met == [PART] and found.images == PART
    apart = (
        -everything.per_image[:PART].float()
        - costs()[torch.randperm(COUNT, generator=one.generator("arguments"))[:PART]]
    )
    assert found.nelbo == pytest.approx(everything.nll, abs=6 * apart.std().item() / math.sqrt(PART))
    assert apart.std() < 0.7 * everything.per_image.std()  # what the stored costs are good for
    assert nats_of(one, edges) is found  # asked once for all checks


def test_near_an_edge_all_images_count():
    near = 100.5 - weights.load("v1_z20")[1]["figures"]["test_nelbo"]
    answer = Measured(worse=near)
    one = trial(answer)
    found = nats_of(one, (100.5,))
    assert answer.met == [PART, COUNT] and found.images == COUNT
    assert found.nelbo == pytest.approx(100.5, abs=0.5)


def test_a_model_that_returns_nan_is_asked_about_all_images():
    found = nats_of(trial(Measured(worse=math.nan)), (100.5,))
    assert found.images == COUNT and math.isnan(found.nelbo)


def test_a_part_is_drawn_anew_for_every_seed():
    assert not torch.equal(*(trial(Measured(), seed).arguments[0][:50] for seed in (1, 2)))
