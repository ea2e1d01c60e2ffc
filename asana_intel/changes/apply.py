"""Apply an approved plan: the one path by which anything reaches Asana. Look, commit the intent, send once, read back.

Rows are applied in order. For each: read what stands; where it is there already, nothing is sent; where somebody
changed it since the plan was approved, nothing is sent either. Otherwise the intent is committed (the database asks
the gate, the mode, the approval and the kill switch once more), one request leaves, and the result is read back.
A request whose outcome is unknown is never repeated before looking, and a refusal is believed only after looking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from asana_intel.changes.kinds import Kinds, Sight, Writer, creates
from asana_intel.changes.ledger import PlanRow, load_plan, require_unchanged
from asana_intel.changes.progress import (
    Created,
    begin_send,
    move,
    only_writer,
    require_approved,
    require_sendable,
    start_applying,
    stop_applying,
)
from asana_intel.errors import (
    ConfigError,
    PermanentError,
    RefusedError,
    RetriableError,
    SkippableError,
    UnknownOutcomeError,
)
from asana_intel.settings import Mode

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database

# Longest a request may still be on its way to being applied after we lost sight of it: our timeout (30 s), the
# longest the server may work on it (120 s, assumed) and a margin.
SETTLE = timedelta(seconds=180)
_FAILURES_IN_A_ROW = 5
_TROUBLE = frozenset({"retry", "failed", "unknown"})


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


def apply_plan(
    database: Database,
    writer: Writer,
    plan_id: str,
    *,
    mode: Mode,
    actor: str,
    now: Callable[[], datetime],
    on_row: Callable[[RowOutcome], None] | None = None,
) -> ApplyReport:
    """Send the approved rows of a plan. Run again after any interruption: what is done is not sent twice.

    Args:
        database: The ledger.
        writer: Asana's writer.
        plan_id: Plan.
        mode: Mode of today; observe and shadow write nothing.
        actor: Who applies, for the audit.
        now: Ledger time, UTC (`lambda: ledger_time(database)`).
        on_row: Told of each row as it is over, for progress.

    Raises:
        RefusedError: Mode, approval, expiry, gate, kill switch or a changed plan forbid it; nothing was written
            after that moment.
        PermanentError: There is no such plan.
        ConfigError: The writer's token is not valid any more; what was not written waits for the next apply.
    """
    if mode not in {Mode.propose, Mode.auto}:
        raise RefusedError(f"Nothing was written: mode {mode.value} writes nothing", fix="ASANA_INTEL_MODE=propose")
    with only_writer(database):
        plan = load_plan(database, plan_id)
        require_unchanged(plan)
        run = _Run(database, Kinds(writer, plan), actor, now, on_row, ApplyReport(plan_id))
        try:
            run.resolve([row for row in plan.rows if row.state in {"sending", "unknown"}])
            plan = load_plan(database, plan_id)
            waiting = [row for row in plan.rows if row.decision == "approved" and row.state == "planned"]
            require_approved(plan)
            if waiting:
                require_sendable(database, plan, now())
                start_applying(database, plan, actor, now())
                run.send(waiting)
        finally:
            run.report.plan_state = stop_applying(database, plan_id, actor, now())
    return run.report


@dataclass
class _Run:
    """One apply: the rows one after another, and what became of them."""

    database: Database
    kinds: Kinds
    actor: str
    now: Callable[[], datetime]
    on_row: Callable[[RowOutcome], None] | None
    report: ApplyReport

    def resolve(self, rows: list[PlanRow]) -> None:
        """Find out by looking whether requests whose outcome is unknown came to pass."""
        for row in rows:
            try:
                sight = self.kinds.of(row).look(row)
            except (RetriableError, PermanentError, SkippableError) as blind:
                self._note(row, "unknown", error=f"could not look: {blind}")
                continue
            self._resolve(row, sight)

    def send(self, rows: list[PlanRow]) -> None:
        """Apply rows in order; stop after several failures in a row, which is Asana's trouble and not the rows'."""
        failures = 0
        for row in rows:
            outcome = self._apply(row)
            failures = failures + 1 if outcome in _TROUBLE else 0
            if failures >= _FAILURES_IN_A_ROW:
                self.report.stopped = f"{failures} rows failed one after another; the rest waits"
                return

    def _resolve(self, row: PlanRow, sight: Sight) -> None:
        if _stands(row, sight):
            self._finish(row, sight, verified=True)
        elif self.now() < (row.last_sent_at or self.now()) + SETTLE:
            self._note(row, "unknown", error="sent a moment ago without an answer; look again in three minutes")
        elif creates(row) or sight.missing or sight.value == row.pre_read:
            self._move(row, "planned", "retry", error="the earlier request was not applied")
        else:
            self._move(row, "overridden", "overridden", error="someone changed it after our request")

    def _apply(self, row: PlanRow) -> str:
        kind = self.kinds.of(row)
        try:
            sight = kind.look(row)
        except RetriableError as down:
            return self._note(row, "retry", error=str(down))
        except (PermanentError, SkippableError) as refused:
            return self._move(row, "failed", "failed", error=str(refused))
        if sight.missing:
            return self._move(row, "planned", "waiting", error=sight.missing)
        if _stands(row, sight):
            return self._move(row, "noop", "noop", result_gid=sight.found_gid, created=self._created(row))
        if not creates(row) and sight.value != row.old_value:
            return self._move(row, "stale", "stale", error="someone changed it since the plan was made")
        begin_send(self.database, row, sight.value, self.actor, self.now())
        try:
            result_gid = kind.send(row, sight)
        except RetriableError as not_applied:
            return self._move(row, "planned", "retry", error=str(not_applied))
        except PermanentError as refused:
            return self._refused(row, str(refused))
        except UnknownOutcomeError as lost:
            return self._move(row, "unknown", "unknown", error=str(lost))
        return self._verify(row, result_gid)

    def _refused(self, row: PlanRow, refusal: str) -> str:
        """Look even after a refusal: a redirect or a proxy's page may come after Asana did what was asked."""
        try:
            sight = self.kinds.of(row).look(row)
        except ConfigError:  # nothing is wrong with the row: its token is not valid any more
            self._move(row, "planned", "retry", error=refusal)
            raise
        except RetriableError as blind:
            return self._move(row, "unknown", "unknown", error=f"{refusal}; could not look: {blind}")
        except (PermanentError, SkippableError):
            return self._move(row, "failed", "failed", error=refusal)
        if _stands(row, sight):
            return self._finish(row, sight, verified=True)
        return self._move(row, "failed", "failed", error=refusal)

    def _verify(self, row: PlanRow, result_gid: str) -> str:
        try:
            sight = self.kinds.of(row).look(row)
        except (RetriableError, PermanentError, SkippableError) as blind:
            return self._move(row, "unknown", "unknown", result_gid=result_gid, error=f"could not read back: {blind}")
        seen = Sight(sight.value, sight.found_gid or result_gid, sight.address)
        return self._finish(row, seen, verified=_stands(row, sight))

    def _finish(self, row: PlanRow, sight: Sight, *, verified: bool) -> str:
        result_gid = sight.found_gid or row.result_gid or row.target_gid
        error = None if verified else "read back, it differs from what was sent"
        return self._move(
            row, "done", "done", result_gid=result_gid, error=error, verified=verified, created=self._created(row)
        )  # fmt: skip

    def _created(self, row: PlanRow) -> Created | None:
        return Created(self.kinds.idem_key(row), self.kinds.marker(row)) if creates(row) else None

    def _move(
        self,
        row: PlanRow,
        state: str,
        outcome: str,
        *,
        result_gid: str | None = None,
        error: str | None = None,
        verified: bool | None = None,
        created: Created | None = None,
    ) -> str:
        move(
            self.database, row, state, self.actor, self.now(),
            result_gid=result_gid, error=error, verified=verified, created=created,
        )  # fmt: skip
        return self._note(row, outcome, result_gid=result_gid, error=error, verified=verified)

    def _note(
        self,
        row: PlanRow,
        outcome: str,
        *,
        result_gid: str | None = None,
        error: str | None = None,
        verified: bool | None = None,
    ) -> str:
        told = RowOutcome(
            row.row_key, row.kind, row.target_type, row.target_gid, row.field, outcome, result_gid, error, verified
        )  # fmt: skip
        self.report.outcomes.append(told)
        if self.on_row is not None:
            self.on_row(told)
        return outcome


def _stands(row: PlanRow, sight: Sight) -> bool:
    """Whether what the row wants is there."""
    return sight.found_gid is not None if creates(row) else sight.value == row.new_value
