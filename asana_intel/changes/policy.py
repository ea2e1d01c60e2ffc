"""Modes by capability, team and field: set, promote on evidence, take back by itself. Which holds is SQL's to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from asana_intel.changes import audit
from asana_intel.errors import ConfigError, RefusedError
from asana_intel.settings import Mode

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

ALL = "*"
CAPABILITIES = ("goals", "capacity", "priority", "review", "setup")
ASKING = ("review", ALL, "approval_request")
_FIX_OTHER_MODE = "propose it for longer, or let people decide: asana-intel policy set … propose"


@dataclass(frozen=True)
class Scope:
    """What a rule is about; `*` stands for all."""

    capability: str
    team_gid: str = ALL
    field: str = ALL

    def __str__(self) -> str:
        return f"{self.capability} / team {self.team_gid} / {self.field}"


@dataclass(frozen=True)
class Rule:
    """A rule with who set it, when and why."""

    scope: Scope
    mode: Mode
    reason: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class Bar:
    """What must hold before changes are written without a person, and what takes that back.

    Source: writeback reference, 7.1.

    Args:
        days: Since the first decision.
        decided: Rows that people decided.
        accepted: Least share of them that was approved.
        overridden: Most of the written values that people changed.
        override_week: Share of values changed by people within a week from which a scope is demoted.
        failed_week: Share of rows that failed within a week from which it is demoted.
        least_week: Rows of a week below which shares say nothing.
    """

    days: int = 30
    decided: int = 200
    accepted: float = 0.95
    overridden: float = 0.02
    override_week: float = 0.05
    failed_week: float = 0.05
    least_week: int = 20


DEFAULT_BAR = Bar()


@dataclass(frozen=True)
class Evidence:
    """What is known of a scope: rows that people decided or that were written, and what became of them."""

    first_decided_at: datetime | None
    decided: int
    approved: int
    written: int
    overridden: int
    failed: int
    unverified: int

    @property
    def accepted_share(self) -> float:
        """Approved rows among those that people decided; 0 without any."""
        return self.approved / self.decided if self.decided else 0.0

    @property
    def overridden_share(self) -> float:
        """Rows that people changed or had changed, among those and the written ones."""
        return self.overridden / max(self.written + self.overridden, 1)

    @property
    def failed_share(self) -> float:
        """Rows that failed, among those that ended."""
        return self.failed / max(self.written + self.overridden + self.failed, 1)

    def lacking(self, now: datetime, bar: Bar = DEFAULT_BAR) -> list[str]:
        """What is missing for writing without a person, in sentences; empty when nothing is."""
        days = (now - self.first_decided_at).days if self.first_decided_at else 0
        reasons = [
            (days < bar.days, f"{days} of {bar.days} days since the first decision"),
            (self.decided < bar.decided, f"{self.decided} of {bar.decided} decided rows"),
            (
                self.accepted_share < bar.accepted,
                f"{self.accepted_share:.1%} of them approved, {bar.accepted:.0%} needed",
            ),
            (
                self.overridden_share > bar.overridden,
                f"people changed {self.overridden_share:.1%} of the values, at most {bar.overridden:.0%} allowed",
            ),
            (self.unverified > 0, f"{self.unverified} rows read back differently"),
        ]
        return [reason for is_missing, reason in reasons if is_missing]


def evidence(database: Database, scope: Scope, since: datetime | None = None) -> Evidence:
    """Count what the ledger knows of a scope.

    Args:
        database: The ledger.
        scope: Capability, team, field.
        since: Only rows decided from then on; None = all.
    """
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(r.decided_at) FILTER (WHERE r.decided_by <> 'policy'),
                   count(*) FILTER (WHERE r.decision <> 'pending' AND r.decided_by <> 'policy'),
                   count(*) FILTER (WHERE r.decision = 'approved' AND r.decided_by <> 'policy'),
                   count(*) FILTER (WHERE r.state = 'done'),
                   count(*) FILTER (WHERE r.state = 'overridden'
                        OR r.state = 'done' AND o.owner = 'human' AND o.since >= r.applied_at),
                   count(*) FILTER (WHERE r.state = 'failed'),
                   count(*) FILTER (WHERE w.verified = false)
              FROM plan_row r
              LEFT JOIN write_receipt w USING (plan_id, row_key)
              LEFT JOIN field_owner o ON o.target_gid = r.target_gid AND o.field = r.field
             WHERE r.decided_at IS NOT NULL AND (%(since)s IS NULL OR r.decided_at >= %(since)s)
               AND %(capability)s IN (r.capability, '*') AND %(team)s IN (r.team_gid, '*')
               AND %(field)s IN (r.field, '*')
            """,
            {"since": since, "capability": scope.capability, "team": scope.team_gid, "field": scope.field},
        )
        first_decided_at, *counts = cursor.fetchone() or (None, 0, 0, 0, 0, 0, 0)
        return Evidence(first_decided_at, *counts)


def set_rule(
    database: Database,
    scope: Scope,
    mode: Mode,
    reason: str,
    actor: str,
    now: datetime,
    bar: Bar = DEFAULT_BAR,
) -> None:
    """Let a mode hold for a scope; automatic only on evidence, approval requests excepted.

    A request for approval changes nothing of anybody's, and people do not decide it but answer it: the bar, which is
    about what they decided, can never be met and would say nothing. What it may cost people is bounded by the budget
    of things addressed to one person a week.

    Args:
        database: The ledger.
        scope: Capability, team, field.
        mode: Mode; never more than the program's own (ASANA_INTEL_MODE) in the end.
        reason: Why, for the audit.
        actor: Who says so.
        now: Ledger time, UTC.
        bar: What automatic writing needs.

    Raises:
        RefusedError: Mode auto, and the evidence does not carry it; says what is missing.
        ConfigError: No such capability, or no reason.
    """
    if scope.capability not in (*CAPABILITIES, ALL):
        raise ConfigError(f"There is no capability '{scope.capability}'", fix=f"one of {', '.join(CAPABILITIES)}, *")
    if not reason.strip():
        raise ConfigError("A rule needs a reason", fix="--reason 'why'")
    is_asking = (scope.capability, scope.team_gid, scope.field) == ASKING
    if mode is Mode.auto and not is_asking and (lacking := evidence(database, scope).lacking(now, bar)):
        raise RefusedError(f"{scope} cannot be automatic yet: {'; '.join(lacking)}", fix=_FIX_OTHER_MODE)
    with database.transaction() as connection:
        _put(connection, scope, mode, reason, actor, now)


def clear_rule(database: Database, scope: Scope, actor: str, now: datetime) -> bool:
    """Take a rule away; False where there was none. Without any rule the program's mode holds, automatic excepted."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM policy WHERE capability = %s AND team_gid = %s AND field = %s",
            (scope.capability, scope.team_gid, scope.field),
        )
        if cursor.rowcount:
            audit.append(connection, now, actor, "policy_cleared", vars(scope))
        return bool(cursor.rowcount)


def rules(database: Database) -> list[Rule]:
    """All rules, by scope."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT capability, team_gid, field, mode, reason, set_by, set_at FROM policy ORDER BY 1, 2, 3")
        return [Rule(Scope(c, t, f), Mode(mode), *rest) for c, t, f, mode, *rest in cursor.fetchall()]


def modes_of_rows(database: Database, plan_id: str) -> dict[str, Mode]:
    """Mode that holds for each row of a plan now, by row key."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.row_key, mode_of(r.capability, r.team_gid, r.field, p.mode)"
            " FROM plan_row r JOIN plan p USING (plan_id) WHERE p.plan_id = %s",
            (plan_id,),
        )
        return {key: Mode(mode) for key, mode in cursor.fetchall()}


def set_limits(
    database: Database,
    actor: str,
    now: datetime,
    *,
    automatic_a_day: int | None = None,
    comments: int | None = None,
    nudges: int | None = None,
) -> None:
    """Change the limits of the trigger; None = as is.

    Args:
        database: The ledger.
        actor: Who says so.
        now: Ledger time, UTC.
        automatic_a_day: Automatic changes a day and team.
        comments: Comments an object and week.
        nudges: Things addressed to one person in the plans of a week.
    """
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE control SET automatic_a_day = coalesce(%s, automatic_a_day),"
            " comments_per_object_week = coalesce(%s, comments_per_object_week),"
            " nudges_per_person_week = coalesce(%s, nudges_per_person_week)"
            " RETURNING automatic_a_day, comments_per_object_week, nudges_per_person_week",
            (automatic_a_day, comments, nudges),
        )
        names = ("automatic_a_day", "comments_per_object_week", "nudges_per_person_week")
        audit.append(connection, now, actor, "limits_set", dict(zip(names, cursor.fetchone() or (), strict=True)))


def demote(database: Database, now: datetime, *, chain_holds: bool = True, bar: Bar = DEFAULT_BAR) -> list[Scope]:
    """Take automatic writing back where the last seven days speak against it.

    Args:
        database: The ledger.
        now: Ledger time, UTC.
        chain_holds: Whether the audit chain verifies; where not, everything automatic is taken back.
        bar: Limits.

    Returns:
        The scopes that are in mode propose from now on.
    """
    demoted: list[Scope] = []
    for rule in rules(database):
        if rule.mode is not Mode.auto:
            continue
        week = evidence(database, rule.scope, max(now - timedelta(days=7), rule.set_at))
        if (reason := _against(week, bar, chain_holds=chain_holds)) is not None:
            with database.transaction() as connection:
                _put(connection, rule.scope, Mode.propose, reason, "asana-intel", now)
            demoted.append(rule.scope)
    return demoted


def _against(week: Evidence, bar: Bar, *, chain_holds: bool) -> str | None:
    if not chain_holds:
        return "the audit chain does not verify"
    if week.unverified:
        return f"{week.unverified} rows read back differently"
    if week.written + week.overridden + week.failed < bar.least_week:
        return None
    if week.overridden_share > bar.override_week:
        return f"people changed {week.overridden_share:.0%} of a week's values"
    if week.failed_share > bar.failed_week:
        return f"{week.failed_share:.0%} of a week's rows failed"
    if week.decided and week.accepted_share < bar.accepted:
        return f"people approved {week.accepted_share:.0%} of a week's rows"
    return None


def _put(connection: Connection, scope: Scope, mode: Mode, reason: str, actor: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO policy (capability, team_gid, field, mode, reason, set_by, set_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (capability, team_gid, field) DO UPDATE"
            " SET mode = excluded.mode, reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at",
            (scope.capability, scope.team_gid, scope.field, mode.value, reason, actor, now),
        )
    audit.append(connection, now, actor, "policy_set", vars(scope) | {"mode": mode.value, "reason": reason})
