"""The table of docs/client.md, row by row, against a server that answers so."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from asana_intel import errors
from asana_intel.asana.batch import BatchRead, read_batch
from asana_intel.asana.session import AsanaSession

PAGE = Path(__file__).parents[3] / "docs" / "client.md"
ROWS = re.findall(r"^\| ([^|]+) \| (\w+Error) \| (\w+Error|–) \|$", PAGE.read_text(), re.MULTILINE)


def _free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def _faulty(case: str, stub, answer) -> None:
    match case:
        case "200 with a page of HTML":
            stub.answers(answer(body=b"<html></html>"))
        case "200 without data":
            stub.answers(answer(body={"data": None}))
        case "200 cut short":
            stub.answers(answer(body=b'{"data": {"gid": "1'))
        case "connection reset":
            stub.answers(answer(reset=True))
        case "no answer in time":
            stub.answers(answer(silent=True))
        case "object of another workspace":
            stub.answers(answer(body={"data": {"gid": "1", "workspace": {"gid": "8"}}}))
        case "no connection":
            pass
        case status:
            stub.answers(answer(int(status), {"errors": [{"message": "so it is"}]}, {"Retry-After": "1"}))


def test_the_table_names_every_kind_of_answer():
    assert {case for case, _, _ in ROWS} >= {
        *map(str, [302, 400, 401, 402, 403, 404, 409, 412, 429, 451, 500, 501, 502, 503, 504]),
        "connection reset",
        "no answer in time",
        "no connection",
        "object of another workspace",
    }


@pytest.mark.parametrize(("case", "read", "write"), ROWS)
def test_every_row_holds(case, read, write, stub, answer, fake_time):
    _faulty(case, stub, answer)
    url = _free_address() if case == "no connection" else stub.url
    given = {"timeout_s": 0.1, "workspace_gid": "7", "sleep": fake_time.sleep, "clock": fake_time.clock}
    with pytest.raises(errors.AsanaIntelError) as caught:
        AsanaSession(url, SecretStr("t"), **given).get("/tasks/1")
    assert type(caught.value) is getattr(errors, read)
    if write != "–":
        before = len(stub.calls)
        with pytest.raises(errors.AsanaIntelError) as caught:
            AsanaSession(url, SecretStr("t"), may_write=True, **given).send("PUT", "/tasks/1", {"data": {}})
        assert type(caught.value) is getattr(errors, write)
        assert len(stub.calls) - before == (0 if case == "no connection" else 1)


@pytest.mark.parametrize(("status", "read"), [(c, r) for c, r, _ in ROWS if c.isdigit() and c != "302"])
def test_every_status_means_the_same_inside_a_batch(status, read, stub, answer, session):
    refusal = {"errors": [{"message": "so it is"}]}

    def script(call):
        if call.path == "/batch":
            return answer(body={"data": [{"status_code": int(status), "headers": {}, "body": refusal}]})
        return answer(int(status), refusal, {"Retry-After": "1"})

    stub.script = script
    (result,) = read_batch(session, [BatchRead("/tasks/1")])
    assert type(result) is getattr(errors, read)
