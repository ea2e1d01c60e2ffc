from __future__ import annotations

import gzip
import socket
import threading
import traceback
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from asana_intel.asana import transport
from asana_intel.asana.pacing import limits_of
from asana_intel.asana.session import MAX_ATTEMPTS, AsanaSession, path
from asana_intel.errors import (
    AsanaIntelError,
    ConfigError,
    PermanentError,
    RefusedError,
    RetriableError,
    SkippableError,
    UnknownOutcomeError,
)
from asana_intel.settings import AsanaSettings, Mode, Settings, load_settings

CANARY = "canary-9f3b2c-token"


def _refused(message):
    return {"errors": [{"message": message, "help": "…"}]}


def _everything_said(error: BaseException) -> str:
    """The error with all it drags along: causes, contexts, and the requests and responses these hold."""
    told, todo = [], [error]
    while todo:
        one = todo.pop()
        told += [repr(one), str(one), repr(vars(one)), *traceback.format_exception(one)]
        for held in vars(one).values():
            told.append(repr(getattr(held, "headers", "")))
        todo += [linked for linked in (one.__cause__, one.__context__) if linked]
    return "\n".join(told)


def test_a_read_returns_the_body_and_remembers_the_servers_clock(stub, session, answer):
    stub.answers(answer(body={"data": {"gid": "1"}}))
    assert session.get("/users/me", {"opt_fields": "gid,name"}) == {"data": {"gid": "1"}}
    assert session.server_time == datetime(2008, 1, 1, tzinfo=UTC)
    assert session.request_count == 1
    call = stub.calls[0]
    assert call.query == {"opt_fields": "gid,name"}
    assert call.headers["authorization"] == f"Bearer {CANARY}"
    assert call.headers["user-agent"].startswith("asana-intel/")


def test_latency_is_what_answers_take_without_the_wait_for_a_turn_and_leans_to_the_shorter_ones(
    stub, fake_time, answer
):
    session = AsanaSession(
        stub.url, SecretStr(CANARY), requests_per_minute=10, sleep=fake_time.sleep, clock=fake_time.clock
    )
    assert session.latency_s == 0
    takes = [0.2, 0.2, 0.1, 0.5]

    def script(_):
        fake_time.now += takes.pop(0)
        return answer()

    stub.script = script
    seen = []
    while takes:
        session.get("/users/me")
        seen.append(session.latency_s)
    assert seen == pytest.approx([0.2, 0.2, 0.175, 0.175 + 0.325 / 32])


def test_a_read_waits_exactly_as_long_as_the_server_asks_and_then_succeeds(stub, session, answer, fake_time):
    stub.answers(answer(429, _refused("slow down"), {"Retry-After": "37"}), answer())
    started = fake_time.now
    session.get("/users/me")
    assert fake_time.now - started == pytest.approx(37)
    assert len(stub.calls) == 2


def test_a_retry_after_given_as_a_date_is_counted_from_the_servers_own_clock(stub, session, answer, fake_time):
    until = {"Retry-After": "Tue, 01 Jan 2008 00:01:30 GMT"}
    stub.answers(answer(429, _refused("slow down"), until), answer())
    started = fake_time.now
    session.get("/users/me")
    assert fake_time.now - started == pytest.approx(90)


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("0.5", 0.5),
        ("86400", 86_400),
        ("12345678901", 12_345_678_901),
        ("", 60),
        ("soon", 60),
        ("-5", 60),
        ("Mon, 31 Dec 2007 23:59:00 GMT", 0),
    ],
)
def test_a_wait_is_neither_shortened_nor_invented(stub, session, answer, fake_time, header, wait_s):
    stub.answers(answer(429, _refused("slow down"), {"Retry-After": header}), answer())
    started = fake_time.now
    session.get("/users/me")
    assert fake_time.now - started == pytest.approx(wait_s, abs=0.2)


@pytest.mark.parametrize("verb", ["get", "send"])
def test_a_server_that_says_when_it_will_be_back_is_not_asked_before(stub, session, answer, fake_time, verb):
    stub.answers(answer(503, b"<html>maintenance</html>", {"Retry-After": "300"}), answer())
    started = fake_time.now
    if verb == "send":
        with pytest.raises(UnknownOutcomeError):
            session.send("PUT", "/tasks/1", {"data": {}})
    session.get("/users/me")
    assert 300 <= fake_time.now - started < 301
    assert len(stub.calls) == 2
    assert session.pacer.state().refused_at is None  # it says nothing about how fast we may ask


def test_a_write_whose_turn_comes_too_late_is_not_sent(stub, session, answer):
    stub.answers(answer(429, _refused("slow down"), {"Retry-After": "30"}), answer())
    for _ in range(2):  # refused; then told to wait
        with pytest.raises(RetriableError):
            session.send("PUT", "/tasks/1", {"data": {}})
    assert len(stub.calls) == 1
    session.send("PUT", "/tasks/1", {"data": {}})
    assert len(stub.calls) == 2


@pytest.mark.parametrize("size", [10_001, 5_000_000])
def test_an_answer_too_large_to_be_one_is_not_taken_in(stub, session, answer, monkeypatch, size):
    monkeypatch.setattr(transport, "MOST_BYTES", 10_000)
    whole = b'{"data": {"name": "%s"}}'
    stub.answers(answer(body=whole % (b"x" * (10_000 - len(whole) + 2))))
    session.get("/tasks/1")
    packed = gzip.compress(whole % (b"x" * (size - len(whole) + 2)))
    stub.answers(answer(body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(RetriableError):
        session.get("/tasks/1")
    with pytest.raises(UnknownOutcomeError):
        session.send("PUT", "/tasks/1", {"data": {}})


@pytest.mark.fault("F7")
def test_nothing_is_sent_by_any_thread_while_the_server_asks_to_wait(stub, answer, fake_time):
    sent_at: list[float] = []
    closed_until = [0.0]

    def script(_):
        sent_at.append(fake_time.now)
        if len(sent_at) == 1:
            closed_until[0] = fake_time.now + 20
            return answer(429, _refused("slow down"), {"Retry-After": "20"})
        return answer()

    stub.script = script
    session = AsanaSession(stub.url, SecretStr("t"), concurrent_reads=4, sleep=fake_time.sleep, clock=fake_time.clock)
    session.get("/users/me")
    threads = [threading.Thread(target=session.get, args=("/users/me",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent_at) == 10
    assert all(at >= closed_until[0] for at in sent_at[1:])


@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 503}, {"reset": True}, {"body": b"<html>"}])
def test_a_read_is_repeated_after_a_failure_of_the_server(stub, session, answer, failure):
    stub.answers(answer(**failure), answer(**failure), answer(body={"data": [1]}))
    assert session.get("/goals") == {"data": [1]}
    assert len(stub.calls) == 3


def test_a_read_gives_up_after_six_attempts_with_growing_waits(stub, session, answer, fake_time):
    stub.answers(answer(502, _refused("Bad gateway")))
    with pytest.raises(RetriableError, match="GET /goals: 502 Bad gateway"):
        session.get("/goals")
    assert len(stub.calls) == MAX_ATTEMPTS
    waits = [s for s in fake_time.slept if s > 0.1]
    assert len(waits) == MAX_ATTEMPTS - 1
    assert waits[-1] > 2 * waits[0]


def test_a_silent_server_is_given_up_with_an_error_that_says_so(stub, answer):
    stub.answers(answer(silent=True))
    quick = AsanaSession(stub.url, SecretStr("t"), timeout_s=0.05, may_write=True, sleep=lambda _: None)
    with pytest.raises(RetriableError, match="GET /goals: no answer in time"):
        quick.get("/goals")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, PermanentError),
        (401, ConfigError),
        (402, SkippableError),
        (403, PermanentError),
        (404, SkippableError),
        (412, PermanentError),
        (451, SkippableError),
        (501, SkippableError),
        (302, PermanentError),
    ],
)
def test_a_refused_read_is_named_by_what_to_do_and_not_repeated(stub, session, answer, status, error):
    stub.answers(answer(status, _refused("so it is"), {"Location": "http://127.0.0.1:9/"}))
    with pytest.raises(error, match=rf"GET /tasks/12: {status} so it is"):
        session.get("/tasks/12", {"assignee": "someone@example.com"})
    assert len(stub.calls) == 1


def test_a_rejected_token_names_the_variable_to_mend(stub, session, answer):
    stub.answers(answer(401, _refused("Not Authorized")))
    with pytest.raises(ConfigError, match="ASANA_INTEL_ASANA_TOKEN"):
        session.get("/users/me")


@pytest.mark.fault("F45")
@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ({"status": 429, "headers": {"Retry-After": "1"}}, RetriableError),
        ({"status": 400}, PermanentError),
        ({"status": 401}, PermanentError),
        ({"status": 403}, PermanentError),
        ({"status": 404}, PermanentError),
        ({"status": 302}, PermanentError),
        ({"status": 500}, UnknownOutcomeError),
        ({"status": 503}, UnknownOutcomeError),
        ({"status": 504}, UnknownOutcomeError),
        ({"reset": True}, UnknownOutcomeError),
        ({"silent": True}, UnknownOutcomeError),
        ({"body": b"<html>200</html>"}, UnknownOutcomeError),
        ({"body": {"unexpected": 1}}, UnknownOutcomeError),
    ],
)
def test_a_write_is_one_request_whatever_happens(stub, session, answer, failure, error):
    stub.answers(answer(**failure))
    with pytest.raises(error, match="PUT /tasks/12"):
        session.send("PUT", "/tasks/12", {"data": {"name": "x"}})
    assert len(stub.calls) == 1
    assert stub.calls[0].body == {"data": {"name": "x"}}


@pytest.mark.fault("F45")
def test_a_write_on_a_kept_connection_that_the_server_closed_is_still_one_request(stub, session, answer):
    stub.answers(answer(), answer(reset=True))
    session.send("POST", "/tasks", {"data": {}})
    with pytest.raises(UnknownOutcomeError):
        session.send("POST", "/tasks", {"data": {}})
    assert len(stub.calls) == 2


def test_a_write_that_finds_no_server_was_certainly_not_applied():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RetriableError, match="nothing was sent"):
        AsanaSession(url, SecretStr("t"), may_write=True).send("POST", "/tasks", {"data": {}})


@pytest.mark.fault("F40")
@pytest.mark.parametrize("failure", [{"status": 400}, {"status": 401}, {"reset": True}, {"status": 500}])
@pytest.mark.parametrize("verb", ["get", "send"])
def test_the_token_appears_in_no_error_and_no_repr(stub, session, answer, failure, verb):
    stub.answers(answer(**{"body": _refused(f"bad token {CANARY} of a@b.example")} | failure))
    with pytest.raises(AsanaIntelError) as caught:
        session.get("/users/me") if verb == "get" else session.send("POST", "/tasks", {"data": {}})
    told = _everything_said(caught.value) + repr(session) + str(session)
    assert CANARY not in told
    assert "a@b.example" not in told


def test_proxies_and_netrc_of_the_environment_are_not_used(stub, session, answer, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    session.get("/users/me")
    assert stub.calls[0].headers["authorization"] == f"Bearer {CANARY}"


def test_a_missing_token_names_the_variable_to_set(tmp_path):
    settings = Settings(home=tmp_path, asana=AsanaSettings(token=SecretStr("r")))
    assert "app.asana.com" in repr(AsanaSession.from_settings(settings, "reader"))
    with pytest.raises(ConfigError, match="ASANA_INTEL_WRITER_TOKEN"):
        AsanaSession.from_settings(settings, "writer")


@given(st.text("0123456789٣²/.%?e- \n", max_size=22) | st.from_regex(r"[0-9]{1,22}", fullmatch=True))
def test_only_gids_enter_a_path(text):
    is_gid = 1 <= len(text) <= 20 and all(c in "0123456789" for c in text)
    if is_gid:
        assert path("/tasks/{}", text) == f"/tasks/{text}"
    else:
        with pytest.raises(PermanentError, match="not a gid"):
            path("/tasks/{}", text)


@pytest.mark.parametrize("text", ["/tasks/../users", "//evil.example/x", "http://evil.example", "/a?b=c", "/a b", ""])
@pytest.mark.parametrize("verb", ["get", "send"])
def test_nothing_but_a_path_of_the_api_is_asked_for(stub, session, text, verb):
    with pytest.raises(PermanentError, match="not a path of the API"):
        session.get(text) if verb == "get" else session.send("POST", text, {})
    assert not stub.calls


@pytest.mark.fault("F44")
@pytest.mark.parametrize(
    "data",
    [
        {"gid": "5", "name": "x", "workspace": {"gid": "8"}},
        [{"gid": "1"}, {"gid": "5", "name": "x", "organization": {"gid": "8", "name": "x"}}],
    ],
)
def test_an_object_of_another_workspace_is_named_by_its_gid_and_not_shown(stub, session, answer, data):
    stub.answers(answer(body={"data": data}))
    assert session.get("/tasks/5")["data"] == data
    session.workspace_gid = "7"
    with pytest.raises(PermanentError, match="object 5 is of workspace 8, not 7") as caught:
        session.get("/tasks/5")
    assert "'x'" not in _everything_said(caught.value)


def test_sessions_of_one_token_share_one_pace_and_others_do_not(stub, tmp_path):
    settings = Settings(
        home=tmp_path, asana=AsanaSettings(url=stub.url, token=SecretStr("r"), writer_token=SecretStr("w"))
    )
    reader, again = (AsanaSession.from_settings(settings, "reader") for _ in range(2))
    assert reader.pacer is again.pacer
    assert AsanaSession.from_settings(settings, "writer").pacer is not reader.pacer


@pytest.mark.parametrize(
    ("asana", "per_minute", "paced"),
    [
        ({}, 1200, True),
        ({"plan": "free"}, 150, True),
        ({"plan": "paid"}, 1500, True),
        ({"plan": "paid", "requests_per_minute": 300}, 300, True),
        ({"plan": "free", "requests_per_minute": 300}, 150, True),
        ({"url": "http://127.0.0.1:1/api/1.0"}, 1200, False),
        ({"url": "http://127.0.0.1:1/api/1.0", "requests_per_minute": 90}, 90, True),
    ],
)
def test_the_limit_is_our_own_or_the_plans_whichever_is_less(asana, per_minute, paced):
    limits = limits_of(AsanaSettings(**asana))
    assert (limits.per_minute, limits.paced) == (per_minute, paced)


@pytest.mark.fault("F36")
@pytest.mark.parametrize(("role", "mode"), [("reader", Mode.auto), ("writer", Mode.observe)])
def test_neither_the_reader_nor_anybody_in_mode_observe_can_write(stub, role, mode):
    settings = load_settings(mode=mode, asana={"url": stub.url, "token": "t", "writer_token": "w"})
    session = AsanaSession.from_settings(settings, role)
    for method in ("POST", "PUT", "DELETE"):
        with pytest.raises(RefusedError, match="only reads"):
            session.send(method, "/tasks/1", {"data": {}})
    assert session.request_count == 0
