"""Edits checked at their event, against the sandbox: a breach is commented once, in a plan of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asana
import polars as pl
import pytest

from asana_intel.changes.apply import apply_plan
from asana_intel.changes.ledger import StoredPlan, ledger_time, load_plan
from asana_intel.changes.review import approve
from asana_intel.forecasts.weekly import person_load
from asana_intel.live.jobs import follow_request
from asana_intel.settings import Mode
from asana_intel.storage.sync_log import require_last_sync
from asana_intel_tests.integration.living import Living
from asana_intel_tests.integration.test_write_path import AT, WEEK, company

__all__ = ["company"]
LOADS = ("person_load", "load_causes", "task_load", "person_days")
NEXT_WEEK = {"start_on": "2026-05-11", "due_on": "2026-05-15"}


class Loaded(Living):
    """A company in which one person's week of 11 May is full, and another has a large task of that week."""

    def __init__(self, company: Any, **settings: Any) -> None:
        super().__init__(company, priority_writes={"tell_owner_points": None}, **settings)
        self.busy, self.free = self.members["person_gid"].to_list()[:2]
        self.field = next(f["gid"] for name, f in self.fields().items() if name.lower() == "estimated hours")
        self.pass_time()
        self.new_task("Fills the week", self.busy, 34)
        self.gid = self.new_task("To be handed over", self.free, 30)
        self.pass_time()
        self.refresh()
        self.put_load()
        assert self.asked() == {}  # the first look

    def new_task(self, name: str, person: str, hours: float) -> str:
        body = {"name": name, "projects": [self.project], "assignee": person, "custom_fields": {self.field: hours}}
        return self.tasks.create_task({"data": body | NEXT_WEEK}, {})["gid"]

    def put_load(self) -> None:
        """The load of the week, as a refresh makes it."""
        made = person_load(self.tables.read, WEEK, require_last_sync(self.database).synced_at, self.settings.forecast)
        for name, rows in zip(LOADS, made, strict=True):
            self.tables.overwrite_partition(f"forecasts/{name}", rows, WEEK)

    def hand_to(self, person: str) -> dict[str, Any]:
        self.tasks.update_task({"data": {"assignee": person}}, self.gid, {})
        return self.follow()

    def comments(self) -> list[str]:
        stories = asana.StoriesApi(self.witness).get_stories_for_task(self.gid, {"opt_fields": "text"})
        return [story["text"] for story in stories if "ref AIW-" in (story.get("text") or "")]

    def decide_and_apply(self, plan_id: str) -> dict[str, int]:
        approve(self.database, plan_id, "ada", ledger_time(self.database))
        report = apply_plan(
            self.database, self.writer, plan_id, mode=Mode.propose, actor="bot", now=lambda: ledger_time(self.database)
        )
        return dict(report.counts)


@pytest.fixture
def here(company: Any) -> Loaded:
    return Loaded(company)


def test_a_task_given_to_somebody_full_is_commented_once_and_moved_back_it_is_no_breach(here: Loaded) -> None:
    told = here.hand_to(here.busy)
    assert (told["breaches"], told["comments"]) == (1, 1)
    plan = load_plan(here.database, told["check_plan_id"])
    assert (plan.purpose, plan.state) == ("check", "proposed")
    (row,) = plan.rows
    assert (row.kind, row.capability, row.field, row.target_gid) == ("comment", "capacity", "edit_check", here.gid)
    assert "the week of 11 May 2026" in row.new_value
    assert "%" not in row.new_value
    assert "The odds" not in row.new_value
    assert "without it" in row.reason

    config = follow_request([here.gid], []).run_config
    again = here.run(config)
    assert (again["breaches"], again["comments"]) == (1, 0)  # it waits
    assert here.decide_and_apply(plan.plan_id) == {"done": 1}
    assert len(here.comments()) == 1
    assert here.run(config)["comments"] == 0  # it is there

    back = here.hand_to(here.free)
    assert (back["breaches"], back["comments"]) == (0, 0)
    assert here.hand_to(here.busy)["comments"] == 0
    assert len(here.comments()) == 1


def test_the_plan_of_the_week_takes_no_comment_away_and_what_we_write_ourselves_is_not_checked(
    here: Loaded, stored: Callable[..., StoredPlan]
) -> None:
    plan_id = here.hand_to(here.busy)["check_plan_id"]
    stored({"as_of_on": WEEK, "as_of_at": AT}, now=ledger_time(here.database))
    assert load_plan(here.database, plan_id).state == "proposed"
    user = asana.UsersApi(here.witness).get_user("me", {})["gid"]
    with here.database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO writer_user (user_gid, seen_at) VALUES (%s, now())", (user,))
    here.tasks.update_task({"data": {"assignee": here.free}}, here.gid, {})
    assert here.asked() == {}


def test_load_that_its_suites_find_anything_against_leads_to_no_comment(here: Loaded) -> None:
    wrong = here.tables.read("forecasts/person_load", partition=WEEK).with_columns(p_over_120=pl.lit(1.4))
    here.tables.overwrite_partition("forecasts/person_load", wrong, WEEK)
    told = here.hand_to(here.busy)
    assert (told["breaches"], told["comments"]) == (1, 0)
