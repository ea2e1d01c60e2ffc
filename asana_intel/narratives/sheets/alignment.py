"""Fact sheets where work and goals do not fit: one misfit per goal, project or team, the gravest; none where all fits.

Nothing of private goals and projects enters. A goal with a private project behind it is left out of what is said about
supporting work: the work that cannot be counted may be all of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from asana_intel.narratives.audience import own_projects, public_goals, public_projects
from asana_intel.narratives.facts import MOST_SOURCES, Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.sheets.finished import before, finished_tasks, recent
from asana_intel.narratives.wording import percent, plural, short_name
from asana_intel.settings import MIN_GROUP

ON_TRACK_FROM, EVEN = 0.70, 0.5
"""Odds from which a goal is on track, as in its own narrative, and below which it is likelier missed than reached."""
REACHED_FROM = 0.99
"""Odds from which a goal needs no more work, so that quiet projects behind it are no misfit."""
EFFORT_SHARE, EFFORT_TASKS = 0.10, 5
"""A project has real effort if it takes a tenth of all finished work and at least a task a week and one: below that it
may be upkeep, which needs no goal."""
CRITICAL_SHARE = 0.5
"""A team is critical to a goal if it finished half of the work behind it in the last half year: without it, more
would be lost than is left."""
UNALIGNED_SHARE, UNALIGNED_TASKS = 0.5, 10
"""A team is told of unaligned work if it is half of what it finished; of fewer than ten tasks a share says little."""
DRIFT_SHARE, DRIFT_LEFT, DRIFT_TASKS = 0.05, 0.5, 10
"""Effort drifted away if a goal had a twentieth of all finished work, has half of that share or less now, and the old
share would have been at least ten tasks: five or fewer where ten were usual happens by chance once in fifteen times."""
_NOTHING = "no project, sub-goal or task"

GOAL = FactKind("goal", Unit.entity, "the goal")
PROJECT = FactKind("project", Unit.entity, "the project")
TEAM = FactKind("team", Unit.entity, "the team")
ODDS = FactKind("odds", Unit.probability, "odds that the goal reaches its target")
WEEKS_LEFT = FactKind("weeks_left", Unit.weeks, "weeks until the goal is due")
NO_SUPPORT = FactKind("no_support", Unit.text, "that nothing supports the goal")
IDLE_PROJECTS = FactKind("idle_projects", Unit.tally, "projects behind the goal that finished nothing in four weeks")
SHARE_BEFORE = FactKind("share_before", Unit.share, "share of all finished work that served the goal until then")
SHARE_NOW = FactKind("share_now", Unit.share, "share of all finished work that served the goal in the last four weeks")
EFFORT = FactKind("effort", Unit.tally, "tasks the project finished in the last four weeks")
EFFORT_PART = FactKind("effort_part", Unit.share, "its share of all tasks finished in the last four weeks")
SERVED = FactKind("served", Unit.tally, "open goals that the project supports directly")
RISKY_GOAL = FactKind("risky_goal", Unit.entity, "the one of them with the lowest odds")
RISKY_ODDS = FactKind("risky_odds", Unit.probability, "the odds of that goal")
RIVAL = FactKind("rival", Unit.entity, "a goal below even odds whose work the team mostly does")
RIVAL_ODDS = FactKind("rival_odds", Unit.probability, "the odds of that goal")
RIVALS = FactKind("rivals", Unit.tally, "goals below even odds whose work the team mostly does")
UNALIGNED = FactKind("unaligned", Unit.tally, "tasks the team's projects finished in four weeks for no goal")
FINISHED = FactKind("finished", Unit.tally, "tasks the team's projects finished in four weeks")
UNALIGNED_PART = FactKind("unaligned_part", Unit.share, "share of that work which served no goal")

_WHOLE = {
    "goals": "staging/goals",
    "projects": "staging/projects",
    "teams": "staging/teams",
    "task_projects": "staging/task_projects",
    "tasks": "staging/tasks",
    "cycle_times": "marts/fct_task_cycle_times",
    "bridge": "marts/bridge_goal_project",
    "support": "marts/bridge_goal_support",
    "people": "marts/dim_person",
}
_OF_WEEK = {"attainment": "forecasts/goal_attainment"}
READS = (*_WHOLE.values(), *_OF_WEEK.values())


@dataclass(frozen=True)
class AlignmentInputs:
    """Frames the sheets are built from; each is a table of the contract named.

    Args:
        goals: staging/goals.
        projects: staging/projects.
        teams: staging/teams.
        task_projects: staging/task_projects.
        tasks: staging/tasks.
        cycle_times: marts/fct_task_cycle_times.
        bridge: marts/bridge_goal_project.
        support: marts/bridge_goal_support.
        people: marts/dim_person.
        attainment: forecasts/goal_attainment, the week.
    """

    goals: pl.DataFrame
    projects: pl.DataFrame
    teams: pl.DataFrame
    task_projects: pl.DataFrame
    tasks: pl.DataFrame
    cycle_times: pl.DataFrame
    bridge: pl.DataFrame
    support: pl.DataFrame
    people: pl.DataFrame
    attainment: pl.DataFrame


def sheets_of_week(read: Callable[..., pl.DataFrame], week_on: date, as_of: datetime) -> list[FactSheet]:
    """The sheets of the week; see `build_alignment_sheets`."""
    frames = {name: read(key) for name, key in _WHOLE.items()}
    frames |= {name: read(key, partition=week_on) for name, key in _OF_WEEK.items()}
    return build_alignment_sheets(AlignmentInputs(**frames), week_on, as_of.date())


def build_alignment_sheets(inputs: AlignmentInputs, week_on: date, as_of_on: date) -> list[FactSheet]:
    """At most one sheet per goal, project and team, by gid of each.

    Args:
        inputs: Frames.
        week_on: Week, a Monday; work counts in whole weeks before it.
        as_of_on: The day the sheets know up to.
    """
    week = _week(inputs, week_on, as_of_on)
    found = [*_goal_misfits(week), *_project_misfits(week), *_team_misfits(week)]
    gravest = dict[str, Sequence[Fact]]()
    for gid, facts in found:
        gravest.setdefault(gid, facts)  # each kind of subject lists its gravest misfit first
    return [FactSheet(Kind.alignment_note, {"subject_gid": gid}, facts) for gid, facts in gravest.items()]


@dataclass(frozen=True)
class _Week:
    """What is known of the week, of public goals and projects only."""

    goals: pl.DataFrame  # goal_gid, name, p_attain, weeks_left, is_supported, is_countable
    projects: pl.DataFrame  # project_gid, name, team_gid
    teams: pl.DataFrame  # team_gid, name; those of enough people
    bridge: pl.DataFrame  # goal_gid, project_gid, depth
    recent: pl.DataFrame  # project_gid, task_gid: finished in the last four weeks
    before: pl.DataFrame  # project_gid, task_gid: finished in the 22 weeks before


def _week(inputs: AlignmentInputs, week_on: date, as_of_on: date) -> _Week:
    public = list(public_projects(inputs.projects) - own_projects(inputs.tasks, inputs.task_projects))
    projects = inputs.projects.filter(pl.col("project_gid").is_in(public))
    goals = _goals(inputs, public, as_of_on)
    finished = finished_tasks(inputs.cycle_times, inputs.task_projects, public)
    sizes = inputs.people.group_by("team_gid").agg(people=pl.len())
    return _Week(
        goals=goals,
        projects=projects.filter(~pl.col("is_archived")).select("project_gid", "name", "team_gid").sort("project_gid"),
        teams=inputs.teams.join(sizes, on="team_gid").filter(pl.col("people") >= MIN_GROUP).sort("team_gid"),
        bridge=inputs.bridge.join(inputs.attainment.select("goal_gid"), on="goal_gid"),
        recent=recent(finished, week_on),
        before=before(finished, week_on),
    )


def _goals(inputs: AlignmentInputs, public: Sequence[str], as_of_on: date) -> pl.DataFrame:
    """The week's open public goals: whether anything supports them, and whether all of the work can be counted."""
    names = inputs.goals.filter(pl.col("goal_gid").is_in(list(public_goals(inputs.goals)))).select("goal_gid", "name")
    hidden = inputs.bridge.filter(~pl.col("project_gid").is_in(list(public)))
    return (
        inputs.attainment.select("goal_gid", "p_attain", "due_on")
        .join(names, on="goal_gid")
        .with_columns(
            weeks_left=(pl.col("due_on") - pl.lit(as_of_on)).dt.total_days() / 7,
            is_supported=pl.col("goal_gid").is_in(inputs.support["goal_gid"].to_list()),
            is_countable=~pl.col("goal_gid").is_in(hidden["goal_gid"].to_list()),
        )
        .sort("goal_gid")
    )


_Misfit = tuple[str, list[Fact]]


def _goal_misfits(week: _Week) -> Iterator[_Misfit]:
    work = week.bridge.select("goal_gid", "project_gid")
    done_now, done_before = _by_goal(work, week.recent), _by_goal(work, week.before)
    all_now, all_before = week.recent["task_gid"].n_unique(), week.before["task_gid"].n_unique()
    behind = dict(work.group_by("goal_gid").agg(pl.col("project_gid").unique().sort()).iter_rows())
    for goal in week.goals.iter_rows(named=True):
        gid, p = goal["goal_gid"], goal["p_attain"]
        projects, now = behind.get(gid, []), done_now.get(gid, 0)
        about = list(_about_goal(goal))
        if (p or 0) >= REACHED_FROM or not goal["is_countable"]:
            continue
        if not goal["is_supported"]:
            yield gid, [*about, Fact(NO_SUPPORT, _NOTHING, _NOTHING, (gid,), is_required=True)]
        elif projects and not now:
            yield gid, [*about, _tally(IDLE_PROJECTS, len(projects), "project", projects)]
        elif (p or 0) < ON_TRACK_FROM and all_now and all_before:
            share_now, share_before = now / all_now, done_before.get(gid, 0) / all_before
            is_known = share_before >= DRIFT_SHARE and share_before * all_now >= DRIFT_TASKS
            if is_known and share_now <= DRIFT_LEFT * share_before:
                yield (
                    gid,
                    [*about, _share(SHARE_BEFORE, share_before, projects), _share(SHARE_NOW, share_now, projects)],
                )


def _about_goal(goal: dict) -> Iterator[Fact]:
    name, gid = _named(goal["name"], "goal"), (goal["goal_gid"],)
    yield Fact(GOAL, name, name, gid, is_required=True)
    if goal["p_attain"] is not None:
        yield Fact(ODDS, goal["p_attain"], percent(goal["p_attain"]), gid)
    if goal["weeks_left"] is not None and round(goal["weeks_left"]) >= 1:
        yield Fact(WEEKS_LEFT, goal["weeks_left"], plural(goal["weeks_left"], "week"), gid)


def _project_misfits(week: _Week) -> Iterator[_Misfit]:
    """Projects that work for no goal, and those that work for several of which one is at risk.

    Only direct support counts for the latter: a goal and the goal above it ask for the same work.
    """
    all_now = week.recent["task_gid"].n_unique()
    done = dict(week.recent.group_by("project_gid").agg(pl.col("task_gid").n_unique()).iter_rows())
    direct = week.bridge.filter(pl.col("depth") == 0).join(week.goals, on="goal_gid").sort("p_attain", "goal_gid")
    served = {str(key[0]): rows for key, rows in direct.group_by("project_gid", maintain_order=True)}
    with_goals = set(week.bridge["project_gid"])
    for project_gid, project_name in week.projects.select("project_gid", "name").iter_rows():
        name, tasks = _named(project_name, "project"), done.get(project_gid, 0)
        about = Fact(PROJECT, name, name, (project_gid,), is_required=True)
        if project_gid not in with_goals:
            if tasks >= EFFORT_TASKS and tasks >= EFFORT_SHARE * all_now:
                source = [project_gid]
                yield (
                    project_gid,
                    [about, _tally(EFFORT, tasks, "task", source), _share(EFFORT_PART, tasks / all_now, source)],
                )
            continue
        goals = served.get(project_gid)
        risky = None if goals is None else goals.drop_nulls("p_attain").filter(pl.col("p_attain") < ON_TRACK_FROM)
        if goals is not None and goals.height > 1 and risky is not None and not risky.is_empty():
            facts = [about, _tally(SERVED, goals.height, "goal", goals["goal_gid"].to_list())]
            yield project_gid, [*facts, *_goal_with_odds(RISKY_GOAL, RISKY_ODDS, risky.row(0, named=True))]


def _team_misfits(week: _Week) -> Iterator[_Misfit]:
    rivals = _rivals(week)
    for team_gid, team_name in week.teams.select("team_gid", "name").iter_rows():
        name = _named(team_name, "team")
        about = Fact(TEAM, name, name, (team_gid,), is_required=True)
        theirs = rivals.filter(pl.col("team_gid") == team_gid)
        if theirs.height > 1:
            facts = [about, _tally(RIVALS, theirs.height, "goal", theirs["goal_gid"].to_list())]
            for suffix, row in zip("ab", theirs.head(2).iter_rows(named=True), strict=True):
                facts += _goal_with_odds(RIVAL, RIVAL_ODDS, row, suffix)
            yield team_gid, facts
        yield from _unaligned(week, team_gid, about)


def _rivals(week: _Week) -> pl.DataFrame:
    """Goals below even odds and the team that finished most of the work directly behind each, lowest odds first."""
    weak = week.goals.filter(pl.col("p_attain") < EVEN, "is_countable")
    teams = week.projects.select("project_gid", "team_gid").drop_nulls()
    done = pl.concat([week.recent, week.before])
    work = week.bridge.filter(pl.col("depth") == 0).join(weak, on="goal_gid").join(done, on="project_gid")
    of_all = work.group_by("goal_gid").agg(tasks=pl.col("task_gid").n_unique())
    return (
        work.join(teams, on="project_gid")
        .group_by("team_gid", "goal_gid", "name", "p_attain")
        .agg(theirs=pl.col("task_gid").n_unique())
        .join(of_all, on="goal_gid")
        .filter(pl.col("theirs") >= CRITICAL_SHARE * pl.col("tasks"))
        .sort("p_attain", "goal_gid", "team_gid")
    )


def _unaligned(week: _Week, team_gid: str, about: Fact) -> Iterator[_Misfit]:
    """How much of what a team's projects finished served no goal; a task serves one if any of its projects does."""
    projects = week.projects.filter(pl.col("team_gid") == team_gid)["project_gid"].to_list()
    done = week.recent.filter(pl.col("project_gid").is_in(projects))
    serving = week.recent.join(week.bridge, on="project_gid", how="semi").select("task_gid")
    idle = done.join(serving, on="task_gid", how="anti")
    finished, unaligned = done["task_gid"].n_unique(), idle["task_gid"].n_unique()
    if finished >= UNALIGNED_TASKS and unaligned >= UNALIGNED_SHARE * finished:
        source = sorted(set(idle["project_gid"]))
        if unaligned == finished:  # of all there is no share to tell
            yield team_gid, [about, _tally(UNALIGNED, unaligned, "task", source)]
            return
        counts = [_tally(UNALIGNED, unaligned, None, source), _tally(FINISHED, finished, "task", projects)]
        yield team_gid, [about, *counts, _share(UNALIGNED_PART, unaligned / finished, source)]


def _by_goal(work: pl.DataFrame, finished: pl.DataFrame) -> dict[str, int]:
    """How many tasks were finished behind each goal."""
    tasks = work.join(finished, on="project_gid").group_by("goal_gid").agg(pl.col("task_gid").n_unique())
    return dict(tasks.iter_rows())


def _goal_with_odds(goal: FactKind, odds: FactKind, row: dict, suffix: str = "") -> tuple[Fact, Fact]:
    name, gid, p = _named(row["name"], "goal"), (row["goal_gid"],), row["p_attain"]
    return Fact(goal, name, name, gid, suffix, is_required=True), Fact(
        odds, p, percent(p), gid, suffix, is_required=True
    )


def _tally(kind: FactKind, count: int, noun: str | None, gids: Sequence[str]) -> Fact:
    text = plural(count, noun) if noun else f"{count:,}"
    return Fact(kind, count, text, tuple(gids[:MOST_SOURCES]), is_required=True)


def _share(kind: FactKind, value: float, gids: Sequence[str]) -> Fact:
    return Fact(kind, value, percent(value), tuple(gids[:MOST_SOURCES]), is_required=True)


def _named(name: str | None, noun: str) -> str:
    return short_name(name or "") or f"Unnamed {noun}"
