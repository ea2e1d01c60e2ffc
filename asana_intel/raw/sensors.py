"""The sensor of Asana's events, polled and pushed: they say that something changed, a run reads what."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

import dagster as dg
import orjson
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from asana_intel.asana.reader import AsanaReader, EventPage
from asana_intel.clock import monday_of, parse_instant
from asana_intel.errors import AsanaIntelError
from asana_intel.raw import inbox
from asana_intel.raw.echo import Causes, our_users
from asana_intel.raw.followed import Following
from asana_intel.raw.news import decide
from asana_intel.settings import Settings
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


_FAILED = {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}


@dataclass(frozen=True)
class Cursor:
    """What the sensor keeps from one tick to the next.

    Args:
        tokens: Sync token per watched resource.
        taken: Deliveries of the inbox that the last tick took up; once this is kept, they are done with.
        requested_at: Asana's clock when a run was last asked for.
        causes: Who asked for the runs of the last hour: gid -> times.
        held: Gids of objects that change all the time and wait.
        followed: Tasks that changed since the last sync, and when.
        spoken: Those of them on which somebody spoke.
    """

    tokens: Mapping[str, str] = field(default_factory=dict)
    taken: Sequence[int] = ()
    requested_at: str | None = None
    causes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    held: Sequence[str] = ()
    followed: Mapping[str, str] = field(default_factory=dict)
    spoken: Sequence[str] = ()

    @staticmethod
    def read(text: str | None) -> "Cursor":
        """Read a kept cursor; anything unreadable starts anew."""
        try:
            kept = orjson.loads(text or "{}")
            if not isinstance(kept, dict):
                return Cursor()
            if "tokens" not in kept:  # as kept before webhooks came: tokens only
                kept = {"tokens": kept}
            tokens = {str(gid): str(token) for gid, token in kept["tokens"].items()}
            taken = tuple(int(number) for number in kept.get("taken", ()))
            requested_at = str(kept.get("requested_at") or "")
            causes = {
                str(gid): tuple(parse_instant(str(t)).isoformat() for t in times)
                for gid, times in kept.get("causes", {}).items()
            }
            held = tuple(str(gid) for gid in kept.get("held", ()))
            followed = {str(gid): parse_instant(str(at)).isoformat() for gid, at in kept.get("followed", {}).items()}
            spoken = tuple(str(gid) for gid in kept.get("spoken", ()))
            asked_at = parse_instant(requested_at).isoformat() if requested_at else None
            return Cursor(tokens, taken, asked_at, causes, held, followed, spoken)
        except (ValueError, AttributeError, TypeError):
            return Cursor()

    def memory(self) -> Causes:
        """Who asked lately."""
        times = {gid: tuple(parse_instant(t) for t in times) for gid, times in self.causes.items()}
        return Causes(times, frozenset(self.held))

    def following(self) -> Following:
        """What changed since the last sync."""
        tasks = {gid: parse_instant(at) for gid, at in self.followed.items()}
        return Following(tasks, frozenset(self.spoken))

    def text(self) -> str:
        """Write the cursor."""
        return orjson.dumps(asdict(self)).decode()


def poll(reader: AsanaReader, gids: Sequence[str], tokens: Mapping[str, str]) -> dict[str, EventPage]:
    """Ask for the events of each resource until the tick's time is up, those without a token first."""
    deadline = time.monotonic() + _TICK_SECONDS
    pages: dict[str, EventPage] = {}
    for gid in sorted(gids, key=lambda g: (g in tokens, g)):
        if time.monotonic() > deadline:
            break
        pages[gid] = reader.events(gid, tokens.get(gid))
    return pages


Job = dg.JobDefinition | UnresolvedAssetJobDefinition


def build_event_sensor(
    refresh: Job, follow: Job, follow_request: Callable[[Collection[str], Collection[str]], dg.RunRequest]
) -> dg.SensorDefinition:
    """The sensor that refreshes the workspace when Asana says that something changed, and follows a few tasks at once.

    Args:
        refresh: Job that reads the workspace, for a week.
        follow: Job that reads single tasks.
        follow_request: Asks for a run of it, for the tasks that changed since the last sync and those spoken on.
    """
    job_name = refresh.name

    @dg.sensor(
        name="asana_events_sensor",
        jobs=[refresh, follow],
        minimum_interval_seconds=60,
        description="Asks Asana what changed, follows what is little, and refreshes the workspace.",
    )
    def asana_events_sensor(
        context: dg.SensorEvaluationContext,
        asana_reader: dg.ResourceParam[AsanaReader],
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> dg.SensorResult:
        """Poll Asana's events of every project and goal, drain the inbox; one refresh for all that changed.

        Beside it one run that follows the tasks that changed since the last sync: scores need not wait for a refresh,
        and each such run is whole without those before it.
        """
        newest = last_sync(database)
        if newest is None:
            return dg.SensorResult(skip_reason="Nothing was synced yet: run refresh_workspace once.")
        cursor = Cursor.read(context.cursor)
        deliveries = _drain(database, cursor)
        try:
            pages = poll(asana_reader, watched_gids(tables), cursor.tokens)
            now = asana_reader.server_time()
        except AsanaIntelError as problem:
            return dg.SensorResult(skip_reason=f"Asana could not be asked: {problem.message}", cursor=context.cursor)
        read_until = _read_until(context.instance, job_name, newest.synced_at, cursor)
        pushed = [event for delivery in deliveries for event in delivery.events]
        decision = decide(
            cursor.tokens, pages, pushed, read_until, ours=our_users(database), causes=cursor.memory(), now=now,
            asks=(settings.priority_writes.trigger_task or None) if settings.fields.priority else None,
        )  # fmt: skip
        taken = [delivery.delivery_id for delivery in deliveries]
        requested_at = now.isoformat() if decision.refresh else cursor.requested_at
        causes = {gid: [t.isoformat() for t in times] for gid, times in decision.causes.times.items()}
        following = cursor.following().heard(decision.news, newest.synced_at)
        followed = {gid: at.isoformat() for gid, at in following.tasks.items()}
        kept = Cursor(
            decision.tokens, taken, requested_at, causes, sorted(decision.causes.held), followed,
            sorted(following.spoken),
        ).text()  # fmt: skip
        if not decision.refresh:
            return dg.SensorResult(skip_reason=decision.reason, cursor=kept)
        follows = following.is_small and Following().heard(decision.news, newest.synced_at).tasks
        runs = [follow_request(following.tasks, following.spoken)] if follows else []
        week = monday_of(now).isoformat()
        # Where syncs take longer than a tick, one waiting run reads what all ticks until its start have seen.
        waiting = dg.RunsFilter(job_name=job_name, statuses=_BEFORE_ITS_START, tags={"dagster/partition": week})
        if not context.instance.get_runs(waiting, limit=1):
            runs.append(dg.RunRequest(job_name=job_name, partition_key=week))
        context.log.info(decision.reason)
        if not runs:
            return dg.SensorResult(skip_reason=f"{decision.reason}: a run that waits will read them", cursor=kept)
        return dg.SensorResult(run_requests=runs, cursor=kept)

    return asana_events_sensor


def _drain(database: Database, cursor: Cursor) -> list[inbox.Delivery]:
    """Be done with what the last tick took up, whose outcome is kept by now; give what came since."""
    if cursor.taken:
        inbox.take(database, cursor.taken, inbox.database_time(database))
    return inbox.waiting(database)


def _read_until(instance: dg.DagsterInstance, job_name: str, synced_at: datetime, cursor: Cursor) -> datetime:
    """Up to when changes are read, or will be: by the last sync, or by the run asked for last, unless that failed."""
    if cursor.requested_at is None:
        return synced_at
    latest = instance.get_runs(dg.RunsFilter(job_name=job_name), limit=1)
    if latest and latest[0].status in _FAILED:
        return synced_at
    return max(synced_at, parse_instant(cursor.requested_at))


def watched_gids(tables: TableStore) -> list[str]:
    """Projects that are not archived, and goals."""
    projects = tables.read("raw/projects")
    goals = tables.read("raw/goals")
    live = projects.filter(projects["deleted_at"].is_null() & ~projects["archived"].fill_null(value=False))
    return [*live["gid"], *goals.filter(goals["deleted_at"].is_null())["gid"]]
