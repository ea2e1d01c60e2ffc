"""Whatever a server does, a question ends in an answer that fits or in one word, and nothing it said gets out."""

from __future__ import annotations

import json
import logging
import logging.config
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.narratives.model.client import ModelClient, Unanswered
from asana_intel.storage.postgres import Database
from asana_intel_tests.model_server import (
    ModelServer,
    Received,
    Reply,
    Wire,
    answer,
    completion,
    http,
    raw,
    reset,
    status,
    trickle,
)  # fmt: skip
from asana_intel_tests.unit.narratives.model.questions import GOOD, KEY, end_of, question

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FENCED = "Here you are:\n```json\n" + json.dumps(GOOD) + "\n```"
SHORT = {"timeout_s": 0.6, "attempts": 2}
NO_CHOICE = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": []}).encode()
CALLED = [{"id": "1", "type": "function", "function": {"name": "delete_everything", "arguments": "{}"}}]


def torrent(_received: Received, wire: Wire) -> None:
    """A body that never ends, as fast as the line takes it."""
    wire.send(HEAD + b"Content-Length: 100000000000\r\n\r\n")
    while not wire.wait(0):
        wire.send(b" " * 65536)


def late(received: Received, wire: Wire) -> None:
    """A good answer, after five seconds."""
    wire.wait(5)
    answer(GOOD)(received, wire)


def held(_received: Received, wire: Wire) -> None:
    """A good answer, and a line that is kept open for five seconds without saying where the answer ends."""
    wire.send(HEAD + b"Connection: keep-alive\r\n\r\n" + completion(GOOD))
    wire.wait(5)


WHOLE = completion(GOOD)
SLOW_BODY = trickle(HEAD + b"Content-Length: %d\r\n\r\n" % (250 + len(WHOLE)), b" ", WHOLE)
SLOW_HEAD = trickle(HEAD + b"X: ", b"y", b"\r\nContent-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE)


@dataclass(frozen=True)
class Case:
    """What the server says, what becomes of it, and after how many requests."""

    script: tuple[Reply, ...]
    end: object
    requests: int = 1
    settings: dict[str, Any] = field(default_factory=dict)


CASES = {
    # Answers
    "a good answer": Case((answer(GOOD),), GOOD),
    "JSON in a fence": Case((answer(FENCED),), GOOD),
    "thoughts before the JSON": Case((answer("<think>So { many [ options</think>\n" + json.dumps(GOOD)),), GOOD),
    "no usage": Case((answer(GOOD, usage=None),), GOOD),
    "a wrong content type": Case((http(completion(GOOD), content_type="text/plain"),), GOOD),
    "busy, then well": Case((status(429), answer(GOOD)), GOOD, 2),
    "broken, then well": Case((status(500), answer(GOOD)), GOOD, 2),
    "away, then well": Case((status(503), status(503), answer(GOOD)), GOOD, 3),
    "a broken line, then well": Case((reset, answer(GOOD)), GOOD, 2),
    "no schemas here, then well": Case((status(400, "response_format is not supported"), answer(GOOD)), GOOD, 2),
    "no temperature here, then well": Case((status(400, "temperature: only 1 is supported"), answer(GOOD)), GOOD, 2),
    "nonsense in the usage": Case((answer(GOOD, usage=(-5, 10**30)),), GOOD),
    # Texts that are no answers: asked in plainer ways, then given up
    "half a JSON": Case((answer('{"claims": ["od'),), "malformed", 3),
    "another schema": Case((answer({"claims": ["odds"], "text": "All is well."}),), "malformed", 3),
    "an invented claim": Case((answer({"claims": ["all_is_well"]}),), "malformed", 3),
    "too many claims": Case((answer({"claims": ["odds", "work", "risk"]}),), "malformed", 3),
    "a list": Case((answer(["odds"]),), "malformed", 3),
    "a number": Case((answer("97"),), "malformed", 3),
    "no text": Case((answer(""),), "malformed", 3),
    "null": Case((answer(None),), "malformed", 3),
    "a tool call": Case((answer(None, tool_calls=CALLED, finish_reason="tool_calls"),), "malformed", 3),
    "endless thoughts": Case((answer("<think>So many options " + json.dumps(GOOD)),), "malformed", 3),
    "prose": Case((answer("The goal is at 97 % and will surely be reached."),), "malformed", 3),
    "markup": Case((answer("<b>odds</b><script>alert(1)</script>"),), "malformed", 3),
    "letters that only look alike": Case((answer({"claims": ["оdds"]}),), "malformed", 3),
    "half a character": Case((answer('{"claims": ["\\ud83d"]}'),), "malformed", 3),
    "very deep JSON": Case((answer("[" * 30000),), "malformed", 3),
    "a very long text": Case((answer(json.dumps(GOOD) + " " * 100_000),), "malformed", 3),
    "cut off": Case((answer('{"claims": ["od', finish_reason="length"),), "malformed"),
    # No answer of the protocol
    "no choices": Case((http(NO_CHOICE),), "malformed", 3),
    "a page": Case((http(b"<html>Welcome to the hotel</html>", content_type="text/html"),), "malformed", 3),
    "half a body of JSON": Case((http(completion(GOOD)[:80]),), "malformed", 3),
    "bytes that are no text": Case((http(b"\xff\xfe\x00" * 50),), "malformed", 3),
    "an error with status 200": Case((http(b'{"error": {"message": "no"}}'),), "malformed", 3),
    "nothing with status 204": Case((raw(b"HTTP/1.1 204 No Content\r\n\r\n"),), "malformed", 3),
    "five megabytes": Case((http(completion("x" * 5_000_000)),), "malformed"),
    "a torrent": Case((torrent,), "malformed"),
    "compressed garbage": Case((http(b"\x1f\x8bgarbage", headers={"Content-Encoding": "gzip"}),), "malformed"),
    # Broken lines
    "a broken chunk": Case((raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}"),), "unreachable", 3),
    "an end in the middle": Case((raw(HEAD + b"Content-Length: 5000\r\n\r\n" + completion(GOOD)),), "unreachable", 3),
    "a broken line": Case((reset,), "unreachable", 3),
    "a closed line": Case((raw(b""),), "unreachable", 3),
    "another protocol": Case((raw(b"220 mail.example.org ESMTP\r\n"),), "unreachable", 3),
    "a flood of headers": Case((raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000),), "unreachable", 3),
    # Slow ones: a good answer would come, but too late
    "no word": Case((late,), "timeout", 2, SHORT),
    "a body drop by drop": Case((SLOW_BODY,), "timeout", 2, SHORT),
    "headers drop by drop": Case((SLOW_HEAD,), "timeout", 2, SHORT),
    "a line held open": Case((held,), "timeout", 2, SHORT),
    # Words of the protocol
    "always busy": Case((status(429),), "busy", 3),
    "busy for a day": Case((status(429, retry_after="86400"),), "busy"),
    "busy for soon": Case((status(429, retry_after="soon"),), "busy", 3),
    "an empty account": Case((status(429, error_code="insufficient_quota"),), "quota"),
    "a bill": Case((status(402),), "quota"),
    "always broken": Case((status(500),), "server", 3),
    "away": Case((status(503),), "server", 3),
    "overloaded": Case((status(529),), "server", 3),
    "a wrong key, repeated to us": Case((status(401, f"Incorrect API key provided: {KEY}"),), "key"),
    "a forbidden model": Case((status(403, f"{KEY} may not"),), "key"),
    "no such model": Case((status(404),), "unsupported"),
    "a teapot": Case((status(418),), "unsupported"),
    "too long a question": Case((status(400, error_code="context_length_exceeded"),), "unsupported"),
    "a question it never takes": Case((status(422),), "unsupported", 3),
    "a filter in front": Case((status(400, error_code="content_filter"),), "refused"),
    "a filter behind": Case((answer("", finish_reason="content_filter"),), "refused"),
    "a refusal": Case((answer(None, refusal="I'm sorry, I cannot help with that."),), "refused"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_whatever_a_server_does_there_is_an_answer_or_a_reason_and_the_key_stays_here(
    case: Case,
    server: ModelServer,
    client: Callable[..., ModelClient],
    database: Database,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = case.script
    asked = client(**case.settings)
    end = end_of(asked, question())
    assert (end.reason if isinstance(end, Unanswered) else end) == case.end
    seen: list[object] = [repr(end)]
    if isinstance(end, Unanswered):
        seen += [end, end.note, end.__cause__, end.__context__, *traceback.format_exception(end)]
        assert (end.__cause__, end.__context__) == (None, None)
    assert len(server.received) == case.requests == asked.usage.requests
    with database.transaction() as connection, connection.cursor() as cursor:
        for table in ("model_call", "model_answer", "model_endpoint"):
            cursor.execute(f"SELECT * FROM {table}")
            seen += cursor.fetchall()
    seen += [caplog.text, [vars(r) for r in caplog.records], *capfd.readouterr(), asked.usage, str(vars(asked))]
    assert KEY not in "\n".join(map(str, seen))
    assert [said for said in ("choose claims", "hotel") if said in caplog.text] == []  # no question, no answer
    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_question_stays_out_of_logs_also_where_logging_is_configured_anew(
    server: ModelServer, client: Callable[..., ModelClient], caplog: pytest.LogCaptureFixture
) -> None:
    server.script = [status(402)]
    end_of(client(), question())  # loads the library
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    caplog.set_level(logging.DEBUG)
    end_of(client(), question())
    assert "choose claims" not in caplog.text


def test_a_redirect_is_not_followed_so_that_no_other_server_gets_the_key(
    server: ModelServer, client: Callable[..., ModelClient]
) -> None:
    with ModelServer() as thief:
        for code in (301, 302, 307, 308):
            server.script = [status(code, location=f"{thief.url}/chat/completions")]
            with pytest.raises(Unanswered, match="another address") as why:
                client().ask(question())
            assert why.value.reason == "unreachable"
        assert thief.received == []
    assert len(server.received) == 4


def test_a_server_that_is_not_there_costs_nothing(
    client: Callable[..., ModelClient], ledger: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    asked = client(api_base="http://127.0.0.1:9/v1")
    with pytest.raises(Unanswered, match="unreachable"):
        asked.ask(question())
    assert ledger("outcome, counted_tokens") == [("unreachable", 0)] * 3
    assert asked.usage.usd == 0


def test_a_server_behind_an_address_that_is_none_is_not_asked_again(client: Callable[..., ModelClient]) -> None:
    asked = client(api_base="gopher://127.0.0.1:70")
    for reason in ("unsupported", "breaker"):
        with pytest.raises(Unanswered, match=reason):
            asked.ask(question())


def test_a_line_that_is_given_up_is_cut_so_that_nothing_is_left_running(
    server: ModelServer, client: Callable[..., ModelClient]
) -> None:
    server.script = [trickle(b"HTTP/1.1 200 OK\r\nX: ", b"y", drops=10_000)]
    end_of(client(**SHORT), question())
    for thread in [thread for thread in threading.enumerate() if thread.name == "model call"]:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_a_proxy_of_this_machines_settings_is_used_but_not_where_it_is_excepted(
    server: ModelServer, client: Callable[..., ModelClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with ModelServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.root)
        client(api_base="http://models.example.org/v1").ask(question())
        assert [r.path for r in proxy.received] == ["http://models.example.org/v1/chat/completions"]
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        client().ask(question())
        assert (len(proxy.received), len(server.received)) == (1, 1)


QUICK = [name for name, case in CASES.items() if not case.settings and name != "a torrent"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(QUICK), min_size=1, max_size=8),
    attempts=st.integers(1, 4),
    cap=st.sampled_from([None, 400, 1000]),
)
def test_in_any_order_of_mishaps_every_question_ends_within_its_attempts_and_every_call_is_settled(
    names: list[str], attempts: int, cap: int | None, server: ModelServer, client: Callable[..., ModelClient],
    database: Database,
) -> None:  # fmt: skip
    with database.transaction() as connection, connection.cursor() as cursor:
        for table in ("model_call", "model_answer", "model_endpoint"):
            cursor.execute(f"DELETE FROM {table}")
    server.script = [reply for name in names for reply in CASES[name].script]
    server.received.clear()
    asked = client(attempts=attempts, tokens_per_run=cap)
    for number in range(3):
        before = len(server.received)
        end = end_of(asked, question(number))
        assert end == GOOD or isinstance(end, Unanswered)
        assert len(server.received) - before <= attempts
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT outcome, counted_tokens FROM model_call")
        rows = cursor.fetchall()
    assert len(rows) == len(server.received) == asked.usage.requests
    assert "asked" not in {outcome for outcome, _ in rows}
    assert cap is None or sum(tokens for _, tokens in rows) <= cap
    assert sum(asked.usage.unanswered.values()) + sum(outcome == "answered" for outcome, _ in rows) == 3
