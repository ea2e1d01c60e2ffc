"""Fact sheets of the week's reports, one per portfolio and one for the workspace: goals, work and load counted up.

Nothing of private goals and projects enters. Goals, odds, paces and loads are those of the week's forecasts; open work
has no past, so that it is told of only where the narrated week is the week of the last sync.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from statistics import fmean

import polars as pl

from asana_intel.clock import end_of_week
from asana_intel.narratives.audience import own_projects, public_goals, public_projects
from asana_intel.narratives.facts import MOST_SOURCES, Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.sheets.finished import BEFORE_WEEKS, before, finished_tasks, of_weeks
from asana_intel.narratives.sheets.portfolio_capacity import Capacity
from asana_intel.narratives.sheets.portfolio_parts import WORKSPACE, Part, parts_with_content
from asana_intel.narratives.wording import day, percent, plural, short_name

ON_TRACK_FROM, AT_RISK_FROM = 0.70, 0.35
"""Odds from which a goal is on track or at risk: those of its own narrative and of the report."""
EVEN = 0.5
"""Odds below which a goal is likelier missed than reached; green is then no honest status. Also what makes an overload
likely."""
FEWEST_POINTS = 5
"""Smallest move of the odds that is told: forecasts move by a few points a week by chance."""
SLOWED_BY, SLOWED_FROM = 0.25, 1.0
"""A project slowed down if it lost a quarter of at least one task a week; less is noise of small counts."""

PORTFOLIO = FactKind("portfolio", Unit.entity, "the portfolio, or the whole workspace")
GOALS = FactKind("goals", Unit.tally, "open goals that have odds")
UNASSESSED = FactKind("unassessed", Unit.tally, "open goals without odds")
ON_TRACK = FactKind("on_track", Unit.tally, "goals on track")
AT_RISK = FactKind("at_risk", Unit.tally, "goals at risk")
OFF_TRACK = FactKind("off_track", Unit.tally, "goals off track")
ON_TRACK_BEFORE = FactKind("on_track_before", Unit.tally, "goals on track last week")
AT_RISK_BEFORE = FactKind("at_risk_before", Unit.tally, "goals at risk last week")
OFF_TRACK_BEFORE = FactKind("off_track_before", Unit.tally, "goals off track last week")
RISER = FactKind("riser", Unit.entity, "the goal whose odds rose most since last week")
RISER_CHANGE = FactKind("riser_change", Unit.points, "how far its odds rose")
RISER_ODDS = FactKind("riser_odds", Unit.probability, "its odds now")
FALLER = FactKind("faller", Unit.entity, "the goal whose odds fell most since last week")
FALLER_CHANGE = FactKind("faller_change", Unit.points, "how far its odds fell")
FALLER_ODDS = FactKind("faller_odds", Unit.probability, "its odds now")
FALLER_CAUSE = FactKind("faller_cause", Unit.text, "what explains most of the fall")
PROJECTS = FactKind("projects", Unit.tally, "projects that finished tasks in the last half year")
DONE_LAST_WEEK = FactKind("done_last_week", Unit.tally, "tasks these projects finished last week")
USUAL_WEEK = FactKind("usual_week", Unit.rate, "tasks a week they usually finish")
LIKELY = FactKind("likely", Unit.tally, "goals likelier reached than missed")
MEAN_ODDS = FactKind("mean_odds", Unit.probability, "mean of the odds: the share of goals to be reached")
UNLIKELY = FactKind("unlikely", Unit.tally, "goals below even odds")
GREEN_UNLIKELY = FactKind("green_unlikely", Unit.tally, "goals below even odds that their owners report green")
LOWEST_GOAL = FactKind("lowest_goal", Unit.entity, "a goal with the lowest odds")
LOWEST_ODDS = FactKind("lowest_odds", Unit.probability, "the odds of that goal")
LOWEST_LEVER = FactKind("lowest_lever", Unit.points, "most that time, pace or a lower target adds to the lowest odds")
STALLED = FactKind("stalled", Unit.tally, "goals without progress for unusually long")
SLOW_PROJECT = FactKind("slow_project", Unit.entity, "the project furthest below its usual pace")
SLOW_RECENT = FactKind("slow_recent", Unit.rate, "tasks a week it finished over the last four weeks")
SLOW_USUAL = FactKind("slow_usual", Unit.rate, "tasks a week it usually finishes")
PACE_GAP = FactKind("pace_gap", Unit.rate, "tasks a week it lacks")
SLOWED_TOO = FactKind("slowed_too", Unit.tally, "other projects that slowed down")
OVERDUE = FactKind("overdue", Unit.tally, "open tasks past their due day")
OVERDUE_PROJECT = FactKind("overdue_project", Unit.entity, "the project with most of them")
OVERDUE_THERE = FactKind("overdue_there", Unit.tally, "open tasks past their due day in that project")
BLOCKED = FactKind("blocked", Unit.tally, "open tasks that wait for other open tasks")
BLOCKED_PROJECT = FactKind("blocked_project", Unit.entity, "the project with most of them")
BLOCKED_THERE = FactKind("blocked_there", Unit.tally, "tasks that wait in that project")
OVERLOAD_TEAM = FactKind("overload_team", Unit.entity, "the team with most overload ahead")
OVERLOAD_WEEKS = FactKind("overload_weeks", Unit.tally, "coming weeks of its people that are likely overloaded")
PERSON_WEEKS = FactKind("person_weeks", Unit.tally, "coming weeks of its people in all")
OVERLOAD_FROM = FactKind("overload_from", Unit.day, "first week that is likely overloaded for somebody of the team")
LEVER_GOAL = FactKind("lever_goal", Unit.entity, "the goal not on track that one decision would help most")
LEVER = FactKind("lever", Unit.text, "that decision")
LEVER_POINTS = FactKind("lever_points", Unit.points, "what it would add to the odds")
GREEN_GOAL = FactKind("green_goal", Unit.entity, "the goal with the lowest odds that its owner reports green")
GREEN_ODDS = FactKind("green_odds", Unit.probability, "its odds")

_CAUSES = {
    "time": "as time ran on",
    "progress": "as progress fell short",
    "definition": "as its target or dates were changed",
}
_LEVERS = {"due_later": "two more weeks", "pace_up": "a fifth more pace", "target_lower": "a target a tenth lower"}
_WHOLE = {
    "portfolios": "staging/portfolios",
    "items": "staging/portfolio_items",
    "staged_goals": "staging/goals",
    "staged_projects": "staging/projects",
    "task_projects": "staging/task_projects",
    "tasks": "staging/tasks",
    "blocking": "marts/fct_task_blocking",
    "cycle_times": "marts/fct_task_cycle_times",
    "progress": "marts/fct_goal_progress_weekly",
    "bridge": "marts/bridge_goal_project",
    "people": "marts/dim_person",
}
_OF_WEEK = {
    "attainment": "forecasts/goal_attainment",
    "drivers": "forecasts/goal_drivers",
    "anomalies": "forecasts/goal_anomalies",
    "pace": "forecasts/project_pace",
    "load": "forecasts/person_load",
    "utilisation": "insights/team_utilisation",
    "cost": "insights/capacity_cost",
}
READS = (*_WHOLE.values(), *_OF_WEEK.values())


@dataclass(frozen=True)
class PortfolioInputs:
    """Frames the sheets are built from; each is a table of the contract named.

    Args:
        portfolios: staging/portfolios.
        items: staging/portfolio_items.
        staged_goals: staging/goals.
        staged_projects: staging/projects.
        task_projects: staging/task_projects.
        tasks: staging/tasks.
        blocking: marts/fct_task_blocking.
        cycle_times: marts/fct_task_cycle_times.
        progress: marts/fct_goal_progress_weekly.
        bridge: marts/bridge_goal_project.
        people: marts/dim_person.
        attainment: forecasts/goal_attainment, the week.
        attainment_before: forecasts/goal_attainment, the week before.
        drivers: forecasts/goal_drivers, the week.
        anomalies: forecasts/goal_anomalies, the week.
        pace: forecasts/project_pace, the week.
        load: forecasts/person_load, the week.
        utilisation: insights/team_utilisation, the week.
        cost: insights/capacity_cost, the week.
    """

    portfolios: pl.DataFrame
    items: pl.DataFrame
    staged_goals: pl.DataFrame
    staged_projects: pl.DataFrame
    task_projects: pl.DataFrame
    tasks: pl.DataFrame
    blocking: pl.DataFrame
    cycle_times: pl.DataFrame
    progress: pl.DataFrame
    bridge: pl.DataFrame
    people: pl.DataFrame
    attainment: pl.DataFrame
    attainment_before: pl.DataFrame
    drivers: pl.DataFrame
    anomalies: pl.DataFrame
    pace: pl.DataFrame
    load: pl.DataFrame
    utilisation: pl.DataFrame
    cost: pl.DataFrame


def sheets_of_week(read: Callable[..., pl.DataFrame], week_on: date, as_of: datetime) -> list[FactSheet]:
    """The sheets of the week; see `build_portfolio_sheets`."""
    frames = {name: read(key) for name, key in _WHOLE.items()}
    frames |= {name: read(key, partition=week_on) for name, key in _OF_WEEK.items()}
    frames["attainment_before"] = read(_OF_WEEK["attainment"], partition=week_on - timedelta(weeks=1))
    return build_portfolio_sheets(PortfolioInputs(**frames), week_on, as_of)


def build_portfolio_sheets(inputs: PortfolioInputs, week_on: date, as_of: datetime) -> list[FactSheet]:
    """One sheet per portfolio with public goals or projects, ordered by gid, and one for the whole workspace.

    Args:
        inputs: Frames.
        week_on: Week, a Monday.
        as_of: Last instant the sheets know anything of; before the week's end it is that of the last sync.
    """
    week = _week(inputs, week_on, as_of)
    goals = frozenset(week.goals["goal_gid"])
    return [
        FactSheet(Kind.portfolio_report, {"portfolio_gid": part.gid}, list(_facts(_only(week, part), part)))
        for part in parts_with_content(inputs.portfolios, inputs.items, inputs.bridge, inputs.staged_projects, goals)
    ]


@dataclass(frozen=True)
class _Week:
    """What is known of the week, of public goals and projects only."""

    week_on: date
    goals: pl.DataFrame  # goal_gid, name, p_attain, p_attain_change, reported, lever, lever_points, fell_by, is_stalled
    goals_before: pl.DataFrame  # goal_gid, p_attain
    projects: pl.DataFrame  # project_gid, name, team_gid, recent, usual
    finished: pl.DataFrame  # project_gid, task_gid, done_on
    open_work: pl.DataFrame  # project_gid, name, task_gid, is_overdue, is_blocked; empty for past weeks
    load: pl.DataFrame  # team_gid, team_name, person_gid, week_on, p_overload; of teams that may be told of
    capacity: Capacity


def _week(inputs: PortfolioInputs, week_on: date, as_of: datetime) -> _Week:
    told_of = public_projects(inputs.staged_projects) - own_projects(inputs.tasks, inputs.task_projects)
    projects = inputs.staged_projects.filter(pl.col("project_gid").is_in(list(told_of))).select(
        "project_gid", "name", "team_gid"
    )
    capacity = Capacity(
        inputs.utilisation, inputs.cost, dict(inputs.people.select("team_gid", "team_name").iter_rows())
    )
    return _Week(
        week_on=week_on,
        goals=_goals(inputs, as_of),
        goals_before=inputs.attainment_before.select("goal_gid", "p_attain"),
        projects=projects.join(inputs.pace, on="project_gid").select(
            "project_gid", "name", "team_gid", "recent", "usual"
        ),
        finished=finished_tasks(inputs.cycle_times, inputs.task_projects, projects["project_gid"]),
        open_work=_open_work(inputs, projects, as_of).filter(pl.lit(as_of < end_of_week(week_on))),
        load=inputs.load.join(inputs.people.select("person_gid", "team_gid", "team_name"), on="person_gid")
        .filter(pl.col("week_on") >= week_on)
        .join(capacity.shown_teams(), on="team_gid", how="semi")
        .select("team_gid", "team_name", "person_gid", "week_on", "p_overload"),
        capacity=capacity,
    )


def _goals(inputs: PortfolioInputs, as_of: datetime) -> pl.DataFrame:
    """The week's public goals, the lowest odds first; the status reported is the last one known at `as_of`."""
    names = inputs.staged_goals.filter(pl.col("goal_gid").is_in(list(public_goals(inputs.staged_goals))))
    reported = (
        inputs.progress.filter(pl.col("snapshot_at") <= as_of)
        .sort("snapshot_at")
        .group_by("goal_gid")
        .agg(reported=pl.col("status").last())
    )
    levers = (
        inputs.drivers.filter(pl.col("role") == "lever", pl.col("driver").is_in(list(_LEVERS)))
        .sort("goal_gid", "points", "driver", descending=[False, True, False])
        .group_by("goal_gid", maintain_order=True)
        .agg(lever=pl.col("driver").first(), lever_points=pl.col("points").first())
    )
    causes = (
        inputs.drivers.filter(pl.col("role") == "moved")
        # Most of the fall, so that the other parts together cannot outweigh it.
        .filter(pl.col("points") <= pl.col("points").sum().over("goal_gid") / 2, pl.col("points") < 0)
        .sort("goal_gid", "points", "driver")
        .group_by("goal_gid", maintain_order=True)
        .agg(fell_by=pl.col("driver").first())
    )
    stalled = inputs.anomalies.filter(pl.col("anomaly") == "stalled").select("goal_gid", is_stalled=pl.lit(value=True))
    return (
        inputs.attainment.select("goal_gid", "p_attain", "p_attain_change")
        .join(names.select("goal_gid", "name"), on="goal_gid")
        .join(reported, on="goal_gid", how="left")
        .join(levers, on="goal_gid", how="left")
        .join(causes, on="goal_gid", how="left")
        .join(stalled, on="goal_gid", how="left")
        .sort("p_attain", "goal_gid")
    )


def _open_work(inputs: PortfolioInputs, projects: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    return (
        inputs.tasks.filter(~pl.col("is_completed"))
        .join(inputs.task_projects.select("task_gid", "project_gid"), on="task_gid")
        .join(projects.select("project_gid", "name"), on="project_gid", suffix="_project")
        .join(inputs.blocking.select("task_gid", "is_blocked"), on="task_gid", how="left")
        .sort("due_on", "task_gid", nulls_last=True)
        .select(
            "project_gid",
            "task_gid",
            name="name_project",
            is_overdue=(pl.col("due_on") < as_of.date()).fill_null(value=False),
            is_blocked=pl.col("is_blocked").fill_null(value=False),
        )
    )


def _only(week: _Week, part: Part) -> _Week:
    def of(frame: pl.DataFrame, column: str, gids: Collection[str]) -> pl.DataFrame:
        return frame.filter(pl.col(column).is_in(list(gids)))

    return _Week(
        week.week_on,
        of(week.goals, "goal_gid", part.goal_gids),
        of(week.goals_before, "goal_gid", part.goal_gids),
        of(week.projects, "project_gid", part.project_gids),
        of(week.finished, "project_gid", part.project_gids),
        of(week.open_work, "project_gid", part.project_gids),
        week.load if part.gid == WORKSPACE else of(week.load, "team_gid", part.team_gids),
        week.capacity,
    )


def _facts(week: _Week, part: Part) -> Iterator[Fact]:
    name = "The workspace" if part.gid == WORKSPACE else _named(part.name, "portfolio")
    yield Fact(PORTFOLIO, name, name, () if part.gid == WORKSPACE else (part.gid,))
    assessed = week.goals.drop_nulls("p_attain")
    if unassessed := _gids(week.goals.filter(pl.col("p_attain").is_null()), "goal_gid"):
        yield _tally(UNASSESSED, len(unassessed), "goal", unassessed, required=assessed.is_empty())
    if not assessed.is_empty():
        yield from _standing_facts(assessed, week.goals_before.drop_nulls("p_attain"))
        yield from _move_facts(assessed)
        yield from _odds_facts(assessed)
        yield from _lever_facts(assessed.filter(pl.col("p_attain") < ON_TRACK_FROM))
    yield from _pace_facts(week)
    yield from _waiting_facts(week.open_work, "is_overdue", (OVERDUE, OVERDUE_PROJECT, OVERDUE_THERE))
    yield from _waiting_facts(week.open_work, "is_blocked", (BLOCKED, BLOCKED_PROJECT, BLOCKED_THERE))
    yield from _load_facts(week.load)
    goals = _gids(week.goals, "goal_gid")
    yield from week.capacity.facts(part.team_gids, goals, is_everybody=part.gid == WORKSPACE)


def _standing_facts(assessed: pl.DataFrame, known_before: pl.DataFrame) -> Iterator[Fact]:
    yield _tally(GOALS, assessed.height, "goal", _gids(assessed, "goal_gid"), required=True)
    for kind, rows in zip((ON_TRACK, AT_RISK, OFF_TRACK), _by_standing(assessed), strict=True):
        yield _tally(kind, rows.height, None, _gids(rows, "goal_gid"), required=True)
    if not known_before.is_empty():
        kinds = (ON_TRACK_BEFORE, AT_RISK_BEFORE, OFF_TRACK_BEFORE)
        for kind, rows in zip(kinds, _by_standing(known_before), strict=True):
            yield _tally(kind, rows.height, None, _gids(rows, "goal_gid"))


def _by_standing(goals: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Goals on track, at risk and off track."""
    p = pl.col("p_attain")
    return (
        goals.filter(p >= ON_TRACK_FROM),
        goals.filter(p >= AT_RISK_FROM, p < ON_TRACK_FROM),
        goals.filter(p < AT_RISK_FROM),
    )


def _move_facts(assessed: pl.DataFrame) -> Iterator[Fact]:
    moved = assessed.drop_nulls("p_attain_change").sort("p_attain_change", "goal_gid")
    if moved.is_empty():
        return
    for row, sign, kinds in (
        (moved.row(-1, named=True), 1, (RISER, RISER_CHANGE, RISER_ODDS)),
        (moved.row(0, named=True), -1, (FALLER, FALLER_CHANGE, FALLER_ODDS)),
    ):
        points, gid = round(100 * sign * row["p_attain_change"]), (row["goal_gid"],)
        if points >= FEWEST_POINTS:
            is_bad, name = sign < 0, _named(row["name"], "goal")
            yield Fact(kinds[0], name, name, gid, is_required=is_bad)
            yield Fact(kinds[1], sign * points, plural(points, "point"), gid, is_required=is_bad)
            yield Fact(kinds[2], row["p_attain"], percent(row["p_attain"]), gid)
            if is_bad and row["fell_by"] in _CAUSES:
                yield Fact(FALLER_CAUSE, row["fell_by"], _CAUSES[row["fell_by"]], gid)


def _odds_facts(assessed: pl.DataFrame) -> Iterator[Fact]:
    p = pl.col("p_attain")
    likely, unlikely = assessed.filter(p >= EVEN), assessed.filter(p < EVEN)
    mean = fmean(assessed["p_attain"])
    yield _tally(LIKELY, likely.height, None, _gids(likely, "goal_gid"), required=True)
    yield Fact(MEAN_ODDS, mean, percent(mean), tuple(_gids(assessed, "goal_gid")[:MOST_SOURCES]))
    green = unlikely.filter(pl.col("reported") == "green")
    if not green.is_empty():
        yield _tally(UNLIKELY, unlikely.height, "goal", _gids(unlikely, "goal_gid"))
        yield _tally(GREEN_UNLIKELY, green.height, None, _gids(green, "goal_gid"), required=True)
        yield from _goal_with_odds(GREEN_GOAL, GREEN_ODDS, green.row(0, named=True))
    low = assessed.filter(p < ON_TRACK_FROM).head(2)
    for suffix, row in zip("ab", low.iter_rows(named=True), strict=False):
        yield from _goal_with_odds(LOWEST_GOAL, LOWEST_ODDS, row, suffix, required=suffix == "a")
    if stalled := _gids(assessed.filter("is_stalled"), "goal_gid"):
        yield _tally(STALLED, len(stalled), "goal", stalled)


def _goal_with_odds(
    goal: FactKind, odds: FactKind, row: dict, suffix: str = "", *, required: bool = False
) -> Iterator[Fact]:
    name, gid = _named(row["name"], "goal"), (row["goal_gid"],)
    yield Fact(goal, name, name, gid, suffix, required)
    yield Fact(odds, row["p_attain"], percent(row["p_attain"]), gid, suffix, required)


def _lever_facts(behind: pl.DataFrame) -> Iterator[Fact]:
    """What would help the goals that are not on track, the lowest odds first in the frame."""
    known = behind.drop_nulls("lever_points")
    if known.is_empty():
        return
    best = known.sort("lever_points", "goal_gid", descending=[True, False]).row(0, named=True)
    if best["lever_points"] >= FEWEST_POINTS:
        name, gid = _named(best["name"], "goal"), (best["goal_gid"],)
        yield Fact(LEVER_GOAL, name, name, gid)
        yield Fact(LEVER, _LEVERS[best["lever"]], _LEVERS[best["lever"]], gid)
        yield Fact(LEVER_POINTS, best["lever_points"], plural(best["lever_points"], "point"), gid)
    lowest = behind.row(0, named=True)
    points = lowest["lever_points"]
    if lowest["p_attain"] < AT_RISK_FROM and points is not None and points < FEWEST_POINTS:
        most = max(ceil(points), 1)
        yield Fact(LOWEST_LEVER, most, plural(most, "point"), (lowest["goal_gid"],))


def _pace_facts(week: _Week) -> Iterator[Fact]:
    if week.projects.is_empty():
        return
    gids = _gids(week.projects, "project_gid")
    done = of_weeks(week.finished, week.week_on, 1)["task_gid"].unique().sort()
    usual = before(week.finished, week.week_on)["task_gid"].n_unique() / BEFORE_WEEKS
    yield _tally(PROJECTS, len(gids), "project", gids)
    yield _tally(DONE_LAST_WEEK, len(done), "task", done.to_list() or gids)
    yield Fact(USUAL_WEEK, usual, f"{usual:,.1f}", tuple(gids[:MOST_SOURCES]))
    slowed = (
        week.projects.with_columns(gap=pl.col("usual") - pl.col("recent"))
        .filter(pl.col("gap") > SLOWED_BY * pl.col("usual"), pl.col("usual") >= SLOWED_FROM)
        .sort("gap", "project_gid", descending=[True, False])
        # What is told is the difference of the two paces as they are told.
        .with_columns(gap=pl.col("usual").round(1) - pl.col("recent").round(1))
    )
    if slowed.is_empty():
        return
    worst = slowed.row(0, named=True)
    name, gid = _named(worst["name"], "project"), (worst["project_gid"],)
    yield Fact(SLOW_PROJECT, name, name, gid)
    for kind, value in ((SLOW_RECENT, "recent"), (SLOW_USUAL, "usual"), (PACE_GAP, "gap")):
        yield Fact(kind, worst[value], f"{worst[value]:,.1f}", gid)
    if others := _gids(slowed.slice(1), "project_gid"):
        yield _tally(SLOWED_TOO, len(others), "other project", others)


def _waiting_facts(open_work: pl.DataFrame, flag: str, kinds: tuple[FactKind, FactKind, FactKind]) -> Iterator[Fact]:
    """How many tasks wait or are late, and the project with most of them."""
    waiting = open_work.filter(flag)
    if waiting.is_empty():
        return
    tasks = _gids(waiting.unique("task_gid", maintain_order=True), "task_gid")
    gid, name, there = (
        waiting.group_by("project_gid", "name")
        .agg(there=pl.len())
        .sort("there", "project_gid", descending=[True, False])
        .row(0)
    )
    yield _tally(kinds[0], len(tasks), "task", tasks)
    yield Fact(kinds[1], _named(name, "project"), _named(name, "project"), (gid,))
    yield Fact(kinds[2], there, f"{there:,}", (gid,))


def _load_facts(load: pl.DataFrame) -> Iterator[Fact]:
    over = pl.col("p_overload") >= EVEN
    teams = (
        load.drop_nulls("team_name")
        .group_by("team_gid", "team_name")
        .agg(
            weeks=pl.len(),
            over=over.sum(),
            first=pl.col("week_on").filter(over).min(),
        )
        .filter(pl.col("over") > 0)
        .sort("over", "team_gid", descending=[True, False])
    )
    if teams.is_empty():
        return
    worst = teams.row(0, named=True)
    name, gid = _named(worst["team_name"], "team"), (worst["team_gid"],)
    yield Fact(OVERLOAD_TEAM, name, name, gid)
    yield _tally(OVERLOAD_WEEKS, worst["over"], "person-week", gid)
    yield _tally(PERSON_WEEKS, worst["weeks"], None, gid)
    yield Fact(OVERLOAD_FROM, worst["first"], day(worst["first"]), gid)


def _tally(kind: FactKind, count: int, noun: str | None, gids: Sequence[str], *, required: bool = False) -> Fact:
    text = plural(count, noun) if noun else f"{count:,}" if count else "none"
    return Fact(kind, count, text, tuple(gids[:MOST_SOURCES]), is_required=required)


def _gids(frame: pl.DataFrame, column: str) -> list[str]:
    return frame[column].to_list()


def _named(name: str | None, noun: str) -> str:
    return short_name(name or "") or f"Unnamed {noun}"
