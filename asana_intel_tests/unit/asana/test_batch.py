from __future__ import annotations

import pytest

from asana_intel.asana.batch import BatchRead, read_batch
from asana_intel.errors import ConfigError, PermanentError, SkippableError


def _ok(gid: str) -> dict:
    return {"status_code": 200, "headers": {}, "body": {"data": {"gid": gid}}}


def _refused(status: int) -> dict:
    return {"status_code": status, "headers": {}, "body": {"errors": [{"message": "so it is"}]}}


def _reads(count: int) -> list[BatchRead]:
    return [
        BatchRead(f"/tasks/{n}", {"opt_fields": "name,notes", "limit": 5, "archived": "false"}) for n in range(count)
    ]


def test_ten_reads_go_in_one_request_and_come_back_in_order(stub, session, answer):
    stub.script = lambda call: answer(
        body={"data": [_ok(a["relative_path"].split("/")[-1]) for a in call.body["data"]["actions"]]}
    )
    results = read_batch(session, _reads(23))
    assert [result["data"]["gid"] for result in results] == [str(n) for n in range(23)]
    assert [(call.method, call.path) for call in stub.calls] == [("POST", "/batch")] * 3
    assert stub.calls[0].body["data"]["actions"][1] == {
        "relative_path": "/tasks/1",
        "method": "get",
        "data": {"archived": "false"},
        "options": {"limit": 5, "fields": ["name", "notes"]},
    }


def test_each_read_has_the_error_it_would_have_had_alone(stub, session, answer):
    stub.answers(answer(body={"data": [_ok("0"), _refused(404), _refused(403), _refused(402)]}))
    results = read_batch(session, _reads(4))
    assert results[0] == {"data": {"gid": "0"}}
    assert [type(result) for result in results[1:]] == [SkippableError, PermanentError, SkippableError]
    assert str(results[1]).startswith("GET /tasks/1: 404 so it is")


def test_a_read_that_failed_in_passing_is_asked_again_by_itself(stub, session, answer):
    def script(call):
        if call.path == "/batch":
            return answer(body={"data": [_ok("0"), _refused(500), {"status_code": 200, "body": "cut"}]})
        return answer(body={"data": {"gid": call.path}})

    stub.script = script
    assert [r["data"]["gid"] for r in read_batch(session, _reads(3))] == ["0", "/tasks/1", "/tasks/2"]


def test_a_refused_batch_is_waited_out_and_sent_again(stub, session, answer, fake_time):
    stub.answers(answer(429, headers={"Retry-After": "30"}), answer(body={"data": [_ok("0")]}))
    started = fake_time.now
    assert len(read_batch(session, _reads(1))) == 1
    assert fake_time.now - started >= 30
    assert len(stub.calls) == 2


@pytest.mark.parametrize("status", [402, 403, 404, 501])
def test_without_batches_the_reads_go_one_by_one(stub, session, answer, status):
    stub.script = lambda call: answer(status) if call.path == "/batch" else answer(body={"data": {"gid": call.path}})
    assert [r["data"]["gid"] for r in read_batch(session, _reads(3))] == ["/tasks/0", "/tasks/1", "/tasks/2"]


def test_a_rejected_token_ends_a_batch(stub, session, answer):
    stub.answers(answer(401))
    with pytest.raises(ConfigError):
        read_batch(session, _reads(3))


def test_results_that_are_not_as_many_as_the_reads_are_not_believed(stub, session, answer):
    stub.answers(answer(body={"data": [_ok("0")]}))
    with pytest.raises(PermanentError, match="3 reads were asked, the answer holds 1"):
        read_batch(session, _reads(3))


def test_an_object_of_another_workspace_is_refused_alone(stub, session, answer):
    session.workspace_gid = "7"
    foreign = {"status_code": 200, "body": {"data": {"gid": "5", "name": "secret", "workspace": {"gid": "8"}}}}
    stub.answers(answer(body={"data": [_ok("0"), foreign]}))
    results = read_batch(session, _reads(2))
    assert isinstance(results[1], PermanentError)
    assert "object 5 is of workspace 8, not 7" in str(results[1])
    assert "secret" not in str(results[1])
