"""Fixtures for the tests of the mutants."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_closer_look_breaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A fault of ours in looking for a reason costs a card its reason, and nothing else would tell."""
    with caplog.at_level(logging.DEBUG, "vae_course.checks.engine.telling"):
        yield
        assert not [r for r in caplog.get_records("call") if r.exc_info], caplog.text
