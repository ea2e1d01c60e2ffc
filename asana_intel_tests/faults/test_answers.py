"""What Asana may answer: nonsense, no, not now, not you any more; and what a plan makes of it."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from asana_intel.asana.limits import PLAN_LIMITS
from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.apply import apply_plan
from asana_intel.errors import ConfigError, UnknownOutcomeError
from asana_intel.sandbox.identity import fingerprint
from asana_intel.settings import AsanaSettings, Mode
from asana_intel_tests.faults.office import SETTLED, Office, flag_of, post_on, score_of
from asana_intel_tests.integration.fault_world import Fault, rule
from asana_intel_tests.integration.write_desk import BOT, NOW


class Rude:
    """A server that takes a whole request and sends whatever bytes it likes."""

    def __init__(self) -> None:
        self.says = b""
        self.asked = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.session = AsanaSession(self.url, SecretStr(BOT), role="writer", paced=False, timeout_s=2)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as lines:
                length = 0
                while (line := lines.readline().lower().strip()) != b"":
                    length = int(line.split(b":")[1]) if line.startswith(b"content-length") else length
                lines.read(length)
                self.asked += 1
                peer.sendall(self.says)

    def close(self) -> None:
        self.session.close()
        self._listener.close()


@pytest.fixture(scope="module")
def rude() -> Iterator[Rude]:
    server = Rude()
    yield server
    server.close()


BODIES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"{", b"null", b"[]", b'{"data"', b'{"errors": [{}]}', b"<html>", b'{"data": {"gid": "1"}'] ),
)  # fmt: skip
STATUSES = st.sampled_from([b"200 OK", b"201 Created", b"204 No Content", b"500 x", b"502 Bad", b"503 x", b"504 x"])
HEADERS = st.lists(
    st.sampled_from(
        [b"Content-Length: 4000", b"Content-Length: x", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip",
         b"Content-Type: text/html", b"Retry-After: soon", b"Date: never", b":", b"\xff\xfe: \xff"]
    ),
    max_size=3,
)  # fmt: skip
ANSWERS = st.one_of(
    st.binary(max_size=60).filter(lambda said: not said.startswith(b"HTTP/")),
    st.builds(
        lambda status, headers, body: b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"", body]),
        STATUSES, HEADERS, BODIES,
    ),
)  # fmt: skip


@pytest.mark.fault("F6", "F45")
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(says=ANSWERS)
def test_whatever_nonsense_follows_a_write_its_outcome_is_unknown_after_one_request(rude: Rude, says: bytes) -> None:
    rude.says, before = says, rude.asked
    with pytest.raises(UnknownOutcomeError):
        rude.session.send("PUT", "/goals/1", {"data": {}})
    assert rude.asked == before + 1


@pytest.mark.fault("F6")
@pytest.mark.parametrize(("status", "kind"), [(503, "status"), (502, "html"), (200, "html")])
def test_an_answer_that_is_none_leaves_its_row_unknown_and_the_others_go_on(
    office: Office, status: int, kind: str
) -> None:
    office.break_down(rule(kind, {"method": "PUT", "nth": 1}, status=status, when="after"))
    plan = office.plan(score_of(office.goals[0]), score_of(office.goals[1]))
    assert office.apply(plan).counts == {"done": 1, "unknown": 1}
    assert office.settle(plan) == ["done", "done"]
    assert len(office.sent()) == 2


# -- limits


def paced_writer(office: Office, **limits: Any) -> tuple[AsanaWriter, AsanaSession]:
    time = office.company.time
    session = AsanaSession(office.company.url, SecretStr(BOT), role="writer", sleep=time.sleep, clock=time.clock,
                           **limits)  # fmt: skip
    return AsanaWriter(session), session


@pytest.mark.fault("F7")
def test_during_ten_minutes_of_429_nothing_is_asked_before_its_time_and_then_all_is_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, begin = office.company.time, office.company.time.now
    office.break_down(rule("retry_after", {}, value="30"))
    writer, session = paced_writer(office, paced=False)
    asked: list[float] = []
    send = session._transport.send

    def sending(*arguments: Any, **options: Any) -> Any:
        if time.now >= begin + 600:
            office.company.heal()
        asked.append(time.now)
        return send(*arguments, **options)

    monkeypatch.setattr(session._transport, "send", sending)
    plan = office.plan(*(score_of(goal) for goal in office.goals[:3]), post_on(office.goal, "comment"))
    report = apply_plan(office.database, writer, plan.plan_id, mode=Mode.propose, actor="bot", now=lambda: NOW)
    assert report.counts == {"done": 4}
    storm = [at for at in asked if at <= begin + 600]
    assert len(storm) == 21
    assert all(later - sooner >= 30 for sooner, later in itertools.pairwise(storm))
    assert len(office.sent()) == 4


@pytest.mark.fault("F7")
def test_twenty_workers_keep_the_limits_a_minute_and_at_once(office: Office) -> None:
    per_minute, at_once = 120, 3
    office.company.break_down(Fault(limits={"requests_per_minute": per_minute, "concurrent_writes": at_once}))
    writer, session = paced_writer(office, requests_per_minute=per_minute, concurrent_writes=at_once)
    plan = office.plan(*(score_of(goal) for goal in office.goals), *(flag_of(task) for task in office.tasks[:8]))
    began = office.company.time.now
    report = apply_plan(
        office.database, writer, plan.plan_id, mode=Mode.propose, actor="bot", now=lambda: NOW, workers=20
    )
    assert set(report.counts) == {"done"}
    assert session.request_count > per_minute / 2
    assert office.company.time.now - began > 60 * (session.request_count / per_minute - 1)
    ours = office.company.control("GET", "limits")["tokens"][fingerprint(BOT)]
    assert sum(ours["rejected_by"].values()) == 0
    assert (PLAN_LIMITS["paid"], AsanaSettings.model_fields["writes_in_flight"].default) == (1500, 15)


# -- refusals


@pytest.mark.fault("F46")
def test_a_change_that_asana_always_refuses_is_tried_once_and_the_others_are_written(office: Office) -> None:
    poison = office.goals[1]
    office.break_down(rule("status", {"method": "PUT", "path": f"/goals/{poison}"}, status=400))
    plan = office.plan(*(score_of(goal) for goal in office.goals[:4]))
    assert office.apply(plan).plan_state == "applied"
    assert office.states(plan) == ["done", "failed", "done", "done"]
    for n in range(3):
        office.apply(plan, SETTLED * n)
    assert office.sent().count(f"PUT /goals/{poison}") == 1
    assert len(office.sent()) == 4


@pytest.mark.fault("F44")
def test_a_token_that_ends_halfway_halts_all_workers_and_the_rest_waits(office: Office) -> None:
    office.break_down(rule("expire_token", {"method": "PUT", "nth": 5}))
    plan = office.plan(*(score_of(goal) for goal in office.goals))
    with pytest.raises(ConfigError, match="WRITER_TOKEN"):
        office.apply(plan, workers=4)
    refused = [r for r in office.company.sandbox.requests() if r["token"] == fingerprint(BOT) and r["status"] == 401]
    assert len(refused) <= 2 * 4  # a request and the look after it, of each worker
    assert {"planned"} < set(office.states(plan)) <= {"planned", "done", "sent"}  # sent, and not read back yet
    office.company.heal()
    assert set(office.settle(plan)) == {"done"}
    assert set(office.effects().values()) == {1}


@pytest.mark.fault("F45")
def test_the_ledger_counts_as_many_attempts_as_asana_saw_requests(office: Office) -> None:
    office.break_down(
        rule("drop", {"method": "PUT", "nth": 1}),
        rule("drop", {"method": "PUT", "nth": 3}, when="after"),
        rule("status", {"method": "POST", "nth": 1}, status=503),
        rule("truncate", {"method": "POST", "nth": 2}, bytes=20),
        rule("retry_after", {"method": "POST", "nth": 3}, value="1"),
    )
    plan = office.plan(
        *(score_of(goal) for goal in office.goals[:4]),
        *(post_on(goal, kind) for goal in office.goals[4:6] for kind in ("comment", "status_update")),
    )
    office.apply(plan)
    assert set(office.settle(plan)) == {"done"}
    ((attempts,),) = office.query("SELECT sum(attempts) FROM plan_row")
    assert len(office.sent()) == attempts > len(office.states(plan))
    assert sum(office.effects().values()) == len(office.states(plan))
