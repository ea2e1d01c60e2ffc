"""Assignees told at once of a score that an event changed much: in a plan of its own, once, within the budget."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import asana
import polars as pl
import pytest

from asana_intel.changes.apply import apply_plan
from asana_intel.changes.ledger import StoredPlan, ledger_time, load_plan
from asana_intel.changes.notices import Occasion, propose_notices
from asana_intel.changes.plan import build_plan
from asana_intel.changes.proposing import plan_rules
from asana_intel.changes.review import approve
from asana_intel.settings import Mode
from asana_intel_tests.integration.living import SCORES, Living
from asana_intel_tests.integration.test_write_path import AT, WEEK, company, workspace

__all__ = ["company"]
OF_WEEK = {"as_of_on": WEEK, "as_of_at": AT}


@pytest.fixture
def here(company: Any) -> Living:
    living = Living(company, priority_writes={"tell_owner_points": 3.0})
    is_far_off = pl.col("due_on").is_null() | (pl.col("due_on") > date(2026, 5, 20))
    is_told = pl.col("is_public") & ~pl.col("has_private_part") & pl.col("person_gid").is_not_null()
    chosen = living.scores().filter(is_told, is_far_off).sort("urgency", "task_gid")
    living.gid, living.person = chosen.select("task_gid", "person_gid").row(0)
    living.a_week_ago()
    assert living.asked() == {}  # the first look
    return living


def our_comments(here: Living) -> list[str]:
    asked = {"opt_fields": "text"}
    stories = asana.StoriesApi(here.witness).get_stories_for_task(here.gid, asked)
    return [story["text"] for story in stories if "ref AIW-" in (story.get("text") or "")]


def test_the_assignee_is_told_once_and_the_plan_of_the_week_stays_as_it_was(
    here: Living, stored: Callable[..., StoredPlan]
) -> None:
    weekly = stored(OF_WEEK, now=ledger_time(here.database))
    here.tasks.update_task({"data": {"due_on": "2026-05-07"}}, here.gid, {})
    config = here.asked()["follow_events"]
    told = here.run(config)
    assert told["notices"] == 1
    plan = load_plan(here.database, told["plan_id"])
    assert (plan.purpose, plan.state, plan.as_of_on) == ("notice", "proposed", WEEK)
    (row,) = plan.rows
    assert (row.kind, row.field, row.target_gid, row.decision) == ("comment", "score_changed", here.gid, "pending")
    assert here.person in row.new_value
    assert "its due day" in row.new_value
    assert load_plan(here.database, weekly.plan_id) == weekly

    here.tasks.update_task({"data": {"due_on": "2026-06-30"}}, here.gid, {})
    here.follow()
    here.tasks.update_task({"data": {"due_on": "2026-05-08"}}, here.gid, {})
    assert here.follow()["notices"] == 0  # it waits to be told already

    now = ledger_time(here.database)
    approve(here.database, plan.plan_id, "ada", now)
    report = apply_plan(
        here.database, here.writer, plan.plan_id, mode=Mode.propose, actor="bot",
        now=lambda: ledger_time(here.database),
    )  # fmt: skip
    assert dict(report.counts) == {"done": 1}
    assert len(our_comments(here)) == 1
    assert load_plan(here.database, weekly.plan_id) == weekly

    here.refresh()
    again = build_plan(here.inputs(), WEEK, AT, plan_rules(here.settings)).filter(field="score_changed")
    assert here.gid not in set(again["target_gid"])


def test_an_undecided_notice_gives_way_to_the_next_plan_of_the_week_and_an_approved_one_does_not(
    here: Living, stored: Callable[..., StoredPlan]
) -> None:
    here.tasks.update_task({"data": {"due_on": "2026-05-07"}}, here.gid, {})
    here.follow()

    def notice(**settings: Any) -> StoredPlan | None:
        review = here.settings.review.model_copy(update=settings)
        now = Occasion(
            here.database, here.settings.model_copy(update={"review": review}), workspace(here), WEEK, AT,
            here.tables.read,
        )  # fmt: skip
        return propose_notices(now, here.tables.read(SCORES, partition=WEEK), [here.gid])

    assert notice() is None  # it waits
    with here.database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT plan_id FROM plan WHERE purpose = 'notice'")
        ((first,),) = cursor.fetchall()
    stored(OF_WEEK, now=ledger_time(here.database))
    assert load_plan(here.database, first).state == "superseded"
    assert notice(nudges_per_person_week=0) is None
    second = notice()
    assert second is not None
    approve(here.database, second.plan_id, "ada", ledger_time(here.database))
    stored(OF_WEEK | {"new_value": "0.7"}, now=ledger_time(here.database))
    assert load_plan(here.database, second.plan_id).state == "approved"


def test_without_the_ledger_the_scores_are_stored_and_the_run_says_what_is_away(
    here: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.tasks.update_task({"data": {"due_on": "2026-05-07"}}, here.gid, {})
    config, before = here.asked()["follow_events"], here.score(here.gid)["score"]
    with monkeypatch.context() as patch:
        patch.setattr(here.database, "_dsn", "postgresql://nobody@127.0.0.1:1/none")
        here.run(config, is_fine=False)
    assert here.score(here.gid)["score"] > before
    assert here.scores()["rank"].sort().to_list() == list(range(1, here.scores().height + 1))
