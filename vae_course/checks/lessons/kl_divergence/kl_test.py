"""Exercise 2.5: write the test. It must accept five right versions of kl_normal and refuse wrong ones."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.checks.around.harnesses import said_of_version
from vae_course.checks.engine.checks import output
from vae_course.checks.engine.exercise import Arguments, Check, Misconception, Played
from vae_course.checks.engine.trial import Raised, Trial, Wrong, per_trial
from vae_course.checks.lessons.kl_divergence.gaussians import kl_truth
from vae_course.checks.lessons.kl_divergence.versions import RIGHT, VERSIONS, WRONG, asked_of_each
from vae_course.runner.answers import Answer

ENOUGH = 8
"""So many of the ten wrong versions have to be refused for full marks."""


@per_trial
def _verdicts(trial: Trial) -> dict[str, float]:
    """What the test says of each version, asked one by one in an order of chance: 1 accepted, 0 refused, -1 for None.

    An error while a wrong version is tested counts as a refusal, as in pytest; while a right one is tested it is an error of the test.
    """
    return asked_of_each(lambda version: _one_verdict(trial, version))


def _one_verdict(trial: Trial, version: str) -> float | None:
    try:
        return float(output(trial.call(version), "verdict"))
    except Raised as raised:
        if version in RIGHT or raised.error.is_stub:
            raise
        return None


def _said_of_each(answer: Answer) -> dict[str, Tensor]:
    def ask(version: str) -> float | None:
        outputs = answer.call(version, seed=0).outputs
        return outputs["verdict"].item() if "verdict" in outputs else None

    return {name: torch.tensor(value) for name, value in asked_of_each(ask).items()}


def accepts_right_versions(trial: Trial) -> None:
    """A gate: True for all five right versions, and an answer (not None) for each."""
    verdicts = _verdicts(trial)
    if -1.0 in verdicts.values():
        raise Wrong("Your test returned None.", "It should return True (accept) or False (refuse).")
    refused = sum(verdicts[f"right {i}"] == 0 for i in range(5))
    if refused == 5:
        raise Wrong(
            "Your test refuses all five right versions.",
            "It should accept them. Is the value that you compare with the KL of your own q and p (variances, not standard "
            "deviations)? Does the comparison leave room for rounding, about 1e-6 of the value?",
        )
    if refused:
        raise Wrong(
            f"Your test refuses {refused} of five right versions.",
            "It should accept each of them; they differ by float32 rounding.",
        )


def refuses(count: int) -> Callable[[Trial], None]:
    """At least so many of the ten wrong versions are refused."""

    def test(trial: Trial) -> None:
        verdicts = _verdicts(trial)
        passed = [sentence for name, sentence in WRONG.items() if verdicts[name] != 0]
        if len(WRONG) - len(passed) < count:
            raise Wrong(
                f"Your test refuses {len(WRONG) - len(passed)} of ten wrong versions.",
                f"It should refuse at least {ENOUGH}. It lets through one that {passed[0]}.",
            )

    return test


def two(generator: Generator, *shape: int) -> tuple[Tensor, ...]:
    m, s = torch.randn(2, *shape, generator=generator), 0.3 + 2 * torch.rand(2, *shape, generator=generator)
    return m[0], s[0], m[1], s[1]


def compares(*arguments: Tensor, rtol: float = 1e-4, atol: float = 1e-4) -> Callable[[Any], bool]:
    def test(kl: Any) -> bool:
        got, right = kl(*arguments), kl_truth(*arguments)
        return got.shape == right.shape and torch.allclose(got, right, rtol=rtol, atol=atol)

    return test


_FIXED = torch.Generator().manual_seed(0)
GENERAL = two(_FIXED, 3, 5)
_ONE_DIMENSION = two(_FIXED, 1, 1)
_ZERO, _ONE = torch.zeros(3, 5), torch.ones(3, 5)


def q_equals_p(kl: Any) -> bool:
    m, v, _, _ = GENERAL
    return bool(torch.allclose(kl(m, v, m, v), torch.zeros(3), atol=1e-5))


def any_seed(generator: Generator) -> Arguments:
    """The versions are always the same fifteen."""
    return (VERSIONS["right 0"],)


kl_test = Played(
    name="kl_test",
    lesson="02_kl_divergence",
    number="2.5",
    title="Write the test",
    minutes=15,
    difficulty=3,
    lines="5 lines",
    arguments=any_seed,
    parameters=("kl",),
    harness=said_of_version,
    seconds=6,
    checks=(
        Check("accepts five right versions", accepts_right_versions),
        *(Check(f"refuses {n} of ten wrong versions", refuses(n), points=2 / ENOUGH) for n in range(1, ENOUGH + 1)),
    ),
    fingerprint=_said_of_each,
    misconceptions=(
        Misconception(
            "always-true",
            lambda kl: True,
            "Your test accepts everything, so passing it means nothing. A test earns its keep by what it refuses.",
        ),
        Misconception(
            "always-false",
            lambda kl: False,
            "Your test refuses everything, the right versions too. Return True where the result is what it should be.",
        ),
        Misconception(
            "inverted",
            lambda kl: not compares(*GENERAL)(kl),
            "You tell right from wrong, and return them the wrong way round: True means that the version is right.",
        ),
        Misconception(
            "returns-none",
            lambda kl: None,
            "Your test returns nothing: an assert or a print alone is not an answer. End with return True or False.",
        ),
        Misconception(
            "only-q-equals-p",
            q_equals_p,
            "You test only KL(q ‖ q) = 0. That is true, and most slips respect it: swapped arguments and a lost ½ give 0 "
            "as well. Add a case with q ≠ p whose value you know.",
        ),
        Misconception(
            "one-pencil-value",
            lambda kl: abs(kl(*(torch.full((1, 1), value) for value in (1.0, 1.0, 0.0, 1.0))).item() - 0.5) < 1e-4,
            "KL(N(1, 1) ‖ N(0, 1)) = ½ is right, and one value of one dimension with unit variances leaves most slips "
            "unseen. Add a case with several dimensions and variances away from 1.",
        ),
        Misconception(
            "only-the-shape",
            lambda kl: kl(*GENERAL).shape == (3,),
            "You test only the shape. Most wrong versions have the right one; compare values.",
        ),
        Misconception(
            "only-the-sign",
            lambda kl: bool((kl(*GENERAL) >= 0).all()),
            "You test only that the KL is not negative. So are most wrong versions; compare values.",
        ),
        Misconception(
            "only-the-standard-normal-prior",
            compares(GENERAL[0], GENERAL[1], _ZERO, _ONE),
            "In your test p is always N(0, I). There log pv = 0 and dividing by pv changes nothing, so that a version may "
            "do all that wrong. Let pm and pv be anything else.",
        ),
        Misconception(
            "only-unit-variances",
            compares(GENERAL[0], _ONE, GENERAL[2], _ONE),
            "All variances in your test are 1. Then every logarithm and every ratio of variances is invisible. Choose "
            "variances away from 1, and different ones for q and p.",
        ),
        Misconception(
            "only-one-dimension",
            lambda kl: abs(float(kl(*_ONE_DIMENSION)) - float(kl_truth(*_ONE_DIMENSION))) < 1e-4,
            "Your test has one example of one dimension, where a sum, a mean and a single term are the same. Use a batch of "
            "several examples with several dimensions.",
        ),
        Misconception(
            "tolerance-too-tight",
            lambda kl: torch.equal(kl(*GENERAL), kl_truth(*GENERAL)),
            "You ask for equality to the last bit. Right versions differ by float32 rounding, about 1e-6 of the value: "
            "compare with torch.allclose.",
        ),
        Misconception(
            "tolerance-too-wide",
            compares(*GENERAL, rtol=0.6, atol=1.0),
            "Your tolerance is so wide that wrong versions fit in. Rounding is about 1e-6 of the value; 1e-4 is "
            "generous.",
        ),
    ),
    hints=(
        "You need a case whose answer you know from elsewhere: torch.distributions.kl_divergence, a pencil, or sampling.",
        "Which slips would your case not notice? With pv = 1 nothing that concerns pv shows; with one dimension no sum "
        "does; with qv = pv no ratio does.",
        "Draw qm and pm with randn and qv and pv with rand + 0.3, shape (3, 5); compute the right KL with "
        "torch.distributions; return whether the shapes are equal and torch.allclose says yes.",
    ),
)
