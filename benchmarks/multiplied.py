"""Raw tables of any size: one generated company, synced as users do, and laid down many times. Measures nothing.

Every copy has ids of its own for all that grows with a company (people, projects, tasks, goals, …); the workspace, tags
and custom fields are the same in all copies. So each record has exactly the form in which Asana gave it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from programs import OurHome, our_command

from asana_intel.cli.sandbox_process import SandboxProcess
from asana_intel.sandbox.generate import generate_world
from asana_intel.storage.tables import TableStore

SEED_TASKS = 1_000
STORIES_PER_TASK = 0.6
_BEGUN_ON, _WEEKS = date(2025, 10, 6), 40
_SYNCED_AT = (datetime(2026, 3, 2, 6).astimezone(), datetime(2026, 5, 4, 6).astimezone())
_SHARED = ("workspaces", "custom_fields", "tags", "time_periods")
# Stands for the number of the copy, in ids and in records.
_COPY = "\x01"
_GID = re.compile(r'(?<="gid":")([0-9:]+)(?=")')
_ROWS_AT_ONCE = 50_000


def sync_seed(home: Path) -> None:
    """Sync a drawn company in the middle of its life and nine weeks later, so that there are superseded states."""
    with TemporaryDirectory() as scratch:
        world = Path(scratch) / "world"
        generate_world(
            world, seed=3, people=10, projects=8, tasks=SEED_TASKS, goals=12, start_on=_BEGUN_ON, weeks=_WEEKS
        )
        sandbox = SandboxProcess.start(world, _SYNCED_AT[0], Path(scratch) / "journal.jsonl")
        try:
            with OurHome(Path(scratch) / "home") as ours:
                for at in _SYNCED_AT:
                    sandbox.set_clock(at)
                    environment = {**os.environ, **ours.environment, **sandbox.environment()}
                    subprocess.run(our_command("sync"), env=environment, check=True, stdout=subprocess.DEVNULL)
                (ours.home / "tables").rename(home)
        finally:
            sandbox.stop()


class Seed:
    """The raw tables of one company, ready to be multiplied.

    Args:
        root: Where they lie.
    """

    def __init__(self, root: Path) -> None:
        tables = TableStore(str(root))
        keys = [key for key in tables.existing() if key.startswith("raw/")]
        frames = {key: tables.read(key) for key in keys}
        self._shared = {gid for name in _SHARED if f"raw/{name}" in frames for gid in frames[f"raw/{name}"]["gid"]}
        self.tasks = frames["raw/tasks"].height
        frames["raw/stories"] = frames["raw/stories"].head(int(self.tasks * STORIES_PER_TASK))
        self._frames = {key: _marked(frame, self._shared) for key, frame in frames.items()}

    def multiply(self, root: Path, copies: int) -> None:
        """Write so many copies as the raw tables of a new home."""
        tables = TableStore(str(root))
        for key, frame in self._frames.items():
            if key.removeprefix("raw/") in _SHARED:
                tables.append(key, _numbered(frame, 0))
                continue
            step = max(1, _ROWS_AT_ONCE // max(1, frame.height))
            for start in range(0, copies, step):
                numbers = range(start, min(copies, start + step))
                tables.append(key, pl.concat([_numbered(frame, number) for number in numbers]))


def _marked(frame: pl.DataFrame, shared: Collection[str]) -> pl.DataFrame:
    """Put a mark behind every id that differs from copy to copy."""

    def mark(ids: str) -> str:
        return re.sub(r"[0-9]+", lambda one: one[0] if one[0] in shared else f"{one[0]}{_COPY}", ids)

    def mark_record(text: str) -> str:
        return _GID.sub(lambda found: mark(found[0]), text)

    ids = [name for name in frame.columns if name.endswith(("gid", "gids")) and frame[name].dtype == pl.String]
    return frame.with_columns(
        *(pl.col(name).map_elements(mark, pl.String) for name in ids),
        *(pl.col(name).map_elements(mark_record, pl.String) for name in ("record",) if name in frame.columns),
    )


def _numbered(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    marked = [name for name, dtype in frame.schema.items() if dtype == pl.String and name != "record_hash"]
    return frame.with_columns(pl.col(marked).str.replace_all(_COPY, f"{number:04d}", literal=True))
