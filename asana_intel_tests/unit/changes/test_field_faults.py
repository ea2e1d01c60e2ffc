"""F27: what becomes of a row whose field changed in Asana between plan and send. Nothing is sent, and it is over."""

import pytest

from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.ledger import load_plan

HEALTH = {"field": "ai_health", "target_type": "project", "target_gid": "20", "new_value": "6.5"}
PRIORITY = {"field": "suggested_priority", "target_type": "task", "target_gid": "5", "new_value": '"1"'}
NUMBER = {"resource_subtype": "number", "format": "none", "precision": 1, "number_value": None}
OPTIONS = [{"gid": "1", "enabled": False}, {"gid": "2", "enabled": True}]


def put(asana, row, entry):
    entry = {"gid": "700", "name": BY_NAME[row["field"]].label, **entry}
    asana.goals[row["target_gid"]] = {"workspace": {"gid": "900"}, "custom_fields": [entry]}
    return entry


@pytest.mark.parametrize(
    ("row", "entry", "says"),
    [
        (HEALTH, NUMBER | {"precision": 0}, "keeps 0 decimals, 1 are needed"),
        (HEALTH, NUMBER | {"format": "percentage"}, "a plain number is needed"),
        (HEALTH, NUMBER | {"is_value_read_only": True}, "can only be read"),
        (HEALTH, {"resource_subtype": "text", "text_value": None}, "exists as text, a number is needed"),
        (PRIORITY, {"resource_subtype": "enum", "enum_value": None, "enum_options": OPTIONS}, "does not offer"),
    ],
)
@pytest.mark.fault("F27")
def test_a_field_that_cannot_take_the_value_any_more_fails_the_row_before_anything_is_sent(
    database, asana, approved, applied, row, entry, says
):
    put(asana, row, entry)
    plan = approved(row)
    assert applied(plan).counts == {"failed": 1}
    assert says in load_plan(database, plan.plan_id).rows[0].error
    assert asana.writes == []
    reads = asana.reads
    assert applied(plan).counts == {}
    assert asana.reads == reads, "a row that failed is not looked at again"


@pytest.mark.fault("F27")
def test_a_field_that_was_removed_leaves_the_row_waiting_and_the_next_ones_go_on(asana, approved, applied):
    asana.goals["1"]["custom_fields"] = []
    report = applied(approved({}, {"target_gid": "2"}))
    assert report.counts == {"done": 1, "waiting": 1}
    assert "apply the setup plan first" in report.outcomes[0].error


@pytest.mark.fault("F27")
def test_a_field_that_turned_read_only_with_the_right_value_in_it_is_no_failure(asana, approved, applied):
    put(asana, HEALTH, NUMBER | {"number_value": 6.5, "is_value_read_only": True})
    assert applied(approved(HEALTH)).counts == {"noop": 1}


@pytest.mark.fault("F27")
def test_a_field_that_turned_read_only_after_the_request_is_still_read_back(asana, approved, applied):
    entry = put(asana, HEALTH, NUMBER)
    write = asana.set_custom_field

    def then_locked(*what):
        written = write(*what)
        entry["is_value_read_only"] = True
        return written

    asana.set_custom_field = then_locked
    assert applied(approved(HEALTH)).counts == {"done": 1}
