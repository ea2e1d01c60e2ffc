"""One week's sprint tables in the shape of their contracts: inputs gathered, sprints proposed, people suggested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.sprint.assignment import suggest_assignees
from asana_intel.insights.sprint.inputs import Inputs, candidates, gather, open_links
from asana_intel.insights.sprint.outlook import finish_odds
from asana_intel.insights.sprint.proposal import Proposal, propose_sprint
from asana_intel.storage.contracts import CONTRACTS, conform

if TYPE_CHECKING:
    from datetime import date, datetime

    from asana_intel.settings import Settings
    from asana_intel.storage.standing import Read

SPRINT_TABLES = ("sprint_proposal", "sprint_capacity", "sprint_outlook", "task_assignment")
_BAND = ("p10_hours", "p50_hours", "p90_hours")


def sprint_week(
    read: Read, read_week: Read, week_on: date, as_of: datetime, settings: Settings
) -> dict[str, pl.DataFrame]:
    """The week's rows of `SPRINT_TABLES`, by table, for each team with candidates and people.

    Args:
        read: Reads a table by key.
        read_week: Reads the week's rows of a weekly table by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Their sections `sprint` and `forecast`.
    """
    inputs = gather(read, read_week, as_of, settings)
    spare = settings.sprint.spare_share
    free_hours = (pl.col("available_hours") * (1 - spare) - pl.col("running_hours")).clip(lower_bound=0.0)
    people = inputs.people.with_columns(hours=free_hours)
    staffed = people.select("team_gids").explode("team_gids").unique()["team_gids"].drop_nulls()
    tasks = candidates(inputs, settings.sprint).filter(pl.col("team_gid").is_in(staffed.implode()))
    proposal = propose_sprint(tasks, people, open_links(inputs), as_of, settings.sprint)
    frames = {
        "sprint_proposal": proposal.tasks.with_columns(**_days(proposal)),
        "sprint_capacity": _capacity(proposal, inputs.people),
        "sprint_outlook": _outlook(proposal, inputs, as_of),
        "task_assignment": suggest_assignees(
            inputs.tasks, people, inputs.finished, inputs.calendar, as_of, settings.sprint
        ),
    }
    stamp = {"as_of_on": pl.lit(week_on), "as_of_at": pl.lit(as_of)}
    return {name: conform(CONTRACTS[f"insights/{name}"], frame.with_columns(**stamp)) for name, frame in frames.items()}


def _days(proposal: Proposal) -> dict[str, pl.Expr]:
    return {"starts_on": pl.lit(proposal.starts_on), "ends_on": pl.lit(proposal.ends_on)}


def _capacity(proposal: Proposal, people: pl.DataFrame) -> pl.DataFrame:
    """Hours of each team's people: what they have, what is running or pinned (in any team), what is proposed here."""
    chosen = proposal.tasks.filter("is_in")
    pinned = chosen.filter("is_pinned").group_by("person_gid").agg(pinned_hours=pl.col("hours").sum())
    own = chosen.filter(~pl.col("is_pinned")).group_by("team_gid", "person_gid")
    teams = proposal.tasks.select("team_gid").unique()
    return (
        people.explode("team_gids")
        .rename({"team_gids": "team_gid"})
        .join(teams, on="team_gid", how="semi")
        .join(pinned, on="person_gid", how="left")
        .join(own.agg(proposed_hours=pl.col("hours").sum()), on=["team_gid", "person_gid"], how="left")
        .with_columns(
            pl.col("proposed_hours").fill_null(0.0),
            committed_hours=pl.col("running_hours") + pl.col("pinned_hours").fill_null(0.0),
        )
        .sort("team_gid", "person_gid")
    )


def _outlook(proposal: Proposal, inputs: Inputs, as_of: datetime) -> pl.DataFrame:
    """Odds of each team that has something proposed."""
    bands = inputs.tasks.select("task_gid", *_BAND)
    columns = ("task_gid", "team_gid", "person_gid", "hours", "score")
    running = inputs.tasks.filter("is_running").with_columns(
        pl.lit(None, pl.String).alias("team_gid"), pl.col("score").fill_null(0.0)
    )
    work = pl.concat([proposal.tasks.filter("is_in").select(columns), running.select(columns)])
    work = work.join(bands, on="task_gid", how="left", maintain_order="left")
    hours = inputs.people.select("person_gid", hours="available_hours")
    odds = finish_odds(work, hours, inputs.links, as_of.date())
    return proposal.teams.join(odds, on="team_gid").with_columns(**_days(proposal)).sort("team_gid")
