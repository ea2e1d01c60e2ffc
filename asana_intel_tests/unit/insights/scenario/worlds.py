"""Small worlds to ask what-ifs of, and random ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import strategies as st

from asana_intel.insights.portfolio.schedule import HOMES, LINKS
from asana_intel.insights.priority import Backlog
from asana_intel.insights.scenario import Base, Outcome
from asana_intel.insights.scenario.base import base_of
from asana_intel.insights.scenario.gathering import with_distributions
from asana_intel.settings import Settings
from asana_intel.workload.effort import FINISHED, learn_effort
from asana_intel.workload.kept import kept_days, kept_tasks, restored_time
from asana_intel.workload.load import OPEN_TASKS, Work, days_to_lay_out, forecast_load, plan_work
from asana_intel.workload.working_time import TEAM_PEOPLE, TIME_OFF, working_time

MONDAY = dt.date(2026, 3, 2)
NOW = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)
WEEKS = 8
PEOPLE = ("p", "q", "r", "s", "t", "u")
TEAMS = [("p", "A"), ("q", "A"), ("r", "A"), ("s", "A"), ("t", "A"), ("u", "B")]
SETTINGS = Settings()  # pyright: ignore[reportCallIssue]
Row = dict[str, Any]


def day(n: int) -> dt.date:
    """The day `n` days after today, a Monday."""
    return MONDAY + dt.timedelta(days=n)


def task(gid: str, **values: Any) -> Row:
    """An open task of person p in project P; ten hours, nothing else known."""
    about = {"task_gid": gid, "name": gid, "parent_gid": None, "person_gid": "p", "project_gid": "P"}
    dates = {"start_on": None, "due_on": None, "effort_hours": 10.0, "logged_hours": None, "created_on": None}
    return about | dates | values


def goal(gid: str, **values: Any) -> Row:
    """A goal half of whose outcomes reach the target, due in eight weeks."""
    numbers = {"p_attain": 0.5, "value_p10": 80.0, "value_p50": 100.0, "value_p90": 120.0, "initial_value": 0.0}
    ends = {"current_value": 40.0, "target_value": 100.0, "due_on": day(55), "is_public": True}
    return {"goal_gid": gid, "status": "assessed", "p_attain_change": 0.0} | numbers | ends | values


def world(
    rows: list[Row],
    *,
    links: list[tuple[str, str]] = (),  # pyright: ignore[reportArgumentType]
    goals: list[Row] | None = None,
    supports: dict[str, str] | None = None,
    skills: list[tuple[str, str]] | None = None,
    unit: float | None = None,
) -> Base:
    """The base of these tasks; `supports` says which goal each project supports."""
    laid = work(rows)
    tasks = pl.DataFrame(rows, schema=OPEN_TASKS | {"name": pl.String(), "parent_gid": pl.String()})
    hours = pl.col("effort_hours").fill_null(4.0)
    logged = pl.col("logged_hours").fill_null(0.0)
    effort = tasks.select(
        "task_gid", estimated_hours="effort_hours", p10_hours=hours / 2, p50_hours=hours, p90_hours=hours * 2,
        left_p50_hours=(hours - logged).clip(0.0), method=pl.lit("estimate"),
    )  # fmt: skip
    open_tasks = tasks.join(effort.select("task_gid", left_hours="left_p50_hours"), on="task_gid")
    backlog = Backlog(
        tasks.with_columns(team_gid=pl.lit("A"), is_public=pl.lit(value=True)),
        goals=pl.DataFrame(goals) if goals else pl.DataFrame(),
        supports=pl.DataFrame([
            {"goal_gid": gid, "project_gid": project, "task_gid": None, "unit_per_task": unit}
            for project, gid in (supports or {}).items()
        ]),
        links=pl.DataFrame([{"task_gid": a, "depends_on_gid": b} for a, b in links]),
        effort=effort,
        load=_two_weeks(forecast_load(laid)),
    )  # fmt: skip
    return base_of(
        NOW,
        tasks=with_distributions(open_tasks, kept_tasks(laid), effort),
        time=restored_time(kept_days(laid.time)),
        load=forecast_load(laid),
        links=pl.DataFrame([(a, b, None) for a, b in links], schema=LINKS, orient="row"),
        homes=tasks.select(*HOMES),
        backlog=backlog,
        teams=pl.DataFrame(TEAMS, schema=["person_gid", "team_gid"], orient="row"),
        skills=pl.DataFrame(skills or [], schema={"person_gid": pl.String, "skill": pl.String}, orient="row"),
        settings=SETTINGS,
    )


def work(rows: list[Row]) -> Work:
    """The assigned tasks, laid out as the forecast of load does."""
    tasks = pl.DataFrame([{name: row[name] for name in OPEN_TASKS} for row in rows], schema=OPEN_TASKS)
    time = working_time(
        pl.DataFrame({"person_gid": list(PEOPLE)}),
        pl.DataFrame(schema=TEAM_PEOPLE),
        pl.DataFrame([("q", day(8), day(11))], schema=TIME_OFF, orient="row"),
        SETTINGS.forecast,
        MONDAY,
        days_to_lay_out(tasks, MONDAY, WEEKS),
    )
    return plan_work(tasks, learn_effort(pl.DataFrame(schema=FINISHED), MONDAY), time, WEEKS)


def _two_weeks(load: pl.DataFrame) -> pl.DataFrame:
    hours = pl.col("available_hours", "assigned_hours").sum()
    people = load.filter(pl.col("week_on") < day(14)).group_by(owner_gid="person_gid").agg(hours)
    teams = pl.DataFrame(TEAMS, schema=["owner_gid", "team_gid"], orient="row").join(people, on="owner_gid")
    return pl.concat([people, teams.group_by(owner_gid="team_gid").agg(hours)])


def by(frame: pl.DataFrame, key: str) -> dict[str, Row]:
    """Rows by gid."""
    return {row[key]: row for row in frame.to_dicts()}


def week(outcome: Outcome, person: str, week_on: dt.date) -> Row:
    """One week of a person in an outcome."""
    (row,) = outcome.person_weeks.filter(pl.col("person_gid") == person, pl.col("week_on") == week_on).to_dicts()
    return row


@st.composite
def random_worlds(draw: st.DrawFn) -> Base:
    """Up to nine tasks of five people and nobody, in three projects, two of which serve a goal; links and parents."""
    count = draw(st.integers(1, 9))
    gids = [f"t{n}" for n in range(count)]
    rows = [
        task(
            gid,
            person_gid=draw(st.sampled_from([*PEOPLE[:5], None])),
            project_gid=draw(st.sampled_from("PQR")),
            parent_gid=draw(st.sampled_from([None, None, *gids[:n]])),
            start_on=draw(st.none() | st.integers(1, 40).map(day)),
            due_on=draw(st.none() | st.integers(-20, 60).map(day)),
            effort_hours=draw(st.sampled_from([None, 1.0, 8.0, 30.0])),
            logged_hours=draw(st.sampled_from([None, None, 3.0])),
        )
        for n, gid in enumerate(gids)
    ]
    pairs = st.tuples(st.sampled_from(gids), st.sampled_from(gids)).filter(lambda pair: pair[0] != pair[1])
    links = draw(st.lists(pairs, max_size=5, unique=True))
    return world(rows, links=links, goals=[goal("g1"), goal("g2", due_on=day(20))], supports={"P": "g1", "Q": "g2"})
