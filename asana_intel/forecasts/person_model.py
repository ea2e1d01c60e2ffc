"""The person-week model: boosted trees per decile, kept in one file; what they see is made in `person_features`.

One model for everybody, learned from open work histories by benchmarks/fit_persons.py: nine quantile regressions
(LightGBM) for a week, nine for the total of any number of weeks, and one for the mean of a week. A total has deciles of
its own, since those of the weeks do not add up: a person's level lasts, so their weeks are not independent.
"""

from __future__ import annotations

import functools
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.forecasts.person_features import (
    FULL_WEEK_DAYS,
    describe,
    total_rows,
    unseen_holidays,
    week_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from lightgbm import Booster
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DECILES = tuple(range(10, 100, 10))
MODEL_FILE = Path(__file__).parent / "models" / "person_weeks.zip"
_NEVER = (1980, 1, 1, 0, 0, 0)  # the same model makes the same file


@dataclass(frozen=True)
class PersonModel:
    """Trees that say how far a person's weeks and totals lie from their centre, in units of their level."""

    mean: Booster
    weeks: tuple[Booster, ...]
    """One for each decile, like `totals`."""
    totals: tuple[Booster, ...]

    def figures(self, rates: Floats, mondays: Sequence[date], working_days: Floats) -> Floats:
        """Mean and deciles of every week and of the total, shape (persons, weeks + 1, 10); none is negative.

        Args:
            rates: Output per full week of the last 52 weeks, shape (persons, 52), oldest first, NaN where unknown.
            mondays: The weeks to forecast; the first one follows the last week of `rates`.
            working_days: Of the weeks ahead, shape (persons, weeks).
        """
        people = describe(rates)
        holidays = unseen_holidays(mondays, working_days)
        share = working_days / FULL_WEEK_DAYS
        rows = week_rows(people, mondays, holidays)
        mean = people.scaled(_predict([self.mean], rows).reshape(*share.shape, 1)) * share[:, :, None]
        weeks = people.scaled(_predict(self.weeks, rows).reshape(*share.shape, -1)) * share[:, :, None]
        total = people.scaled(_predict(self.totals, total_rows(people, mondays, holidays))[:, None])
        total *= share.sum(axis=1)[:, None, None]
        if len(mondays) == 1:
            total = weeks
        mean = np.concatenate([mean, mean.sum(axis=1, keepdims=True)], axis=1)
        return np.concatenate([mean, np.concatenate([weeks, total], axis=1)], axis=2)

    def save(self, path: Path) -> None:
        """Write the trees as LightGBM's text, one file per booster, into a zip archive."""
        boosters = (self.mean, *self.weeks, *self.totals)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, booster in zip(_names(), boosters, strict=True):
                archive.writestr(zipfile.ZipInfo(name, _NEVER), booster.model_to_string(), zipfile.ZIP_DEFLATED)


@functools.cache
def load_person_model(path: Path = MODEL_FILE) -> PersonModel:
    """Read the trees, once per process."""
    from lightgbm import Booster

    with zipfile.ZipFile(path) as archive:
        mean, *deciles = (Booster(model_str=archive.read(name).decode()) for name in _names())
    return PersonModel(mean, tuple(deciles[: len(DECILES)]), tuple(deciles[len(DECILES) :]))


def _names() -> list[str]:
    return ["week_mean.txt", *(f"{part}_p{decile}.txt" for part in ("week", "total") for decile in DECILES)]


def _predict(boosters: Iterable[Booster], rows: Floats) -> Floats:
    """What each says of each row, shape (rows, boosters), ascending: neighbouring deciles may cross."""
    columns = [np.asarray(booster.predict(rows, num_threads=1)) for booster in boosters]
    return np.sort(np.column_stack(columns), axis=1)
