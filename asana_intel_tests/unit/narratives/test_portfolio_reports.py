"""What a leader reads of a portfolio's week: true counts, the worst news, nothing private, nothing later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.clock import end_of_week
from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrate import SENTENCES, TemplateWriter, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.outlines.goal import status_type as status_of_goal
from asana_intel.narratives.outlines.outline import compose
from asana_intel.narratives.outlines.portfolio import OUTLINE, status_type
from asana_intel.narratives.sheets.portfolio import READS, PortfolioInputs, build_portfolio_sheets
from asana_intel.narratives.sheets.portfolio_parts import held_items
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel_tests.unit.narratives.bars import NAMES, SHARES, check_bars, demo_weeks, frame, reading_ease, told

WEEK_ON, AS_OF = date(2026, 3, 2), datetime(2026, 3, 4, 6, tzinfo=UTC)
PUBLIC, HIDDEN = "public_to_workspace", "private_to_team"
PORTFOLIO = "700"


@dataclass(frozen=True)
class Goal:
    """A goal of the week: name, odds, their change, the status its owner reports, and what would help or moved it."""

    name: str | None = "Win 40 shops"
    p: float | None = 0.8
    change: float | None = None
    reported: str = "green"
    levers: dict[str, float] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)
    is_stalled: bool = False
    privacy: str = PUBLIC
    projects: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Project:
    """A project: name, tasks a week lately and usually, tasks finished last week, open tasks late and waiting."""

    name: str | None = "Web shop"
    recent: float = 5.0
    usual: float = 5.0
    done: int = 0
    overdue: int = 0
    blocked: int = 0
    privacy: str = PUBLIC


@dataclass(frozen=True)
class Team:
    """A team of people, how many of their coming weeks are likely overloaded, and what it costs.

    Whether it may be told of is said by the tables of leaders, which hold no team under five.
    """

    name: str | None = "Platform"
    people: int = 5
    overloaded: int = 0
    late: float | None = None
    p_bottleneck: float = 0.2
    hurt: tuple[int, ...] = ()


ONE_GOAL, ONE_PROJECT = (Goal(),), (Project(),)


def inputs_of(
    goals: Iterable[Goal] = ONE_GOAL, projects: Iterable[Project] = ONE_PROJECT, team: Team | None = None
) -> PortfolioInputs:
    """The tables of a workspace whose portfolio holds all projects."""
    of_goals, of_projects, team = list(enumerate(goals)), list(enumerate(projects)), team or Team()
    stamps = {"as_of_on": WEEK_ON, "as_of_at": AS_OF}
    done_at = AS_OF - timedelta(days=5)
    done = [(f"{g}-{n}-done", f"p{g}") for g, p in of_projects for n in range(p.done)]
    late = [(f"{g}-{n}-late", f"p{g}") for g, p in of_projects for n in range(p.overdue)]
    waiting = [(f"{g}-{n}-waits", f"p{g}") for g, p in of_projects for n in range(p.blocked)]
    odds = [stamps | {"goal_gid": f"g{n}", "p_attain": g.p, "p_attain_change": g.change} for n, g in of_goals]
    before = [
        stamps | {"goal_gid": f"g{n}", "p_attain": min(max(g.p - g.change, 0.0), 1.0)}
        for n, g in of_goals
        if g.p is not None and g.change is not None
    ]
    return PortfolioInputs(
        portfolios=frame("staging/portfolios", {"portfolio_gid": PORTFOLIO, "name": "Growth"}),
        items=frame(
            "staging/portfolio_items",
            *({"portfolio_gid": PORTFOLIO, "item_gid": f"p{n}", "item_type": "project"} for n, _ in of_projects),
        ),
        staged_goals=frame(
            "staging/goals", *({"goal_gid": f"g{n}", "name": g.name, "privacy_setting": g.privacy} for n, g in of_goals)
        ),
        staged_projects=frame(
            "staging/projects",
            *(
                {"project_gid": f"p{n}", "name": p.name, "team_gid": "t", "privacy_setting": p.privacy}
                for n, p in of_projects
            ),
        ),
        task_projects=frame(
            "staging/task_projects", *({"task_gid": t, "project_gid": p} for t, p in [*done, *late, *waiting])
        ),
        tasks=frame(
            "staging/tasks",
            *({"task_gid": t, "is_completed": False, "due_on": date(2026, 3, 3)} for t, _ in late),
            *({"task_gid": t, "is_completed": False, "due_on": date(2026, 3, 4)} for t, _ in waiting),
        ),
        blocking=frame("marts/fct_task_blocking", *({"task_gid": t, "is_blocked": True} for t, _ in waiting)),
        cycle_times=frame("marts/fct_task_cycle_times", *({"task_gid": t, "completed_at": done_at} for t, _ in done)),
        progress=frame(
            "marts/fct_goal_progress_weekly",
            *({"goal_gid": f"g{n}", "snapshot_at": AS_OF, "status": g.reported} for n, g in of_goals),
        ),
        bridge=frame(
            "marts/bridge_goal_project",
            *({"goal_gid": f"g{n}", "project_gid": f"p{p}", "depth": 0} for n, g in of_goals for p in g.projects),
        ),
        people=frame(
            "marts/dim_person",
            *(
                {"person_gid": f"u{n}", "team_gid": "t", "team_name": team.name, "name": "Sarah"}
                for n in range(team.people)
            ),
        ),
        attainment=frame("forecasts/goal_attainment", *odds),
        attainment_before=frame("forecasts/goal_attainment", *before),
        drivers=frame(
            "forecasts/goal_drivers",
            *(
                stamps | {"goal_gid": f"g{n}", "role": role, "driver": name, "points": points}
                for n, g in of_goals
                for role, drivers in (("lever", g.levers), ("moved", g.moved))
                for name, points in drivers.items()
            ),
        ),
        anomalies=frame(
            "forecasts/goal_anomalies",
            *(stamps | {"goal_gid": f"g{n}", "anomaly": "stalled"} for n, g in of_goals if g.is_stalled),
        ),
        pace=frame(
            "forecasts/project_pace",
            *(stamps | {"project_gid": f"p{n}", "recent": p.recent, "usual": p.usual} for n, p in of_projects),
        ),
        load=frame(
            "forecasts/person_load",
            *(
                stamps
                | {
                    "person_gid": f"u{n % max(team.people, 1)}",
                    "week_on": WEEK_ON + timedelta(weeks=1 + n // max(team.people, 1)),
                    "p_overload": 0.5 if n < team.overloaded else 0.49,
                }
                for n in range(2 * team.people)
            ),
        ),
        utilisation=frame(
            "insights/team_utilisation",
            *(
                stamps | {"team_gid": gid, "week_on": WEEK_ON + timedelta(weeks=n), "is_past": False, "p_bottleneck": p}
                for gid in shown_teams(team)
                for n, p in enumerate([0.0, team.p_bottleneck, team.p_bottleneck])
            ),
        ),
        cost=frame(
            "insights/capacity_cost",
            *(
                stamps
                | {
                    "team_gid": gid,
                    "late_hours": team.late or 0.0,
                    "assigned_hours": 300.0,
                    "available_hours": 400.0,
                    "goal_gids": [f"g{n}" for n in team.hurt],
                }
                for gid in shown_teams(team)
            ),
        ),
    )


def shown_teams(team: Team) -> list[str | None]:
    """The team where it is large, and everybody."""
    return ["t", None] if team.people >= 5 else []


def sheets_of(inputs: PortfolioInputs, as_of: datetime = AS_OF) -> dict[str, FactSheet]:
    return {str(s.subject["portfolio_gid"]): s for s in build_portfolio_sheets(inputs, WEEK_ON, as_of)}


def sheet_of(*goals: Goal, projects: Iterable[Project] = ONE_PROJECT, team: Team | None = None) -> FactSheet:
    """The workspace's sheet."""
    return sheets_of(inputs_of(goals, projects, team))["workspace"]


def report(*goals: Goal, projects: Iterable[Project] = ONE_PROJECT, team: Team | None = None) -> str:
    return told(sheet_of(*goals, projects=projects, team=team), OUTLINE)


TROUBLED = (
    Goal("Win 40 shops", 0.82, 0.12),
    Goal(
        "Halve the churn", 0.41, -0.30, "yellow", {"due_later": 21.3, "pace_up": 9.0}, {"progress": -24.0, "time": -6.0}
    ),
    Goal("Ship the app", 0.04, -0.01, "green", {"due_later": 2.2}),
)


def test_a_leader_reads_counts_movers_odds_risks_and_what_to_decide() -> None:
    slow = (Project("Web shop", 2.0, 5.5, done=6, overdue=3, blocked=1), Project("Back office", 1.0, 3.0))
    team = Team(overloaded=5, late=119.6, p_bottleneck=0.6, hurt=(1, 2, 7))
    assert report(*TROUBLED, projects=slow, team=team) == (
        "Of 3 goals, 1 is on track (2 last week), 1 at risk (none last week) and 1 off track. "
        "The odds of Halve the churn fell most, by 30 points to 41 %, mostly as progress fell short. "
        "The odds of Win 40 shops rose most, by 12 points to 82 %. "
        "1 of 3 goals is likelier reached than missed; the average odds are 42 %. "
        "1 of 2 goals below even odds still shows green in Asana. "
        "Lowest odds: Ship the app (4 %) and Halve the churn (41 %). "
        "In Platform, 5 person-weeks of the coming 10 are likely overloaded. "
        "Web shop finished 2.0 tasks a week over four weeks, against 5.5 usually; 1 other project slowed down too. "
        "120 hours of work come late, 2 goals lose odds; Platform is likely overfull from 9 Mar 2026. "
        "Decide on Halve the churn, where two more weeks would add 21 points to the odds. "
        "Re-plan or drop Ship the app, as more time, more pace or a lower target adds at most 3 points. "
        "Correct the status of Ship the app, green at odds of 4 %."
    )


def test_a_quiet_week_says_so_and_asks_for_nothing() -> None:
    calm = (Goal("Win 40 shops", 0.82, 0.0), Goal("Halve the churn", 0.9, 0.02))
    assert report(*calm, projects=(Project(done=4),)) == (
        "Of 2 goals, 2 are on track, none at risk and none off track, as last week. "
        "1 project finished 4 tasks last week, against 0.0 a week usually. "
        "2 of 2 goals are likelier reached than missed; the average odds are 86 %. "
        "Open work takes 300 hours of the 400 hours there are. "
        "Hold the course: nothing needs a decision this week."
    )


@pytest.mark.parametrize(
    ("p", "change", "start"),
    [
        (0.8, None, "The only goal with odds is on track. "),
        (0.2, -0.6, "The only goal with odds is off track; last week it was on track. "),
        (0.5, 0.1, "The only goal with odds is at risk, as last week. "),
    ],
)
def test_one_goal_is_not_counted(p: float, change: float | None, start: str) -> None:
    assert report(Goal(p=p, change=change)).startswith(start)


def test_goals_without_odds_are_told_and_asked_about() -> None:
    assert report(Goal(p=None), projects=()) == (
        "No goal has odds yet; 1 goal is open. "
        "Open work takes 300 hours of the 400 hours there are. "
        "Give 1 goal without odds what is missing: a target, a due date or a metric."
    )
    assert "2 goals more have no odds yet." in report(Goal(), Goal(p=None), Goal(p=None))


def test_late_and_waiting_work_is_counted_once_a_task_and_placed_where_most_of_it_is() -> None:
    inputs = inputs_of(ONE_GOAL, (Project("Web shop", overdue=1), Project("Back office", overdue=2, blocked=1)))
    twice = frame("staging/task_projects", {"task_gid": "0-0-late", "project_gid": "p1"})
    inputs = replace(inputs, task_projects=pl.concat([inputs.task_projects, twice]))
    text = told(sheets_of(inputs)["workspace"], OUTLINE)
    assert "3 tasks are overdue, and 1 task waits for other open work." in text
    assert "Clear or re-plan overdue work first in Back office, where 3 are late." in text
    assert "Unblock Back office first, where 1 waits." in text


def test_a_task_finished_in_two_projects_is_one_finished_task() -> None:
    inputs = inputs_of(ONE_GOAL, (Project("A", done=2), Project("B")))
    twice = frame("staging/task_projects", {"task_gid": "0-0-done", "project_gid": "p1"})
    inputs = replace(inputs, task_projects=pl.concat([inputs.task_projects, twice]))
    assert sheets_of(inputs)["workspace"].text("done_last_week") == "2 tasks"


def test_small_moves_and_small_slowdowns_are_no_news() -> None:
    sheet = sheet_of(Goal(change=0.04), Goal(change=-0.04), projects=(Project("A", 3.8, 5.0), Project("B", 0.0, 0.9)))
    assert not {"riser", "faller", "slow_project"} & {fact.fact_id for fact in sheet}


def test_a_cause_is_named_only_where_it_explains_most_of_the_fall() -> None:
    fallen = Goal(p=0.3, change=-0.2)
    assert "mostly as time ran on" in report(replace(fallen, moved={"time": -12.0, "progress": -8.0}))
    assert "mostly" not in report(replace(fallen, moved={"time": -9.0, "progress": -8.0, "model": -3.0}))
    assert "mostly" not in report(replace(fallen, moved={"model": -20.0}))


def test_the_action_follows_the_strongest_lever_of_the_goals_behind() -> None:
    weak = Goal("A", 0.3, levers={"pace_up": 6.0, "target_lower": 15.0})
    strong = Goal("B", 0.5, levers={"pace_up": 25.0, "week_gained": 60.0})
    assert "Decide on B, where a fifth more pace would add 25 points to the odds." in report(weak, strong)
    assert "Decide on" not in report(Goal("A", 0.75, levers={"pace_up": 20.0}))
    assert "Decide whether A gets more work, a later date or a lower target." in report(Goal("A", 0.3))


@pytest.mark.parametrize(("points", "most"), [(4.9, "5 points"), (1.0, "1 point"), (-3.0, "1 point")])
def test_a_goal_that_no_lever_helps_is_to_be_planned_anew(points: float, most: str) -> None:
    text = report(Goal("A", 0.34, levers={"due_later": points}))
    assert f"Re-plan or drop A, as more time, more pace or a lower target adds at most {most}." in text
    assert "Decide on" not in text


def test_a_goal_that_a_lever_helps_or_that_is_not_far_off_is_not_to_be_dropped() -> None:
    assert "Re-plan or drop" not in report(Goal("A", 0.34, levers={"due_later": 5.0}))
    assert "Re-plan or drop" not in report(Goal("A", 0.35, levers={"due_later": 1.0}))


def test_green_counts_only_against_odds_below_even_and_names_the_lowest() -> None:
    text = report(Goal("A", 0.49), Goal("B", 0.2), Goal("C", 0.1, reported="red"), Goal("D", 0.5))
    assert "2 of 3 goals below even odds still show green in Asana." in text
    assert "Correct the status of B, green at odds of 20 %." in text


def test_the_load_of_a_small_team_and_the_names_of_people_are_never_told() -> None:
    assert "overload_team" not in sheet_of(Goal(), team=Team(people=4, overloaded=6))
    assert "bottleneck_team" not in sheet_of(Goal(), team=Team(people=4, late=9.0, p_bottleneck=0.9))
    full = sheet_of(Goal(), team=Team(people=5, overloaded=6))
    assert full.text("overload_from") == "9 Mar 2026"
    assert not any("Sarah" in fact.text or "u1" in fact.source_gids for fact in full)


def test_a_team_that_leaders_are_not_told_of_is_only_in_the_hours_of_everybody() -> None:
    inputs = inputs_of((Goal("A"), Goal("B")), team=Team(late=40.0, p_bottleneck=0.9, hurt=(0, 9)))
    everybody = pl.col("team_gid").is_null()
    hidden = sheets_of(
        replace(inputs, utilisation=inputs.utilisation.filter(everybody), cost=inputs.cost.filter(everybody))
    )
    said = "40 hours of work come late in the coming weeks, and 1 goal loses odds by it."
    assert said in told(hidden["workspace"], OUTLINE)
    assert not {"late_hours", "bottleneck_team", "overload_team"} & {fact.fact_id for fact in hidden[PORTFOLIO]}
    shown = sheets_of(inputs)
    assert "1 goal loses odds; Platform is likely overfull from 9 Mar 2026." in told(shown[PORTFOLIO], OUTLINE)
    assert "1 hour of work comes late in the coming weeks." in report(Goal(), team=Team(late=0.6))


def test_nothing_private_is_named_counted_or_linked() -> None:
    open_part = inputs_of(ONE_GOAL, (Project("Web shop", 2, 5, 1, 1, 1),))
    with_private = inputs_of(
        (*ONE_GOAL, Goal("Buy a rival", 0.1, -0.5, privacy="members_only"), Goal("No setting", 0.1, privacy="")),
        (Project("Web shop", 2, 5, 1, 1, 1), Project("Secret", 1, 50, 9, 9, 9, privacy=HIDDEN)),
    )
    for gid in ("workspace", PORTFOLIO):
        assert sheets_of(with_private)[gid].fingerprint() == sheets_of(open_part)[gid].fingerprint()


def test_a_portfolio_of_private_projects_alone_is_not_reported_on() -> None:
    assert list(sheets_of(inputs_of((), (Project(privacy=HIDDEN),)))) == []
    assert list(sheets_of(inputs_of(ONE_GOAL, (Project(privacy=HIDDEN),)))) == ["workspace"]


def test_a_portfolio_holds_its_goals_and_what_its_projects_support_directly() -> None:
    goals = (Goal("Own", projects=()), Goal("Supported"), Goal("Above", projects=()), Goal("Elsewhere", projects=(1,)))
    inputs = inputs_of(goals, (Project("In"), Project("Out")))
    inputs = replace(
        inputs,
        items=frame(
            "staging/portfolio_items",
            {"portfolio_gid": PORTFOLIO, "item_gid": "p0", "item_type": "project"},
            {"portfolio_gid": PORTFOLIO, "item_gid": "g0", "item_type": "goal"},
        ),
        bridge=pl.concat(
            [inputs.bridge, frame("marts/bridge_goal_project", {"goal_gid": "g2", "project_gid": "p0", "depth": 1})]
        ),
    )
    sheets = sheets_of(inputs)
    assert set(sheets[PORTFOLIO]["goals"].source_gids) == {"g0", "g1"}
    assert sheets["workspace"].text("goals") == "4 goals"


def test_nested_portfolios_are_flattened_and_those_that_hold_each_other_end() -> None:
    items = frame(
        "staging/portfolio_items",
        {"portfolio_gid": "1", "item_gid": "2", "item_type": "portfolio"},
        {"portfolio_gid": "2", "item_gid": "1", "item_type": "portfolio"},
        {"portfolio_gid": "2", "item_gid": "p", "item_type": "project"},
        {"portfolio_gid": "1", "item_gid": "g", "item_type": "goal"},
    )
    held = held_items(items, "1")
    assert (held["project"], held["goal"]) == ({"p"}, {"g"})


def test_a_past_week_knows_nothing_that_came_later() -> None:
    then = end_of_week(WEEK_ON)
    inputs = inputs_of((Goal("A", 0.2), Goal("B", 0.9)), (Project(done=3, overdue=2, blocked=2),))
    before = sheets_of(inputs, then)["workspace"]
    assert "overdue" not in before
    assert "blocked" not in before
    later = replace(
        inputs,
        tasks=inputs.tasks.head(0),
        cycle_times=pl.concat(
            [
                inputs.cycle_times,
                frame("marts/fct_task_cycle_times", {"task_gid": "0-0-late", "completed_at": then + timedelta(days=1)}),
            ]
        ),
        progress=pl.concat(
            [
                inputs.progress,
                frame(
                    "marts/fct_goal_progress_weekly",
                    {"goal_gid": "g0", "snapshot_at": then + timedelta(days=1), "status": "red"},
                ),
            ]
        ),
    )
    assert sheets_of(later, then)["workspace"].fingerprint() == before.fingerprint()


def test_the_week_told_of_does_not_count_as_last_week() -> None:
    inputs = inputs_of(ONE_GOAL, (Project(done=2),))
    for moment, tasks in (
        (AS_OF - timedelta(days=3), 2),
        (AS_OF - timedelta(days=1), 0),
        (AS_OF - timedelta(days=10), 0),
    ):
        moved = inputs.cycle_times.with_columns(completed_at=pl.lit(moment))
        assert sheets_of(replace(inputs, cycle_times=moved))["workspace"].number("done_last_week") == tasks


@pytest.mark.parametrize("p", [0.0, 0.34, 0.35, 0.6999, 0.7, 1.0])
def test_a_goal_stands_as_in_its_own_narrative(p: float, sheet: Callable[..., FactSheet]) -> None:
    standing = status_of_goal(sheet(odds={"p_attain": p}))
    alone = sheet_of(Goal(p=p))
    assert [s for s in ("on_track", "at_risk", "off_track") if alone.number(s)] == [standing]
    assert status_type(alone) == standing


def test_a_report_without_odds_is_at_risk() -> None:
    assert status_type(sheet_of(Goal(p=None))) == "at_risk"


goals = st.builds(
    Goal,
    name=NAMES,
    p=SHARES | st.none(),
    change=st.floats(-1, 1) | st.sampled_from([None, 0.0, 0.05, -0.05]),
    reported=st.sampled_from(["green", "yellow", "achieved"]),
    levers=st.dictionaries(
        st.sampled_from(["due_later", "pace_up", "target_lower", "week_lost"]), st.floats(-100, 100)
    ),
    moved=st.dictionaries(st.sampled_from(["time", "progress", "definition", "model"]), st.floats(-100, 100)),
    is_stalled=st.booleans(),
)
rates = st.sampled_from([0.0, 1.0, 0.04, 1e6]) | st.floats(0, 1e6)
small = st.integers(0, 3)
projects = st.builds(
    Project, name=NAMES, recent=rates, usual=rates, done=small, overdue=small, blocked=small,
    privacy=st.sampled_from([PUBLIC, PUBLIC, HIDDEN]),
)  # fmt: skip
teams = st.builds(
    Team, name=NAMES, people=st.integers(0, 6), overloaded=st.integers(0, 10), late=rates, p_bottleneck=SHARES,
    hurt=st.sampled_from([(), (0,), (0, 1, 2)]),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(goals, max_size=5), st.lists(projects, min_size=1, max_size=3), teams)
def test_every_report_is_true_short_and_leaves_out_no_bad_news(
    some: list[Goal], work: list[Project], team: Team
) -> None:
    for sheet in sheets_of(inputs_of(some, work, team)).values():
        check_bars(sheet, OUTLINE, most_words=200)
        chosen = [claim.claim_id for claim in OUTLINE.choose(sheet)]
        assert len(chosen) <= 12
        counted = sum(sheet.number(standing) or 0 for standing in ("on_track", "at_risk", "off_track"))
        assert counted == (sheet.number("goals") or 0)
        assert "hold_course" not in chosen or not any(f in sheet for f in ("lowest_goal_a", "overload_team", "overdue"))
        if "faller" in sheet:
            assert {"fell_most", "fell_because"} & set(chosen)


def test_every_claim_can_be_made_of_some_sheet() -> None:
    slow = (Project("A", 1, 4, 1, 1, 1), Project("B", 1, 4))
    stalled = Goal(p=0.3, is_stalled=True)
    some = [
        sheet_of(*TROUBLED, projects=slow, team=Team(overloaded=1)),
        sheet_of(Goal(p=0.2, change=-0.5), projects=slow[:1]),
        sheet_of(Goal(change=0.0), Goal(change=0.0)),
        sheet_of(stalled, Goal(p=None), projects=(Project(overdue=1),)),
        sheet_of(Goal(p=None), projects=(Project(blocked=1),)),
        *(sheet_of(Goal(), team=Team(late=9.0, p_bottleneck=p, hurt=hurt)) for p in (0.1, 0.9) for hurt in ((), (0,))),
        sheets_of(replace(inputs_of(()), pace=frame("forecasts/project_pace")))["workspace"],
    ]
    assert {c.claim_id for sheet in some for c in OUTLINE.possible(sheet)} == {c.claim_id for c in OUTLINE.claims}


def test_reports_keep_their_contract_and_every_sentence_leads_to_an_object() -> None:
    inputs = inputs_of(TROUBLED, (Project("Web shop", 2.0, 5.5, done=6, overdue=3, blocked=1),), Team(overloaded=5))
    (reports,) = [n for n in NARRATED if n.table == "narratives/portfolio_report"]
    reports = replace(reports, sheets=lambda *_: build_portfolio_sheets(inputs, WEEK_ON, AS_OF))
    tables = narrate_week(lambda _key, **_: pl.DataFrame(), TemplateWriter(), WEEK_ON, AS_OF, [reports])
    rows = conform(CONTRACTS[reports.table], tables[reports.table])
    assert rows.select("portfolio_gid", "status_type").rows() == [(PORTFOLIO, "at_risk"), ("workspace", "at_risk")]
    assert all(tables[SENTENCES]["source_gids"].list.len() > 0)


def test_the_sheets_are_built_from_the_tables_that_the_asset_waits_for() -> None:
    asked = list[tuple[str, date | None]]()
    (reports,) = [n for n in NARRATED if n.table == "narratives/portfolio_report"]

    def read(key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        asked.append((key, partition))
        return frame(key)

    assert reports.sheets(read, WEEK_ON, AS_OF) == []
    assert {key for key, _ in asked} == set(READS)
    assert ("forecasts/goal_attainment", WEEK_ON - timedelta(weeks=1)) in asked
    assert all(partition is not None for key, partition in asked if key.startswith("forecasts/"))


def test_the_demo_reads_well() -> None:
    (reports,) = [n for n in NARRATED if n.table == "narratives/portfolio_report"]
    for read, week_on, as_of in demo_weeks():
        for sheet in reports.sheets(read, week_on, as_of):
            check_bars(sheet, OUTLINE, most_words=200, least_words=40)
            assert reading_ease(compose(sheet, OUTLINE.choose(sheet))) <= 12


def test_a_report_is_easy_to_read() -> None:
    sheet = sheet_of(*TROUBLED, projects=(Project("Web shop", 2.0, 5.5, 6, 3, 1),), team=Team(overloaded=5))
    assert reading_ease(compose(sheet, OUTLINE.choose(sheet))) <= 12
