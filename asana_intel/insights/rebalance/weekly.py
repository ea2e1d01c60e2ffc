"""One week's rebalancing tables in the shape of their contracts: inputs gathered, moves proposed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.rebalance.case import Rules
from asana_intel.insights.rebalance.inputs import READS, WEEK_READS, gather_facts
from asana_intel.insights.rebalance.propose import Proposal, propose_moves
from asana_intel.insights.rebalance.words import limit_reasons, move_reasons
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

if TYPE_CHECKING:
    from datetime import date, datetime

    from asana_intel.insights.work import Read
    from asana_intel.settings import Settings

__all__ = ["READS", "REBALANCE_TABLES", "WEEK_READS", "rebalance_week", "rules_of"]

REBALANCE_TABLES = ("rebalance_moves", "rebalance_weeks", "rebalance_limits")


@dataclass(frozen=True)
class Week:
    """A week's rows by table, and how far from the best they may be (see `propose.Proposal`)."""

    tables: dict[str, pl.DataFrame]
    gap: float = 0.0
    spare_hours: float = 0.0


def rebalance_week(read: Read, read_week: Read, week_on: date, as_of: datetime, settings: Settings) -> Week:
    """The week's rows of `REBALANCE_TABLES`, by table; none where no load was forecast.

    Args:
        read: Reads a table by key.
        read_week: Reads the week's rows of a weekly table by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Their sections `rebalance`, `sprint` and `forecast`.
    """
    if read_week("forecasts/person_days").is_empty():
        return Week({name: empty_frame(CONTRACTS[f"insights/{name}"]) for name in REBALANCE_TABLES})
    facts = gather_facts(read, read_week, as_of, settings)
    proposal = propose_moves(
        facts.tasks,
        facts.days,
        facts.receivers,
        facts.links,
        rules_of(settings),
        seconds=settings.rebalance.time_limit_s,
    )
    told = facts.tasks.select("task_gid", "team_gid", "is_public")
    frames = {
        "rebalance_moves": proposal.moves.with_columns(move_reasons(proposal.moves, facts)).join(
            told, on="task_gid", how="left", maintain_order="left"
        ),
        "rebalance_weeks": _weeks(proposal, read_week("forecasts/person_load")),
        "rebalance_limits": proposal.limits.with_columns(limit_reasons(proposal.limits)),
    }
    stamp = {"as_of_on": pl.lit(week_on), "as_of_at": pl.lit(as_of)}
    tables = {
        name: conform(CONTRACTS[f"insights/{name}"], frame.with_columns(**stamp)) for name, frame in frames.items()
    }
    return Week(tables, proposal.gap, proposal.spare_hours)


def rules_of(settings: Settings) -> Rules:
    """What the settings allow to be proposed."""
    own, forecast = settings.rebalance, settings.forecast
    return Rules(
        limit=forecast.overload_above,
        weeks=forecast.horizon_weeks,
        may_delay=own.may_delay,
        may_split=own.may_split,
        most_delay_weeks=own.most_delay_weeks,
        week_days=len(forecast.working_days),
        least_hours=own.least_hours,
    )


def _weeks(proposal: Proposal, load: pl.DataFrame) -> pl.DataFrame:
    """Everybody's weeks; odds that no move changes are those of the load forecast."""
    key = ["person_gid", "week_on"]
    as_it_stands = load.select(*key, p="p_over_110")
    return (
        proposal.weeks.join(as_it_stands, on=key, how="left", maintain_order="left")
        .with_columns(
            p_over_110_before=pl.coalesce("p_over_110_before", "p", pl.lit(0.0)),
            p_over_110_after=pl.coalesce("p_over_110_after", "p", pl.lit(0.0)),
        )
        .drop("p")
    )
