"""Promises by a date (sprints, milestones): what the team usually delivers says more than its progress so far.

Source: forecasting reference, section 2, "Sprints": a logistic model on progress and team history. The history is,
in this order, the team's earlier commitments (other goals on the same series that are over), what its series gained in
spans as long as the goal before the start, or nothing. Each of the three has coefficients of its own.

Many commitments that are missed bring nothing more. So nothing comes with a probability of its own, and what does come
is log-logistic: P(gain >= g) = P(something) / (1 + (g / median)^shape), its median set so that the target is met with
the logistic model's probability. So value, date and probability are one distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.constants import attainment_constants
from asana_intel.forecasts.evidence import STEPS, TOLERANCE
from asana_intel.forecasts.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.evidence import Evidence

    Floats = NDArray[np.float64]

HISTORIES = ("commitments", "spans", "nothing")
"""What can be known of a team, the most telling first."""
METHODS = ("logistic (progress, earlier commitments)", "logistic (progress, earlier work)", "logistic (progress)")
DECAY = np.array([0.95, 0.9, 0.9])
"""Weight of what was before relative to what came after it, for each history: spans of work are older news sooner."""
ALIKE = 0.8
"""How far apart, on the log scale, two commitments still speak of each other: within a factor of two or so."""
PRIOR_COMMITMENTS = 3.0
"""How many commitments the usual rates count for."""
USUAL_RATE = 0.45
USUAL_SHARE = 0.7
"""Share of commitments that were met, and of a commitment that was delivered, in the open sprints."""
_MOST = 2.0  # shares of a promise beyond this say no more
_SMALL = 0.3  # of the commitment; keeps the logarithm of what is delivered over what is promised bounded
MET_STAYS = 0.25
"""Probability that what is delivered in full stays as it is: enough for the lower end of the band to lie there."""
LATE = 0.8
"""Share of the time at which the latest of the sprints behind the coefficients stood."""
FADE = 1.0
"""Power of the time that is left by which the odds shrink after that."""
FEATURES = ("progress", "rate", "usual", "reached", "share", "latest")


@dataclass(frozen=True)
class Team:
    """What is known of the team behind each commitment; shares are of the commitment at hand.

    Attributes:
        delivered: Shape (goals, n): what it delivered before, newest first, NaN where nothing is known.
        promised: Shape (goals, n): the share of that commitment delivered; NaN where it was none.
        size: Shape (goals, n): that commitment over the one at hand; NaN where it was none.
        history: Index into `HISTORIES`, shape (goals,).
    """

    delivered: Floats
    promised: Floats
    size: Floats
    history: NDArray[np.int64]


@dataclass(frozen=True)
class Commitment(Parameters):
    """Parameters per goal, in shares of the commitment and calendar weeks.

    Attributes:
        done: Share delivered.
        log_odds: Of meeting the target by the due date.
        stays: Probability that nothing more comes, given that the target is missed; below 1.
        shape: Of the log-logistic gain.
        elapsed: Weeks elapsed.
        rest: Weeks that remain.
    """

    done: Floats
    log_odds: Floats
    stays: Floats
    shape: Floats
    elapsed: Floats
    rest: Floats

    def survival(self, weeks: Floats, at: Floats | float = 1.0) -> Floats:
        """Probability that the share `at` is delivered within `weeks` (shape (goals,), >= 0)."""
        missing = at - self.done
        with np.errstate(all="ignore"):
            of_gains = 1.0 / (1.0 + (np.maximum(missing, 0.0) / self._median_gain(weeks)) ** self.shape)
        open_p = (1.0 - self._nothing()) * of_gains
        return np.where(missing <= TOLERANCE, 1.0, np.where(weeks > 0, open_p, 0.0))

    def quantile(self, weeks: Floats, q: float) -> Floats:
        """Share delivered after `weeks` with probability `q` not exceeded.

        Where nothing may come, the lower end lies below what is done by as much as sums are rounded.
        """
        nothing = np.where(self.done >= 1.0 - TOLERANCE, MET_STAYS, self._nothing())
        of_gains = (q - nothing) / (1.0 - nothing)
        with np.errstate(all="ignore"):
            gain = self._median_gain(weeks) * (of_gains / (1.0 - of_gains)) ** (1.0 / self.shape)
        return self.done + np.where(weeks > 0, np.where(of_gains <= 0.0, -TOLERANCE, gain), 0.0)

    def _nothing(self) -> Floats:
        """Probability that nothing more comes: of the misses, the share `stays`."""
        with np.errstate(over="ignore"):
            return self.stays / (1.0 + np.exp(self.log_odds))

    def _median_gain(self, weeks: Floats) -> Floats:
        """The median of what comes if anything does.

        It grows evenly with time, and reaches what the log odds ask for at the due date. Given that something comes,
        the odds of the target are p / (1 - nothing - p) = p / ((1 - stays) (1 - p)).
        """
        missing = np.maximum(1.0 - self.done, TOLERANCE)
        with np.errstate(all="ignore"):
            at_due = missing * np.exp((self.log_odds - np.log1p(-self.stays)) / self.shape)
            return at_due * np.where(self.rest > 0, weeks / self.rest, 0.0)


def fit_commitment(evidence: Evidence, rows: NDArray[np.intp]) -> tuple[Commitment, list[str]]:
    """The outlook of commitments.

    Args:
        evidence: What is known of all goals; earlier commitments of a team are found among them.
        rows: Which of them are the commitments to forecast.

    Returns:
        The parameters, one per entry of `rows`, and what the model is called.
    """
    constants = attainment_constants()["commitment"]
    some = evidence.take(rows)
    done, elapsed, rest = (some.column(name) for name in ("position", "elapsed_weeks", "rest_weeks"))
    with np.errstate(all="ignore"):
        clock = np.where(elapsed + rest > 0, elapsed / (elapsed + rest), 1.0)
    team = team_history(evidence, rows)
    log_odds = predict_log_odds(features(done, team), np.minimum(clock, LATE), team.history, constants)
    # Beyond the latest snapshot the odds shrink with the time that is left.
    faded = np.minimum((1.0 - clock) / (1.0 - LATE), 1.0)
    log_odds = log_odds + FADE * np.log(np.maximum(faded, TOLERANCE))
    at_start, with_time = constants["stays"]
    shape = np.full_like(done, constants["shape"])
    methods = np.array(METHODS)[team.history].tolist()
    return Commitment(done, log_odds, at_start + with_time * clock, shape, elapsed, rest), methods


def features(done: Floats, team: Team) -> Floats:
    """What the logistic model sees; shape (goals, features), each rising with the chance to deliver.

    progress: share delivered. rate: log odds that the team keeps a commitment of this size. usual: log of what it
    usually delivers over the commitment. reached: log odds that it delivered this much before. share: what it usually
    delivers of what it promises. All shrunk to the usual rates. latest: what it delivered of its latest promise.
    """
    is_known = ~np.isnan(team.delivered)
    weights = is_known * DECAY[team.history][:, None] ** np.arange(team.delivered.shape[1])
    delivered = np.where(is_known, np.maximum(team.delivered, 0.0), 0.0)
    with np.errstate(all="ignore"):
        alike = np.exp(-0.5 * (np.log(team.size) / ALIKE) ** 2)
    of_promises = weights * np.nan_to_num(alike)
    share = np.clip(np.nan_to_num(team.promised), 0.0, _MOST)
    usual = ((weights * delivered).sum(axis=1) + USUAL_SHARE) / (weights.sum(axis=1) + 1.0)
    prior = PRIOR_COMMITMENTS
    return np.column_stack(
        [
            np.clip(done, 0.0, 1.0),
            _shrunk_log_odds(of_promises, share >= 1.0 - TOLERANCE),
            np.log((np.minimum(usual, 1e6) + _SMALL) / (1.0 + _SMALL)),
            _shrunk_log_odds(weights, delivered >= 1.0 - TOLERANCE),
            ((of_promises * share).sum(axis=1) + prior * USUAL_SHARE) / (of_promises.sum(axis=1) + prior),
            np.where(np.isnan(team.promised[:, 0]), USUAL_SHARE, share[:, 0]),
        ]
    )


def predict_log_odds(seen: Floats, clock: Floats, history: NDArray[np.int64], constants: dict) -> Floats:
    """Log odds of attainment: for each history an offset and slopes, each a line in the share of the time elapsed."""
    table = np.array([constants[name] for name in HISTORIES])  # (histories, 2, 1 + features)
    at_start, with_time = np.moveaxis(table[history], 1, 0)
    coefficients = at_start + with_time * clock[:, None]
    # More progress, and a better team, must never lower the odds.
    coefficients[:, 1:] = np.maximum(coefficients[:, 1:], 0.0)
    return coefficients[:, 0] + (coefficients[:, 1:] * seen).sum(axis=1)


def team_history(evidence: Evidence, rows: NDArray[np.intp]) -> Team:
    """What the teams of the commitments at `rows` did before, from what was known at `evidence.as_of`."""
    delivered, promised, size = _earlier_commitments(evidence, rows)
    spans = evidence.past[rows]
    has_commitments, has_spans = _has_any(delivered), _has_any(spans)
    is_promise = has_commitments[:, None]
    return Team(
        np.where(is_promise, delivered, spans),
        promised,
        size,
        np.where(has_commitments, 0, np.where(has_spans, 1, 2)),
    )


def _has_any(known: Floats) -> NDArray[np.bool_]:
    return np.count_nonzero(~np.isnan(known), axis=1) > 0


def _shrunk_log_odds(weights: Floats, happened: Floats | NDArray[np.bool_]) -> Floats:
    prior = PRIOR_COMMITMENTS
    rate = ((weights * happened).sum(axis=1) + prior * USUAL_RATE) / (weights.sum(axis=1) + prior)
    return np.log(rate / (1.0 - rate))


def _earlier_commitments(evidence: Evidence, rows: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """What goals of the series that are over delivered, over the commitment at hand and over their own; their size."""
    columns = ("series_gid", "start_on", "due_on", "span", "direction")
    over = evidence.goals.filter(
        (pl.col("status") != "not_assessed") & (pl.col("due_on") <= pl.lit(evidence.as_of))
    ).select(
        *columns,
        (pl.col("direction") * pl.col("span") * pl.col("position")).alias("gain"),
        "position",
        "goal_gid",
    )
    mine = evidence.goals[rows].select(*columns, "goal_gid").with_row_index("row")
    pairs = (
        mine.join(over, on="series_gid", suffix="_before")
        .filter((pl.col("due_on_before") < pl.col("due_on")) & (pl.col("goal_gid_before") != pl.col("goal_gid")))
        .sort("row", "due_on_before", "start_on_before", "goal_gid_before", descending=[False, True, True, False])
        .with_columns(pl.int_range(pl.len()).over("row").alias("back"))
        .filter(pl.col("back") < STEPS)
    )
    delivered, promised, size = (np.full((rows.size, STEPS), np.nan) for _ in range(3))
    at = pairs["row"].to_numpy(), pairs["back"].to_numpy()
    delivered[at] = pairs.select(pl.col("direction") * pl.col("gain") / pl.col("span")).to_series().to_numpy()
    promised[at] = pairs["position"].to_numpy()
    size[at] = pairs.select(pl.col("span_before") / pl.col("span")).to_series().to_numpy()
    return delivered, promised, size
