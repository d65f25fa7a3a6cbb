"""Exercise 6.2: a walk from one digit to another."""

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.cases import holds_for
from vae_course.checks.engine.checks import equals_truth, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception
from vae_course.checks.engine.trial import Trial


def draw_walk(generator: Generator) -> Arguments:
    """z0 and z1, (z_dim,) each, and a number of stations."""
    z_dim = int(torch.randint(2, 6, (), generator=generator))
    # The ends, and the middle of three, are right for many a wrong walk.
    n = int(torch.randint(4, 9, (), generator=generator))
    return 2 * torch.randn(z_dim, generator=generator), 2 * torch.randn(z_dim, generator=generator), n


def far_apart(generator: Generator) -> dict[str, Arguments]:
    """Ends that no clamp leaves as they are."""
    return {"ends far from 0": (torch.tensor([2048.0, -4.0]), torch.tensor([-1024.0, 2048.0]), 5)}


def on_the_line(trial: Trial) -> None:
    """Every station, near 0 and far from it."""
    equals_truth(trial)
    holds_for(far_apart)(trial)


def line(z0: Tensor, z1: Tensor, t: Tensor) -> Tensor:
    return (1 - t)[:, None] * z0 + t[:, None] * z1


def _sphere(z0: Tensor, z1: Tensor, n: int) -> Tensor:
    t = torch.linspace(0, 1, n)[:, None]
    angle = torch.acos((z0 @ z1 / (z0.norm() * z1.norm())).clamp(-1, 1))
    return (torch.sin((1 - t) * angle) * z0 + torch.sin(t * angle) * z1) / torch.sin(angle)


def _last_replaced(z0: Tensor, z1: Tensor, n: int) -> Tensor:
    stations = line(z0, z1, torch.arange(n) / n)
    return torch.cat([stations[:-1], z1[None]])


interpolate = Formula(
    name="interpolate",
    lesson="06_generation",
    number="6.2",
    title="Mend the walk from one digit to another",
    minutes=8,
    difficulty=2,
    lines="2 lines",
    arguments=draw_walk,
    slopes=False,
    formulas=(
        "z0 + (z1 - z0) * (stations(n) / (n - 1))",
        "(1 - stations(n) / (n - 1)) * z0 + stations(n) / (n - 1) * z1",
    ),
    truth=lambda z0, z1, n: torch.stack([z0 + (z1 - z0) * (i / (n - 1)) for i in range(n)]),
    checks=(
        Check("n stations, one a row", shape_matches),
        Check("on the straight line, both ends included", on_the_line, points=1),
    ),
    misconceptions=(
        Misconception(
            "never-arrives",
            lambda z0, z1, n: line(z0, z1, torch.arange(n) / n),
            "Your last station lies one step short of z1: n stations have n − 1 steps between them, so divide by n − 1.",
        ),
        Misconception(
            "never-starts",
            lambda z0, z1, n: line(z0, z1, (torch.arange(n) + 1) / n),
            "Your first station has already left z0. The walk includes both ends: t runs from 0 to 1.",
        ),
        Misconception(
            "skips-both-ends",
            lambda z0, z1, n: line(z0, z1, (torch.arange(n) + 1) / (n + 1)),
            "Your stations lie between z0 and z1 without them. The walk includes both ends.",
        ),
        Misconception(
            "backwards",
            lambda z0, z1, n: line(z1, z0, torch.linspace(0, 1, n)),
            "You walk from z1 to z0: at t = 0 the weight 1 − t belongs to z0.",
        ),
        Misconception(
            "adds-instead-of-mixing",
            lambda z0, z1, n: z0 + torch.linspace(0, 1, n)[:, None] * z1,
            "You arrive at z0 + z1. The step from z0 to z1 is the difference z1 − z0.",
        ),
        Misconception(
            "spherical",
            _sphere,
            "This is the spherical walk, which turns about the origin. The exercise asks for the straight one; "
            "the lesson compares the two below.",
        ),
        Misconception(
            "axes-swapped",
            lambda z0, z1, n: line(z0, z1, torch.linspace(0, 1, n)).T,
            "Your stations are columns. The decoder takes one z a row: (n, z_dim).",
        ),
        Misconception(
            "one-step-too-many",
            lambda z0, z1, n: line(z0, z1, torch.arange(n + 1) / n),
            "You return n + 1 stations. For n of them, with both ends, there are n − 1 steps.",
        ),
        Misconception(
            "last-step-longer",
            _last_replaced,
            "Both ends are right, but your last step is longer than the others: it is not enough to put z1 in the last row. "
            "Make all n − 1 steps equal.",
        ),
        Misconception(
            "glued-end-to-end",
            lambda z0, z1, n: line(z0, z1, torch.linspace(0, 1, n)).flatten(),
            "The stations are glued end to end, as torch.cat does it: torch.stack gives each a row.",
        ),
        Misconception(
            "glued-and-never-arrives",
            lambda z0, z1, n: line(z0, z1, torch.arange(n) / n).flatten(),
            "The stations are glued end to end, as torch.cat does it: torch.stack gives each a row. And the last one lies one "
            "step short of z1.",
        ),
    ),
    hints=(
        "Print the given code's first and last row and compare them with z0 and z1. Which end is missing?",
        "A fence of n posts has n − 1 gaps. How large is a step of t, if t starts at 0 and must end at 1?",
        "torch.linspace(start, end, how_many) includes both ends. Take its numbers in place of the draft's t; the mixture is right.",
    ),
)
