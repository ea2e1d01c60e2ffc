"""Sensors that stand in for webhooks: Asana's events say that something changed, a run reads what."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
import orjson

from asana_intel.asana.reader import AsanaReader, EventPage
from asana_intel.clock import monday_of
from asana_intel.errors import AsanaIntelError
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import last_sync
from asana_intel.storage.tables import TableStore

# Half of Dagster's own budget for a tick; resources left over come first in the next one.
_TICK_SECONDS = 30.0
_BEFORE_ITS_START = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
]


@dataclass(frozen=True)
class Decision:
    """What a tick decided: whether to refresh, why, and the cursor to keep."""

    refresh: bool
    reason: str
    tokens: Mapping[str, str]


def decide(tokens: Mapping[str, str], pages: Mapping[str, EventPage]) -> Decision:
    """Turn the answers of a tick into a decision.

    Args:
        tokens: Sync token per watched resource before the tick.
        pages: Answer per resource that was asked; resources not asked keep their token.
    """
    kept = {**tokens, **{gid: page.sync for gid, page in pages.items()}}
    lost = [gid for gid, page in pages.items() if page.expired and gid in tokens]
    news = sum(len(page.events) for page in pages.values())
    if lost:
        return Decision(True, f"events of {len(lost)} resources were lost: reading everything again", kept)
    if news:
        return Decision(True, f"{news} events", kept)
    return Decision(False, "nothing changed", kept)


def read_cursor(cursor: str | None) -> dict[str, str]:
    """Tokens from a sensor's cursor; anything unreadable starts anew."""
    try:
        tokens = orjson.loads(cursor or "{}")
    except orjson.JSONDecodeError:
        return {}
    return {str(k): str(v) for k, v in tokens.items()} if isinstance(tokens, dict) else {}


def poll(reader: AsanaReader, gids: Sequence[str], tokens: Mapping[str, str]) -> dict[str, EventPage]:
    """Ask for the events of each resource until the tick's time is up, those without a token first."""
    deadline = time.monotonic() + _TICK_SECONDS
    pages: dict[str, EventPage] = {}
    for gid in sorted(gids, key=lambda g: (g in tokens, g)):
        if time.monotonic() > deadline:
            break
        pages[gid] = reader.events(gid, tokens.get(gid))
    return pages


def build_event_sensor(job_name: str) -> dg.SensorDefinition:
    """The sensor that refreshes the workspace when Asana says that a project or goal changed."""

    @dg.sensor(
        name="asana_events_sensor",
        job_name=job_name,
        minimum_interval_seconds=60,
        description="Asks Asana what changed, and refreshes the workspace when something did.",
    )
    def asana_events_sensor(
        context: dg.SensorEvaluationContext,
        asana_reader: dg.ResourceParam[AsanaReader],
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> dg.SensorResult:
        """Poll Asana's events of every project and goal; one run for all that changed."""
        if last_sync(database) is None:
            return dg.SensorResult(skip_reason="Nothing was synced yet: run refresh_workspace once.")
        tokens = read_cursor(context.cursor)
        try:
            pages = poll(asana_reader, watched_gids(tables), tokens)
        except AsanaIntelError as problem:
            return dg.SensorResult(skip_reason=f"Asana could not be asked: {problem.message}", cursor=context.cursor)
        decision = decide(tokens, pages)
        cursor = orjson.dumps(dict(decision.tokens)).decode()
        if not decision.refresh:
            return dg.SensorResult(skip_reason=decision.reason, cursor=cursor)
        week = monday_of(asana_reader.server_time()).isoformat()
        # Where syncs take longer than a tick, one waiting run reads what all ticks until its start have seen.
        waiting = dg.RunsFilter(job_name=job_name, statuses=_BEFORE_ITS_START, tags={"dagster/partition": week})
        if context.instance.get_runs(waiting, limit=1):
            return dg.SensorResult(skip_reason=f"{decision.reason}: a run that waits will read them", cursor=cursor)
        context.log.info(decision.reason)
        return dg.SensorResult(run_requests=[dg.RunRequest(partition_key=week)], cursor=cursor)

    return asana_events_sensor


def watched_gids(tables: TableStore) -> list[str]:
    """Projects that are not archived, and goals."""
    projects = tables.read("raw/projects")
    goals = tables.read("raw/goals")
    live = projects.filter(projects["deleted_at"].is_null() & ~projects["archived"].fill_null(value=False))
    return [*live["gid"], *goals.filter(goals["deleted_at"].is_null())["gid"]]
