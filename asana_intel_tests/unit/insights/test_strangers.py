"""Frames as somebody makes them who never saw ours: the same answer, or a refusal that says what to mend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest

from asana_intel.errors import PermanentError
from asana_intel.insights.effort import estimate_effort
from asana_intel.insights.priority import score_tasks
from asana_intel.insights.sprint.window import sprint_days
from asana_intel.insights.triage import classify, find_duplicates
from asana_intel.work_settings import SprintSettings

AS_OF = datetime(2025, 3, 2, tzinfo=UTC)
ROWS = 60
Change = Callable[[pl.DataFrame], pl.DataFrame]

HISTORY = pl.DataFrame(
    {
        "task_gid": [str(1000 + n) for n in range(ROWS)],
        "name": [f"{('fix login page', 'write sales report', 'deploy server')[n % 3]} {n % 5}" for n in range(ROWS)],
        "project_gid": [str(20 + n % 2) for n in range(ROWS)],
        "category": [("bug", "doc", "ops")[n % 3] for n in range(ROWS)],
        "estimate": [(1.0, 3.0, 6.0)[n % 3] for n in range(ROWS)],
        "actual": [(1.0, 4.0, 8.0)[n % 3] + n % 2 for n in range(ROWS)],
        "created_at": [datetime(2025, 1, 1) + timedelta(days=n) for n in range(ROWS)],  # noqa: DTZ001
        "completed_at": [datetime(2025, 1, 2) + timedelta(days=n) for n in range(ROWS)],  # noqa: DTZ001
    }
)
TASKS = pl.DataFrame(
    {
        "task_gid": ["1", "2"],
        "name": ["fix login page", "deploy server again"],
        "project_gid": ["20", "21"],
        "estimate": [2.0, None],
        "created_at": [datetime(2025, 3, 1)] * 2,  # noqa: DTZ001
    }
)
INSTANTS = ("created_at", "completed_at")
LATER = HISTORY.with_columns(
    pl.col("task_gid") + "9",
    pl.col(INSTANTS).dt.offset_by("90d"),
    actual=pl.lit(500.0),
    category=pl.lit("later"),
)


def instants(frame: pl.DataFrame) -> pl.Expr:
    return pl.col([name for name in INSTANTS if name in frame.columns])


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("task_gid", "project_gid").cast(pl.Int64))


def with_gaps_in_gids(frame: pl.DataFrame) -> pl.DataFrame:
    """What other tools make of whole numbers where some are missing."""
    return frame.with_columns(pl.col("task_gid", "project_gid").cast(pl.Float64))


def mixed(frame: pl.DataFrame) -> pl.DataFrame:
    """A file to which several programs wrote."""
    patterns = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000+00:00")
    nth = pl.int_range(pl.len()) % len(patterns)
    return frame.with_columns(
        pl.coalesce(
            pl.when(nth == n).then(pl.col(name).dt.strftime(pattern)) for n, pattern in enumerate(patterns)
        ).alias(name)
        for name in INSTANTS
        if name in frame.columns
    )


SAME: dict[str, Change] = {
    "numbers as gids": numbered,
    "numbers with gaps as gids": with_gaps_in_gids,
    "categories": lambda frame: frame.with_columns(pl.col("name", "project_gid").cast(pl.Categorical)),
    "nanoseconds": lambda frame: frame.with_columns(instants(frame).cast(pl.Datetime("ns"))),
    "milliseconds in a zone": lambda frame: frame.with_columns(
        instants(frame)
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone("Asia/Tokyo")
        .cast(pl.Datetime("ms", "Asia/Tokyo"))
    ),
    "days": lambda frame: frame.with_columns(instants(frame).cast(pl.Date)),
    "days as text": lambda frame: frame.with_columns(instants(frame).dt.strftime("%Y-%m-%d")),
    "instants as text": lambda frame: frame.with_columns(instants(frame).dt.strftime("%Y-%m-%d %H:%M:%S")),
    "text in a zone": lambda frame: frame.with_columns(
        instants(frame).dt.offset_by("2h").dt.strftime("%Y-%m-%dT%H:%M:%S+02:00")
    ),
    "text of many kinds": mixed,
    "other columns": lambda frame: frame.with_columns(colour=pl.lit("red"), tags=pl.lit([1, 2])),
    "another order of rows": lambda frame: frame.reverse(),
    "every row twice": lambda frame: pl.concat([frame, frame]) if frame.height == ROWS else frame,
    "numbers as text": lambda frame: frame.with_columns(pl.col("^estimate|actual$").cast(pl.String)),
    "decimals": lambda frame: frame.with_columns(pl.col("^estimate|actual$").cast(pl.Decimal(10, 2))),
    "what becomes known later": lambda frame: pl.concat([frame, LATER]) if frame.height == ROWS else frame,
}


def answers(tasks: pl.DataFrame, history: pl.DataFrame, as_of: Any = AS_OF) -> list[pl.DataFrame]:
    told = [
        estimate_effort(tasks, history, as_of).drop("evidence_gids", "evidence_values", "evidence_similarity"),
        classify(tasks, history, as_of, "category").drop("evidence_gids"),
        find_duplicates(tasks, history, as_of),
        score_tasks(tasks, as_of=as_of).drop("name"),
    ]
    return [frame.sort("task_gid") for frame in told]


PLAIN = answers(TASKS, HISTORY)


@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_the_same_rows_in_another_dress_get_the_same_answers(change: Change) -> None:
    for told, plain in zip(answers(change(TASKS), change(HISTORY)), PLAIN, strict=True):
        assert told.equals(plain)


@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_what_becomes_known_later_changes_nothing_in_any_dress(change: Change) -> None:
    more = pl.concat([HISTORY, LATER])
    longer = change(more)
    for told, plain in zip(answers(change(TASKS), longer), PLAIN, strict=True):
        assert told.equals(plain)


@pytest.mark.parametrize(
    "as_of",
    [
        date(2025, 3, 2),
        datetime(2025, 3, 2),  # noqa: DTZ001
        "2025-03-02",
        "2025-03-02T00:00:00Z",
        "2025-03-01T19:00:00-05:00",
        datetime(2025, 3, 2, 9, tzinfo=timezone(timedelta(hours=9))),
    ],
    ids=str,
)
def test_an_instant_is_the_same_in_every_zone_and_way_to_write_it(as_of: Any) -> None:
    for told, plain in zip(answers(TASKS, HISTORY, as_of), PLAIN, strict=True):
        assert told.equals(plain)


@pytest.mark.parametrize("history", [pl.DataFrame(), HISTORY.clear()], ids=["without columns", "without rows"])
def test_an_empty_history_is_no_error(history: pl.DataFrame) -> None:
    hours, said, again, _ = answers(TASKS, history)
    assert hours["p50"].is_null().to_list() == [False, True]  # somebody estimated the first
    assert said["value"].null_count() == again["duplicate_of_gid"].null_count() == 2
    assert said["reason"].null_count() == 0


def test_no_tasks_get_no_rows() -> None:
    assert [frame.height for frame in answers(TASKS.clear(), HISTORY)] == [0, 0, 0, 0]


def test_rows_without_names_or_instants_of_their_end_are_no_error() -> None:
    gaps = HISTORY.with_columns(
        pl.when(pl.int_range(pl.len()) % 3 > 0).then(pl.col("name", "project_gid", "completed_at", "category"))
    )
    hours, said, *_ = answers(TASKS.with_columns(name=pl.lit(None)), gaps)
    assert hours["p50"].is_not_null().all()
    assert said.height == 2


@pytest.mark.parametrize(
    ("history", "as_of", "says"),
    [
        (HISTORY.with_columns(completed_at=pl.lit("01/02/2025")), AS_OF, "row 0: 'completed_at' is '01/02/2025'"),
        (HISTORY.with_columns(completed_at=pl.lit(1_700_000_000)), AS_OF, "'completed_at' holds Int"),
        (HISTORY.with_columns(name=pl.lit([1])), AS_OF, "'name' holds List"),
        (HISTORY.with_columns(task_gid=pl.lit(0.5)), AS_OF, "'task_gid' is 0.5, no gid"),
        (HISTORY.with_columns(task_gid=pl.lit(2.0**60)), AS_OF, "no gid"),
        (HISTORY.to_dicts(), AS_OF, "history is a builtins.list"),
        (HISTORY, "soon", "as_of is 'soon'"),
        (HISTORY, None, "as_of is"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_mend(history: Any, as_of: Any, says: str) -> None:
    for ask in (estimate_effort, lambda *given: classify(*given, "category")):
        with pytest.raises(PermanentError) as told:
            ask(TASKS, history, as_of)
        assert says in str(told.value)
        assert told.value.fix


def test_what_a_task_may_get_goes_by_the_same_numbers() -> None:
    allowed = pl.DataFrame({"task_gid": [1], "value": ["ops"]})
    said = classify(numbered(TASKS), numbered(HISTORY), AS_OF, "category", allowed=allowed)
    assert said["value"].to_list() == ["ops", "ops"]  # the second may get any
    with pytest.raises(PermanentError, match="allowed has no column 'value'"):
        classify(TASKS, HISTORY, AS_OF, "category", allowed=allowed.drop("value"))


@pytest.mark.parametrize("offset", [-11, 0, 14])
def test_a_sprint_is_whole_days_from_the_day_in_utc(offset: int) -> None:
    at = datetime(2025, 3, 2, 23, tzinfo=UTC).astimezone(timezone(timedelta(hours=offset)))  # a Sunday in UTC
    assert sprint_days(at, SprintSettings(days=14)) == (date(2025, 3, 3), date(2025, 3, 16))


def test_a_length_of_time_is_no_number_of_hours() -> None:
    with pytest.raises(PermanentError, match="'actual' holds Duration"):
        estimate_effort(TASKS, HISTORY.with_columns(actual=pl.lit(timedelta(hours=3))), AS_OF)


@pytest.mark.parametrize("label", ["task_gid", "name", "completed_at"])
def test_what_is_read_for_something_else_is_no_label(label: str) -> None:
    with pytest.raises(PermanentError, match=f"'{label}' is no label"):
        classify(TASKS, HISTORY, AS_OF, label)
