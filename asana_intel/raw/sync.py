"""Bringing the raw tables of a workspace up to date: the entry point of the stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from asana_intel.asana.reader import AsanaReader, choose_workspace
from asana_intel.raw.crawl import Crawl
from asana_intel.raw.fan_out import FanOut
from asana_intel.raw.goal_snapshots import new_snapshots, snapshots_of
from asana_intel.raw.raw_table import Counts, RawTable
from asana_intel.raw.records import Record
from asana_intel.raw.second_look import SecondLook
from asana_intel.raw.spool import page_spool
from asana_intel.raw.stories import StoryKeeper
from asana_intel.raw.story_debt import StoryDebt
from asana_intel.raw.sync_log import only_sync, record_sync, refuse_mixture
from asana_intel.raw.walk import Walk
from asana_intel.settings import Settings
from asana_intel.storage.contracts.raw import RESOURCES
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import LastSync, last_sync
from asana_intel.storage.tables import TableStore


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    Args:
        workspace_gid: Workspace that was read.
        synced_at: Server time (UTC) at the start: the time that the tables stand at. Of a sync that went on where
            a killed one was: when that one began.
        requests: HTTP requests sent.
        resumed_pages: Pages that a killed sync had read, and this one did not read again.
        minimum_requests: Requests that what was found needs at least: 100 records a page, nothing asked twice, and one
            for each object that no list showed.
        added: Raw table -> rows added; tables without any are left out.
        changed: Raw table -> rows changed, rows that came back included.
        deleted: Raw table -> rows found gone.
        unavailable: What could not be read at all -> why.
        incomplete: What could be read in part -> how much is missing, and why.
    """

    workspace_gid: str
    synced_at: datetime
    requests: int
    resumed_pages: int
    minimum_requests: int
    added: dict[str, int]
    changed: dict[str, int]
    deleted: dict[str, int]
    unavailable: dict[str, str]
    incomplete: dict[str, str]


def sync_workspace(
    reader: AsanaReader,
    tables: TableStore,
    database: Database,
    settings: Settings,
    *,
    full: bool = False,
    on_progress: Callable[[str, int], None] | None = None,
) -> SyncReport:
    """Read the workspace and merge what differs into the raw tables.

    Everything but stories is listed each time; stories are read for new and changed tasks and goals, and for those
    that an earlier sync owes. What no list shows any more is asked for alone before it is called gone. A second sync
    without changes in Asana commits no new version of any table. A sync that was killed is gone on with for a day:
    what it had read is not read again, except for a page that was on its way. A list without an answer is left out
    and reported, and then nothing of its kind is called gone.

    Args:
        reader: Asana.
        tables: Where the raw tables lie.
        database: Where runs are remembered.
        settings: Which workspace, how many reads at once.
        full: Read the stories of every task and goal again.
        on_progress: Told a stream's name and its records so far.

    Raises:
        ConfigError: The workspace is not clear, the home holds another one, or the server's clock went back.
        RetriableError: Asana does not answer several times in a row, or another sync is running; what was merged stays.
    """
    with only_sync(database):
        requests_before = reader.request_count
        workspace = choose_workspace(reader.workspaces(), settings.asana.workspace_gid)
        synced_at = reader.server_time()
        before = last_sync(database)
        refuse_mixture(before, tables.read("raw/workspaces")["gid"].to_list(), workspace["gid"], synced_at)

        # Another token may see less: what it was shown must not decide what is gone.
        identity = {"credential": reader.credential_digest, "workspace": workspace["gid"], "full": str(full)}
        with page_spool(settings.home / "crawl", identity, synced_at) as spool:
            synced_at = spool.begun_at
            raw = {resource: RawTable(tables, resource, synced_at) for resource in RESOURCES}
            with FanOut(settings.asana.concurrent_reads) as fan_out:
                walk = Walk(reader, fan_out, workspace["gid"], on_progress, spool)
                look = SecondLook(reader, fan_out, workspace["gid"])
                stories = StoryKeeper(walk, raw["stories"], look, StoryDebt(database), synced_at)
                crawl = Crawl(walk, look, raw, stories, workspace, relist_stories=full)
                crawl.run()

        snapshots = _snapshot_goals(tables, crawl.goals, synced_at)
        counts = {resource: table.counts for resource, table in raw.items()} | {"goal_snapshots": snapshots}
        report = SyncReport(
            workspace_gid=workspace["gid"],
            synced_at=synced_at,
            requests=reader.request_count - requests_before,
            resumed_pages=spool.kept_pages,
            minimum_requests=1 + walk.minimum_requests() + look.requests,
            added={name: c.added for name, c in counts.items() if c.added},
            changed={name: c.changed for name, c in counts.items() if c.changed},
            deleted={name: c.deleted for name, c in counts.items() if c.deleted},
            unavailable=walk.unavailable(),
            incomplete=walk.incomplete(),
        )
        _remember(database, reader.url, report)
        return report


def _snapshot_goals(tables: TableStore, goals: list[Record], synced_at: datetime) -> Counts:
    today = snapshots_of(goals, synced_at)
    stored = tables.read("raw/goal_snapshots").filter(pl.col("snapshot_on") == synced_at.date())
    outcome = tables.merge("raw/goal_snapshots", new_snapshots(today, stored))
    return Counts(outcome.inserted, outcome.updated)


def _remember(database: Database, asana_url: str, report: SyncReport) -> None:
    record_sync(
        database,
        LastSync(report.synced_at, report.workspace_gid, asana_url),
        report.unavailable,
        requests=report.requests,
        rows_added=sum(report.added.values()),
        rows_changed=sum(report.changed.values()),
        rows_deleted=sum(report.deleted.values()),
    )
