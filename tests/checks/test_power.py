"""A few tries of each effect that a statistical check promises to see; `make check-the-checks` makes 2,000."""

import pytest

from tests.power import EFFECTS, Effect

TRIES = 5
"""An effect that is refused with probability 0.999 fails this test, whose seeds are fixed, with probability 5e-3: then take other seeds."""


@pytest.mark.parametrize("effect", EFFECTS, ids=[f"{e.exercise}-{e.words}" for e in EFFECTS])
def test_the_smallest_effect_that_is_promised_is_seen(effect: Effect) -> None:
    assert all(effect.is_seen(seed) for seed in range(TRIES))
