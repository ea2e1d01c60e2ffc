"""Chance that is the same for the same seed, whatever else was drawn meanwhile. What it decides is elsewhere."""

from __future__ import annotations

import hashlib


def uniform(*what: object) -> float:
    """Draw a number within 0..1 that is always the same for the same things."""
    digest = hashlib.sha256("|".join(map(str, what)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


class Dice:
    """The chance of one firing of one rule.

    Args:
        seed: What it depends on: the seed, the rule, which match of it.
    """

    def __init__(self, *seed: object) -> None:
        self._seed = seed

    def number(self, *purpose: object) -> float:
        """Draw a number within 0..1 for a purpose."""
        return uniform(*self._seed, *purpose)

    def place(self, count: int) -> int:
        """Draw a place among `count`."""
        return min(int(self.number("place") * count), count - 1)
