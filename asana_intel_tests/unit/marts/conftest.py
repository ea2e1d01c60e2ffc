"""The tiny company of worlds.py as fixtures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from asana_intel_tests.unit.marts import worlds


@pytest.fixture
def run() -> Callable[..., worlds.Rows]:
    """Rows of one mart (in the order of its key) from rows of staging tables; others are empty."""
    return worlds.mart


@pytest.fixture
def day() -> Callable[[int], date]:
    """The day `n` of January 2026; the 5th is a Monday, the data end on the 7th."""
    return worlds.day


@pytest.fixture
def at() -> Callable[..., datetime]:
    """Noon of the day `n` of January 2026, or another hour."""
    return worlds.at
