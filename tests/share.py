"""Long tables of cases: `make test` takes one in so many of them, `make test-all` all."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def one_in(n: int, cases: Iterable[Any], ids: Iterable[str] | None = None) -> list[Any]:
    """The cases for `parametrize`: one in n as it is, the others marked slow. A tuple holds the values of several names."""
    known = list(cases)
    names: Sequence[str | None] = list(ids) if ids is not None else [None] * len(known)
    return [
        pytest.param(*(case if type(case) is tuple else (case,)), id=name, marks=() if i % n == 0 else pytest.mark.slow)
        for i, (case, name) in enumerate(zip(known, names, strict=True))
    ]
