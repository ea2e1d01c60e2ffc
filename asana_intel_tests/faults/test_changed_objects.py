"""What we write to changes between the plan and the write: gone, closed, locked, of another kind, spelt otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.changes.canonical import canonical
from asana_intel.changes.fields import REGISTRY
from asana_intel_tests.faults.office import SETTLED, Office, score_of
from asana_intel_tests.integration.fault_world import rule


@pytest.mark.fault("F26")
def test_objects_that_are_deleted_or_closed_to_us_fail_their_rows_with_the_reason(office: Office) -> None:
    gone, closed, fine = office.goals[:3]
    plan = office.plan(*(score_of(goal) for goal in (gone, closed, fine)))
    office.company.write("DELETE", f"/goals/{gone}")
    office.break_down(rule("status", {"path": f"/goals/{closed}"}, status=403))
    report = office.apply(plan)
    assert [row.outcome for row in report.outcomes] == ["failed", "failed", "done"]
    assert ["404" in str(report.outcomes[0].error), "403" in str(report.outcomes[1].error)] == [True, True]
    assert office.sent() == [f"PUT /goals/{fine}"]


def removed(office: Office) -> None:
    body = {"custom_field": office.field}
    office.company.write("POST", f"/goals/{office.goal}/removeCustomFieldSetting", body)


def locked(office: Office) -> None:
    office.break_down(rule("status", {"method": "PUT", "path": f"/goals/{office.goal}"}, status=403))


def of_another_precision(office: Office) -> None:
    office.company.write("PUT", f"/custom_fields/{office.field}", {"precision": 2})


CHANGES: dict[str, tuple[Any, str, int]] = {
    "removed": (removed, "planned", 0),  # it waits for the setup, and is looked at once per apply
    "locked": (locked, "failed", 1),
    "of another precision": (of_another_precision, "done", 1),
}


@pytest.mark.fault("F27")
@pytest.mark.parametrize("name", CHANGES)
def test_a_field_that_changed_since_the_plan_is_not_tried_for_ever(name: str, office: Office) -> None:
    change, state, requests = CHANGES[name]
    plan = office.plan(score_of(office.goal), score_of(office.goals[1]))
    change(office)
    for n in range(4):
        office.apply(plan, SETTLED * n)
    assert office.states(plan) == [state, "done"]
    assert office.sent().count(f"PUT /goals/{office.goal}") == requests


@pytest.mark.fault("F28")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=st.sampled_from([spec for spec in REGISTRY if spec.target_type == "goal"]), data=st.data())
def test_what_is_written_reads_back_as_equal_from_a_server(office: Office, spec: Any, data: st.DataObject) -> None:
    texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)
    odd = st.sampled_from([0.1 + 0.2, 1 / 3, 0.62, 0.615, 1.0, 0.0])
    spelt = st.sampled_from(["Cafe\u0301 ", "a\r\nb  \nc", " lead", "tail\n", "é"])
    values = {"number": odd, "date": st.dates(), "text": texts | spelt}
    wanted = spec.canonical(data.draw(values[spec.value_type]))
    if wanted is None:
        return
    writer = office.writer()
    writer.set_custom_field("goal", office.goal, office.fields[spec.name], spec.wire(wanted))
    record = writer.read("goal", office.goal, "custom_fields.gid,custom_fields.number_value,custom_fields.text_value,"
                         "custom_fields.date_value.date")  # fmt: skip
    writer.close()
    entry = next(e for e in record["custom_fields"] if e["gid"] == office.fields[spec.name])
    assert spec.live(entry) == wanted
    assert canonical(json.loads(wanted), spec.value_type, decimals=spec.decimals) == wanted
