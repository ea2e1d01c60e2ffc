"""One event end to end: tasks read, scored again, stored unless a refresh was faster, told, and edits checked."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, partial

import polars as pl

from asana_intel.asana.reader import AsanaReader
from asana_intel.changes.notices import Occasion, Read, propose_checks, propose_notices, worth_telling
from asana_intel.clock import monday_of
from asana_intel.insights.priority.score import TABLE
from asana_intel.live.checking import breaches
from asana_intel.live.moment import Moment, subtasks
from asana_intel.live.patch import Patched
from asana_intel.live.reads import Fresh, read_tasks
from asana_intel.live.rescoring import GAINS_TABLE, Rescored, rescored
from asana_intel.raw.followed import MOST_TASKS
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import require_last_sync
from asana_intel.storage.tables import TableStore

# Asana's clock comes in whole seconds: what happened within this one is not later than now.
_SECOND = timedelta(seconds=1)
# No score and no notice looks at comments that are older.
_LONG_AGO = timedelta(weeks=5)
_ENDING = (
    "staging/task_lifetimes",
    "staging/task_completion_intervals",
    "staging/task_assignee_intervals",
    "staging/task_date_intervals",
    "staging/task_section_intervals",
)
_STAMPS = ("as_of_on", "as_of_at")


@dataclass
class Followed:
    """What following an event came to.

    Args:
        skipped: Why nothing was stored, in a sentence; None = the scores were stored.
        tasks_read: Tasks read from Asana, gone ones too.
        requests: HTTP requests to Asana.
        rows_rescored: Rows scored again or dropped.
        told: Notices that were proposed.
        plan_id: The plan that holds them.
        breaches: What edits of assignees and dates break.
        commented: Comments on them that were proposed; those that are there or wait already are none.
        check_plan_id: The plan that holds these.
        seconds: Step -> seconds.
    """

    skipped: str | None = None
    tasks_read: int = 0
    requests: int = 0
    rows_rescored: int = 0
    told: int = 0
    plan_id: str | None = None
    breaches: int = 0
    commented: int = 0
    check_plan_id: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - began


def follow(
    reader: AsanaReader,
    tables: TableStore,
    database: Database,
    settings: Settings,
    tasks: Collection[str],
    spoken: Collection[str] = (),
) -> Followed:
    """Bring the week's scores up to date with some tasks, without reading the workspace.

    Run again, it finds the same and stores the same. Whatever it leaves undone, the refresh that the same events ask
    for does.

    Args:
        reader: Asana.
        tables: The tables.
        database: The ledger, for notices.
        settings: Rubric, and what is told.
        tasks: All tasks that changed since the last sync, deleted ones too.
        spoken: Those of them on which somebody spoke.

    Raises:
        AsanaIntelError: Asana or PostgreSQL does not answer. What was stored until then is whole.
    """
    done, before = Followed(), reader.request_count
    try:
        _follow(done, reader, tables, database, settings, tasks, spoken)
    finally:
        done.requests = reader.request_count - before
    return done


def _follow(
    done: Followed,
    reader: AsanaReader,
    tables: TableStore,
    database: Database,
    settings: Settings,
    tasks: Collection[str],
    spoken: Collection[str],
) -> None:
    versions = {key: tables.version(key) or 0 for key in (TABLE, GAINS_TABLE)}
    week_on = monday_of(reader.server_time())
    if tables.read(TABLE, partition=week_on).is_empty():
        done.skipped = f"There are no scores of the week of {week_on} yet: a refresh makes them."
        return
    with done.step("read tasks"):
        fresh = read_tasks(reader, tasks, spoken, lambda gids: subtasks(tables.read, gids), MOST_TASKS)
    if fresh is None:
        done.skipped = f"More than {MOST_TASKS} tasks changed: the refresh reads them."
        return
    done.tasks_read = len(fresh.gids)
    with done.step("lay over"):
        moment, patched = _moment(reader, tables, fresh)
    _score(done, reader, tables, database, settings, moment, patched, versions)
    with done.step("check"):
        _check(done, database, settings, moment)


def _score(
    done: Followed,
    reader: AsanaReader,
    tables: TableStore,
    database: Database,
    settings: Settings,
    moment: Moment,
    patched: Patched,
    versions: dict[str, int],
) -> None:
    if not moment.kinds:
        done.skipped = "Nothing that a score is made from differs."
        return
    with done.step("score"):
        found = rescored(moment, settings.priority)
        done.rows_rescored = found.touched
    with done.step("store"):
        if not _stored(tables, found, moment, versions):
            done.skipped = "The scores were written meanwhile: the refresh has it."
            return
    with done.step("tell"):
        _tell(done, reader, database, settings, found, moment, patched)


def _moment(reader: AsanaReader, tables: TableStore, fresh: Fresh) -> tuple[Moment, Patched]:
    as_of = reader.server_time() + _SECOND
    stored = cache(partial(_what_holds, tables, as_of))
    patched = Patched(stored, fresh, as_of)
    return Moment(monday_of(as_of - _SECOND), as_of, stored, patched.read, fresh.gids), patched


def _what_holds(tables: TableStore, as_of: datetime, key: str, *, partition: date | None = None) -> pl.DataFrame:
    """The stored rows of a table, of large ones without what is over: intervals that ended, comments of long ago."""
    if partition is not None:
        return tables.read(key, partition=partition)
    rows = tables.scan(key)
    if key in _ENDING:
        rows = rows.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > as_of))
    elif key == "staging/stories":
        rows = rows.filter(pl.col("subtype") == "comment_added", pl.col("created_at") > as_of - _LONG_AGO)
    return rows.collect()


def _stored(tables: TableStore, found: Rescored, moment: Moment, versions: dict[str, int]) -> bool:
    """Store the week's rows unless somebody wrote to their table since it was read; gains first, as a refresh."""
    if not _is_same(found.gains, moment.before(GAINS_TABLE, partition=moment.week_on)):
        version = versions[GAINS_TABLE]
        if tables.exchange_partition(GAINS_TABLE, found.gains, moment.week_on, version) is None:
            return False
    return tables.exchange_partition(TABLE, found.scores, moment.week_on, versions[TABLE]) is not None


def _is_same(rows: pl.DataFrame, stored: pl.DataFrame) -> bool:
    keys = ["task_gid", "goal_gid"]
    return rows.drop(_STAMPS).sort(keys).equals(stored.drop(_STAMPS).sort(keys))


def _tell(
    done: Followed,
    reader: AsanaReader,
    database: Database,
    settings: Settings,
    found: Rescored,
    moment: Moment,
    patched: Patched,
) -> None:
    """Tell assignees of large changes; tasks that the event only touched are read first, since they are spoken of."""
    telling = worth_telling(found.scores, found.moved, settings)[:MOST_TASKS]
    if not telling:
        return
    more = sorted(set(telling) - moment.tasks)
    if more:
        seen = read_tasks(reader, more, (), lambda _: (), MOST_TASKS) or Fresh()
        patched = patched.with_more(seen)
        telling = [gid for gid in telling if gid not in seen.gone]
        done.tasks_read += len(seen.gids)
    plan = propose_notices(_occasion(database, settings, moment, patched.read), found.scores, telling)
    if plan is not None:
        done.told, done.plan_id = len(plan.rows), plan.plan_id


def _check(done: Followed, database: Database, settings: Settings, moment: Moment) -> None:
    """Propose to comment what the edits break; whether anything is scored does not matter."""
    found = breaches(moment, settings)
    done.breaches = len(found)
    plan = propose_checks(_occasion(database, settings, moment, moment.after), moment.before, found)
    if plan is not None:
        done.commented, done.check_plan_id = len(plan.rows), plan.plan_id


def _occasion(database: Database, settings: Settings, moment: Moment, read: Read) -> Occasion:
    workspace_gid = require_last_sync(database).workspace_gid
    return Occasion(database, settings, workspace_gid, moment.week_on, moment.as_of, read)
