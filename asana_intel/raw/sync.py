"""Bringing the raw tables of a workspace up to date: the entry point of the stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import polars as pl

from asana_intel.asana.pagination import Page
from asana_intel.asana.reader import AsanaReader, choose_workspace
from asana_intel.errors import PermanentError, RetriableError, SkippableError
from asana_intel.raw import streams
from asana_intel.raw.catch_up import CatchUp
from asana_intel.raw.crawl import Crawl
from asana_intel.raw.drift import DriftWatch
from asana_intel.raw.event_tokens import EventTokens, read_tokens
from asana_intel.raw.fan_out import FanOut
from asana_intel.raw.goal_snapshots import new_snapshots, snapshots_of
from asana_intel.raw.landing import Landing
from asana_intel.raw.raw_table import Counts, RawTable
from asana_intel.raw.records import Record
from asana_intel.raw.second_look import SecondLook
from asana_intel.raw.spool import PageSpool, is_unfinished, page_spool
from asana_intel.raw.stories import StoryKeeper
from asana_intel.raw.story_debt import StoryDebt
from asana_intel.raw.sync_log import Account, only_sync, record_sync, refuse_mixture
from asana_intel.raw.sync_plan import How, choose
from asana_intel.raw.sync_report import SyncReport, warnings_of
from asana_intel.raw.task_reads import TaskReads
from asana_intel.raw.walk import Listed, Question, Walk
from asana_intel.raw.watching import Heard, Watching
from asana_intel.settings import Settings
from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES
from asana_intel.storage.contracts.raw import RAW_TABLES, RESOURCES
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import LastSync, last_sync
from asana_intel.storage.tables import TableStore

_TOKENS = "event tokens"
_CRAWL_FOLDER = "crawl"
# Lists that a reading by events makes for safety: what they show is told by no stream, but seldom changes.
_BESIDE_EVENTS = {"projects", "goals"}


def sync_workspace(
    reader: AsanaReader,
    tables: TableStore,
    database: Database,
    settings: Settings,
    *,
    how: How = How.auto,
    on_progress: Callable[[str, int], None] | None = None,
) -> SyncReport:
    """Read the workspace and merge what differs into the raw tables.

    The first sync, and one after a day's pause, lists everything but stories, which are read for new and changed tasks
    and goals. In between, events tell what changed; once a day everything is listed by what tells whether it changed,
    and what events missed is repaired. What no list shows any more is asked for alone before it is called gone. A
    second sync without changes in Asana commits no new version of any table. A listing that was killed is gone on with
    for a day: what it had read is not read again, except for a page that was on its way. A list without an answer is
    left out and reported, and then nothing of its kind is called gone.

    Args:
        reader: Asana.
        tables: Where the raw tables lie.
        database: Where runs are remembered.
        settings: Which workspace, how many reads at once.
        how: How to read.
        on_progress: Told a stream's name and its records so far.

    Raises:
        ConfigError: The workspace is not clear, the home holds another one, or the server's clock went back.
        RetriableError: Asana does not answer several times in a row, or another sync is running; what was merged stays.
    """
    with only_sync(database), FanOut(settings.asana.concurrent_reads, lambda: reader.latency_s) as fan_out:
        return _Sync(reader, tables, database, settings, fan_out, on_progress).run(how)


class _Sync:
    """One sync: chooses how to read, reads, and writes down what it did."""

    def __init__(
        self,
        reader: AsanaReader,
        tables: TableStore,
        database: Database,
        settings: Settings,
        fan_out: FanOut,
        on_progress: Callable[[str, int], None] | None,
    ) -> None:
        self._reader = reader
        self._tables = tables
        self._database = database
        self._settings = settings
        self._fan_out = fan_out
        self._on_progress = on_progress
        self._requests_before = reader.request_count
        self._before = last_sync(database)
        self._tokens = read_tokens(database)
        self._folder = settings.home / _CRAWL_FOLDER
        self._heard = Heard()
        self._needed = 0
        self._drift = DriftWatch()

    def run(self, how: How) -> SyncReport:
        """Read and write down."""
        if how in (How.auto, How.events, How.reconcile) and self._before and self._tokens:
            report = self._by_events(self._before, self._tokens, how)
            if report:
                return report
        return self._by_listing(how if how is How.full else How.listing)

    # -- by events

    def _by_events(self, before: LastSync, tokens: EventTokens, how: How) -> SyncReport | None:
        """Catch up with events; None where that is not possible, and everything must be listed."""
        gid = self._settings.asana.workspace_gid or before.workspace_gid
        if gid != before.workspace_gid or before.asana_url != self._reader.url:
            return None
        walk = self._walk(gid)
        goals = self._listed(walk, "goals", gid)
        now = self._reader.server_time()
        how = self._chosen(before, tokens, how, now)
        if how is How.listing:
            return None
        refuse_mixture(before, self._stored_workspaces(), gid, now)
        is_slow = how is How.reconcile or tokens.slow_ago(now) >= timedelta(minutes=self._settings.asana.slow_minutes)
        landing = self._landing(walk, gid, now)
        containers = {"goals": _land(landing, "goals", goals)}
        # The workspace's own stream tells of all projects; otherwise each new one must be found to be watched.
        if gid not in tokens.tokens or is_slow:
            containers["projects"] = _land(landing, "projects", self._listed(walk, "projects", gid))
        if walk.failed("projects"):
            return None
        watchable = [gid] if gid in tokens.tokens else _watched(containers["projects"], containers["goals"])
        quiet = set() if is_slow else _unchanged(landing.tables["goals"]) & tokens.tokens.keys()
        watched = {one: tokens.tokens.get(one) for one in watchable if one not in quiet}
        self._heard = Watching(self._reader, self._fan_out, gid).poll(watched)
        if self._heard.is_unavailable or gid in self._heard.expired:
            return None
        caught = CatchUp(landing, self._reader, gid, containers, self._heard, tokens.search_since)
        caught.run()
        self._needed = caught.reads.needed
        lost = self._reconcile(landing) if how is How.reconcile else 0
        told_since = tokens.told + caught.told
        left = self._tokens_after(tokens, landing, caught, watchable, now, how, is_slow=is_slow)
        return self._finish(
            landing, now, how, containers["goals"], left, told=caught.told, lost=lost, told_since=told_since
        )

    def _tokens_after(
        self,
        tokens: EventTokens,
        landing: Landing,
        caught: CatchUp,
        watched: Sequence[str],
        now: datetime,
        how: How,
        *,
        is_slow: bool,
    ) -> EventTokens:
        """What the next sync goes on from.

        What had no answer, or an old one, is told of again: then all streams stay where they were. Merging the rest
        again changes nothing.
        """
        is_answered = landing.walk.is_answered and not landing.second_look.unsure and not landing.stories.seems_behind
        kept = {one: token for one, token in tokens.tokens.items() if one in watched}
        is_reconciled = how is How.reconcile
        return EventTokens(
            credential=tokens.credential,
            listed_at=now.isoformat() if is_reconciled else tokens.listed_at,
            slow_at=now.isoformat() if is_slow else tokens.slow_at,
            searched_at=_searched_at(tokens, caught.reads, now, is_answered=is_answered),
            told=0 if is_reconciled else tokens.told + caught.told if is_answered else tokens.told,
            tokens=kept | self._heard.tokens if is_answered else kept,
        )

    def _chosen(self, before: LastSync, tokens: EventTokens, how: How, now: datetime) -> How:
        reconcile_after = timedelta(hours=self._settings.asana.reconcile_hours)
        chosen = choose(
            before,
            tokens,
            self._reader.credential_digest,
            now,
            reconcile_after,
            is_unfinished=is_unfinished(self._folder),
        )
        return chosen if how is How.auto or chosen is How.listing else how

    def _listed(self, walk: Walk, table: str, workspace_gid: str) -> Listed | None:
        """A root list; None where it could not be read."""
        stream = next(stream for stream in streams.ROOTS if stream.resource == table)
        answers = [*walk.lists([Question(stream, workspace_gid)])]
        return answers[0] if answers else None

    def _reconcile(self, landing: Landing) -> int:
        """List everything by what tells whether it changed; returns how many tasks events should have told of."""
        return len(self._crawl(landing, self._workspace(), is_light=True).lost)

    # -- by listing

    def _by_listing(self, how: How) -> SyncReport:
        """List everything."""
        workspace = self._workspace()
        gid = workspace["gid"]
        now = self._reader.server_time()
        refuse_mixture(self._before, self._stored_workspaces(), gid, now)
        # Another token may see less: what it was shown must not decide what is gone.
        identity = {"credential": self._reader.credential_digest, "workspace": gid, "how": how.value}
        with page_spool(self._folder, identity, now) as spool:
            synced_at = spool.begun_at
            landing = self._landing(self._walk(gid, spool), gid, synced_at, relist_stories=how is How.full)

            def take_tokens(projects: Sequence[Record], goals: Sequence[Record]) -> None:
                self._heard = self._first_tokens(spool, gid, _watched(projects, goals))

            crawl = self._crawl(landing, workspace, on_roots=take_tokens)
        tokens = EventTokens(
            credential=self._reader.credential_digest,
            listed_at=synced_at.isoformat(),
            slow_at=synced_at.isoformat(),
            searched_at=synced_at.isoformat(),
            tokens=self._heard.tokens,
        )
        return self._finish(
            landing, synced_at, how, crawl.goals, tokens if tokens.tokens else None, resumed_pages=spool.kept_pages
        )

    def _first_tokens(self, spool: PageSpool, workspace_gid: str, watched: Sequence[str]) -> Heard:
        """Tokens from before anything is read that they watch; of a resumed sync, those that it had taken then."""
        if kept := [record for page in spool.kept(_TOKENS) for record in page.records]:
            return Heard(tokens={record["gid"]: record["sync"] for record in kept})
        heard = self._workspace_token(workspace_gid)
        if not heard.tokens:
            heard = Watching(self._reader, self._fan_out, workspace_gid).poll(dict.fromkeys(watched))
        spool.keep(_TOKENS, Page([{"gid": gid, "sync": token} for gid, token in heard.tokens.items()], None))
        return heard

    def _workspace_token(self, workspace_gid: str) -> Heard:
        """The token of the workspace's own stream, which is open to few."""
        try:
            token = self._reader.workspace_events(workspace_gid, None).sync
        except (SkippableError, PermanentError, RetriableError):
            return Heard()
        return Heard(tokens={workspace_gid: token}, requests=1)

    # -- both

    def _crawl(
        self,
        landing: Landing,
        workspace: Record,
        *,
        is_light: bool = False,
        on_roots: Callable[[Sequence[Record], Sequence[Record]], None] | None = None,
    ) -> Crawl:
        portfolios = self._settings.asana.portfolio_gids
        crawl = Crawl(landing, workspace, portfolios, is_light=is_light, on_roots=on_roots)
        crawl.run()
        return crawl

    def _walk(self, workspace_gid: str, spool: PageSpool | None = None) -> Walk:
        return Walk(self._reader, self._fan_out, workspace_gid, self._on_progress, spool, self._drift)

    def _landing(self, walk: Walk, workspace_gid: str, synced_at: datetime, *, relist_stories: bool = False) -> Landing:
        raw = {resource: RawTable(self._tables, resource, synced_at) for resource in RESOURCES}
        look = SecondLook(self._reader, self._fan_out, workspace_gid)
        stories = StoryKeeper(walk, raw["stories"], look, StoryDebt(self._database), synced_at)
        return Landing(walk, look, raw, stories, synced_at, relist_stories=relist_stories)

    def _workspace(self) -> Record:
        return choose_workspace(self._reader.workspaces(), self._settings.asana.workspace_gid)

    def _stored_workspaces(self) -> list[str]:
        return self._tables.read("raw/workspaces")["gid"].to_list()

    def _finish(
        self,
        landing: Landing,
        synced_at: datetime,
        how: How,
        goals: Sequence[Record],
        tokens: EventTokens | None,
        *,
        resumed_pages: int = 0,
        told: int = 0,
        lost: int = 0,
        told_since: int = 0,
    ) -> SyncReport:
        """Photograph the goals, and write the sync down together with the tokens for the next one."""
        walk = landing.walk
        counts = {name: table.counts for name, table in landing.tables.items()}
        counts["goal_snapshots"] = _snapshot_goals(self._tables, goals, synced_at)
        without = _BESIDE_EVENTS if how is How.events else ()
        once = 0 if how is How.events else 1  # the workspaces
        report = SyncReport(
            workspace_gid=walk.workspace_gid,
            synced_at=synced_at,
            how=how.value,
            requests=self._reader.request_count - self._requests_before,
            resumed_pages=resumed_pages,
            minimum_requests=once
            + walk.minimum_requests(without)
            + self._heard.requests
            + self._needed
            + landing.second_look.requests,
            told=told,
            lost=lost,
            told_since=told_since,
            added={name: c.added for name, c in counts.items() if c.added},
            changed={name: c.changed for name, c in counts.items() if c.changed},
            deleted={name: c.deleted for name, c in counts.items() if c.deleted},
            unavailable=walk.unavailable(),
            incomplete=walk.incomplete(),
            warnings=warnings_of(self._heard, self._drift.findings(self._reader.dropped_fields())),
        )
        self._write_down(report, tokens)
        return report

    def _write_down(self, report: SyncReport, tokens: EventTokens | None) -> None:
        account = Account(
            how=report.how,
            requests=report.requests,
            minimum_requests=report.minimum_requests,
            rows_added=sum(report.added.values()),
            rows_changed=sum(report.changed.values()),
            rows_deleted=sum(report.deleted.values()),
            told=report.told,
            lost=report.lost,
            unavailable=report.unavailable,
            warnings=report.warnings,
        )
        last = LastSync(report.synced_at, report.workspace_gid, self._reader.url)
        versions = {table.name: self._tables.version(table.key) for table in RAW_TABLES}
        manifest = {name: version for name, version in versions.items() if version is not None}
        record_sync(self._database, last, account, tokens, manifest)


def _land(landing: Landing, table: str, listed: Listed | None) -> list[Record]:
    """Take the rows of a root list; returns its records."""
    if listed is None:
        return []
    landing.land(table, listed.rows)
    return [fact.record for fact in listed.facts if fact.record is not None]


def _searched_at(tokens: EventTokens, reads: TaskReads, now: datetime, *, is_answered: bool) -> str | None:
    """From when the next search goes on; None where there is no search."""
    if tokens.searched_at is None or reads.search_refused:
        return None
    return now.isoformat() if is_answered else tokens.searched_at


def _unchanged(goals: RawTable) -> set[str]:
    """Listed goals that are stored as they are."""
    return set(goals.pending().filter(~pl.col("differs"))["gid"])


def _watched(projects: Sequence[Record], goals: Sequence[Record]) -> list[str]:
    """Projects and goals whose events are polled: those that are still worked on; a reconcile reads the others."""
    live = [project["gid"] for project in projects if not project.get("archived")]
    return live + [goal["gid"] for goal in goals if goal.get("status") not in CLOSED_GOAL_STATUSES]


def _snapshot_goals(tables: TableStore, goals: Sequence[Record], synced_at: datetime) -> Counts:
    today = snapshots_of(goals, synced_at)
    stored = tables.read("raw/goal_snapshots").filter(pl.col("snapshot_on") == synced_at.date())
    outcome = tables.merge("raw/goal_snapshots", new_snapshots(today, stored))
    return Counts(outcome.inserted, outcome.updated)
