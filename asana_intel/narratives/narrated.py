"""Which narratives there are: their outline, their table, and the sheets they are made from. A registry, no logic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.outlines import alignment as alignment_outline
from asana_intel.narratives.outlines import capacity as capacity_outline
from asana_intel.narratives.outlines import goal as goal_outline
from asana_intel.narratives.outlines import portfolio as portfolio_outline
from asana_intel.narratives.outlines import priority as priority_outline
from asana_intel.narratives.outlines import quarter as quarter_outline
from asana_intel.narratives.outlines.outline import Outline
from asana_intel.narratives.sheets import alignment as alignment_sheets
from asana_intel.narratives.sheets import capacity as capacity_sheets
from asana_intel.narratives.sheets import goal as goal_sheets
from asana_intel.narratives.sheets import portfolio as portfolio_sheets
from asana_intel.narratives.sheets import priority as priority_sheets
from asana_intel.narratives.sheets import quarter as quarter_sheets


class Read(Protocol):
    """Reads a table by key; with `partition`, the rows of that week."""

    def __call__(self, key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        """The table, or an empty frame of its schema."""
        ...


@dataclass(frozen=True)
class Narrated:
    """One kind of narrative.

    Args:
        outline: What may be said.
        table: Key of its table.
        reads: Tables that its sheets are built from.
        sheets: Builds the sheets of a week from the tables, knowing nothing after the instant given.
        columns: What the narrative's row holds beside its subject and its text.
    """

    outline: Outline
    table: str
    reads: tuple[str, ...]
    sheets: Callable[[Read, date, datetime], Sequence[FactSheet]]
    columns: Callable[[FactSheet], Mapping[str, object]] = lambda _sheet: {}


NARRATED: tuple[Narrated, ...] = (
    Narrated(
        goal_outline.OUTLINE,
        "narratives/goal_progress",
        goal_sheets.READS,
        goal_sheets.sheets_of_week,
        lambda sheet: {"status_type": goal_outline.status_type(sheet)},
    ),
    Narrated(
        portfolio_outline.OUTLINE,
        "narratives/portfolio_report",
        portfolio_sheets.READS,
        portfolio_sheets.sheets_of_week,
        lambda sheet: {"status_type": portfolio_outline.status_type(sheet)},
    ),
    Narrated(
        alignment_outline.OUTLINE,
        "narratives/alignment_notes",
        alignment_sheets.READS,
        alignment_sheets.sheets_of_week,
        lambda sheet: {"subject_type": alignment_outline.subject_type(sheet)},
    ),
    Narrated(
        quarter_outline.OUTLINE,
        "narratives/quarter_retrospective",
        quarter_sheets.READS,
        quarter_sheets.sheets_of_week,
    ),
    Narrated(
        capacity_outline.OUTLINE,
        "narratives/capacity_causes",
        capacity_sheets.READS,
        capacity_sheets.sheets_of_week,
    ),
    Narrated(
        priority_outline.OUTLINE,
        "narratives/priority_rationale",
        priority_sheets.READS,
        priority_sheets.sheets_of_week,
    ),
)
