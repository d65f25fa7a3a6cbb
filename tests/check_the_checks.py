"""The catalogue examines the checks: `python -m tests.check_the_checks` prints five tables; `make check-the-checks` runs it.

Every (exercise, misconception) must be refused and named, by its family where it has one, over 10 seeds; every (exercise,
correct variant) must be accepted with all its points, over 100; and the reference must be accepted in every exercise with
noise, over 1,000. What fails is printed at once. Exit code 1 unless all three say 100 %. A fourth table counts the mutants (`tests/mutants`): every single slip of the
closed forms, the bounds and the log weights, and pairs of slips of the closed forms; none may pass, and no reason may be false. A fifth
says what the statistical checks see (`tests/power.py`).

A right answer fails one examination with probability at most 1e-6 (the docstrings of the checks derive it), and the seeds
are fixed, so that a failure is a change in behaviour and never bad luck.
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from tqdm import tqdm

from tests.checks.right import RIGHT, right
from tests.mutants import ELSE, PASSED, PROVED, RELATED, bounds, closed_forms
from tests.power import EFFECTS, PROMISED, Effect
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Constant, Misconception
from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.teach import reference

FIRST_SEED = 100

STOCHASTIC = (
    "sample_gaussian",
    "VAE.negative_elbo_bound",
    "VAE.loss",
    "training_step",
    "log_weights",
    "VAE.negative_iwae_bound",
    "IWAE.loss",
    "dreg_loss",
    "VAE.sample_z",
    "VAE.compute_sigmoid_given",
    "VAE.sample_sigmoid",
    "VAE.sample_x_given",
    "VAE.sample_x",
    "VAE",
    "MyNetwork",
    "VAE.beta_bound",
    "GMVAE.mixture_bound",
    "SSVAE.unlabelled_bound",
)
"""Exercises whose right answers give different numbers at each call, so that a check could fail one by bad luck."""


@dataclass(frozen=True)
class Tally:
    """How one misconception or one variant fared over its seeds."""

    exercise: str
    name: str
    seeds: int
    decided: int  # refused, for a misconception; accepted, for a variant
    named: int
    first_failure: str


def wrong_answer(exercise: Exercise, misconception: Misconception) -> Any:
    """A mistake in a dictionary names only the wrong entries; the others are right."""
    if isinstance(exercise, Constant) and isinstance(misconception.wrong, dict):
        return {**exercise.right, **misconception.wrong}
    return misconception.wrong


def family_of(exercise: Exercise, name: str) -> str:
    """A mistake's family where it has one, else its own name."""
    return next((m.family for m in exercise.misconceptions if m.name == name and m.family), name)


def refused(exercise: Exercise, mistake: Misconception, seed: int) -> tuple[bool, bool, str]:
    """Is the mistake refused? Is it named? And what was said."""
    found = examine(exercise, exercise.answer(wrong_answer(exercise, mistake)), seed)
    fails = found.status == "wrong" and (found.points < exercise.points or exercise.points == 0)
    named = family_of(exercise, found.misconception) == family_of(exercise, mistake.name)
    told = any(m.message in found.message for m in exercise.misconceptions)
    return fails, named and told, f"seed {seed}: {found.status}, named {found.misconception!r}: {found.message}"


def reference_answer(exercise: Exercise) -> Any:
    """The answer key's version; where it has none, the first right answer of the catalogue."""
    owner, _, method = exercise.name.rpartition(".")
    if exercise.name == "VAE" or (owner == "VAE" and hasattr(reference.VAE, method)):
        return type("VAE", (reference.VAE,), {"__module__": __name__})  # a method runs on its own class
    found = getattr(reference, exercise.name, None) if not owner else None
    return right(exercise.name) if found is None else found


def accepted(exercise: Exercise, answer: Any, seed: int) -> tuple[bool, str]:
    """Does a right answer get all points? And what was said."""
    found = examine(exercise, exercise.answer(answer), seed)
    right = bool(found) and found.points == exercise.points
    return right, f"seed {seed}: {found.status}, {found.points:g} points: {found.message}"


def tally_mistake(exercise_name: str, name: str, seeds: int) -> Tally:
    _quiet()
    exercise = EXERCISES[exercise_name]
    mistake = next(m for m in exercise.misconceptions if m.name == name)
    outcomes = [refused(exercise, mistake, FIRST_SEED + i) for i in range(seeds)]
    failure = next((said for fails, named, said in outcomes if not (fails and named)), "")
    return Tally(exercise_name, name, seeds, sum(o[0] for o in outcomes), sum(o[1] for o in outcomes), failure)


def tally_right_answer(exercise_name: str, name: str, seeds: int) -> Tally:
    """A correct variant by its name; without a name, the reference."""
    _quiet()
    exercise = EXERCISES[exercise_name]
    answer = RIGHT[exercise.name][name] if name else reference_answer(exercise)
    outcomes = [accepted(exercise, answer, FIRST_SEED + i) for i in range(seeds)]
    failure = next((said for right, said in outcomes if not right), "")
    return Tally(exercise_name, name, seeds, sum(o[0] for o in outcomes), 0, failure)


PAIRS = 60
"""Of two slips at once, in each closed form."""
PARTS = 8
"""In how many jobs an exercise's mutants are tried, so that both processors have work to the end."""


@dataclass(frozen=True)
class Mutants:
    """What became of an exercise's mutants, or of a part of them, and what should not have."""

    exercise: str
    became: Counter[str]
    failed: list[str]


def tally_mutants(exercise: str, doubled: bool, part: int) -> Mutants:
    """Every PARTS-th mutant."""
    _quiet()
    became: Counter[str] = Counter()
    failed: list[str] = []
    found: list[Any] = []
    if exercise in bounds.SOURCES:
        found = [(m, bounds.fate(m)) for m in bounds.mutants(exercise)[part::PARTS]]
    else:
        made = closed_forms.pairs(exercise, PAIRS, seed=1) if doubled else closed_forms.mutants(exercise)
        found = [(m, closed_forms.fate(m)) for m in made[part::PARTS]]
    for mutant, (fate, said) in found:
        became[fate] += 1
        if fate == PASSED:
            failed.append(f"{exercise}: passed: {mutant.text}")
        if exercise not in bounds.SOURCES and not closed_forms.reason_holds(mutant, said):
            became["false reason"] += 1
            failed.append(f"{exercise}: {said.misconception} is no reason for {mutant.text}")
    return Mutants(exercise, became, failed)


@dataclass(frozen=True)
class Power:
    """How often an effect was seen. `index`: in EFFECTS."""

    index: int
    seen: int

    @property
    def effect(self) -> Effect:
        return EFFECTS[self.index]


def tally_power(index: int, seeds: int) -> Power:
    _quiet()
    return Power(index, sum(EFFECTS[index].is_seen(seed) for seed in range(seeds)))


def _mutant_table(title: str, tallies: list[Mutants]) -> Iterator[str]:
    """One row an exercise, and their sum. "proved": with the name or the formula of the slip; "told": those and related facts."""
    yield f"\n{title}"
    columns = (
        "equal",
        "other noise",
        "too small to see",
        "raised",
        "proved",
        "related",
        "else",
        "passed",
        "false reason",
    )
    yield (
        f"{'exercise':<30}{'mutants':>9}"
        + "".join(f"{name.split()[0]:>9}" for name in columns)
        + f"{'proved, of refused':>20}"
    )
    total: Counter[str] = Counter()
    for exercise in dict.fromkeys(t.exercise for t in tallies):
        became = sum((t.became for t in tallies if t.exercise == exercise), Counter())
        total.update(became)
        yield _mutant_row(exercise, became, columns)
    yield _mutant_row("all", total, columns)


def _mutant_row(label: str, became: Counter[str], columns: tuple[str, ...]) -> str:
    made = sum(count for name, count in became.items() if name != "false reason")
    wrong = became[PROVED] + became[RELATED] + became[ELSE]
    return (
        f"{label:<30}{made:>9}"
        + "".join(f"{became[name]:>9}" for name in columns)
        + f"{became[PROVED] / (wrong or 1):>20.1%}"
    )


def _quiet() -> None:
    import torch

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")  # wrong answers warn, as they should


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.check_the_checks", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--mistakes", type=int, default=10, metavar="SEEDS", help="per misconception (default: 10)")
    parser.add_argument("--variants", type=int, default=100, metavar="SEEDS", help="per correct variant (default: 100)")
    parser.add_argument("--reference", type=int, default=1000, metavar="SEEDS", help="per exercise (default: 1000)")
    parser.add_argument("--power", type=int, default=2000, metavar="SEEDS", help="per effect (default: 2000)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", help="default: all")
    args = parser.parse_args(argv)
    chosen = [EXERCISES[name] for name in args.exercises or EXERCISES]
    start = time.monotonic()
    in_mutants = [e.name for e in chosen if e.name in (*closed_forms.CLOSED_FORMS, *bounds.SOURCES)]
    in_pairs = [name for name in in_mutants if name in closed_forms.CLOSED_FORMS]
    effects = [i for i, effect in enumerate(EFFECTS) if EXERCISES[effect.exercise] in chosen]
    # Fresh interpreters: torch's threads do not survive a fork.
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn")) as pool:
        mutated = [pool.submit(tally_mutants, name, False, part) for name in in_mutants for part in range(PARTS)]
        paired = [pool.submit(tally_mutants, name, True, part) for name in in_pairs for part in range(PARTS)]
        keys = [pool.submit(tally_right_answer, e.name, "", args.reference) for e in chosen if e.name in STOCHASTIC]
        seen = [pool.submit(tally_power, i, args.power) for i in effects]
        variants = [pool.submit(tally_right_answer, e.name, v, args.variants) for e in chosen for v in RIGHT[e.name]]
        mistakes = [pool.submit(tally_mistake, e.name, m.name, args.mistakes) for e in chosen for m in e.misconceptions]
        jobs: list[Future[Any]] = [*mutated, *paired, *keys, *seen, *variants, *mistakes]
        failures = 0
        for job in tqdm(as_completed(jobs), "check the checks", len(jobs), mininterval=60, maxinterval=60):
            for line in _failures(job.result(), args.power):
                failures += 1
                tqdm.write(f"FAILED {line}")
    print(*_table("misconceptions: refused, and named", [job.result() for job in mistakes], named=True), sep="\n")
    print(*_table("correct variants: accepted", [job.result() for job in variants], named=False), sep="\n")
    print(*_table("the reference, where there is noise: accepted", [job.result() for job in keys], False), sep="\n")
    print(*_power_table([job.result() for job in seen], args.power), sep="\n")
    print(*_mutant_table("mutants: one slip", [job.result() for job in mutated]), sep="\n")
    print(*_mutant_table("mutants: two slips", [job.result() for job in paired]), sep="\n")
    print(f"{failures or 'nothing'} failed in {(time.monotonic() - start) / 60:.1f} minutes")
    return 1 if failures else 0


def _failures(found: Tally | Mutants | Power, power: int) -> Iterator[str]:
    """What a job found that must not be."""
    if isinstance(found, Mutants):
        yield from found.failed
    elif isinstance(found, Power):
        if found.seen < PROMISED * power:
            yield f"{found.effect.exercise} · {found.effect.words}: {found.effect.check} refuses {found.seen} of {power}"
    elif found.first_failure:
        yield f"{found.exercise} · {found.name or 'reference'}: {found.first_failure}"


def _power_table(powers: list[Power], seeds: int) -> Iterator[str]:
    yield f"\nthe power of statistical checks: the effect is refused, {seeds} seeds each"
    yield f"{'exercise':<30}{'check':<42}{'effect':<26}{'refused':>9}"
    for power in powers:
        effect = power.effect
        yield f"{effect.exercise:<30}{effect.check:<42}{effect.words:<26}{power.seen / max(seeds, 1):>9.2%}"


def _table(title: str, tallies: list[Tally], named: bool) -> Iterator[str]:
    """One row an exercise, and their sum."""
    yield f"\n{title}, {tallies[0].seeds if tallies else 0} seeds each"
    yield f"{'exercise':<30}{'how many':>9}{'refused' if named else 'accepted':>10}" + (
        f"{'named':>9}" if named else ""
    )
    for exercise in dict.fromkeys(t.exercise for t in tallies):
        yield _row(exercise, [t for t in tallies if t.exercise == exercise], named)
    yield _row("all", tallies, named)


def _row(label: str, tallies: list[Tally], named: bool) -> str:
    seeds = sum(t.seeds for t in tallies) or 1
    row = f"{label:<30}{len(tallies):>9}{sum(t.decided for t in tallies) / seeds:>10.1%}"
    return row + (f"{sum(t.named for t in tallies) / seeds:>9.1%}" if named else "")


if __name__ == "__main__":
    sys.exit(main())
