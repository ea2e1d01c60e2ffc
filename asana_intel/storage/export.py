"""Copies tables out of Delta into plain parquet files, for dbt or any warehouse; it reads tables and changes none."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

VARIABLES_FILE = "vars.yml"


def export_stage(
    tables: TableStore,
    stage: str,
    folder: Path,
    as_of: datetime,
    on_progress: Callable[[str, int], None] = lambda _table, _rows: None,
) -> dict[str, int]:
    """Write every table of a stage to `folder/stage/table.parquet`, and the instant they stand at beside them.

    A table that does not exist yet is a file without rows. Each file is complete when its name appears, and
    replaces the one of an earlier export. Names and addresses of people are in them as in the tables: folders
    made here are readable by their owner alone.

    Args:
        tables: Where the tables are.
        stage: Folder and first part of the tables' keys.
        folder: Where to write; made where it is missing.
        as_of: Instant of the last sync; written to `vars.yml` as dbt's variable `as_of`.
        on_progress: Told the table and its rows after each.

    Returns:
        Rows by table.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / stage).mkdir(exist_ok=True, mode=0o700)
    rows: dict[str, int] = {}
    for contract in (c for c in CONTRACTS.values() if c.stage == stage):
        frame = tables.read(contract.key)
        file = folder / stage / f"{contract.name}.parquet"
        partial = file.with_suffix(".part")
        frame.write_parquet(partial)
        partial.replace(file)
        rows[contract.name] = frame.height
        on_progress(contract.name, frame.height)
    (folder / VARIABLES_FILE).write_text(f'as_of: "{as_of:%Y-%m-%d %H:%M:%S.%f}+00"\n')
    return rows
