"""Members combined on the logit scale, and what every forecast of a goal can be asked; no member lives here.

A forecast is a distribution of the value: the probability of the target and the drawn quantiles are read from the same
curve P(value >= x), so that they agree by construction (p = .5 where the median meets the target).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CERTAINTY = 1e-4
"""No member is surer than this when it is combined: one that is wrong must not silence the others."""
_HALVINGS = 34  # of a bracket: below any unit a goal is recorded in


class Outlook(Protocol):
    """The distribution of the share of the way that each of some goals will have reached."""

    def take(self, rows: NDArray[np.intp]) -> Outlook:
        """The outlook of the goals at `rows`."""
        ...

    def survival(self, weeks: Floats, at: Floats | float = 1.0) -> Floats:
        """Probability to reach the share `at` after `weeks` (both shape (goals,)); falls with `at`."""
        ...

    def quantile(self, weeks: Floats, q: float) -> Floats:
        """Share reached after `weeks` with probability `q` not exceeded."""
        ...


@dataclass(frozen=True)
class Ensemble:
    """Outlooks of the same goals, averaged on the logit scale.

    Attributes:
        members: The outlooks.
        weights: Shape (members, goals); they sum to 1.
    """

    members: tuple[Outlook, ...]
    weights: Floats

    def take(self, rows: NDArray[np.intp]) -> Ensemble:
        """The ensemble of the goals at `rows`."""
        return Ensemble(tuple(member.take(rows) for member in self.members), self.weights[:, rows])

    def survival(self, weeks: Floats, at: Floats | float = 1.0) -> Floats:
        """Probability to reach the share `at` of the way after `weeks`; shapes as in `Outlook`."""
        said = np.stack([member.survival(weeks, at) for member in self.members])
        agreed = said[0]
        bounded = np.clip(said, CERTAINTY, 1.0 - CERTAINTY)
        with np.errstate(all="ignore"):
            log_odds = (self.weights * np.log(bounded / (1.0 - bounded))).sum(axis=0)
            combined = 1.0 / (1.0 + np.exp(-log_odds))
        return np.where((said == agreed).all(axis=0), agreed, combined)

    def quantile(self, weeks: Floats, q: float) -> Floats:
        """Share of the way reached after `weeks` with probability `q` not exceeded, by bisection between members."""
        said = np.stack([member.quantile(weeks, q) for member in self.members])
        return invert_survival(lambda at: self.survival(weeks, at), said.min(axis=0), said.max(axis=0), q)


def invert_survival(survival: Callable[[Floats], Floats], low: Floats, high: Floats, q: float) -> Floats:
    """Where a falling `survival` is 1 - q, by bisection between `low` and `high` (shape (goals,))."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_below = survival(middle) >= 1.0 - q
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2


def weeks_to_target(outlook: Outlook, limit: Floats) -> Floats:
    """Weeks until the median path meets the target; NaN where it does not within `limit` (shape (goals,))."""
    low, high = np.zeros_like(limit), limit.astype(np.float64)
    for _ in range(20):  # a millionth of the limit is well under a day
        middle = (low + high) / 2
        is_there = outlook.survival(middle) >= 0.5
        low, high = np.where(is_there, low, middle), np.where(is_there, middle, high)
    return np.where(outlook.survival(limit) >= 0.5, high, np.nan)
