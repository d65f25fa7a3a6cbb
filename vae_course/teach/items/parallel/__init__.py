"""Short numeric items, drawn anew by each seed: what the pencil exercises ask, for other numbers.

A family is a function of a random generator that returns its items: `FAMILIES` of each module. No family can draw the numbers of a marked
exercise; `tests/teach/items/test_parallel.py` recomputes every truth from the item's text by other means.
"""

import random
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules

from vae_course.teach.items.bank import Numeric

Family = Callable[[random.Random], list[Numeric]]


def numbers(seed: int) -> Iterator[Numeric]:
    """The items of every family. Each family has its own stream, so that a new one changes no other's numbers."""
    for module in iter_modules(__path__, f"{__name__}."):
        for family in import_module(module.name).FAMILIES:
            yield from family(random.Random(f"{seed} {family.__name__}"))
