"""From fact sheets to the two narrative tables; which claims are made is decided in choose.py."""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from asana_intel.narratives.choose import ClaimChooser
from asana_intel.narratives.claims import compose, status_type
from asana_intel.narratives.facts import FactSheet
from asana_intel.storage.contracts import CONTRACTS


def narrate(sheets: Sequence[FactSheet], chooser: ClaimChooser, as_of_on: date, as_of_at: datetime) -> pl.DataFrame:
    """One narrative per sheet (contract narratives/goal_progress).

    Args:
        sheets: Fact sheets.
        chooser: Chooses the claims.
        as_of_on: Week, a Monday.
        as_of_at: Last instant the sheets know anything of.
    """
    rows = []
    for sheet in sheets:
        choice = chooser.choose(sheet)
        text = compose(sheet, choice.claims)
        rows.append(
            {
                "as_of_on": as_of_on,
                "as_of_at": as_of_at,
                "goal_gid": sheet.goal_gid,
                "text": text,
                "status_type": status_type(sheet),
                "fact_ids": sorted({f for claim in choice.claims for f in claim.facts}),
                "facts_hash": sheet.fingerprint(),
                "written_by": choice.written_by,
                "model": choice.model,
                "word_count": len(text.split()),
            }
        )
    return pl.DataFrame(rows, schema=CONTRACTS["narratives/goal_progress"].schema)


def fact_table(sheets: Sequence[FactSheet], as_of_on: date) -> pl.DataFrame:
    """All facts as rows (contract narratives/goal_facts)."""
    rows = [
        {
            "as_of_on": as_of_on,
            "goal_gid": sheet.goal_gid,
            "fact_id": fact.fact_id,
            "value": fact.text,
            "unit": fact.unit,
            "source_gids": list(fact.source_gids),
        }
        for sheet in sheets
        for fact in sheet
    ]
    return pl.DataFrame(rows, schema=CONTRACTS["narratives/goal_facts"].schema)
