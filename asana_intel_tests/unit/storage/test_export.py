"""Tables as plain parquet files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.export import export_stage
from asana_intel.storage.tables import TableStore

AS_OF = datetime(2026, 3, 10, 12, 30, 0, 5, tzinfo=UTC)
TEAMS = pl.DataFrame({"team_gid": ["1", "2"], "name": ["Red", None]})


def test_every_table_is_a_typed_file_with_or_without_rows(tmp_path: Path) -> None:
    tables = TableStore(str(tmp_path / "tables"))
    tables.overwrite("staging/teams", TEAMS)
    told: dict[str, int] = {}
    rows = export_stage(tables, "staging", tmp_path / "out", AS_OF, on_progress=told.__setitem__)
    contracts = {c.name: c for c in CONTRACTS.values() if c.stage == "staging"}
    assert rows == told == dict.fromkeys(contracts, 0) | {"teams": 2}
    assert {f.name for f in (tmp_path / "out" / "staging").iterdir()} == {f"{name}.parquet" for name in contracts}
    for name, contract in contracts.items():
        assert pl.read_parquet(tmp_path / "out" / "staging" / f"{name}.parquet").schema == contract.schema
    assert pl.read_parquet(tmp_path / "out" / "staging" / "teams.parquet").equals(TEAMS)
    assert (tmp_path / "out" / "vars.yml").read_text() == 'as_of: "2026-03-10 12:30:00.000005+00"\n'


def test_a_second_export_replaces_the_first(tmp_path: Path) -> None:
    tables = TableStore(str(tmp_path / "tables"))
    tables.overwrite("staging/teams", TEAMS)
    export_stage(tables, "staging", tmp_path / "out", AS_OF)
    tables.overwrite("staging/teams", TEAMS.head(1))
    assert export_stage(tables, "staging", tmp_path / "out", AS_OF)["teams"] == 1
    assert pl.read_parquet(tmp_path / "out" / "staging" / "teams.parquet").height == 1


def test_only_the_owner_can_look_into_an_export(tmp_path: Path) -> None:
    export_stage(TableStore(str(tmp_path / "tables")), "staging", tmp_path / "out", AS_OF)
    assert (tmp_path / "out" / "staging").stat().st_mode & 0o077 == 0
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0
