from __future__ import annotations

import pytest

from asana_intel.asana.reader import AsanaReader
from asana_intel.errors import PermanentError, SkippableError

FIELDS = "name,dependencies.gid,custom_fields.name,custom_fields.number_value"


@pytest.fixture
def reader(session):
    return AsanaReader(session)


def _refuses(answer, field: str, status: int, message: str):
    def script(call):
        if field in call.query.get("opt_fields", ""):
            return answer(status, {"errors": [{"message": message}]})
        return answer(body={"data": [{"gid": call.path.split("/")[2]}], "next_page": None})

    return script


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (402, "Dependencies are not available for free users."),
        (402, "Payment Required"),
        (400, "opt_fields: dependencies: unknown field"),
        (403, "Forbidden: you may not read dependencies"),
    ],
)
def test_a_field_that_the_plan_refuses_is_left_out_and_noted(stub, reader, answer, status, message):
    stub.script = _refuses(answer, "dependencies", status, message)
    assert [r["gid"] for r in reader.list("/projects/1/tasks", {}, FIELDS)] == ["1"]
    assert [r["gid"] for r in reader.list("/projects/2/tasks", {}, FIELDS)] == ["2"]
    assert len(stub.calls) == 3
    assert "custom_fields.name" in stub.calls[-1].query["opt_fields"]
    assert reader.dropped_fields() == {"/projects/{gid}/tasks": ["dependencies"]}


def test_several_fields_are_left_out_one_after_the_other(stub, reader, answer):
    def script(call):
        for field in ("dependencies", "custom_fields"):
            if field in call.query["opt_fields"]:
                return answer(402, {"errors": [{"message": "Payment Required"}]})
        return answer(body={"data": {"gid": "1"}})

    stub.script = script
    assert reader.one("/tasks/1", FIELDS) == {"gid": "1"}
    assert reader.dropped_fields() == {"/tasks/{gid}": ["custom_fields", "dependencies"]}


def test_a_refusal_that_no_field_explains_is_told_as_it_was_first_said(stub, reader, answer):
    stub.answers(answer(402, {"errors": [{"message": "Goals are for payers."}]}))
    with pytest.raises(SkippableError, match="Goals are for payers"):
        reader.one("/goals/1", FIELDS)
    assert reader.dropped_fields() == {}
    assert stub.calls[0].query["opt_fields"] == FIELDS
    before = len(stub.calls)
    with pytest.raises(SkippableError, match="Goals are for payers"):
        reader.one("/goals/2", FIELDS)
    assert len(stub.calls) == before + 1


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_of_the_object_costs_one_request(stub, reader, answer, status):
    stub.answers(answer(status, {"errors": [{"message": "project: Not a recognized ID: 1"}]}))
    with pytest.raises((SkippableError, PermanentError)):
        reader.one("/projects/1", FIELDS)
    assert len(stub.calls) == 1
