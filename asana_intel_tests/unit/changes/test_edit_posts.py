"""Comments on edits that break something: on the task, once, of what everybody may read, without anybody's load."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.edit_posts import Breach, said_in
from asana_intel.changes.identity import row_marker
from asana_intel.changes.plan import build_check_plan
from asana_intel.quality.evaluate import evaluate
from asana_intel_tests.unit.changes.backlog_world import AS_OF_AT, MONDAY, backlog_world

BREACH = Breach(
    "301", "overload 71 2026-11-23", "This change puts more work into the week of 23 Nov 2026.",
    "It holds 52 h in 32 h.", person_gid="71", confidence=0.7,
)  # fmt: skip
ORDER = Breach("301", "order 302 x", "It is due before a task it waits for.", "The same.", ("302",))


@pytest.fixture
def here(inputs, make_frame):
    return backlog_world(inputs, make_frame)


def planned(inputs, *breaches):
    return build_check_plan(inputs, MONDAY, AS_OF_AT, breaches)


def test_all_that_an_edit_breaks_is_one_comment_that_leaves_the_figures_to_its_reason(here):
    plan = planned(here, BREACH, ORDER)
    assert evaluate("changes/plan", plan).passed
    (row,) = plan.to_dicts()
    body = parsed(row["new_value"])
    assert body["text"] == (
        "This change puts more work into the week of 23 Nov 2026. It is due before a task it waits for."
        " (Seen 20 Nov 2026.)"
    )
    assert body["mentions"] == "71"
    assert row["reason"] == "It holds 52 h in 32 h. The same."
    assert (row["capability"], row["confidence"], row["evidence_gids"]) == ("capacity", 0.7, ["301", "302"])
    assert said_in(row["new_value"]) == [BREACH.about, ORDER.about]


def test_what_was_said_is_not_said_again_in_other_words_and_another_breach_is(here):
    (row,) = planned(here, BREACH).to_dicts()
    told = replace(here, created_markers=frozenset({row_marker(row, MONDAY, AS_OF_AT)}))
    assert planned(told, replace(BREACH, said="Other words.", confidence=0.9)).is_empty()
    assert planned(told, replace(BREACH, about="overload 72 2026-11-23")).height == 1


def test_nothing_is_said_on_or_of_what_not_everybody_may_read_nor_on_what_is_kept_by_hand(here, inputs, make_frame):
    private = replace(here, projects=here.projects.with_columns(privacy_setting=pl.lit("private")))
    assert planned(private, BREACH).is_empty()
    assert planned(here, replace(ORDER, tells_of=("999",))).is_empty()
    by_hand = backlog_world(inputs, make_frame, values={"301": {"Manual Override": "Yes"}})
    assert planned(by_hand, BREACH).is_empty()
