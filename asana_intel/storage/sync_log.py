"""What the last sync left behind: the instant (Asana's clock) that all tables stand at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from asana_intel.clock import as_of_for_week, monday_of
from asana_intel.errors import ConfigError
from asana_intel.storage.postgres import Database


@dataclass(frozen=True)
class LastSync:
    """The newest sync.

    Args:
        synced_at: Server time at the start of its crawl, UTC.
        workspace_gid: Workspace it read.
        asana_url: Where it read.
    """

    synced_at: datetime
    workspace_gid: str
    asana_url: str


def last_sync(database: Database) -> LastSync | None:
    """The newest sync of this home, or None."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT synced_at, workspace_gid, asana_url FROM sync_run ORDER BY synced_at DESC, sync_id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return None if row is None else LastSync(row[0].astimezone(UTC), row[1], row[2])


def first_synced_at(database: Database) -> datetime | None:
    """The instant of this home's first sync, or None."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT min(synced_at) FROM sync_run")
        row = cursor.fetchone()
    return row[0].astimezone(UTC) if row and row[0] else None


def require_last_sync(database: Database) -> LastSync:
    """The newest sync.

    Raises:
        ConfigError: Nothing was synced yet.
    """
    if (found := last_sync(database)) is None:
        raise ConfigError("Nothing was synced yet", fix="run `asana-intel sync`, or materialize the group raw")
    return found


def as_of_week(database: Database, week_on: date) -> datetime:
    """The instant a forecast for the week of `week_on` may know: its end, or the last sync where that is earlier.

    Raises:
        ConfigError: The week lies after the last sync.
    """
    synced_at = require_last_sync(database).synced_at
    if week_on > monday_of(synced_at):
        raise ConfigError(
            f"No data for the week of {week_on}: the last sync was on {synced_at.date()}",
            fix=f"sync first, or choose the week of {monday_of(synced_at)} or before",
        )
    return as_of_for_week(week_on, synced_at)
