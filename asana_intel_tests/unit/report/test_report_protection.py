"""No page of any reader orders people by a figure, and none that is for everybody tells of few: all of it is read."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from itertools import product
from typing import TypeVar

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.report.audience import EVERYBODY, LEAD, Audience, for_audience
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.insights import InsightFrames
from asana_intel.report.render import render_leaders, render_report
from asana_intel.report.sections.roster import Roster
from asana_intel.workload.groups import has_work_and_time, shown_weeks
from asana_intel_tests.unit.report.conftest import PEOPLE, WEEK
from asana_intel_tests.unit.report.example_insights import examples
from asana_intel_tests.unit.report.test_report_insights import TASKS, insights

GIDS = [str(2000 + number) for number in range(len(PEOPLE))]
EVERY = (EVERYBODY, LEAD, Audience("manager", "2000"), Audience("self", "2001"))
_OUTPUT = re.compile(
    r"velocity|throughput|performance|productiv|tasks (done|completed|finished) by|fastest|best people"
)
Holder = TypeVar("Holder", ReportInputs, InsightFrames)


@pytest.fixture(scope="module")
def inputs(full_inputs: ReportInputs) -> ReportInputs:
    """The example company with sprints, moves and new people, and a manager of all but two."""
    made = examples(WEEK, TASKS, ["3000"], [], ["50", "51"], GIDS)
    keys = {"moves": "moves", "moved_weeks": "weeks", "move_limits": "limits"}
    frames = {name: made[f"insights/rebalance_{key}"] for name, key in keys.items()}
    return replace(full_inputs, insights=replace(insights(), **frames), circles={"2000": frozenset(GIDS[:7])})


def with_figures(holder: Holder, place: dict[str, int]) -> Holder:
    """All figures of people made to rise with their place; odds and shares are the same for all of them."""
    frames = {name: frame for name, frame in vars(holder).items() if isinstance(frame, pl.DataFrame)}
    changed = {}
    for name, frame in frames.items():
        persons = [column for column in frame.columns if column.endswith("person_gid")]
        if not persons or "task_gid" in frame.columns:  # figures of tasks may order tasks
            continue
        rank = pl.col(persons[0]).replace_strict(place, default=0, return_dtype=pl.Float64)
        numbers = [
            c for c, dtype in frame.schema.items() if dtype in (pl.Float64, pl.Int64) and c not in ("rank", "step")
        ]
        rising = [c for c in numbers if not re.match("p_|share|load_share|fit|inferred", c) and "share" not in c]
        level = [c for c in numbers if c not in rising and frame.schema[c] == pl.Float64]
        changed[name] = frame.with_columns(
            *(pl.when(pl.col(c).is_not_null()).then(40.0 + rank).cast(frame.schema[c]).alias(c) for c in rising),
            *(pl.when(pl.col(c).is_not_null()).then(0.6).alias(c) for c in level),
        )
    return replace(holder, **changed)


def turned(inputs: ReportInputs) -> tuple[ReportInputs, ReportInputs]:
    """The same company twice: figures rise with the gid, and fall with it."""
    both = ({gid: n for n, gid in enumerate(gids)} for gids in (GIDS, GIDS[::-1]))
    up, down = (replace(with_figures(inputs, p), insights=with_figures(inputs.insights, p)) for p in both)
    return up, down


def named_in_order(page: str) -> list[str]:
    """Every name of a person, wherever it stands on the page: tables, lists, drawings."""
    return re.findall("|".join(map(re.escape, PEOPLE)), unescape(page))


@pytest.mark.parametrize("audience", EVERY, ids=lambda audience: audience.role)
def test_nothing_on_any_page_orders_people_by_a_figure(inputs: ReportInputs, audience: Audience) -> None:
    up, down = (render_report(each, audience) for each in turned(inputs))
    assert (up != down) == (audience != EVERYBODY)
    assert named_in_order(up) == named_in_order(down)
    assert not _OUTPUT.search(unescape(up).lower())


def test_the_page_for_leaders_names_nobody_whatever_the_figures(inputs: ReportInputs) -> None:
    assert [named_in_order(render_leaders(each)) for each in turned(inputs)] == [[], []]


@pytest.mark.parametrize("where", ["load", "capacity"])
def test_a_table_ordered_by_hours_would_be_noticed(
    inputs: ReportInputs, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = {"load": "assigned_hours", "capacity": "mean"}[where]
    pages = []
    for each in turned(inputs):
        hours = dict(getattr(each, where).group_by("person_gid").agg(pl.col(column).max()).iter_rows())

        def by_hours(self: Roster, gids: list[str], hours: dict[str, float] = hours) -> list[str]:
            return sorted(set(gids), key=lambda gid: (-(hours.get(gid) or 0.0), gid))

        with monkeypatch.context() as patched:
            patched.setattr(Roster, "listed", by_hours)
            pages.append(named_in_order(render_report(each, LEAD)))
    assert pages[0] != pages[1]


MANY = [str(2000 + number) for number in range(2 * len(PEOPLE))]
CIRCLES = st.lists(st.frozensets(st.sampled_from(MANY), max_size=8), max_size=2)


def twice(frame: pl.DataFrame) -> pl.DataFrame:
    """Everybody, and as many others like them."""
    others = (pl.col("person_gid").cast(pl.Int64) + len(PEOPLE)).cast(pl.String)
    return pl.concat([frame, frame.with_columns(others.alias("person_gid"))])


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(["50"] * 7 + ["51"] * 6 + [None] * 5),
    CIRCLES,
    st.sets(st.sampled_from(MANY), min_size=2, max_size=9),
)
def test_sections_of_one_page_tell_of_nobody_by_subtraction(
    full_inputs: ReportInputs, teams: list[str | None], circles: list[frozenset[str]], away: set[str]
) -> None:
    """The load by group, and what leaders see of the same weeks: figures of teams and of everybody."""
    first = full_inputs.load["week_on"].min()
    is_away = pl.col("person_gid").is_in(sorted(away)) & (pl.col("week_on") == first)
    load = twice(full_inputs.load).with_columns(
        available_hours=pl.when(is_away).then(0.0).otherwise(40.0), open_tasks=pl.lit(3)
    )
    given = dict(zip(MANY, teams, strict=True))
    people = (
        twice(full_inputs.people)
        .with_columns(
            team_gid=pl.col("person_gid").replace_strict(given, default=None, return_dtype=pl.String),
        )
        .with_columns(team_name=pl.format("Team {}", "team_gid"))
    )
    made = replace(
        full_inputs, load=load.with_columns((2.0 ** pl.col("person_gid").rank("dense").cast(pl.Float64)).alias("p10")),
        people=people, capacity=full_inputs.capacity.clear(), circles=dict(enumerate(circles)),  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    page = for_audience(made, EVERYBODY)
    placed = load.join(people.select("person_gid", "team_gid"), on="person_gid", how="left")
    leaders = shown_weeks(placed.with_columns(counts=has_work_and_time()), circles)
    order = sorted(set(load["person_gid"]))
    for week_on in (first, first + timedelta(weeks=1)):  # pyright: ignore[reportOperatorIssue, reportOptionalOperand]
        counted = np.array([week_on != first or gid not in away for gid in order])
        groups = page.load.filter(week_on=week_on).join(page.people, on="person_gid").group_by("team_name")
        marks = [{round(np.log2(mark)) for mark in own["p10"]} for _, own in groups]
        sums = [[n + 1 in mark for n, _ in enumerate(order)] for mark in marks]
        told = leaders.filter(week_on=week_on)["team_gid"]
        sums += [[team is None or given[gid] == team for gid in order] for team in told]
        if not sums:
            continue
        ways = np.array(list(product((-1, 0, 1), repeat=len(sums))))
        touched = (ways @ np.array(sums, dtype=int)) != 0
        for known, least in [(frozenset[str](), 5), *((circle, 4) for circle in circles)]:
            unknown = touched & np.array([gid not in known for gid in order])
            tells = unknown.any(axis=1)
            assert ((unknown & counted).sum(axis=1)[tells] >= least).all(), (week_on, known)
