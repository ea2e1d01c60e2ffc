from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from asana_intel.raw.event_tokens import EventTokens
from asana_intel.raw.sync_plan import How, choose
from asana_intel.storage.sync_log import LastSync

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TOKENS = EventTokens(credential="mine", listed_at=NOON.isoformat(), slow_at=NOON.isoformat(), tokens={"10": "t"})
DAILY = timedelta(hours=20)


def chosen(
    hours: float, *, tokens: EventTokens | None = TOKENS, asker: str = "mine", is_unfinished: bool = False
) -> How:
    last = LastSync(NOON + timedelta(hours=max(0.0, hours - 1)), "1", "https://asana.example")
    now = NOON + timedelta(hours=hours)
    return choose(last, tokens, asker, now, DAILY, is_unfinished=is_unfinished)


@pytest.mark.parametrize(
    ("hours", "how"), [(0.1, How.events), (19.9, How.events), (20, How.reconcile), (60, How.reconcile)]
)
def test_events_are_trusted_until_everything_was_listed_too_long_ago(hours: float, how: How):
    assert chosen(hours) == how


def test_the_first_sync_and_one_without_tokens_list_everything():
    assert choose(None, TOKENS, "mine", NOON, DAILY, is_unfinished=False) == How.listing
    assert chosen(1, tokens=None) == How.listing


def test_tokens_that_are_a_day_old_are_not_asked_with():
    last = LastSync(NOON, "1", "https://asana.example")
    now = NOON + timedelta(hours=23)
    assert choose(last, TOKENS, "mine", now, DAILY, is_unfinished=False) == How.listing


def test_an_interrupted_listing_is_gone_on_with():
    assert chosen(1, is_unfinished=True) == How.listing


def test_what_another_token_was_shown_is_no_ground_to_go_on_from():
    assert chosen(1, asker="somebody else") == How.listing
