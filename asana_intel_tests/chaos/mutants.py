"""The protocol with one defence taken away at a time; a suite that passes on any of them proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from asana_intel.changes import protocol


def _sends_before_it_says_so() -> None:
    """The intent is committed after the request, as most tools do."""
    begin_send = protocol.begin_send

    def send(hand: Any, kinds: Any, row: Any, kind: Any, sight: Any) -> Any:
        try:
            result_gid = kind.send(row, sight)
        except protocol.UnknownOutcomeError as lost:
            return protocol.Outcome("retry", None, str(lost))
        protocol.reached("answered")
        begin_send(hand.connection, row, sight.value, hand.actor, hand.now())
        row = replace(row, state="sending", pre_read=sight.value, result_gid=result_gid)
        return protocol._done(kinds, row, protocol.Sight(value=row.new_value, found_gid=result_gid))

    protocol._send = send  # pyright: ignore[reportAttributeAccessIssue]
    _never_looks_for_what_it_created()


def _believes_that_what_it_said_was_sent() -> None:
    """A row whose request may have left counts as done."""
    protocol._resolve = lambda hand, kinds, row: protocol._done(  # pyright: ignore[reportAttributeAccessIssue]
        kinds, row, protocol.Sight(value=row.new_value, found_gid=row.target_gid)
    )


def _looks_at_once() -> None:
    """Nobody waits until a request can no longer arrive."""
    resolve = protocol._resolve

    def hasty(hand: Any, kinds: Any, row: Any) -> Any:
        long_ago = replace(row, looks=protocol.LOOKS, last_sent_at=row.last_sent_at - 2 * hand.timing.settle)
        return resolve(hand, kinds, long_ago)

    protocol._resolve = hasty  # pyright: ignore[reportAttributeAccessIssue]


def _trusts_no_history() -> None:
    """A person's edit between our look and our request goes unnoticed."""
    protocol._own_change = lambda row, changes, before: None  # pyright: ignore[reportAttributeAccessIssue]
    protocol.LOOKS = 0


def _never_looks_for_what_it_created() -> None:
    """Nothing is looked up by its marker before it is sent."""
    stands = protocol._stands
    protocol._stands = lambda row, sight: (  # pyright: ignore[reportAttributeAccessIssue]
        not protocol.creates(row) and stands(row, sight)
    )


def _knows_no_owner() -> None:
    """A person's value is written over."""
    protocol._reason_not_to_send = lambda hand, kinds, row, sight: None  # pyright: ignore[reportAttributeAccessIssue]


MUTANTS: dict[str, Callable[[], None]] = {
    "sends before it says so": _sends_before_it_says_so,
    "believes that what it said was sent": _believes_that_what_it_said_was_sent,
    "looks at once": _looks_at_once,
    "trusts no history": _trusts_no_history,
    "knows no owner": _knows_no_owner,
}


def mutate(name: str | None) -> None:
    """Take a defence away in this process."""
    if name is not None:
        MUTANTS[name]()
