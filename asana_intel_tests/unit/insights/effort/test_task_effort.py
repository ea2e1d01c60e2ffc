"""The weekly table of effort: from the tables of work to hours and points of each open task."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from asana_intel.insights.effort.weekly import task_effort
from asana_intel.insights.work import READS
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.contracts.contract import conform, empty_frame
from asana_intel.work_settings import EffortSettings

WEEK_ON = date(2026, 3, 2)
AS_OF = datetime(2026, 3, 8, 23, tzinfo=UTC)
BEGUN = datetime(2026, 1, 5, 9, tzinfo=UTC)
DONE = 20


def _fill(key: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    contract = CONTRACTS[key]
    return pl.DataFrame(rows, schema={c: contract.schema[c] for c in rows[0]}).pipe(
        lambda frame: pl.concat([empty_frame(contract), frame], how="diagonal")
    )


def _tables(*, logged: bool = True) -> dict[str, pl.DataFrame]:
    """Twenty finished tasks of three hours and five points, one open leaf, one open parent."""
    gids = [str(100 + row) for row in range(DONE)]
    opened = ["1", "2"]
    task = {"created_at": BEGUN, "notes": "", "subtype": "default_task", "like_count": 0}
    tasks = [{"task_gid": g, "name": "write minutes of meeting", "subtask_count": 0, **task} for g in gids]
    tasks = [{**row, "actual_hours": 3.0 if logged else None} for row in tasks]
    tasks += [
        {
            "task_gid": g,
            "name": "write minutes of board meeting",
            "subtask_count": n,
            "actual_hours": 1.0 if logged else None,
            **task,
        }
        for g, n in zip(opened, (0, 3), strict=True)
    ]
    done_at = {g: BEGUN + timedelta(days=row) for row, g in enumerate(gids)}
    lifetime = [{"task_gid": g, "valid_from": BEGUN, "valid_to": None} for g in (*gids, *opened)]
    states = [
        {"task_gid": g, "is_completed": g in done_at, "valid_from": done_at.get(g, BEGUN), "valid_to": None}
        for g in (*gids, *opened)
    ]
    points = [
        {"task_gid": g, "field_name": "Story Points", "number_value": 5.0, "valid_from": BEGUN, "valid_to": None}
        for g in gids
    ]
    tables = {key: empty_frame(CONTRACTS[key]) for key in READS}
    tables["staging/tasks"] = _fill("staging/tasks", tasks)
    tables["staging/task_lifetimes"] = _fill("staging/task_lifetimes", lifetime)
    tables["staging/task_completion_intervals"] = _fill("staging/task_completion_intervals", states)
    tables["staging/task_field_intervals"] = _fill("staging/task_field_intervals", points)
    return tables


def _told(tables: dict[str, pl.DataFrame], settings: EffortSettings | None = None) -> pl.DataFrame:
    told = task_effort(tables.__getitem__, WEEK_ON, AS_OF, settings or EffortSettings())
    return conform(CONTRACTS["insights/task_effort"], told)


def test_an_open_task_gets_the_hours_and_points_of_similar_finished_ones() -> None:
    told = _told(_tables())
    assert told["task_gid"].to_list() == ["1"]  # the parent takes no time of its own
    row = told.row(0, named=True)
    assert row["method"] == "similar"
    assert abs(row["p50_hours"] - 3.0) < 0.01
    assert abs(row["left_p50_hours"] - 2.0) < 0.01  # one of them is logged
    assert row["similar_efforts"] == [3.0, 3.0, 3.0]
    assert row["p50_points"] == 5.0


def test_where_nobody_logs_time_and_nobody_estimates_hours_are_not_made_up() -> None:
    assert _told(_tables(logged=False)).is_empty()


def test_points_stay_open_where_the_workspace_has_none_of_that_name() -> None:
    told = _told(_tables(), EffortSettings(points_field="T-shirt"))
    assert told["p50_points"].to_list() == [None]


def test_without_finished_work_or_estimates_nothing_is_said() -> None:
    tables = _tables()
    tables["staging/task_completion_intervals"] = tables["staging/task_completion_intervals"].filter(
        pl.col("task_gid").is_in(["1", "2"])
    )
    assert _told(tables).is_empty()
