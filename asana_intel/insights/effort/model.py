"""From what the past says to a value with its band: gradient-boosted quantiles, held to how they fared before."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from asana_intel.insights.effort.rows import Counts, Floats

if TYPE_CHECKING:
    from lightgbm import Booster

    from asana_intel.insights.effort.evidence import Evidence, Past

REFIT_EVERY = 25
_LEAST_ROWS = 50
_CHECKED_ROWS = 400
_MANY_CHECKED = 100
_LEAST_CHECKED = 30
_GROWTH = 1.15
_QUANTILES = (0.1, 0.5, 0.9)
_TAIL = 0.1
_ROUNDS = 150
_SHAPE = {
    "learning_rate": 0.04,
    "num_leaves": 8,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 2.0,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
# Nine rows that stand in for a past that is too short: logarithms of value over median (over estimate), spread over
# the deciles of a normal distribution. The deviations are those of the open work histories.
_DECILES = np.array([-1.28, -0.84, -0.52, -0.25, 0.0, 0.25, 0.52, 0.84, 1.28])
_USUAL_DEVIATION, _ESTIMATE_DEVIATION = 1.0, 0.7
_ESTIMATES_TRUSTED = 10

Kind = Literal["plain", "estimate"]


@dataclass(frozen=True)
class Band:
    """Logarithms of values (m,): the 80 % band, the median, and past errors (k,) that the mean is taken over."""

    low: Floats
    middle: Floats
    high: Floats
    errors: Floats


class Learner:
    """Bands of tasks with people's estimate, or without one, as the first n rows of a past would give them.

    Models are fitted at every 25th row and kept. Those of sizes that grow by 15 % are also asked about the rows that
    followed: how often these lay outside decides how much wider the band must be (conformalised quantile regression:
    Romano, Patterson and Candes, NeurIPS 2019; each tail by itself, over the latest 400 such rows).
    """

    def __init__(self, past: Past, kind: Kind) -> None:
        self._past, self._kind = past, kind
        self._models: dict[int, list[Booster] | None] = {}
        self._checks: dict[tuple[int, int], tuple[Counts, Floats]] = {}

    def band(self, evidence: Evidence, log_estimates: Floats, count: int) -> Band:
        """Bands of tasks, by the first `count` rows."""
        models = self._fitted(count - count % REFIT_EVERY)
        rows, told = self._checked(count) if models else (np.empty(0, np.int64), np.empty((0, 3)))
        if models is None or len(rows) < _LEAST_CHECKED:
            return self._usual(log_estimates, count)
        low, middle, high = self._quantiles(models, evidence, log_estimates).T
        truth = self._past.logs[rows]
        low, high = low - _tail(told[:, 0] - truth), high + _tail(truth - told[:, 2])
        return Band(np.minimum(low, middle), middle, np.maximum(high, middle), truth - told[:, 1])

    def _usual(self, log_estimates: Floats, count: int) -> Band:
        """The median of what there is, or people's estimate times their usual ratio; wide while there is little."""
        rows = self._usable(0, count)[-_CHECKED_ROWS:]
        if self._kind == "plain":
            logs = self._past.logs[rows]
            middle = np.full(len(log_estimates), np.median(logs) if len(logs) else np.nan)
            errors, deviation = logs - (np.median(logs) if len(logs) else 0.0), _USUAL_DEVIATION
        else:
            ratios = self._past.logs[rows] - self._past.log_estimates[rows]
            usual = np.median(np.concatenate([ratios, np.zeros(_ESTIMATES_TRUSTED)]))
            middle, errors, deviation = log_estimates + usual, ratios - usual, _ESTIMATE_DEVIATION
        errors = np.concatenate([errors, deviation * _DECILES])
        low = np.quantile(errors, _TAIL, method="lower")
        high = np.quantile(errors, 1 - _TAIL, method="higher")
        return Band(middle + min(low, 0.0), middle, middle + max(high, 0.0), errors)

    def _fitted(self, size: int) -> list[Booster] | None:
        """Models of the three quantiles, by the first `size` rows; None where they are too few."""
        if size not in self._models:
            rows = self._usable(0, size)
            self._models[size] = self._fit(rows) if len(rows) >= _LEAST_ROWS else None
        return self._models[size]

    def _fit(self, rows: Counts) -> list[Booster]:
        import lightgbm

        evidence = self._past.evidence
        if evidence is None:
            raise AssertionError("rows without evidence")
        past = self._past
        inputs = self._inputs(evidence, past.log_estimates, rows)
        target = past.logs[rows] - (past.log_estimates[rows] if self._kind == "estimate" else 0.0)
        models = []
        for level in _QUANTILES:
            aim = {"objective": "l1"} if level == 0.5 else {"objective": "quantile", "alpha": level}
            models.append(lightgbm.train({**_SHAPE, **aim}, lightgbm.Dataset(inputs, target), _ROUNDS))
        return models

    def _quantiles(self, models: list[Booster], evidence: Evidence, log_estimates: Floats) -> Floats:
        inputs = self._inputs(evidence, log_estimates, np.arange(len(log_estimates)))
        base = log_estimates if self._kind == "estimate" else np.zeros(len(log_estimates))
        told = np.column_stack([np.asarray(model.predict(inputs)) for model in models])
        return np.sort(told, axis=1) + base[:, None]

    def _inputs(self, evidence: Evidence, log_estimates: Floats, rows: Counts) -> Floats:
        levels, other = evidence.levels[rows], evidence.other[rows]
        if self._kind == "plain":
            return np.column_stack([levels, other])
        estimates = log_estimates[rows][:, None]
        return np.column_stack([evidence.ratios[rows], estimates, levels - estimates, other])

    def _checked(self, count: int) -> tuple[Counts, Floats]:
        """The latest of the first `count` rows that a model was asked about before it knew them, and its answers."""
        found = []
        for begin, end in reversed(list(pairwise(_check_sizes(count)))):
            found.append(self._check(begin, end))
            # Models of a much shorter past erred more than today's would.
            if sum(len(rows) for rows, _ in found) >= max(_MANY_CHECKED, min(_CHECKED_ROWS, count // 2)):
                break
        if not found:
            return np.empty(0, np.int64), np.empty((0, 3))
        found.reverse()
        rows, told = (np.concatenate(part)[-_CHECKED_ROWS:] for part in zip(*found, strict=True))
        return rows, told

    def _check(self, begin: int, end: int) -> tuple[Counts, Floats]:
        if (begin, end) not in self._checks:
            rows, models, evidence = self._usable(begin, end), self._fitted(begin), self._past.evidence
            if models is None or evidence is None or not len(rows):
                self._checks[begin, end] = np.empty(0, np.int64), np.empty((0, 3))
            else:
                told = self._quantiles(models, evidence.at(rows), self._past.log_estimates[rows])
                self._checks[begin, end] = rows, told
        return self._checks[begin, end]

    def _usable(self, begin: int, end: int) -> Counts:
        """Rows from `begin` to `end` that say something for this kind of task."""
        rows = np.arange(begin, end)
        return rows if self._kind == "plain" else rows[np.isfinite(self._past.log_estimates[begin:end])]


def _check_sizes(count: int) -> list[int]:
    """Sizes of the past whose models are asked about what followed, and `count`."""
    sizes, size = [], 2 * REFIT_EVERY
    while size < count:
        sizes.append(size)
        size += max(REFIT_EVERY, int(size * (_GROWTH - 1)) // REFIT_EVERY * REFIT_EVERY)
    return [*sizes, count]


def _tail(excess: Floats) -> float:
    """How far an edge must move out (in, if negative) so that a tenth of the rows lies beyond it."""
    rank = min(1.0, (1 - _TAIL) * (len(excess) + 1) / len(excess))
    return float(np.quantile(excess, rank, method="higher"))
