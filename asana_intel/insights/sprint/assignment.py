"""Who could do tasks that nobody has, or whose assignee has no time or skill for them: advice, of two people at most.

Whether somebody fits is read from the kind of work they have finished, never from how much or how fast: a person with
one finished task of a kind fits it nearly as well as one with a hundred. Suggestions are made for the highest scores
first, and each takes its hours, so that not everything is suggested to the one person with time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.sprint.reasons import hours_text, skills_text

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray

    from asana_intel.insights.sprint.calendar import Calendar
    from asana_intel.insights.sprint.inputs import Inputs
    from asana_intel.settings import SprintSettings

    Floats = NDArray[np.float64]

SUGGESTED: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "person_gid": pl.String(),
    "reason": pl.String(),
    "fit": pl.Float64(),
    "free_hours": pl.Float64(),
    "next_gid": pl.String(),
    "next_reason": pl.String(),
    "kind": pl.String(),
}
LEAST_FIT = 0.15
"""Fit below which nobody is suggested: too little is known."""
CATCH_UP_DAYS = 7
_MOST_PAST = 5000
_TEXT, _PROJECT, _CATEGORY = 0.5, 0.3, 0.2
"""Shares of the three kinds of likeness in the fit."""
_SAME = 1e-9
