"""Whether a refresh is due: polled and pushed events, repeated, out of order or lost, and what was read already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asana_intel.asana.reader import EventPage
from asana_intel.raw.echo import Causes
from asana_intel.raw.news import decide
from asana_intel.raw.sensors import Cursor

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def event(at: datetime, gid: str = "5", **more: Any) -> dict[str, Any]:
    return {"created_at": at.isoformat(), "resource": {"gid": gid, "resource_type": "task"}, "action": "changed"} | more


def page(*events: dict[str, Any], expired: bool = False) -> EventPage:
    return EventPage(list(events), "next", has_more=False, expired=expired)


def test_a_pushed_event_is_enough_for_a_refresh() -> None:
    assert decide({"1": "a"}, {"1": page()}, [event(START)]).refresh
    assert not decide({"1": "a"}, {"1": page()}, []).refresh


def test_an_event_that_is_polled_twice_and_pushed_twice_counts_once() -> None:
    one = event(START, change={"field": "name", "action": "changed"})
    shown = one | {"user": {"gid": "2", "name": "Ann"}, "type": "task", "parent": None}
    found = decide({}, {"1": page(shown), "2": page(shown)}, [one, one])
    assert (found.refresh, found.reason) == (True, "1 events")


def test_what_the_last_sync_has_read_asks_for_no_second_one() -> None:
    late = event(START - MINUTE)
    assert not decide({}, {"1": page(late)}, [late], read_until=START).refresh
    assert decide({}, {"1": page(event(START))}, [], read_until=START).refresh


def test_an_event_without_a_readable_time_is_news() -> None:
    for at in (None, "yesterday", 7):
        assert decide({}, {}, [{"created_at": at, "resource": {"gid": "5"}}], read_until=START).refresh


def test_a_lost_stream_is_read_again_although_nothing_was_told() -> None:
    assert decide({"1": "a"}, {"1": page(expired=True)}, [], read_until=START).refresh
    assert not decide({}, {"1": page(expired=True)}).refresh  # the first look at a resource


def test_a_cursor_from_before_webhooks_keeps_its_tokens() -> None:
    assert Cursor.read('{"12": "token"}') == Cursor({"12": "token"})
    kept = Cursor({"12": "token"}, (3, 4), START.isoformat())
    assert Cursor.read(kept.text()) == kept
    for broken in ("[]", "{", '{"tokens": 3}', '{"tokens": {}, "requested_at": "soon"}', '{"tokens":{},"taken":["x"]}'):
        assert Cursor.read(broken) == Cursor()


CHANGES = st.lists(st.integers(0, 240), max_size=12, unique=True)


@given(
    changes=CHANGES,
    lost=st.sets(st.integers(0, 240)),
    repeated=st.lists(st.integers(0, 240), max_size=6),
    delays=st.lists(st.integers(0, 30), min_size=12, max_size=12),
    unheard=st.sets(st.integers(0, 240)),
    every=st.integers(1, 20),
)
def test_nothing_a_nightly_sync_sees_is_missed_and_one_refresh_is_asked_for_per_set_of_changes(
    changes: list[int], lost: set[int], repeated: list[int], delays: list[int], unheard: set[int], every: int
) -> None:
    """Four hours of changes (minutes); pushes are lost, late and repeated, polls miss some; ticks every few minutes."""
    told = [event(START + at * MINUTE, str(at)) for at in changes]
    arrivals = sorted(
        (at + delay, place) for place, (at, delay) in enumerate(zip(changes, delays, strict=False)) if at not in lost
    )
    arrivals += [(at + delay + 1, place) for at, (delay, place) in zip(repeated, arrivals, strict=False)]
    read_until, refreshes, tick = START - MINUTE, [], -1
    for minute in range(every, 300, every):
        now = START + minute * MINUTE
        pushed = [told[place] for arrived, place in arrivals if tick < arrived <= minute]
        polled = [e for at, e in zip(changes, told, strict=True) if tick < at <= minute and at not in unheard]
        if decide({"1": "a"}, {"1": page(*polled)}, reversed(pushed), read_until).refresh:
            fresh = [at for at in changes if read_until <= START + at * MINUTE <= now]
            assert fresh, "a refresh that nothing new called for"
            read_until = now + timedelta(seconds=1)
            refreshes.append(minute)
        tick = minute
        heard = [at for at in changes if at <= minute and at not in unheard]
        assert all(START + at * MINUTE < read_until for at in heard), "a change that was polled and not read"
    nightly = START + timedelta(hours=18)
    assert all(START + at * MINUTE < max(read_until, nightly) for at in changes)
    assert len(refreshes) <= len(changes)


def test_a_task_that_asks_for_a_plan_by_its_name_waits_for_nothing() -> None:
    asking = event(START, action="added")
    asking["resource"] |= {"name": " prioritize backlog"}
    restless = Causes({"5": (START, START, START)}, frozenset())
    options = {"causes": restless, "now": START + MINUTE}
    held = decide({}, {"1": page(asking)}, **options)
    assert not held.refresh
    asked = decide({}, {"1": page(asking)}, **options, asks="Prioritize Backlog")
    assert (asked.refresh, asked.reason) == (True, "a task asks for a plan")
    assert not decide({}, {"1": page(event(START))}, **options, asks="Prioritize Backlog").refresh
    commented = asking | {"action": "changed", "change": {"field": "custom_fields", "action": "changed"}}
    assert not decide({}, {"1": page(commented)}, **options, asks="Prioritize Backlog").refresh
    ours = asking | {"user": {"gid": "2"}}
    assert not decide({}, {"1": page(ours)}, **options, ours=frozenset({"2"}), asks="Prioritize Backlog").refresh
    read = decide({}, {"1": page(asking)}, read_until=START + MINUTE, asks="Prioritize Backlog")
    assert not read.refresh
