"""Apply an approved plan: the one path by which anything reaches Asana, taken by one worker or several.

Here are the rules for the plan as a whole, the workers and the report; how one row is written is protocol.py's.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from asana_intel.asana.pacing import limits_of
from asana_intel.changes.claims import claim, name_of, release, target_lock, worker_connection
from asana_intel.changes.fields import BY_NAME, FieldSpec
from asana_intel.changes.kinds import Kinds
from asana_intel.changes.ledger import PlanRow, StoredPlan, load_plan, require_unchanged
from asana_intel.changes.progress import (
    FINAL,
    OvertakenError,
    note_writer,
    require_approved,
    require_sendable,
    start_applying,
    stop_applying,
)
from asana_intel.changes.protocol import DEFAULT_TIMING, Hand, Outcome, Timing, settle
from asana_intel.changes.writing import Writer
from asana_intel.errors import AsanaIntelError, RefusedError, RetriableError
from asana_intel.settings import AsanaSettings, Mode

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

_FAILURES_IN_A_ROW = 5
_HEARD_WITHIN_S = 0.2
_TROUBLE = frozenset({"retry", "failed", "unknown"})
_NOT_UNDER_WAY = frozenset({"retry", "waiting"})
"""Outcomes of rows that stay open although nothing of theirs is on its way: they hold no other row back."""


@dataclass(frozen=True)
class RowOutcome:
    """What became of one row in one apply.

    Args:
        row_key: Row.
        kind: Kind of change.
        target_type: Type of the object.
        target_gid: Object.
        field: Field or purpose.
        outcome: done, noop (it stood there already), stale (someone changed it), overridden, failed, unknown, retry
            (certainly not written, may work later) or waiting (something must be set up first).
        result_gid: What was written or found.
        error: Why not.
        verified: Read back and equal; None where nothing was sent.
    """

    row_key: str
    kind: str
    target_type: str
    target_gid: str
    field: str | None
    outcome: str
    result_gid: str | None = None
    error: str | None = None
    verified: bool | None = None


@dataclass
class ApplyReport:
    """What one apply did.

    Args:
        plan_id: Plan.
        plan_state: Its state afterwards.
        outcomes: One per row that was touched, in order.
        stopped: Why it ended early, if it did.
    """

    plan_id: str
    plan_state: str = "applying"
    outcomes: list[RowOutcome] = field(default_factory=list)
    stopped: str | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Rows by outcome."""
        counts: dict[str, int] = {}
        for row in self.outcomes:
            counts[row.outcome] = counts.get(row.outcome, 0) + 1
        return dict(sorted(counts.items()))

    @property
    def written(self) -> int:
        """Rows that changed something in Asana."""
        return sum(row.outcome == "done" for row in self.outcomes)

    @property
    def unverified(self) -> int:
        """Rows that were written and read back differently."""
        return sum(row.verified is False for row in self.outcomes)


def workers_for(asana: AsanaSettings) -> int:
    """How many rows to work on at once: one per write in flight, and no more than one per request a second.

    More would only queue, and a request must leave soon after the ledger has said that it will.
    """
    return max(1, min(asana.writes_in_flight, int(limits_of(asana).per_minute // 60)))


def apply_plan(
    database: Database,
    writer: Writer,
    plan_id: str,
    *,
    mode: Mode,
    actor: str,
    now: Callable[[], datetime],
    on_row: Callable[[RowOutcome], None] | None = None,
    workers: int = 1,
    timing: Timing = DEFAULT_TIMING,
    may_send: Callable[[], None] = lambda: None,
    registry: Mapping[str, FieldSpec] = BY_NAME,
) -> ApplyReport:
    """Send the approved rows of a plan. Run again after any interruption: what is done is not sent twice.

    What any plan left unresolved is settled first. Several programs may apply at once: a row has one worker.

    Args:
        database: The ledger.
        writer: Asana's writer; with several workers it is used from several threads.
        plan_id: Plan.
        mode: Mode of today; observe writes nothing, and less than the plan's mode refuses the plan.
        actor: Who applies, for the audit.
        now: Ledger time, UTC (`ledger_clock(database)`).
        on_row: Told of each row as it is over, for progress.
        workers: How many rows are worked on at once; those of one object never are.
        timing: How long things may take.
        may_send: Asked before each request; raises where it may not leave (`stopping.stop_check`).
        registry: Our fields, by the names they have in this workspace.

    Raises:
        RefusedError: Mode, approval, expiry, gate, kill switch or a changed plan forbid it; nothing was written
            after that moment.
        PermanentError: There is no such plan.
        ConfigError: The writer's token is not valid any more; what was not written waits for the next apply.
    """
    if mode is Mode.observe:
        raise RefusedError("Nothing was written: mode observe writes nothing", fix="ASANA_INTEL_MODE=propose")
    plan = load_plan(database, plan_id)
    if list(Mode).index(mode) < list(Mode).index(plan.mode):
        raise RefusedError(
            f"Nothing was written: plan {plan_id} was made in mode {plan.mode.value}, and today's is {mode.value}",
            fix="compute it again in today's mode: asana-intel plan",
        )
    require_unchanged(plan)
    run = _Run(database, writer, plan, actor, now, on_row, timing, may_send, registry, ApplyReport(plan_id))
    try:
        run.work(1, sends=False)
        require_approved(plan)
        waiting = [r for r in load_plan(database, plan_id).rows if r.decision == "approved" and r.state == "planned"]
        if waiting:
            require_sendable(database, plan, now())
            with contextlib.suppress(RetriableError):  # the rows will say so themselves
                note_writer(database, writer.me(), now())
            start_applying(database, plan, actor, now())
            objects = len({row.target_gid for row in waiting})  # setup builds on what it just created
            run.work(1 if plan.purpose == "setup" else min(workers, objects), sends=True)
    finally:
        run.report.plan_state = stop_applying(database, plan_id, actor, now())
    return run.report


@dataclass
class _Run:
    """One apply: its workers, and what became of the rows."""

    database: Database
    writer: Writer
    plan: StoredPlan
    actor: str
    now: Callable[[], datetime]
    on_row: Callable[[RowOutcome], None] | None
    timing: Timing
    may_send: Callable[[], None]
    registry: Mapping[str, FieldSpec]
    report: ApplyReport

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds = {self.plan.plan_id: Kinds(self.writer, self.plan, self.registry)}
        self._tried: set[str] = set()
        self._settled: set[str] = set()
        self._failures = 0
        self._halted = False

    def work(self, workers: int, *, sends: bool) -> None:
        """Work on rows until none is left to claim, or something stops everybody.

        Args:
            workers: At once.
            sends: Also rows that wait to be sent, not only those whose end is unknown.
        """
        self._failures = 0
        if workers == 1:
            self._worker(sends)
            return
        with ThreadPoolExecutor(workers, "asana-writer") as pool:
            try:
                running = [pool.submit(self._worker, sends) for _ in range(workers)]
                while wait(running, _HEARD_WITHIN_S).not_done:
                    pass  # since polars is loaded, a signal does not end a wait
                for ended in running:
                    ended.result()
            except BaseException:  # also a signal: each worker ends after its row, and not after the plan's last
                self._halted = True
                raise

    def _worker(self, sends: bool) -> None:
        try:
            with worker_connection(self.database) as connection:
                hand = Hand(connection, self.actor, self.now, self.may_send, self.timing)
                while not self._halted and (row := self._claim(connection, sends)) is not None:
                    try:
                        self._work_on(hand, row, sends=sends)
                    except OvertakenError:
                        continue
                    except AsanaIntelError:
                        release(connection, row)
                        raise
        except BaseException:
            self._halted = True
            raise

    def _claim(self, connection: Connection, sends: bool) -> PlanRow | None:
        with self._lock:
            row = claim(
                connection, self.plan.plan_id, self.now(), self.timing.lease,
                sends=sends, tried=self._tried, settled=self._settled,
            )  # fmt: skip
            if row is not None:
                self._tried.add(name_of(row))
            return row

    def _work_on(self, hand: Hand, row: PlanRow, *, sends: bool) -> None:
        with target_lock(hand.connection, row.target_gid) as is_ours:
            if not is_ours:
                release(hand.connection, row)
                return
            outcome = settle(hand, self._kinds_of(row.plan_id), row)
            if outcome.move is None:
                release(hand.connection, row)
        self._note(row, outcome, sends=sends)

    def _kinds_of(self, plan_id: str) -> Kinds:
        """Of the plan of a row: its week is in the row's marker."""
        with self._lock:
            if plan_id not in self._kinds:
                self._kinds[plan_id] = Kinds(self.writer, load_plan(self.database, plan_id), self.registry)
            return self._kinds[plan_id]

    def _note(self, row: PlanRow, outcome: Outcome, *, sends: bool) -> None:
        to, name = outcome.move, name_of(row)
        told = RowOutcome(
            row.row_key, row.kind, row.target_type, row.target_gid, row.field, outcome.word,
            to.result_gid if to else None, outcome.error, to.verified if to else None,
        )  # fmt: skip
        with self._lock:
            if outcome.word in _NOT_UNDER_WAY:
                self._settled.add(name)
            if outcome.word in FINAL or (outcome.word == "retry" and not sends):
                self._tried.discard(name)  # over, or it did not come to pass and may be sent now
            self.report.outcomes.append(told)
            self._failures = self._failures + 1 if outcome.word in _TROUBLE else 0
            if sends and self._failures >= _FAILURES_IN_A_ROW and not self._halted:
                # Asana's trouble and not the rows'.
                self.report.stopped = f"{self._failures} rows failed one after another; the rest waits"
                self._halted = True
            if self.on_row is not None:
                self.on_row(told)
