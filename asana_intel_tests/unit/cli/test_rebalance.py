"""The command rebalance: before and after, the moves with their reasons, and what cannot be mended."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from asana_intel.cli.main import app
from asana_intel.cli.output import console
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

WEEK = date(2026, 11, 16)
STAMP = {"as_of_on": WEEK, "as_of_at": datetime(2026, 11, 18, 9, tzinfo=UTC)}
run = CliRunner().invoke


def _put(store: TableStore, key: str, rows: list[dict[str, Any]]) -> None:
    """Numbers that a row leaves out are zero."""
    frame = pl.DataFrame(rows, schema=CONTRACTS[key].schema)
    store.overwrite(key, frame.with_columns(pl.col(pl.Float64, pl.Int64).fill_null(0)))


def _week(gid: str, n: int, before: float, after: float, *, is_touched: bool) -> dict[str, Any]:
    return {
        **STAMP, "person_gid": gid, "week_on": WEEK + timedelta(weeks=n), "available_hours": 40.0,
        "hours_before": before, "hours_after": after, "p_over_110_before": 0.7, "p_over_110_after": 0.2,
        "is_touched": is_touched,
    }  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path))
    monkeypatch.setattr(console, "width", 200)  # made once, for all tests
    store = TableStore(str(tmp_path / "tables"))
    weeks = [_week("2000", 0, 52.0, 38.0, is_touched=True), _week("2000", 1, 30.0, 30.0, is_touched=True)]
    weeks += [_week("2001", 0, 10.0, 24.0, is_touched=True), _week("2002", 0, 50.0, 50.0, is_touched=False)]
    weeks += [_week("2003", 0, 20.0, 20.0, is_touched=False)]
    move = {
        **STAMP, "rank": 1, "kind": "reassign", "task_gid": "4000", "from_person_gid": "2000",
        "to_person_gid": "2001", "relieved_person_gid": "2000", "relieved_week_on": WEEK, "is_public": False,
        "reason": "Give this task to Bo: has room in these weeks.",
    }  # fmt: skip
    limit = {
        **STAMP, "person_gid": "2002", "week_on": WEEK, "constraint": "skills", "cut_hours": 6.0,
        "reason": "6 h must go.",
    }  # fmt: skip
    _put(store, "insights/rebalance_weeks", weeks)
    _put(store, "insights/rebalance_moves", [move])
    _put(store, "insights/rebalance_limits", [limit])
    names = ["Ada [Berg]", "Bo", "Cy", "Dee"]
    _put(store, "marts/dim_person", [{"person_gid": f"200{n}", "name": name} for n, name in enumerate(names)])
    _put(store, "staging/teams", [{"team_gid": "70", "name": "Web"}, {"team_gid": "71", "name": "Shop"}])
    _put(store, "staging/team_memberships",
         [{"team_membership_gid": f"m{n}", "team_gid": team, "person_gid": gid, "is_guest": False}
          for n, (team, gid) in enumerate([("70", "2000"), ("70", "2001"), ("71", "2002")])])  # fmt: skip
    done = {"task_gid": "4000", "name": "Write [the] export", "is_completed": False, "created_at": STAMP["as_of_at"]}
    _put(store, "staging/tasks", [done])
    return store


def test_before_and_after_the_moves_and_what_stays_are_shown(home: TableStore) -> None:
    said = run(app, ["rebalance", "--week", "2026-11-18"]).output
    assert "52 → 38 of 40 h (70 → 20 %)" in said
    assert "1. Give this task to Bo: has room in these weeks. (Write [the] export)" in said
    assert "Cy, week of 2026-11-16: 6 h must go." in said
    assert "Dee" not in said


def test_a_team_and_programs_get_their_rows(home: TableStore) -> None:
    told = json.loads(run(app, ["rebalance", "--week", "2026-11-16", "--team", "web", "--json"]).output)
    assert [row["person"] for row in told["weeks"]] == ["Ada [Berg]", "Ada [Berg]", "Bo"]
    assert [(row["task"], row["from"], row["to"]) for row in told["moves"]] == [
        ("Write [the] export", "Ada [Berg]", "Bo")
    ]
    assert told["limits"] == []
    shop = json.loads(run(app, ["rebalance", "--week", "2026-11-16", "--team", "71", "--json"]).output)
    assert shop["moves"] == []
    assert [row["cut_hours"] for row in shop["limits"]] == [6.0]


def test_a_week_without_forecast_and_an_unknown_team_are_said_so(home: TableStore) -> None:
    assert "run `asana-intel forecast`" in run(app, ["rebalance", "--week", "2026-11-09"]).output
    assert "no team called 'zoo'" in run(app, ["rebalance", "--week", "2026-11-16", "--team", "zoo"]).output
