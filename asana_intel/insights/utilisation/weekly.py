"""Both tables of a week's utilisation in the shape of their contracts; what is measured lies in the modules beside."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.clock import monday_of
from asana_intel.insights.utilisation.coming import TeamWeeks, coming_weeks, together
from asana_intel.insights.utilisation.cost import lost_contributions, odds_lost
from asana_intel.insights.utilisation.past import past_weeks
from asana_intel.insights.work import EVERYBODY
from asana_intel.storage.contracts import CONTRACTS, empty_frame
from asana_intel.workload.groups import circles_of, has_work_and_time, shown_weeks
from asana_intel.workload.load import OVERLOADS
from asana_intel.workload.working_time import with_own_hours

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from asana_intel.insights.work import Read
    from asana_intel.settings import ForecastSettings, Settings

    Circles = Collection[Collection[str]]

READS = (
    "marts/fct_person_load_weekly",
    "marts/dim_person",
    "staging/team_memberships",
    "staging/time_off",
    "staging/goals",
    "staging/custom_field_values",
)
WEEK_READS = (
    "forecasts/person_load",
    "forecasts/task_load",
    "forecasts/person_days",
    "forecasts/goal_attainment",
    "insights/task_goal_gain",
)
_UTILISATION, _COST = CONTRACTS["insights/team_utilisation"], CONTRACTS["insights/capacity_cost"]
_NOT_SHORT_HOURS = 0.5
_LIKELY = 0.5


def measure(
    read: Read, week: Mapping[str, pl.DataFrame], week_on: date, as_of: datetime, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """How full teams are, and what a shortage costs.

    Args:
        read: Reads a table by key.
        week: Rows of the tables of `WEEK_READS` of the week, by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Working weeks, and who manages whom.

    Returns:
        Contracts insights/team_utilisation and insights/capacity_cost. A person counts for one team, the first of
        theirs by name, as in marts/dim_person.
    """
    people, memberships = read("marts/dim_person"), read("staging/team_memberships")
    teams = people.select("person_gid", group="team_gid")
    circles = list(circles_of(people, settings.capacity.managers, memberships).values())
    load = week["forecasts/person_load"]
    drawn = coming_weeks(week["forecasts/task_load"], week["forecasts/person_days"], teams, load["week_on"].n_unique())
    own_hours = with_own_hours(settings.forecast, read("staging/custom_field_values"))
    coming = _coming(drawn, load, teams, circles)
    utilisation = pl.concat([_past(read, teams, circles, monday_of(as_of), own_hours), coming])
    stamp = {"as_of_on": pl.lit(week_on), "as_of_at": pl.lit(as_of)}
    told = _told_throughout(coming)
    cost = _cost(drawn, told, week, read("staging/goals"), teams, as_of, settings.forecast)
    return (
        utilisation.with_columns(**stamp).select(_UTILISATION.schema.names()).sort("team_gid", "week_on"),
        cost.with_columns(**stamp).select(_COST.schema.names()).sort("team_gid"),
    )


def _past(read: Read, teams: pl.DataFrame, circles: Circles, monday: date, settings: ForecastSettings) -> pl.DataFrame:
    """Rows of the whole weeks before."""
    weeks = past_weeks(
        read("marts/fct_person_load_weekly"), read("staging/team_memberships"), read("staging/time_off"),
        monday, settings,
    )  # fmt: skip
    over = pl.col("assigned_hours") > OVERLOADS[0] * pl.col("available_hours")
    counted = weeks.with_columns(over=over.cast(pl.Float64), counts=pl.col("available_hours") > 0)
    return _by_team(counted, teams, circles).with_columns(
        is_past=pl.lit(value=True),
        p10=pl.lit(None, pl.Float64),
        p90=pl.lit(None, pl.Float64),
        p_bottleneck=pl.lit(None, pl.Float64),
    ).pipe(_shaped)  # fmt: skip


def _coming(
    drawn: Mapping[str | None, TeamWeeks], load: pl.DataFrame, teams: pl.DataFrame, circles: Circles
) -> pl.DataFrame:
    """Rows of the horizon: sums over people, and the band of the sum."""
    people = load.select(
        "person_gid", "week_on", "available_hours", "assigned_hours", over="p_over_110", counts=has_work_and_time()
    )
    everybody = {} if not drawn else {None: together(list(drawn.values()))}
    known = {group: weeks for group, weeks in drawn.items() if group is not None}
    bands = [
        (group, monday, float(low), float(high), float(odds))
        for group, weeks in (known | everybody).items()
        for monday, low, high, odds in zip(weeks.mondays, *weeks.band(), weeks.p_bottleneck(), strict=True)
    ]
    names = {"team_gid": pl.String(), "week_on": pl.Date(), "p10": pl.Float64(), "p90": pl.Float64(),
             "p_bottleneck": pl.Float64()}  # fmt: skip
    return (
        _by_team(people, teams, circles)
        .join(pl.DataFrame(bands, schema=names, orient="row"), on=["team_gid", "week_on"], nulls_equal=True)
        .with_columns(is_past=pl.lit(value=False))
        .pipe(_shaped)
    )


def _by_team(people: pl.DataFrame, teams: pl.DataFrame, circles: Circles) -> pl.DataFrame:
    """Sums of person-weeks by team and week, of teams that may be shown, and of everybody.

    Of past weeks only people whose hours are known count in the hours. Where these are too few to be shown, or not even
    half, there is no figure.
    """
    is_known = pl.col("assigned_hours").is_not_null()
    placed = people.join(teams, on="person_gid", how="left").rename({"group": "team_gid"})
    sums = (
        pl.len().cast(pl.Int64).alias("people"),
        pl.col("available_hours").sort().sum(),
        pl.col("available_hours").filter(is_known).sort().sum().alias("known_hours"),
        pl.col("assigned_hours").sort().sum(),
        pl.col("over").sort().sum().alias("overloaded_people"),
        (~is_known).sum().cast(pl.Int64).alias("unknown_people"),
    )
    of_teams = placed.group_by("team_gid", "week_on").agg(*sums)
    of_all = placed.group_by("week_on").agg(*sums).with_columns(team_gid=pl.lit(None, pl.String))
    shown = shown_weeks(placed, circles)
    known = placed.with_columns(counts=pl.col("counts") & is_known)
    told = shown_weeks(known, circles).with_columns(is_told=True)
    both = pl.concat([of_teams.filter(pl.col("team_gid").is_not_null()), of_all.select(of_teams.columns)])
    figure = pl.when(pl.col("is_told").is_not_null() & (2 * pl.col("unknown_people") <= pl.col("people")))
    return (
        both.join(shown, on=["team_gid", "week_on"], how="semi", nulls_equal=True)
        .join(told, on=["team_gid", "week_on"], how="left", nulls_equal=True)
        .with_columns(
            figure.then("known_hours").otherwise("available_hours").alias("available_hours"),
            figure.then("assigned_hours").alias("assigned_hours"),
            figure.then("overloaded_people").alias("overloaded_people"),
        )
        .drop("is_told", "known_hours")
    )


def _shaped(rows: pl.DataFrame) -> pl.DataFrame:
    load = pl.when(pl.col("available_hours") > 0).then(pl.col("assigned_hours") / pl.col("available_hours"))
    return rows.with_columns(load_pct=load).select(_UTILISATION.schema.names()[2:])


def _told_throughout(coming: pl.DataFrame) -> pl.DataFrame:
    """team_gid, people: who is shown in every week; else a sum over the weeks would tell of the one that is not."""
    weeks = coming["week_on"].n_unique()
    return (
        coming.group_by("team_gid")
        .agg(pl.len().alias("shown"), pl.col("people").max())
        .filter(pl.col("shown") == weeks)
        .sort("team_gid", nulls_last=True)
        .select("team_gid", "people")
    )


def _cost(
    drawn: Mapping[str | None, TeamWeeks],
    told: pl.DataFrame,
    week: Mapping[str, pl.DataFrame],
    goals: pl.DataFrame,
    teams: pl.DataFrame,
    as_of: datetime,
    settings: ForecastSettings,
) -> pl.DataFrame:
    """Rows of capacity_cost: every team by itself, everybody as their sum, since one team's time is not another's."""
    if told.is_empty():
        return empty_frame(_COST)
    public = goals.filter(pl.col("privacy_setting") == EVERYBODY).select("goal_gid")
    may_be_told = week["forecasts/goal_attainment"].join(public, on="goal_gid", how="semi")
    tasks = week["forecasts/task_load"].join(teams, on="person_gid", how="left")
    lost = lost_contributions(drawn, tasks, week["insights/task_goal_gain"], may_be_told)
    hours = {group: _hours(weeks) for group, weeks in drawn.items()}
    full_time = _full_time(next(iter(drawn.values())).mondays, as_of, settings)
    rows = []
    for group, people in told.iter_rows():
        own = [hours[group]] if group is not None else list(hours.values())
        losses = odds_lost(lost if group is None else lost.filter(pl.col("group") == group), may_be_told)
        sums = {name: sum(each[name] for each in own) for name in own[0]}
        rows.append(
            sums
            | {
                "team_gid": group,
                "people": people,
                "goals_at_stake": losses.height,
                "goal_gids": losses["goal_gid"].to_list(),
                "odds_lost": float(losses["points"].sum()),
                "hiring_gap_fte": sums["short_hours"] / full_time if full_time else 0.0,
                "reason": _reason(sums, losses.height, drawn[group] if group is not None else None),
            }
        )
    return pl.DataFrame(rows, schema=dict(list(_COST.schema.items())[2:]))


def _hours(weeks: TeamWeeks) -> dict[str, float]:
    waiting = weeks.waiting()
    return {
        "available_hours": float(weeks.available.sum()),
        "assigned_hours": float(weeks.mean.sum()),
        "short_hours": float(waiting[-1].mean()),
        "late_hours": float(weeks.late(waiting).sum(axis=0).mean()),
    }


def _full_time(mondays: list[date], as_of: datetime, settings: ForecastSettings) -> float:
    """Hours of somebody full time over what is left of the horizon."""
    end = mondays[-1] + timedelta(weeks=1)
    days = [as_of.date() + timedelta(days=n) for n in range((end - as_of.date()).days)]
    return settings.default_weekly_hours * sum(day.isoweekday() in settings.working_days for day in days) / len(
        settings.working_days
    )  # fmt: skip


def _reason(hours: Mapping[str, float], goals: int, weeks: TeamWeeks | None) -> str:
    """Where it is short, in one sentence without names."""
    whole = f"{hours['assigned_hours']:.0f} h of tasks for {hours['available_hours']:.0f} h of time"
    if hours["late_hours"] < _NOT_SHORT_HOURS:
        return f"Not short: {whole}."
    odds = weeks.p_bottleneck().tolist() if weeks is not None else [0.0]
    worst = ""
    if weeks is not None and max(odds) >= _LIKELY:
        worst = f", worst in the week of {weeks.mondays[odds.index(max(odds))]:%-d %b %Y}"
    left = f", {hours['short_hours']:.0f} h not within the horizon" if hours["short_hours"] >= _NOT_SHORT_HOURS else ""
    stake = "" if not goals else f"; {goals} goal{'s lose' if goals > 1 else ' loses'} odds by it"
    return f"{whole}: {hours['late_hours']:.0f} h come late{left}{worst}{stake}."
