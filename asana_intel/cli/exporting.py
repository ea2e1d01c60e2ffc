"""The command that hands the tables to other programs: export."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError
from asana_intel.storage.export import VARIABLES_FILE, export_stage
from asana_intel.storage.sync_log import require_last_sync

PROJECT = Path(__file__).parents[2] / "dbt_like_sql"


@command
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made where it is missing.")],
    as_json: JsonFlag = False,
) -> None:
    """Write the staging tables as parquet files, for dbt or a warehouse. The files name people, as the tables do."""
    bench = Workbench()
    as_of = require_last_sync(bench.database).synced_at
    target = folder.expanduser().absolute()
    try:
        with console.status("Writing …") as status:
            rows = export_stage(
                bench.tables, "staging", target, as_of,
                on_progress=lambda table, n: status.update(f"Writing … {table}: {n:,}"),
            )  # fmt: skip
    except OSError as wrong:
        raise ConfigError(f"{target} cannot be written: {wrong.strerror}", fix="name another folder") from None
    if as_json:
        show_json({"folder": str(target), "as_of": as_of, "rows": rows, "dbt": dbt_command(target)})
        return
    frame = pl.DataFrame({"table": list(rows), "rows": list(rows.values())})
    show_frame(frame, as_json=False, title=f"Written to {target}/staging")
    console.print("To build the marts from them with dbt:")
    console.print(f"  {escape(dbt_command(target))}", soft_wrap=True)


def dbt_command(folder: Path) -> str:
    """The shell line that builds the SQL models on an export."""
    return (
        f'ASANA_INTEL_EXPORT="{folder}" dbt build --project-dir "{PROJECT}" --profiles-dir "{PROJECT}"'
        f' --vars "$(cat "{folder / VARIABLES_FILE}")"'
    )
