"""Secrets that must never be seen: planted in every place that holds one, and looked for wherever something is told."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console
from rich.traceback import Traceback

from asana_intel.asana.auth import FixedToken
from asana_intel.asana.login_store import Login, LoginStore
from asana_intel.asana.oauth import OAuthCredential, OAuthServer, Tokens
from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.secret_key import find_key
from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.errors import AsanaIntelError, ConfigError
from asana_intel.settings import AsanaSettings, Settings

ACCESS, REFRESH, APP_SECRET = "2/access/CANARY:x", "2/refresh/CANARY:x", "app-secret-CANARY"
KEY = "CANARY0CANARY0CANARY0CANARY0CANA"
FAILURES = [
    {"status": 400},
    {"status": 401},
    {"status": 403},
    {"status": 404},
    {"status": 429, "headers": {"Retry-After": "1"}},
    {"status": 500},
    {"status": 302, "headers": {"Location": f"http://127.0.0.1:9/{ACCESS}"}},
    {"reset": True},
    {"silent": True},
    {"body": b"<html>"},
]


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """Everything that any logger says at its most talkative."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    loggers = [logging.getLogger(name) for name in ("", "urllib3", "requests", "asana_intel", "http.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def _echo(failure: dict) -> dict:
    """The failure, with a server that repeats what it was sent."""
    said = f"rejected {ACCESS} {REFRESH} {APP_SECRET}"
    return {"body": {"error": said, "errors": [{"message": said, "help": said}]}} | failure


def _all_of(error: BaseException) -> str:
    """What an error says in any form, with all it is linked to, the frames' variables and its pickle."""
    parts, todo = [], [error]
    while todo:
        one = todo.pop()
        parts += [str(one), repr(one), repr(vars(one)), repr(pickle.dumps(one))]
        parts += traceback.TracebackException.from_exception(one, capture_locals=True).format()
        shown = io.StringIO()
        rich = Traceback.from_exception(type(one), one, one.__traceback__, show_locals=True, locals_max_string=10_000)
        Console(file=shown, width=400).print(rich)
        parts.append(shown.getvalue())
        todo += [linked for linked in (one.__cause__, one.__context__) if linked]
    # The test's own variables hold the canaries on purpose.
    return "\n".join(line for part in parts for line in part.splitlines() if "_echo" not in line)


def _holds_none(text: str, *spellings: str) -> None:
    for secret in spellings or ("CANARY",):
        at = text.find(secret)
        assert at < 0, text[max(0, at - 300) : at + 100]


@pytest.fixture
def store(tmp_path: Path) -> LoginStore:
    return LoginStore(tmp_path / "logins", "reader", KEY.encode)


def _login(url: str) -> Login:
    return Login(url, "app", "7", "default", SecretStr(REFRESH), SecretStr(APP_SECRET))


@pytest.mark.fault("F40")
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("verb", ["get", "send"])
def test_a_token_is_told_nowhere_when_a_request_fails(stub, answer, fake_time, told, failure, verb):
    stub.answers(answer(**_echo(failure)))
    session = AsanaSession(
        stub.url, SecretStr(ACCESS), timeout_s=0.05, sleep=fake_time.sleep, clock=fake_time.clock, role="writer"
    )
    with pytest.raises(AsanaIntelError) as caught:
        session.get("/tasks/1") if verb == "get" else session.send("PUT", "/tasks/1", {"data": {}})
    _holds_none(_without_this_file(caught.value), ACCESS)
    _holds_none(told.getvalue(), ACCESS)
    assert stub.calls[0].headers["authorization"] == f"Bearer {ACCESS}"


@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_of_a_login_is_told_when_it_cannot_be_renewed(stub, answer, fake_time, told, store, failure):
    store.save(_login(stub.url))
    stub.answers(answer(**_echo(failure)))
    server = OAuthServer(stub.url, "app", SecretStr(APP_SECRET), 0.05, fake_time.sleep)
    credential = OAuthCredential(server, store, fake_time.clock)
    with pytest.raises(AsanaIntelError) as caught:
        credential.token()
    _holds_none(_without_this_file(caught.value))
    _holds_none(told.getvalue() + repr(credential) + repr(server) + repr(store))
    assert stub.calls[0].body["refresh_token"] == REFRESH


@pytest.mark.fault("F40")
def test_nothing_of_a_login_lies_readable_on_the_disk(stub, answer, fake_time, store):
    store.save(_login(stub.url))
    stub.answers(answer(body={"access_token": ACCESS, "refresh_token": f"{REFRESH}2", "expires_in": 3600}))
    OAuthCredential(OAuthServer(stub.url, "app", None, 0.5, fake_time.sleep), store, fake_time.clock).token()
    assert store.load().refresh_token.get_secret_value() == f"{REFRESH}2"
    for file in store.path.parent.rglob("*"):
        _holds_none(file.read_bytes().decode(errors="replace"))


@pytest.mark.fault("F40")
def test_an_echo_in_the_data_of_an_answer_does_not_reach_a_table(stub, answer, fake_time):
    stub.answers(answer(body={"data": {"gid": "1", "name": f"{ACCESS} {json.dumps(ACCESS)}"}}))
    session = AsanaSession(stub.url, SecretStr(ACCESS), sleep=fake_time.sleep, clock=fake_time.clock)
    _holds_none(repr(session.get("/tasks/1")))


@pytest.mark.parametrize("broken", ["{}\n{}", "{}\r\nX-Other: {}", "{} {}", "{}\u2014{}", "{}\x00{}", "é{}{}"])
def test_a_token_that_fits_no_header_is_refused_without_being_told(broken, told, stub):
    # copied with a line break in its middle, or from a page that put other characters into it
    with pytest.raises(ConfigError, match="ASANA_INTEL_WRITER_TOKEN") as caught:
        AsanaSession(stub.url, SecretStr(broken.format(ACCESS, ACCESS)), role="writer")
    _holds_none(_without_this_file(caught.value) + told.getvalue())


def test_an_access_token_that_fits_no_header_is_refused_without_being_told(told, stub, answer, store, fake_time):
    store.save(_login(stub.url))
    stub.answers(answer(body={"access_token": f"{ACCESS}\n{ACCESS}", "expires_in": 3600}))
    credential = OAuthCredential(OAuthServer(stub.url, "app", None, 0.5, fake_time.sleep), store, fake_time.clock)
    with pytest.raises(ConfigError) as caught:
        credential.token()
    _holds_none(_without_this_file(caught.value) + told.getvalue())


@pytest.mark.parametrize("asana", [{"secret_key": f"{KEY}!"}, {"key_command": f"printf {KEY}!"}])
def test_a_wrong_key_is_not_repeated(tmp_path, told, asana):
    settings = Settings(home=tmp_path, asana=AsanaSettings(**asana))
    with pytest.raises(AsanaIntelError) as caught:
        find_key(settings)
    said = _without_this_file(caught.value) + told.getvalue()
    if "secret_key" in asana:
        _holds_none(said)


def test_what_holds_a_secret_shows_none_and_refuses_to_be_pickled(stub, store, fake_time):
    store.save(_login(stub.url))
    session = AsanaSession(stub.url, SecretStr(ACCESS))
    server = OAuthServer(stub.url, "app", SecretStr(APP_SECRET))
    tokens = Tokens(SecretStr(ACCESS), 1.0, SecretStr(REFRESH), "7", "Ada")
    holders = [
        session,
        AsanaReader(session),
        AsanaWriter(session),
        FixedToken(SecretStr(ACCESS), "reader"),
        OAuthCredential(server, store),
        server,
        tokens,
        _login(stub.url),
    ]
    for holder in holders:
        _holds_none(repr(holder) + str(holder) + repr(vars(holder)))
        with pytest.raises(TypeError):
            pickle.dumps(holder)
        with pytest.raises(TypeError):
            copy.deepcopy(holder)


def _without_this_file(error: BaseException) -> str:
    """Everything an error tells, without the frames of this test, whose variables hold the canaries on purpose."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return _all_of(error.with_traceback(trace))
