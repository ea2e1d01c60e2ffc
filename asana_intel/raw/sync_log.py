"""Writing down a sync in PostgreSQL, and the guards around it. What others read of it: storage/sync_log.py."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from asana_intel.errors import ConfigError, RetriableError
from asana_intel.raw.event_tokens import EventTokens, write_tokens
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import LastSync


@dataclass(frozen=True)
class Account:
    """What a finished sync cost and changed.

    Args:
        how: How it read: events, reconcile, listing or full.
        requests: HTTP requests sent.
        minimum_requests: Requests that would have done.
        rows_added: Over all raw tables.
        rows_changed: Over all raw tables.
        rows_deleted: Over all raw tables.
        told: Tasks that events told of.
        lost: Changed tasks that no event had told of.
        unavailable: What could not be read at all -> why.
        warnings: What people should know.
    """

    how: str
    requests: int
    minimum_requests: int = 0
    rows_added: int = 0
    rows_changed: int = 0
    rows_deleted: int = 0
    told: int = 0
    lost: int = 0
    unavailable: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def record_sync(
    database: Database,
    sync: LastSync,
    account: Account,
    tokens: EventTokens | None = None,
    manifest: Mapping[str, int] | None = None,
) -> None:
    """Write down a finished sync, in one transaction with the tokens that the next one begins with.

    Until then the tables may already hold its rows: a crash before this moment makes the next sync read the same
    events again, and merging the same rows again changes nothing.

    Args:
        database: Where.
        sync: When and where it read.
        account: What it cost and changed.
        tokens: Of the event streams; None: the next sync lists everything.
        manifest: Raw table -> Delta version that it left.
    """
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, how, requests, minimum_requests, rows_added,"
            " rows_changed, rows_deleted, told, lost, unavailable, warnings, manifest)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                sync.workspace_gid,
                sync.asana_url,
                sync.synced_at,
                account.how,
                account.requests,
                account.minimum_requests,
                account.rows_added,
                account.rows_changed,
                account.rows_deleted,
                account.told,
                account.lost,
                json.dumps(dict(account.unavailable)),
                json.dumps([*account.warnings]),
                json.dumps(dict(manifest or {})),
            ),
        )
        write_tokens(cursor, tokens)


@contextmanager
def only_sync(database: Database) -> Iterator[None]:
    """Hold the right to sync this home; the connection's end gives it back, also after a crash.

    Raises:
        RetriableError: Another sync is running.
    """
    connection = database.connect()
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('asana_intel.sync'))")
            row = cursor.fetchone()
        if not (row and row[0]):
            raise RetriableError("Another sync of this home is running", fix="wait until it is done")
        yield
        with connection.cursor() as cursor:  # closing alone frees it a moment later, too late for the next sync
            cursor.execute("SELECT pg_advisory_unlock(hashtext('asana_intel.sync'))")
    finally:
        connection.close()


def refuse_mixture(
    before: LastSync | None, stored_workspaces: Collection[str], workspace_gid: str, synced_at: datetime
) -> None:
    """Refuse to merge records that would not fit those that are stored.

    Args:
        before: The latest finished sync.
        stored_workspaces: Gids of the workspaces in the raw tables; an interrupted first sync leaves one.
        workspace_gid: Workspace that is to be read.
        synced_at: The server's clock now.

    Raises:
        ConfigError: The home holds another workspace, or the server's clock lies before the last sync.
    """
    others = [gid for gid in {*stored_workspaces, *([before.workspace_gid] if before else [])} if gid != workspace_gid]
    if others:
        raise ConfigError(
            f"This home holds workspace {others[0]}, but the token reads {workspace_gid}",
            fix="give each workspace its own ASANA_INTEL_HOME",
        )
    if before and synced_at < before.synced_at:
        raise ConfigError(
            f"The server's clock says {synced_at.isoformat()}, before the last sync ({before.synced_at.isoformat()})",
            fix="set the server's clock right, or use another ASANA_INTEL_HOME for an earlier time",
        )
