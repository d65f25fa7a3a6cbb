"""By which formula z are drawn is told where one slip makes such draws, and nothing is told where none does."""

import ast

import pytest
import torch

from tests.mutants.bounds import SOURCES
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.worlds.laws import law
from vae_course.checks.worlds.own_z import q_of_rows

ELBO = "VAE.negative_elbo_bound"
TOLD = {
    "m + torch.sqrt(v + 0.001) * noise": "m + sqrt(v + 0.001) * noise",
    "0.5 * m + torch.sqrt(v) * noise": "0.5 * m + sqrt(v) * noise",
    "m + 1.0 + torch.sqrt(v) * noise": "m + 1.0 + sqrt(v) * noise",
    "m + torch.sqrt(v) * noise ** 2": "m + sqrt(v) * square(noise)",
    "(m + torch.sqrt(v) * noise).exp()": "exp(m + sqrt(v) * noise)",
    "(m + torch.sqrt(v) * noise).clamp(-2, 2)": "clamp(m + sqrt(v) * noise, -2, 2)",
}
"""How z is made, and the formula that is told."""
UNKNOWN = (
    "m + 0.83 * torch.sqrt(v) * noise",
    "m + torch.sqrt(v) * (noise + 0.37)",
    "m + torch.sqrt(v + 0.0023) * noise",
    "m + torch.sqrt(v) * torch.distributions.StudentT(4.0).sample(m.shape)",
)
"""Wrong, and no slip that is looked for."""


def message(z: str) -> str:
    text = SOURCES[ELBO].replace("m + torch.sqrt(v) * noise", z)
    space: dict[str, object] = {"torch": torch, "mean": torch.mean, **vars(given)}
    exec(text, space)  # our own text
    found = examine(EXERCISES[ELBO], EXERCISES[ELBO].answer(space["negative_elbo_bound"]), seed=3)
    assert found.status == "wrong"
    return found.message


@pytest.mark.parametrize("z", TOLD)
def test_the_slip_that_makes_the_draws_is_told(z: str) -> None:
    said = message(z)
    assert "the z that you decode are distributed as those of another formula" in said
    yours = next(line for line in said.splitlines() if line.startswith("  yours"))
    assert same(yours.split(maxsplit=1)[1], TOLD[z]), yours


def same(one: str, other: str) -> bool:
    """Two spellings of a formula."""
    space = {"m": torch.tensor([0.4, -1.0]), "v": torch.tensor([0.3, 2.0]), "noise": torch.tensor([0.7, -0.2])}
    functions = {name: getattr(torch, name) for name in ("sqrt", "square", "exp", "clamp")}
    first, second = (eval(ast.unparse(ast.parse(text)), {**space, **functions}) for text in (one, other))
    return bool(torch.allclose(first, second))


@pytest.mark.parametrize("z", UNKNOWN)
def test_of_draws_that_no_slip_makes_no_formula_is_told(z: str) -> None:
    assert "distributed as" not in message(z)


@pytest.mark.parametrize("seed", range(5))
def test_of_right_draws_nothing_is_told(seed: int) -> None:
    m, s = q_of_rows()
    noise = torch.randn(m.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert not law(m + s * noise)
