"""Derivations to put in order: every right line is true, every false one is not, and what is said of an order is so.

The truths are written here once more, as numbers: two sides for each line. So is what each line rests on.
"""

import math
import re
from collections.abc import Callable
from itertools import permutations, product
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import softplus

from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.engine.lines import Line, Lines
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.collapse import derivation
from vae_course.checks.lessons.iwae import bound_derivation
from vae_course.checks.lessons.kl_divergence import kl_derivation
from vae_course.checks.lessons.reconstruction import softplus_derivation

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "kl_derivation": kl_derivation,
    "softplus_derivation": softplus_derivation,
    "derivation": derivation,
    "bound_derivation": bound_derivation,
}
NAMES = sorted(MODULES)

RESTS_ON = {
    "derivation": {"A": "G", "B": "H", "C": "E", "E": "", "G": "C", "H": "A"},
    "kl_derivation": {"A": "FJ", "B": "H", "D": "", "F": "", "G": "ABJ", "H": "D", "J": ""},
    "bound_derivation": {"A": "DI", "B": "G", "D": "", "E": "A", "G": "", "I": "B"},
    "softplus_derivation": {"A": "C", "B": "", "C": "", "E": "BH", "F": "", "H": "AFI", "I": "C"},
}
ORDERS = {"derivation": 1, "kl_derivation": 40, "softplus_derivation": 48, "bound_derivation": 4}
"""How many orders are right: 6!/3!3! ways to mix two chains of three, one of them in two orders; of the coin's, 2 · 4 · 6;
Jensen stands anywhere above the line that uses it."""


def said(name: str, order: object) -> Outcome:
    return examine(EXERCISES[name], EXERCISES[name].answer(order), 1)


def first_too_early(name: str, order: tuple[str, ...]) -> int:
    """The first place whose line rests on one below it; 0: none."""
    rests = RESTS_ON[name]
    return next((i + 1 for i, line in enumerate(order) if set(rests[line]) & set(order[i:])), 0)


# ---------------------------------------------------------------- the lines, as numbers

Sides = Callable[[], list[tuple[float, float]]]
"""Both sides of what a line says, for several numbers."""


def gaussian_lines(qm: float, qv: float, pm: float, pv: float) -> dict[str, tuple[float, float]]:
    """Letter -> (left, right) of each line of 2.6; averages under q are sums on a fine grid, far into its tails."""
    q, p = Normal(*_parameters(qm, qv)), Normal(*_parameters(pm, pv))
    z = torch.linspace(qm - 12 * qv**0.5, qm + 12 * qv**0.5, 40_001, dtype=torch.float64)

    def average(of: Tensor) -> float:
        return torch.trapezoid(q.log_prob(z).exp() * of, z).item()

    kl = kl_divergence(q, p).item()
    squares, own = (z - pm) ** 2, (z - qm) ** 2
    half = 0.5 * math.log(pv) - 0.5 * math.log(qv)
    expanded = own + 2 * (z - qm) * (qm - pm) + (qm - pm) ** 2
    return {
        "A": (average(squares), qv + (qm - pm) ** 2),
        "B": (kl, half + average(squares) / (2 * pv) - average(own) / (2 * qv)),
        "C": (average(squares), qv),
        "D": (kl, average(q.log_prob(z) - p.log_prob(z))),
        "E": (kl, average(2 * half + squares / (2 * pv) - own / (2 * qv))),
        "F": (squares[7].item(), expanded[7].item()),
        "G": (kl, 0.5 * (math.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)),
        "H": (kl, average(half + squares / (2 * pv) - own / (2 * qv))),
        "I": (average(squares), qv + 2 * qv**0.5 * (qm - pm) + (qm - pm) ** 2),
        "J": (average(own), qv),
    }


def _parameters(m: float, v: float) -> tuple[Tensor, Tensor]:
    return torch.tensor(m, dtype=torch.float64), torch.tensor(v, dtype=torch.float64).sqrt()


def coin_lines(a: float, x: float) -> dict[str, tuple[float, float]]:
    """Letter -> (left, right) of each line of 3.4; p is torch's sigmoid, log(1 + e^a) its softplus."""
    logit = torch.tensor(a, dtype=torch.float64)
    p, soft = torch.sigmoid(logit).item(), softplus(logit).item()
    log_p = math.log(p**x * (1 - p) ** (1 - x))
    return {
        "A": (math.log(1 - p), -soft),
        "B": (soft, max(a, 0) + math.log(1 + math.exp(-abs(a)))),
        "C": (p + 2 * (1 - p), (math.exp(a) + 2) / (1 + math.exp(a))),
        "D": (log_p, x * a - (1 - x) * soft),
        "E": (-log_p, max(a, 0) - x * a + math.log(1 + math.exp(-abs(a)))),
        "F": (log_p, x * math.log(p) + (1 - x) * math.log(1 - p)),
        "G": (soft, max(a, 0)),
        "H": (log_p, x * a - soft),
        "I": (math.log(p), a - soft),
        "J": (math.log(1 - p), soft - a),
    }


def bound_lines(prior: float, q: float, likely: tuple[float, float], k: int) -> dict[str, tuple[float, float]]:
    """Letter -> (left, right) of each line of 5.7, where z is 0 or 1: `prior` and `q` are the chances of 0, `likely` is p(x|z)."""
    joint = (prior * likely[0], (1 - prior) * likely[1])
    chance = (q, 1 - q)
    weight = (joint[0] / q, joint[1] / (1 - q))
    evidence = sum(joint)
    kl = q * math.log(q / prior) + (1 - q) * math.log((1 - q) / (1 - prior))
    draws = [(math.prod(chance[z] for z in drawn), [weight[z] for z in drawn]) for drawn in product((0, 1), repeat=k)]
    mean = sum(share * sum(w) / k for share, w in draws)
    bound = sum(share * math.log(sum(w) / k) for share, w in draws)
    return {
        "A": (bound, math.log(evidence)),
        "B": (evidence, q * weight[0] + (1 - q) * weight[1]),
        "C": (sum(share * math.log(sum(w)) for share, w in draws), math.log(evidence)),
        "D": (bound, math.log(mean)),
        "E": (bound, math.log(evidence)),
        "F": (evidence, (q * likely[0] + (1 - q) * likely[1]) * math.exp(-kl)),
        "G": (evidence, q * (joint[0] / q) + (1 - q) * (joint[1] / (1 - q))),
        "H": (math.log(mean), bound),
        "I": (mean, evidence),
        "J": (bound, math.log(mean)),
    }


AT_MOST = {"bound_derivation": "ACDEH"}
"""The lines that say ≤."""

NUMBERS = {
    "bound_derivation": [
        bound_lines(*n) for n in ((0.5, 0.9, (0.8, 0.2), 2), (0.3, 0.8, (0.9, 0.2), 3), (0.6, 0.2, (0.9, 0.3), 2))
    ],
    "kl_derivation": [gaussian_lines(*n) for n in ((1.0, 0.5, -0.5, 2.0), (-2.0, 3.0, 0.5, 0.7), (0.3, 0.2, 1.0, 1.4))],
    "softplus_derivation": [coin_lines(a, x) for a in (-2.0, -0.3, 0.8, 3.0) for x in (0.3, 0.6, 1.0)],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_line_that_belongs_is_true_and_no_other(name: str) -> None:
    lines = MODULES[name].LINES
    assert all(set(found) == set(lines.lines) for found in NUMBERS[name])
    for letter in lines.lines:
        differ = [found[letter][0] - found[letter][1] for found in NUMBERS[name]]
        off = [max(by, 0) if letter in AT_MOST.get(name, "") else abs(by) for by in differ]
        if letter in lines.belong:
            assert max(off) < 1e-9, (letter, off)
        else:
            assert min(off) > 0.01, (letter, off)


def test_the_figures_in_what_is_said_of_false_lines_are_right() -> None:
    kl, coin = kl_derivation.LINES.lines, softplus_derivation.LINES.lines
    one = gaussian_lines(1.0, 1.0, 0.0, 2.0)  # q = N(1, 1), pm = 0
    assert f"it is {one['C'][0]:.3g}, and qv is {one['C'][1]:.3g}." in kl["C"].false
    assert f"square is {one['I'][0]:.3g}, and line I says {one['I'][1]:.3g}." in kl["I"].false
    half = {
        letter: [f"{side:.2f}".replace("-", "−") for side in sides] for letter, sides in coin_lines(0.0, 1.0).items()
    }
    assert f"log ½ = {half['J'][0]}, and line J says +{half['J'][1]}." in coin["J"].false
    assert f"log 2 = {half['G'][0]}, the right side {float(half['G'][1]):.0f}." in coin["G"].false
    bound, world = bound_derivation.LINES.lines, bound_lines(0.5, 0.5, (2, 8), 2)  # the weights are 2 and 8
    at = [f"{side:.3f}" for side in (world["J"][0], *world["C"])]
    assert f"make it {at[0]} + log 2 = {at[1]}, above log p(x) = log 5 = {at[2]}." in bound["C"].false
    assert f"make the left side {at[0]}, and log 5 is {at[2]}." in bound["J"].false
    two = bound_lines(0.5, 0.9, (0.8, 0.2), 1)
    assert f"then p(x) is {two['F'][0]:.3g}, and line F says {two['F'][1]:.3f}." in bound["F"].false
    one_draw = [math.exp(side) for side in bound_lines(0.5, 0.5, (2, 8), 1)["H"]]
    assert [round(side, 9) for side in one_draw] == [5, 4] and "is log 5" in bound["H"].false
    assert coin_lines(2.0, 1.0)["D"][1] == 2 and "for ink, x = 1, line d says log p = a" in coin["D"].false.lower()


# ---------------------------------------------------------------- the orders


@pytest.mark.parametrize("name", NAMES)
def test_an_order_is_right_when_each_line_stands_below_those_it_rests_on(name: str) -> None:
    right = [order for order in permutations(RESTS_ON[name]) if not first_too_early(name, order)]
    assert len(right) == ORDERS[name] and set(map("".join, right)) == set(MODULES[name].LINES.orders())
    assert all(said(name, list(order)).status == "correct" for order in right)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "derivation"])
def test_in_a_wrong_order_the_first_line_that_cannot_stand_there_is_named(name: str) -> None:
    wrong = [order for order in permutations(RESTS_ON[name]) if first_too_early(name, order)]
    for order in wrong[:: 41 if len(wrong) > 1000 else 1]:
        found, place = said(name, list(order)), first_too_early(name, order)
        assert (
            found.status == "wrong" and f"Line {order[place - 1]}, in place {place}, comes too early" in found.message
        )
        assert (f"Up to place {place - 1} each line follows" in found.message) == (place > 2)
        assert ("The first line can stand there." in found.message) == (place == 2)


@pytest.mark.parametrize("name", NAMES)
def test_each_false_line_is_told_what_is_false_wherever_it_stands(name: str) -> None:
    lines = MODULES[name].LINES
    for letter, line in lines.lines.items():
        for place in range(len(lines.order)) if line.used else ():
            order = lines.order[:place] + letter + lines.order[place + 1 :]
            found = said(name, order)
            assert found.status == "wrong" and line.used in found.message and line.false in found.message


@pytest.mark.parametrize("name", NAMES)
def test_a_known_order_gets_its_reason_as_a_word_and_in_small_letters_too(name: str) -> None:
    for mistake in EXERCISES[name].misconceptions:
        for dress in ("".join(mistake.wrong), "".join(mistake.wrong).lower(), tuple(mistake.wrong)):
            found = said(name, dress)
            assert found.misconception == mistake.name and mistake.message in found.message


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_order_of_lines_is_told_what_it_should_be(name: str) -> None:
    order = MODULES[name].LINES.order
    number = {6: "six", 7: "seven"}[len(order)]
    for answer in (5, "", [1, 2], list(order[:-1]) + ["Z"], {"A": 1}):
        message = said(name, answer).message
        assert repr(answer) in message and f"a list of {number} letters out of A to" in message
    assert said(name, [*order[:-1], None]).message.startswith(f"Place {len(order)} of your list is still empty.")
    assert f"has {len(order) + 1} letters" in said(name, order + order[-1]).message
    assert f"has line {order[0]} 2 times" in said(name, order[0] + order[:-1]).message


def test_the_order_of_an_exercise_must_be_one_of_its_right_orders() -> None:
    lines = {"A": Line("a", "given"), "B": Line("b", "from a", rests_on="A")}
    assert list(Lines(lines, "AB", "").orders()) == ["AB"]
    with pytest.raises(ValueError, match="BA is not right"):
        Lines(lines, "BA", "")


SPELT = {
    "\\frac12": "½",
    "\\frac1k": "1/k",
    "\\sqrt": "√",
    "\\le": "≤",
    "\\ge": "≥",
    "\\sum_i": "Σ",
    "\\int": "∫",
    "\\pi": "π",
}
SPELT |= {"\\mid": "|", "\\lvert": "|", "\\rvert": "|", "\\Vert": "‖", "^2": "²", "-": "−"}


def letters_of(text: str) -> str:
    """What a line says, without brackets, spaces and the commands of a formula."""
    for command, sign in SPELT.items():
        text = text.replace(command, sign)
    text = re.sub(r"\\(mathbb|mathrm|[bB]igg?)|\\(?=log|max|[,;])", "", text)
    return re.sub(r"[\s$_{}()\[\],;.·]", "", text)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_shows_the_lines_that_the_check_knows(name: str) -> None:
    exercise = EXERCISES[name]
    text = (ROOT / "solutions" / f"{exercise.lesson}.py").read_text(encoding="utf-8")
    card = text.partition(f"{{{{ exercise {name} }}}}")[2].partition("# %%")[0]
    rows = re.findall(r"^# \| ([A-Z]) \| (.+) \| (.+) \|$", card, re.MULTILINE)
    assert [row[0] for row in rows] == sorted(MODULES[name].LINES.lines)
    for letter, line, reason in rows:
        known = MODULES[name].LINES.lines[letter]
        assert letters_of(line) == letters_of(known.text), letter
        assert letters_of(reason) == letters_of(known.reason), letter
