"""Which approved plan the sensor applies next."""

import datetime as dt

from asana_intel.changes.ledger import PlanRow, StoredPlan
from asana_intel.changes.sensors import MAX_ATTEMPTS, next_to_apply
from asana_intel.settings import Mode

NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def plan(plan_id: str, *, purpose: str = "weekly", attempts: int = 0, state: str = "planned") -> StoredPlan:
    row = PlanRow(
        plan_id, "k", "comment", "goals", "goal", "1", None, None, None, "", '"text"', "why", (), "rules", "medium",
        0.5, 0, "approved", state=state,
    )  # fmt: skip
    return StoredPlan(
        plan_id,
        "hash",
        purpose,
        NOW.date(),
        NOW,
        "asana-intel",
        Mode.propose,
        NOW,
        NOW,
        (),
        "approved",
        attempts,
        1,
        (row,),
    )


def test_a_setup_plan_goes_before_older_weekly_plans() -> None:
    chosen = next_to_apply([plan("weekly"), plan("setup", purpose="setup")])
    assert chosen is not None
    assert chosen.plan_id == "setup"


def test_the_oldest_weekly_plan_goes_first() -> None:
    chosen = next_to_apply([plan("older"), plan("newer")])
    assert chosen is not None
    assert chosen.plan_id == "older"


def test_a_plan_that_was_tried_too_often_or_is_over_is_left_to_a_person() -> None:
    assert next_to_apply([plan("tired", attempts=MAX_ATTEMPTS), plan("over", state="done")]) is None
