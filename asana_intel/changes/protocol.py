"""One row, from claimed to settled: look, commit the intent, send once, read back. Who does which row is in claims.py.

Source: writeback reference, section 4. What holds, whenever the process, the network or the database dies:
- A request leaves only after the ledger has said that it is about to leave, and at most twenty seconds later: five
  until it is handed over, fifteen until it has its turn.
- A request whose outcome is unknown is settled by looking, once it can no longer arrive, and never by sending again.
- A field that we wrote and a person changed is theirs. Where ours replaced a person's value at the same moment, which
  a task's history tells, theirs goes back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from asana_intel.changes import ownership
from asana_intel.changes.crash_points import reached
from asana_intel.changes.fields import OVERRIDE
from asana_intel.changes.identity import OWNED, POSTS
from asana_intel.changes.kinds import Change, Kind, Sight, creates
from asana_intel.changes.progress import (
    Created,
    HeldError,
    Move,
    begin_send,
    cause_not_made,
    created_before,
    mode_of,
    move,
    require_running,
)
from asana_intel.errors import (
    ConfigError,
    PermanentError,
    RetriableError,
    SkippableError,
    UnknownOutcomeError,
)
from asana_intel.settings import Mode

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.changes.kinds import Kinds
    from asana_intel.changes.ledger import PlanRow

_BLIND = (RetriableError, PermanentError, SkippableError)


@dataclass(frozen=True)
class Timing:
    """How long things may take; the defaults suit Asana, tests shorten them.

    Args:
        lease: How long a row stays with a worker that says nothing more.
        send_within: Longest time from the commit of the intent to the request, in seconds: a worker that was stopped
            in between must not send.
        settle: Longest a request may still be on its way to being applied: the deadlines to send, our timeout (30 s),
            the longest the server may work on it (120 s, assumed) and a margin.
        look_again: Time between two looks for something created.
        visible_within: Seconds for which a task's history is watched for our change.
        glance: Seconds between two looks at it.
    """

    lease: timedelta = timedelta(seconds=60)
    send_within: float = 5.0
    settle: timedelta = timedelta(seconds=180)
    look_again: timedelta = timedelta(seconds=30)
    visible_within: float = 30.0
    glance: float = 1.0


DEFAULT_TIMING = Timing()
LOOKS = 2
"""So often a creation must not be found before it is sent again, and a task's history be silent before it is believed:
lists may lag behind."""


@dataclass(frozen=True)
class Outcome:
    """What became of a row: as the report says it, and as the ledger keeps it (None: it stays as it is)."""

    word: str
    move: Move | None
    error: str | None = None


@dataclass(frozen=True)
class Hand:
    """What a worker works with.

    Args:
        connection: Its connection to the ledger.
        actor: Who applies, for the audit.
        now: Ledger time, UTC.
        may_send: Raises where something outside the ledger forbids to send, such as a file that stops everything.
        timing: How long things may take.
        clock: Seconds that never go back.
        pause: Waits so many seconds.
    """

    connection: Connection
    actor: str
    now: Callable[[], datetime]
    may_send: Callable[[], None] = lambda: None
    timing: Timing = DEFAULT_TIMING
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def settle(hand: Hand, kinds: Kinds, row: PlanRow) -> Outcome:
    """Bring one claimed row as far as it gets now, and commit it.

    Args:
        hand: The worker's.
        kinds: Of the row's plan.
        row: As it was claimed; on its object holds the target lock.

    Raises:
        RefusedError: A rule forbids to send; the row waits.
        ConfigError: The writer's token is not valid any more; the row waits.
        OvertakenError: Another worker has the row now.
    """
    step = {"planned": _apply, "sent": _read_back, "restoring": _give_back}.get(row.state, _resolve)
    outcome = step(hand, kinds, row)
    if outcome.move is not None:
        move(hand.connection, row, outcome.move, hand.actor, hand.now())
    return outcome


def _apply(hand: Hand, kinds: Kinds, row: PlanRow) -> Outcome:
    if (why := cause_not_made(hand.connection, row)) is not None:
        return _over("stale", error=f"row {row.after_key}, from which it follows, was not written ({why})")
    try:
        kind = kinds.of(row)
        sight = kind.look(row)
    except RetriableError as down:
        return Outcome("retry", None, str(down))
    except (PermanentError, SkippableError) as refused:
        return _over("failed", error=str(refused))
    reached("looked")
    reason = _reason_not_to_send(hand, kinds, row, sight) or _held(hand, row, sight)
    if reason is not None:
        return reason
    return _send(hand, kinds, row, kind, sight)


def _reason_not_to_send(hand: Hand, kinds: Kinds, row: PlanRow, sight: Sight) -> Outcome | None:
    if sight.missing:
        return _waits(sight.missing)
    if sight.kept_by_hand:
        return _over("stale", error=f"{OVERRIDE} is set on this {row.target_type}")
    if sight.touched is not None:
        return _over("stale", error=sight.touched)
    if _stands(row, sight):
        return _over("noop", result_gid=sight.found_gid, created=_created(kinds, row), left=_left(row))
    if (gone := _posted_before(hand, kinds, row)) is not None:
        return _over("noop", result_gid=gone, error="it was posted before, and somebody deleted it")
    if sight.unfit:
        return _over("failed", error=sight.unfit)
    if creates(row) or row.field is None:
        return None
    known = _owned(hand, row)
    if ownership.is_a_persons(known, sight.value) and not _repairs(kinds, row, known, sight):
        return _persons(f"a person set it to {sight.value}; it is theirs until it is released")
    if sight.value != row.old_value:
        return _over("stale", error=_who_changed_it(row, sight))
    return None


def _repairs(kinds: Kinds, row: PlanRow, known: ownership.Owned | None, sight: Sight) -> bool:
    """Whether what stands is what a repair was made for: a late request of ours put it there, and no person."""
    is_ours = known is not None and known.owner == "us"
    return kinds.plan.purpose == "repair" and is_ours and sight.value == row.old_value


def _who_changed_it(row: PlanRow, sight: Sight) -> str:
    """Old and new value, and, where Asana keeps a history, who changed it and when."""
    old, new = row.old_value or "empty", sight.value or "empty"
    what = f"{row.field} was changed since the plan was made, from {old} to {new}"
    last = sight.changes[-1] if sight.changes else None
    return f"{what}, by user {last.by} at {last.at}" if last else what


def _held(hand: Hand, row: PlanRow, sight: Sight) -> Outcome | None:
    """In mode shadow only private fields are written, which Asana tells and the ledger cannot know."""
    if row.kind != "set_field" or sight.is_private or mode_of(hand.connection, row) is not Mode.shadow:
        return None
    return _waits(f"{row.field} is not private in Asana, and mode shadow writes private fields only")


def _waits(reason: str) -> Outcome:
    return Outcome("waiting", Move("planned", error=reason), reason)


def _send(hand: Hand, kinds: Kinds, row: PlanRow, kind: Kind, sight: Sight) -> Outcome:
    hand.may_send()
    began = hand.clock()
    try:
        begin_send(hand.connection, row, sight.value, hand.actor, hand.now())
    except HeldError as held:
        return _waits(held.message)
    reached("sending: committed")
    if hand.clock() - began > hand.timing.send_within:
        return _not_sent("the intent was committed too long ago to be sent")
    try:
        result_gid = kind.send(row, sight)
    except RetriableError as not_applied:
        return _not_sent(str(not_applied))
    except PermanentError as refused:
        return _refused(hand, kinds, replace(row, state="sending", pre_read=sight.value), sight, refused)
    except UnknownOutcomeError as lost:
        return _unknown(str(lost))
    reached("answered")
    move(hand.connection, row, Move("sent", result_gid=result_gid), hand.actor, hand.now())
    return _read_back(hand, kinds, replace(row, state="sent", pre_read=sight.value, result_gid=result_gid), sight)


def _refused(hand: Hand, kinds: Kinds, row: PlanRow, before: Sight, refused: PermanentError) -> Outcome:
    """Look even after a refusal: a redirect or a proxy's page may come after Asana did what was asked."""
    try:
        sight = kinds.of(row).look(row)
    except ConfigError:  # nothing is wrong with the row: its token is not valid any more
        move(hand.connection, row, Move("planned", error=str(refused)), hand.actor, hand.now())
        raise
    except RetriableError as blind:
        return _unknown(f"{refused}; could not look: {blind}")
    except (PermanentError, SkippableError):
        return _over("failed", error=str(refused))
    if _stands(row, sight):
        return _found(hand, kinds, row, sight, before)
    return _over("failed", error=str(refused))


def _resolve(hand: Hand, kinds: Kinds, row: PlanRow) -> Outcome:
    """Find out by looking whether a request whose outcome is unknown came to pass."""
    try:
        sight = kinds.of(row).look(row)
    except _BLIND as blind:
        return Outcome("unknown", None, f"could not look: {blind}")
    reached("looked for what may have come to pass")
    if _stands(row, sight):
        return _found(hand, kinds, row, sight)
    arrived_by = (row.last_sent_at or hand.now()) + hand.timing.settle
    if hand.now() < arrived_by:
        error = "sent a moment ago without an answer; look again in three minutes"
        return _unknown(error)
    if creates(row) and row.looks + 1 < LOOKS:
        error = "not there yet; lists may lag, so look once more"
        again = Move("unknown", error=error, not_before=hand.now() + hand.timing.look_again, looks=row.looks + 1)
        return Outcome("unknown", again, error)
    if creates(row) or sight.missing or sight.touched or sight.value == row.pre_read:
        return _not_sent("the earlier request was not applied")
    return _persons(f"a person set it to {sight.value} after our request")


def _found(hand: Hand, kinds: Kinds, row: PlanRow, sight: Sight, before: Sight | None = None) -> Outcome:
    """It came to pass without an answer; where there is a history, wait until that tells how."""
    return _judged(hand, kinds, row, sight, before) if sight.changes is None else _read_back(hand, kinds, row, before)


def _read_back(hand: Hand, kinds: Kinds, row: PlanRow, before: Sight | None = None) -> Outcome:
    """Look at what was written; for tasks, wait until the history shows it: its absence proves nothing."""
    until = hand.clock() + hand.timing.visible_within
    as_yet = "sent" if row.state == "sent" else "unknown"
    while True:
        try:
            sight = kinds.of(row).look(row)
        except _BLIND as blind:
            error = f"could not read back: {blind}"
            return Outcome("unknown", Move(as_yet, error=error), error)
        reached("read back")
        if sight.changes is None or _own_change(row, sight.changes, before) is not None:
            return _judged(hand, kinds, row, sight, before)
        if hand.clock() >= until:
            break
        hand.pause(hand.timing.glance)
    if row.looks + 1 >= LOOKS:
        return _done(kinds, row, sight)
    error = "Asana's history does not show the change yet"
    again = Move(as_yet, error=error, looks=row.looks + 1, not_before=hand.now() + hand.timing.look_again)
    return Outcome("unknown", again, error)


def _judged(hand: Hand, kinds: Kinds, row: PlanRow, sight: Sight, before: Sight | None = None) -> Outcome:
    """Done, unless the history says that ours replaced a value that a person had just set, or was replaced."""
    changes = sight.changes or ()
    own = _own_change(row, changes, before)
    is_last = own is not None and own is next(reversed(changes), None)
    if own is not None and is_last and own.old != row.pre_read:
        displaced = own.old or ownership.EMPTY
        move(hand.connection, row, Move("restoring", displaced=displaced), hand.actor, hand.now())
        return _give_back(hand, kinds, replace(row, displaced=displaced))
    if own is not None and not is_last and not _stands(row, sight):
        return _persons(f"a person set it to {sight.value} after our request")
    return _done(kinds, row, sight)


def _give_back(hand: Hand, kinds: Kinds, row: PlanRow) -> Outcome:
    """Put a person's value back where ours still stands; setting a value twice changes nothing.

    Who stopped all writes stopped this one, too: the row goes on when they are allowed again.
    """
    kind, value = kinds.of(row), row.displaced or ownership.EMPTY
    try:
        sight = kind.look(row)
        if _stands(row, sight):
            hand.may_send()
            require_running(hand.connection)
            kind.restore(row, sight, value)
    except (*_BLIND, UnknownOutcomeError) as blind:
        return Outcome("unknown", None, f"a person's value is still to be given back: {blind}")
    reached("given back")
    return _persons(f"a person set it to {value} while ours was on its way; it was given back")


def _own_change(row: PlanRow, changes: tuple[Change, ...], before: Sight | None) -> Change | None:
    """Our change in a task's history: the last of ours that says so and that was not there before."""
    old = {change.gid for change in (before.changes or ())} if before else set()
    return next(
        (
            c
            for c in reversed(changes)
            if c.is_ours and (c.new or ownership.EMPTY) == row.new_value and c.gid not in old
        ),
        None,
    )


def _done(kinds: Kinds, row: PlanRow, sight: Sight) -> Outcome:
    is_equal = _stands(row, sight)
    return _over(
        "done",
        result_gid=sight.found_gid or row.result_gid or row.target_gid,
        error=None if is_equal else "read back, it differs from what was sent",
        verified=is_equal,
        created=_created(kinds, row),
        left=_left(row),
    )


def _unknown(error: str) -> Outcome:
    return Outcome("unknown", Move("unknown", error=error), error)


def _not_sent(error: str) -> Outcome:
    return Outcome("retry", Move("planned", error=error), error)


def _persons(reason: str) -> Outcome:
    return _over("overridden", error=reason, persons=reason)


def _over(
    state: str,
    *,
    result_gid: str | None = None,
    error: str | None = None,
    verified: bool | None = None,
    created: Created | None = None,
    left: str | None = None,
    persons: str | None = None,
) -> Outcome:
    to = Move(state, result_gid=result_gid, error=error, verified=verified, created=created, left=left, persons=persons)
    return Outcome(state, to, error)


def _owned(hand: Hand, row: PlanRow) -> ownership.Owned | None:
    with hand.connection:
        return ownership.owned(hand.connection, row.target_gid, row.field or "")


def _posted_before(hand: Hand, kinds: Kinds, row: PlanRow) -> str | None:
    """Gid of the same post that no longer stands: who deleted it does not want it again. Setup may be done again."""
    if row.kind not in POSTS:
        return None
    with hand.connection:
        return created_before(hand.connection, kinds.idem_key(row))


def _created(kinds: Kinds, row: PlanRow) -> Created | None:
    return Created(kinds.idem_key(row), kinds.marker(row)) if creates(row) else None


def _left(row: PlanRow) -> str | None:
    """The value that is now in a field that we own."""
    return row.new_value if row.kind in OWNED else None


def _stands(row: PlanRow, sight: Sight) -> bool:
    """Whether what the row wants is there."""
    return sight.found_gid is not None if creates(row) else (sight.value or ownership.EMPTY) == row.new_value
