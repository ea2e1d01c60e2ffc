"""Effort: what is said of a task follows from what was known before, and from nothing else."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.effort import estimate_effort, replay_effort

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = (("send invoice to customer", 1.0), ("migrate billing database", 20.0), ("write release notes", 4.0))


def _history(rows: int, *, seed: int = 1, spread: float = 0.4, estimates: bool = False) -> pl.DataFrame:
    """Work of three kinds, each with hours of its own, one finished every hour."""
    draw = np.random.default_rng(seed)
    kinds = draw.integers(0, len(KINDS), rows)
    hours = np.array([KINDS[k][1] for k in kinds]) * np.exp(draw.normal(0, spread, rows))
    frame = pl.DataFrame(
        {
            "task_gid": [str(1000 + row) for row in range(rows)],
            "name": [f"{KINDS[k][0]} {row % 7}" for row, k in enumerate(kinds)],
            "actual": hours,
            "created_at": [START + row * HOUR for row in range(rows)],
            "known_at": [START + row * HOUR + HOUR / 2 for row in range(rows)],
        }
    )
    # People here say half of what it takes, more or less.
    return frame.with_columns(estimate=pl.Series(hours / 2 * np.exp(draw.normal(0, 0.2, rows)))) if estimates else frame


def _task(name: str, **more: object) -> pl.DataFrame:
    return pl.DataFrame({"task_gid": ["1"], "name": [name], **{key: [value] for key, value in more.items()}})


def _after(rows: int) -> datetime:
    return START + rows * HOUR


def test_what_becomes_known_later_changes_nothing() -> None:
    history = _history(130, estimates=True)
    tasks = pl.concat([_task("migrate database"), _task("send invoice").with_columns(task_gid=pl.lit("2"))])

    @given(known=st.integers(60, 110), later=st.integers(0, 30), factor=st.floats(0.01, 100))
    @settings(max_examples=4, deadline=None)
    def holds(known: int, later: int, factor: float) -> None:
        then = history.head(known)
        future = history[known : known + later].with_columns(pl.col("actual") * factor)
        longer = pl.concat([future, then])
        assert estimate_effort(tasks, longer, _after(known)).equals(estimate_effort(tasks, then, _after(known)))

    holds()


def test_a_row_of_the_task_itself_is_no_evidence_for_it() -> None:
    history = _history(80)
    own = history.head(1).with_columns(actual=pl.lit(500.0), task_gid=pl.lit("1"))
    asked = _task(str(own["name"][0]))
    with_own = estimate_effort(asked, pl.concat([history, own]), _after(80))
    assert with_own.equals(estimate_effort(asked, history, _after(80)))


def test_the_three_most_similar_tasks_are_of_the_same_kind() -> None:
    history = _history(120)
    names = dict(history.select("task_gid", "name").iter_rows())
    values = dict(history.select("task_gid", "actual").iter_rows())
    said = estimate_effort(_task("Migrate the billing database again"), history, _after(120)).row(0, named=True)
    assert said["method"] == "similar"
    assert len(said["evidence_gids"]) == 3
    assert all("migrate billing" in names[gid] for gid in said["evidence_gids"])
    assert said["evidence_values"] == [values[gid] for gid in said["evidence_gids"]]
    assert said["evidence_similarity"] == sorted(said["evidence_similarity"], reverse=True)
    assert all(0 < alike <= 1 for alike in said["evidence_similarity"])
    assert 10 < said["p50"] < 40


def test_of_equally_similar_tasks_the_latest_are_shown() -> None:
    history = _history(60).with_columns(name=pl.lit("weekly report"))
    said = estimate_effort(_task("weekly report"), history, _after(60)).row(0, named=True)
    assert said["evidence_gids"] == ["1059", "1058", "1057"]


def test_a_task_like_nothing_known_gets_what_is_usual() -> None:
    history = _history(120)
    said = estimate_effort(_task("quarterly fire drill"), history, _after(120)).row(0, named=True)
    assert said["method"] == "usual"
    assert said["evidence_gids"] == []
    assert history["actual"].min() < said["p50"] < history["actual"].max()


@pytest.mark.parametrize("unit", ["hours", "points"])
def test_nothing_is_invented_where_nothing_is_known(unit: str) -> None:
    said = estimate_effort(_task("anything"), _history(10), START - HOUR, unit).row(0, named=True)
    assert said["method"] == "usual"
    assert [said[name] for name in ("p10", "p50", "p90", "mean")] == [None] * 4
    assert estimate_effort(_task("x").head(0), _history(10), _after(10), unit).height == 0
    assert estimate_effort(_task("x"), pl.DataFrame(), _after(10), unit)["p50"].to_list() == [None]


def test_without_a_history_people_are_believed_within_a_wide_band() -> None:
    said = estimate_effort(_task("anything", estimate=6.0), _history(0), START).row(0, named=True)
    assert said["method"] == "estimate"
    assert said["p50"] == pytest.approx(6.0)
    assert said["p90"] > 2 * said["p50"]
    assert 0 < said["p10"] < said["p50"] / 2


@pytest.mark.parametrize("rows", [45, 140])
def test_estimates_that_were_half_of_the_truth_are_doubled(rows: int) -> None:
    said = estimate_effort(_task("write release notes", estimate=2.0), _history(rows, estimates=True), _after(rows))
    assert said["method"].to_list() == ["estimate"]
    assert 3.0 < said["p50"][0] < 5.0


@pytest.mark.parametrize("estimates", [False, True])
def test_four_of_five_tasks_end_within_the_band(estimates: bool) -> None:
    all_of = _history(1_000, estimates=estimates)
    told = estimate_effort(all_of[400:], all_of.head(400), _after(400)).join(all_of, on="task_gid")
    inside = ((told["p10"] <= told["actual"]) & (told["actual"] <= told["p90"])).mean()
    assert 0.74 < inside < 0.86
    assert (told["p10"] <= told["p50"]).all()
    assert (told["p50"] <= told["p90"]).all()


@pytest.mark.parametrize("unit", ["hours", "points"])
def test_a_replay_says_what_single_calls_with_a_growing_history_say(unit: str) -> None:
    stream = _history(140, estimates=True).with_columns(pl.col("actual").round())
    told = replay_effort(stream, unit, since=_after(128))
    for row in told.iter_rows(named=True):
        asked = stream.filter(pl.col("task_gid") == row["task_gid"])
        one = estimate_effort(asked, stream, row["asked_at"] - timedelta(microseconds=1), unit)
        assert one.row(0, named=True).items() <= row.items()


def test_the_answer_does_not_depend_on_earlier_calls_or_on_the_order_of_rows() -> None:
    history, asked = _history(130), _task("send invoice")
    first = estimate_effort(asked, history, _after(130))
    estimate_effort(asked, _history(90, seed=5), _after(90))
    assert estimate_effort(asked, history.sample(fraction=1.0, shuffle=True, seed=3), _after(130)).equals(first)


@pytest.mark.parametrize("unit", ["hours", "points"])
def test_an_estimate_does_not_depend_on_what_else_is_asked_about(unit: str) -> None:
    history = _history(130, estimates=True).with_columns(pl.col("actual").round())
    asked = (
        _history(12, seed=4, estimates=True).drop("actual", "known_at").with_columns(task_gid="t" + pl.col("task_gid"))
    )
    asked = asked.with_columns(estimate=pl.when(pl.int_range(pl.len()) % 2 == 0).then("estimate"))

    @given(order=st.permutations(range(12)), size=st.integers(1, 12))
    @settings(max_examples=5, deadline=None)
    def holds(order: list[int], size: int) -> None:
        batch = asked[order[:size]]
        together = estimate_effort(batch, history, _after(130), unit)
        alone = [estimate_effort(batch[row : row + 1], history, _after(130), unit) for row in range(size)]
        assert together.equals(pl.concat(alone))

    holds()


@pytest.mark.parametrize("unit", ["hours", "points"])
def test_calls_about_several_histories_in_turn_say_what_each_by_itself_says(unit: str) -> None:
    histories = [_history(60, seed=seed) for seed in range(5)]
    asked = _task("send invoice")
    alone = [estimate_effort(asked, history, _after(60), unit) for history in histories]
    for until in (50, 60):
        for history in histories:
            estimate_effort(asked, history, _after(until), unit)
    again = [estimate_effort(asked, history, _after(60), unit) for history in reversed(histories)]
    assert pl.concat(alone).equals(pl.concat(reversed(again)))


@pytest.mark.parametrize("unit", ["hours", "points"])
def test_instants_that_tell_nothing_do_not_hide_what_the_order_tells(unit: str) -> None:
    history = _history(150, spread=0.1)
    asked = _history(20, seed=7, spread=0.1)
    truth = asked["actual"]
    for told in (
        history.drop("created_at", "known_at"),
        history.drop("created_at").with_columns(known_at=pl.lit(START)),
    ):
        tasks = asked.select("name", task_gid="t" + pl.col("task_gid"))
        said = estimate_effort(tasks, told, START, unit)
        assert (said["p50"] / truth).is_between(0.5, 2.0).sum() > 0.9 * len(truth)


OPTIONAL = ("name", "notes", "project_gid", "person_gid", "requester_gid", "category", "subcategory", "estimate")


@pytest.mark.parametrize("column", [*OPTIONAL, "created_at"])
def test_every_optional_column_may_be_absent(column: str) -> None:
    facts = [pl.lit("x").alias(name) for name in OPTIONAL if name not in ("name", "estimate")]
    whole = _history(60, estimates=True).with_columns(facts)
    asked = whole.tail(3).drop("actual", "known_at")
    for tasks, history in ((asked.drop(column), whole), (asked, whole.drop(column))):
        said = estimate_effort(tasks, history.head(57), _after(60))
        assert (said["p10"] < said["p50"]).all()
        assert (said["p50"] < said["p90"]).all()


def test_points_are_values_that_people_use() -> None:
    history = _history(200).with_columns(actual=pl.Series([1.0, 2.0, 3.0, 5.0, 8.0] * 40))
    tasks = _history(60, seed=9).select("name", task_gid=pl.lit("t") + pl.col("task_gid"))
    said = estimate_effort(tasks, history, _after(200), "points")
    assert said["task_gid"].to_list() == tasks["task_gid"].to_list()
    assert set(said["p50"]) <= {1.0, 2.0, 3.0, 5.0, 8.0}


def test_hours_of_a_finished_task_without_time_logged_are_not_known() -> None:
    history = _history(60)
    silent = history.with_columns(pl.col("task_gid") + "x", actual=pl.lit(0.0))
    unknown = silent.with_columns(pl.col("task_gid") + "y", actual=pl.lit(None, pl.Float64))
    asked = _task("write release notes")
    both = pl.concat([history, silent, unknown])
    assert estimate_effort(asked, both, _after(60)).equals(estimate_effort(asked, history, _after(60)))


def test_hours_of_a_task_that_is_not_finished_are_not_known() -> None:
    history = _history(60).rename({"known_at": "completed_at"})
    unfinished = history.with_columns(pl.col("task_gid") + "x", actual=pl.lit(99.0), completed_at=None)
    asked, both = _task("write release notes"), pl.concat([history, unfinished], how="vertical_relaxed")
    assert estimate_effort(asked, both, _after(60)).equals(estimate_effort(asked, history, _after(60)))


def test_of_a_task_in_several_rows_the_last_one_counts() -> None:
    history, asked = _history(60), _task("write release notes")
    earlier = history.with_columns(pl.col("known_at") - HOUR / 4, actual=pl.lit(99.0))
    for both in (pl.concat([earlier, history]), pl.concat([history, history])):
        assert estimate_effort(asked, both, _after(60)).equals(estimate_effort(asked, history, _after(60)))


def test_a_task_without_any_optional_column_gets_an_answer() -> None:
    history = _history(60).select("task_gid", "actual", completed_at="known_at")
    said = estimate_effort(pl.DataFrame({"task_gid": ["1"]}), history, _after(60)).row(0, named=True)
    assert said["method"] == "usual"
    assert said["p10"] < said["p50"] < said["p90"]


def test_instants_may_be_text_or_without_a_zone() -> None:
    history, asked = _history(60), _task("write release notes")
    said = estimate_effort(asked, history, _after(40))
    text = history.with_columns(pl.col("created_at", "known_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    bare = history.with_columns(pl.col("created_at", "known_at").dt.replace_time_zone(None).dt.cast_time_unit("ns"))
    for other in (text, bare):
        assert estimate_effort(asked, other, _after(40)).equals(said)
        assert estimate_effort(asked, other, _after(40).replace(tzinfo=None)).equals(said)


@pytest.mark.parametrize(
    ("tasks", "history", "names"),
    [
        (pl.DataFrame({"name": ["x"]}), _history(1), "task_gid"),
        (pl.DataFrame({"task_gid": ["1", "1"]}), _history(1), "'1'"),
        (pl.DataFrame({"task_gid": [None, "1"]}), _history(1), "row 0"),
        (_task("x", estimate=-1.0), _history(1), "estimate of task '1' is -1"),
        (_task("x", estimate="much"), _history(1), "'estimate'"),
        (_task("x"), _history(1).with_columns(actual=pl.lit(float("nan"))), "actual of task '1000'"),
        (_task("x"), _history(1).drop("created_at").with_columns(known_at=None), "task '1000' has no known_at"),
        (_task("x"), _history(1).drop("actual"), "'actual' is missing"),
        (_task("x").lazy(), _history(1), "tasks is a polars.LazyFrame"),
        (_task("x"), _history(1).lazy(), "history is a polars.LazyFrame"),
        (_task("x"), _history(1).with_columns(known_at=pl.lit("soon")), "row 0: 'known_at' is 'soon'"),
        (_task("x"), _history(1).with_columns(known_at=pl.lit(1_700_000_000)), "'known_at' holds Int"),
    ],
)
def test_bad_rows_are_named(tasks: pl.DataFrame, history: pl.DataFrame, names: str) -> None:
    with pytest.raises(PermanentError, match=names):
        estimate_effort(tasks, history, _after(10))


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(PermanentError, match="days"):
        estimate_effort(_task("x"), _history(1), START, "days")
