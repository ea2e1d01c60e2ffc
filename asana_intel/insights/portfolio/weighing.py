"""Initiatives weighed against a week's tables: score, load by team, slip of projects, odds of goals; nothing is stored.

Tasks are scored by the rubric of open tasks, and the initiative gets value and risk as a project does. If it must end
by the wanted day, tasks of others are put off (`initiative`): a goal loses at most what these would have brought it
this sprint, and gains what the initiative adds to its metric, if all of it can end in time for the goal.

Nothing here is about one person: hours are told by team, and of teams of five people or more only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio import initiative as against_load
from asana_intel.insights.portfolio.initiative import Scenario, score_initiative
from asana_intel.insights.portfolio.priority import prioritise
from asana_intel.insights.priority import Backlog, score_tasks
from asana_intel.insights.priority.odds import odds_after
from asana_intel.insights.sprint import inputs as sprint_inputs
from asana_intel.insights.work import EVERYBODY
from asana_intel.insights.work import READS as WORK_READS
from asana_intel.settings import MIN_GROUP
from asana_intel.storage.contracts import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from asana_intel.insights.portfolio.initiative import Initiative
    from asana_intel.insights.portfolio.initiative_file import Ask, Asked
    from asana_intel.insights.work import Read
    from asana_intel.settings import Settings

TABLE = "insights/initiative_outlook"
READS = (*WORK_READS, *sprint_inputs.READS, "staging/goals", "staging/teams")
WEEK_READS = (*sprint_inputs.WEEK_READS, "forecasts/goal_attainment", "insights/task_goal_gain")
SCENARIOS = (
    Scenario("now"),
    Scenario("after_sprint", is_after_sprint=True),
    Scenario("in_4_weeks", later_weeks=4),
    Scenario("in_8_weeks", later_weeks=8),
    Scenario("half_time", free_share=0.5),
    Scenario("one_more", has_one_more=True),
)
_WORKING_DAYS = 5
_SCORED_WEEKS = 2
_TEAMS: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "team_gid": pl.String(),
    "week_on": pl.Date(),
    "hours": pl.Float64(),
    "load_before": pl.Float64(),
    "load_after": pl.Float64(),
}
_GOALS: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "goal_gid": pl.String(),
    "odds_before": pl.Float64(),
    "odds_after": pl.Float64(),
    "reason": pl.String(),
}


@dataclass(frozen=True)
class Ground:
    """What a week knows; see `gather`.

    Attributes:
        work: As the sprint proposals see it: people, open tasks, finished tasks.
        load: forecasts/person_load of the week.
        goals: forecasts/goal_attainment of the week, with name and is_public.
        gains: insights/task_goal_gain of the week.
        teams: team_gid, name.
    """

    work: sprint_inputs.Inputs
    load: pl.DataFrame
    goals: pl.DataFrame
    gains: pl.DataFrame
    teams: pl.DataFrame


@dataclass(frozen=True)
class Weighed:
    """What an initiative would do.

    Attributes:
        outlook: A row a scenario: columns of insights/initiative_outlook.
        teams: scenario, team_gid, week_on, hours (of it), load_before, load_after (of the hours available, 1 = all), if
            it has to be in time; teams of five people or more.
        projects: scenario, project_gid, tasks and hours put off then, wait_days (working days they wait at least).
        goals: scenario, goal_gid, odds_before, odds_after (null: not known), reason (why not; null = known).
    """

    outlook: pl.DataFrame
    teams: pl.DataFrame
    projects: pl.DataFrame
    goals: pl.DataFrame


def gather(read: Read, read_week: Read, as_of: datetime, settings: Settings) -> Ground:
    """Gather what initiatives of a week are weighed against.

    Args:
        read: Reads a table by key.
        read_week: Reads the week's rows of a weekly table by key.
        as_of: Nothing later is used.
        settings: Their sections `sprint` and `forecast`.
    """
    is_public = (pl.col("privacy_setting") == EVERYBODY).fill_null(value=False)
    names = read("staging/goals").select("goal_gid", "name", is_public=is_public)
    return Ground(
        sprint_inputs.gather(read, read_week, as_of, settings),
        read_week("forecasts/person_load"),
        read_week("forecasts/goal_attainment").join(names, on="goal_gid", how="left").sort("goal_gid"),
        read_week("insights/task_goal_gain"),
        read("staging/teams").select("team_gid", "name"),
    )


def weigh(asked: Asked, ground: Ground, as_of: datetime, settings: Settings) -> Weighed:
    """Weigh one initiative.

    Raises:
        PermanentError: A person, team or goal is not known or several are called so, nobody's load is known, or tasks
            wait for each other in a circle.
    """
    if ground.load.is_empty():
        raise PermanentError("Nobody's load is known in this week", fix="run `asana-intel forecast`")
    people, members = _people(asked, ground)
    able = {
        label: found for label, found in ((_label(ask), _able(ask, people, members)) for ask in asked.asks) if label
    }
    result = score_initiative(
        _asks(asked, people),
        pl.DataFrame(
            [(gid, label) for label, gids in able.items() for gid in gids], schema=against_load.SKILLS, orient="row"
        ),
        ground.load,
        ground.work.tasks.select("task_gid", "person_gid", "score", left_hours="hours"),
        as_of,
        start_on=asked.start_on or min(as_of.date(), asked.due_on),
        due_on=asked.due_on,
        sprint_ends_on=ground.work.starts_on - timedelta(days=1),
        links=pl.DataFrame(
            [(ask.task, before) for ask in asked.asks for before in ask.depends_on],
            schema=against_load.LINKS,
            orient="row",
        ),
        ratios=_ratios(ground.work.finished),
        scenarios=SCENARIOS,
    )
    goals = _goals(asked, ground, result)
    return Weighed(
        _outlook(asked, ground, result, goals, as_of, settings),
        _by_team(result, members),
        _by_project(result, ground),
        goals,
    )


def outlooks(
    read: Read, read_week: Read, asked: Sequence[Asked], week_on: date, as_of: datetime, settings: Settings
) -> pl.DataFrame:
    """All initiatives of a week (contract insights/initiative_outlook); none before anybody's load is known.

    Raises:
        PermanentError: As `weigh`.
    """
    contract = CONTRACTS[TABLE]
    if not asked or read_week("forecasts/person_load").is_empty():
        return pl.DataFrame(schema=contract.schema)
    ground = gather(read, read_week, as_of, settings)
    rows = pl.concat(weigh(one, ground, as_of, settings).outlook for one in asked)
    named = rows.with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of))
    return named.select(contract.schema.names())


# Who


def _people(asked: Asked, ground: Ground) -> tuple[pl.DataFrame, pl.DataFrame]:
    """person_gid, name, skills of everybody with hours; and person_gid, team_gid."""
    people = ground.work.people.select("person_gid", name=pl.coalesce("name", "person_gid"), skills="skills")
    members = ground.work.people.select("person_gid", team_gid="team_gids").explode("team_gid").drop_nulls()
    for ask in asked.asks:
        _gid(ask.person, people.select("person_gid", "name"), "person", asked, ask)
    named = {ask.team: _gid(ask.team, ground.teams, "team", asked, ask) for ask in asked.asks if ask.team}
    called = pl.DataFrame(list(named.items()), schema={"called": pl.String, "team_gid": pl.String}, orient="row")
    return people, members.join(called, on="team_gid", how="left").sort("team_gid", "person_gid", "called")


def _gid(called: str, known: pl.DataFrame, what: str, asked: Asked, ask: Ask) -> str:
    """The gid of what is called so, or has this gid; '' for ''."""
    gid = known.columns[0]
    is_meant = (pl.col(gid) == called) | (pl.col("name").str.strip_chars().str.to_lowercase() == called.lower())
    found = known.filter(is_meant)[gid].unique().sort() if called else [""]
    if len(found) == 1:
        return found[0]
    said = f"{asked.name}, task {ask.task!r}, column '{what}': {called!r}"
    if len(found):
        raise PermanentError(f"{said} is the name of several", fix=f"give the gid: {', '.join(found)}")
    more = " of somebody in a team, whose load is known" if what == "person" else ""
    raise PermanentError(f"{said} is not known", fix=f"give the name, or the gid,{more or f' of a {what}'}")


def _label(ask: Ask) -> str | None:
    """What who does a task must be able to, in words; None = anybody may do it."""
    team = f"of team {ask.team}" if ask.team else ""
    return " ".join(part for part in (ask.skill, team) if part) or None


def _able(ask: Ask, people: pl.DataFrame, members: pl.DataFrame) -> list[str]:
    """Who has the skill and is in the team."""
    found = people
    if ask.skill:
        has = pl.col("skills").list.eval(pl.element().str.to_lowercase()).list.contains(ask.skill.lower())
        found = found.filter(has.fill_null(value=False))
    if ask.team:
        found = found.join(members.filter(pl.col("called") == ask.team), on="person_gid", how="semi")
    return found["person_gid"].unique().sort().to_list()


def _asks(asked: Asked, people: pl.DataFrame) -> pl.DataFrame:
    known = people.select("person_gid", "name")
    rows = [
        (ask.task, ask.hours, _label(ask), _gid(ask.person, known, "person", asked, ask) or None) for ask in asked.asks
    ]
    return pl.DataFrame(rows, schema=against_load.ASKS, orient="row")


def _ratios(finished: pl.DataFrame) -> list[float]:
    """Actual over estimated hours of what was finished."""
    both = finished.filter(pl.col("effort_hours") > 0, pl.col("actual_hours") > 0)
    return (both["actual_hours"] / both["effort_hours"]).sort().to_list()


# What it does


def _by_team(result: Initiative, members: pl.DataFrame) -> pl.DataFrame:
    """`Weighed.teams`."""
    of_teams = members.select("person_gid", "team_gid").unique().filter(
        pl.col("person_gid").n_unique().over("team_gid") >= MIN_GROUP
    )  # fmt: skip
    weeks = (
        result.laid.join(of_teams, on="person_gid")
        .group_by("scenario", "team_gid", "week_on")
        .agg(pl.col("hours", "available_hours", "assigned_hours").sum())
        .filter(pl.col("hours") > 0, pl.col("available_hours") > 0)
    )
    before, hours = pl.col("assigned_hours"), pl.col("available_hours")
    return weeks.select(
        "scenario", "team_gid", "week_on", "hours",
        load_before=before / hours, load_after=(before + pl.col("hours")) / hours,
    ).cast(pl.Schema(_TEAMS)).sort("scenario", "team_gid", "week_on")  # fmt: skip


def _by_project(result: Initiative, ground: Ground) -> pl.DataFrame:
    """`Weighed.projects`: a task waits as long as the hours of its person that are put off last."""
    daily = ground.load.group_by("person_gid").agg(daily=pl.col("available_hours").mean() / _WORKING_DAYS)
    projects = ground.work.tasks.select("task_gid", "project_gid")
    return (
        result.displaced.with_columns(person_hours=pl.col("left_hours").sum().over("scenario", "person_gid"))
        .join(daily, on="person_gid")
        .join(projects, on="task_gid")
        .filter(pl.col("project_gid").is_not_null(), pl.col("daily") > 0)
        .group_by("scenario", "project_gid")
        .agg(
            tasks=pl.len().cast(pl.Int64),
            hours=pl.col("left_hours").sum(),
            wait_days=(pl.col("person_hours") / pl.col("daily")).max().ceil().cast(pl.Int64),
        )
        .sort("scenario", "project_gid")
    )


def _goals(asked: Asked, ground: Ground, result: Initiative) -> pl.DataFrame:
    """`Weighed.goals`: goals it serves, and goals whose tasks are put off."""
    known = ground.goals.select("goal_gid", "name")
    added: dict[str, float] = {}
    for ask in asked.asks:
        if ask.goal:
            gid = _gid(ask.goal, known, "goal", asked, ask)
            added[gid] = added.get(gid, 0.0) + (ask.contribution or 0.0)
    lost = (
        result.displaced.select("scenario", "task_gid")
        .join(ground.gains.select("task_gid", "goal_gid", "gain"), on="task_gid")
        .group_by("scenario", "goal_gid")
        .agg(pl.col("gain").sum())
    )
    losses = {(scenario, gid): gain for scenario, gid, gain in lost.iter_rows()}
    touched = sorted({*added, *(gid for (_, gid), gain in losses.items() if gain > 0)})
    goals = {row["goal_gid"]: row for row in ground.goals.to_dicts()}
    rows = []
    for outcome in result.outcomes.to_dicts():
        for gid in touched:
            goal, loss = goals[gid], losses.get((outcome["scenario"], gid), 0.0)
            if gid not in added and not loss:
                continue
            odds, why = _odds(goal, added.get(gid), outcome["finish_on"], loss)
            rows.append((outcome["scenario"], gid, goal["p_attain"], odds, why))
    return pl.DataFrame(rows, schema=_GOALS, orient="row")


def _odds(
    goal: dict[str, Any], added: float | None, finish_on: date | None, loss: float
) -> tuple[float | None, str | None]:
    """Odds of a goal with the initiative, or why they are not known."""
    before, target = goal["p_attain"], goal["target_value"]
    if before is None or target is None:
        return None, "The goal has no odds."
    if added == 0.0:
        return None, "The file does not say what it adds to the goal's metric."
    is_in_time = finish_on is not None and (goal["due_on"] is None or finish_on <= goal["due_on"])
    after = before
    if added and is_in_time:
        import numpy as np

        after = float(odds_after(pl.DataFrame([goal]), np.array([added]))[0])
    late = "It could not end before the goal is due, and adds nothing to it." if added and not is_in_time else None
    return min(max(after - loss, 0.0), 1.0), late


def _outlook(
    asked: Asked, ground: Ground, result: Initiative, goals: pl.DataFrame, as_of: datetime, settings: Settings
) -> pl.DataFrame:
    """`Weighed.outlook`."""
    scores = _scores(asked, ground, as_of, settings)
    served = {_gid(ask.goal, ground.goals.select("goal_gid", "name"), "goal", asked, ask) for ask in asked.asks}
    lowest = ground.goals.filter(pl.col("goal_gid").is_in(served), pl.col("p_attain").is_not_null())
    lowest = lowest.sort("p_attain", "goal_gid").head(1).to_dicts()
    goal_gid = lowest[0]["goal_gid"] if lowest else None
    now = result.outcomes["finish_on"][0]
    key = {"object_type": "project", "object_gid": asked.name}
    placed = prioritise(
        pl.DataFrame(
            [key | {"team_gid": None, "due_on": asked.due_on, "odds": lowest[0]["p_attain"] if lowest else None,
                    "odds_of": lowest[0]["name"] if lowest and lowest[0]["is_public"] else None,
                    "budget": None, "budget_used": None, "done_share": None}]
        ),
        pl.DataFrame([key | {"task_gid": task} for task in scores["task_gid"]]),
        scores.select("task_gid", "score", "left_hours", early_finish_on=pl.lit(now, pl.Date), due_on="due_on"),
        as_of,
        risk_weight=settings.portfolio.risk_weight,
        working_days=settings.forecast.working_days,
    ).row(0, named=True)  # fmt: skip
    put_off = result.displaced.group_by("scenario").agg(
        displaced_tasks=pl.len().cast(pl.Int64), displaced_hours=pl.col("left_hours").sum()
    )
    odds = goals.filter(pl.col("goal_gid") == (goal_gid or "")).drop("reason", "goal_gid")
    return (
        result.outcomes.join(put_off, on="scenario", how="left", maintain_order="left")
        .join(odds, on="scenario", how="left", maintain_order="left")
        .with_columns(
            pl.col("displaced_tasks").fill_null(0),
            pl.col("displaced_hours").fill_null(0.0),
            initiative=pl.lit(asked.name),
            position=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
            due_on=pl.lit(asked.due_on),
            hours=pl.lit(sum(ask.hours for ask in asked.asks)),
            score=pl.lit(placed["score"]),
            value=pl.lit(placed["value"]),
            risk=pl.lit(placed["risk"]),
            why=pl.lit(placed["reason"]),
            goal_gid=pl.lit(goal_gid, pl.String),
        )
    )


def _scores(asked: Asked, ground: Ground, as_of: datetime, settings: Settings) -> pl.DataFrame:
    """The tasks as if they were open ones: rows of insights/task_priority; a task's gid is its place in the file."""
    known, people = ground.goals.select("goal_gid", "name"), ground.work.people.select("person_gid", "name")
    gids = {ask.task: str(place) for place, ask in enumerate(asked.asks)}
    work = [
        {"task_gid": gids[ask.task], "name": ask.task, "due_on": asked.due_on, "left_hours": ask.hours,
         "person_gid": _gid(ask.person, people, "person", asked, ask) or None,
         "team_gid": _gid(ask.team, ground.teams, "team", asked, ask) or None, "is_public": True}
        for ask in asked.asks
    ]  # fmt: skip
    supports = [
        {"goal_gid": _gid(ask.goal, known, "goal", asked, ask), "project_gid": None, "task_gid": gids[ask.task],
         "unit_per_task": ask.contribution}
        for ask in asked.asks
        if ask.contribution
    ]  # fmt: skip
    links = [{"task_gid": gids[ask.task], "depends_on_gid": gids[t], "done_at": None}
             for ask in asked.asks for t in ask.depends_on]  # fmt: skip
    until = monday_of(as_of) + _SCORED_WEEKS * WEEK
    soon = ground.load.filter(pl.col("week_on") < until).group_by("person_gid").agg(
        pl.col("available_hours", "assigned_hours").sum()
    )  # fmt: skip
    teams = ground.work.people.select("person_gid", owner_gid="team_gids").explode("owner_gid").drop_nulls()
    of_teams = teams.join(soon, on="person_gid").group_by("owner_gid").agg(
        pl.col("available_hours", "assigned_hours").sum()
    )  # fmt: skip
    backlog = Backlog(
        work=pl.DataFrame(work),
        goals=ground.goals,
        supports=pl.DataFrame(supports),
        links=pl.DataFrame(links),
        load=pl.concat([soon.rename({"person_gid": "owner_gid"}), of_teams]),
    )
    rubric = settings.priority.model_copy(update={"scope": []})
    return score_tasks(backlog, pl.DataFrame(), rubric, as_of).sort("task_gid")
