"""Our own writes, and objects that change without end: how often they may ask for a refresh."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.asana.reader import EventPage
from asana_intel.raw.echo import PER_HOUR, Causes
from asana_intel.raw.news import decide
from asana_intel.raw.sensors import Cursor

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
US = "99"


def event(at, gid="5", user="7"):
    return {"created_at": at.isoformat(), "resource": {"gid": gid}, "action": "changed", "user": {"gid": user}}


def page(*events):
    return EventPage(list(events), "next", has_more=False, expired=False)


def test_what_we_wrote_asks_for_nothing_and_what_a_person_did_beside_it_does():
    ours, theirs = event(START, user=US), event(START, gid="6")
    assert not decide({"1": "a"}, {"1": page(ours)}, [ours], ours=frozenset({US})).refresh
    assert decide({"1": "a"}, {"1": page(ours, theirs)}, [], ours=frozenset({US})).refresh


def test_an_event_that_names_nobody_counts():
    nameless = event(START) | {"user": None}
    assert decide({"1": "a"}, {"1": page(nameless)}, ours=frozenset({US})).refresh


@pytest.mark.fault("F43")
@given(st.lists(st.tuples(st.integers(0, 179), st.sampled_from("56")), max_size=200))
def test_one_object_asks_at_most_three_times_an_hour_and_its_last_change_is_read_within_an_hour(changes):
    """Three hours, a tick a minute, then quiet: whatever changes how often."""
    causes, refreshed = Causes(), []
    waiting: dict[str, datetime] = {}
    for minute in range(300):
        now = START + timedelta(minutes=minute)
        told = [event(now, gid) for at, gid in changes if at == minute]
        waiting |= {gid: now for at, gid in changes if at == minute and gid not in waiting}
        decision = decide({}, {"1": page(*told)}, causes=causes, now=now)
        causes = decision.causes
        if decision.refresh:
            refreshed.append(now)
            waiting = {}
        assert all(now - since < timedelta(hours=1) for since in waiting.values())
        assert Cursor.read(Cursor({}, causes={g: [t.isoformat() for t in ts] for g, ts in causes.times.items()},
                                  held=sorted(causes.held)).text()).memory() == causes  # fmt: skip
    assert not waiting
    asked = Counter(gid for _, gid in changes)
    for begins in refreshed:
        within = [at for at in refreshed if begins <= at < begins + timedelta(hours=1)]
        assert len(within) <= PER_HOUR * len(asked)
