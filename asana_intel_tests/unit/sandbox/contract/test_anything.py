"""Whatever is sent to whichever operation: an answer in Asana's form, never a 500, and no change by a refusal."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.catalogue import catalogue, key_of, key_of_request
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.schema import TYPES
from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.contract.document import Document
from asana_intel_tests.unit.sandbox.contract.samples import NoSampleError, Sample, Stage
from asana_intel_tests.unit.sandbox.worlds import MID, Api

KINDS = {kind: resource for resource, kind in TYPES.items()}
OPERATIONS = sorted(catalogue().values(), key=lambda documented: documented.operation_id)
PARAMETERS = (
    "workspace", "project", "team", "assignee", "user", "parent", "section", "task", "resource", "sync", "limit",
    "offset", "opt_fields", "opt_pretty", "completed_since", "modified_since", "archived", "count", "query",
    "resource_type", "time_periods", "is_workspace_level", "start_on", "end_on", "due_on.before", "sort_by", "owner",
    "supported_goal", "member", "target", "emoji_base", "entered_on_start_date", "attributable_to", "created_since",
)  # fmt: skip
NASTY_TEXTS = (
    "", " ", "me", "0", "-1", "null", "true", "x" * 2000, "9" * 60, "\x00", "\ud7ff\U0001f680", "2026-02-30",
    "2026-01-01", "9999-12-31T23:59:59.999Z", "0001-01-01", "2026-01-01T00:00:00+99:99", "<body>", "<body>x</body>",
    "a.b(c|d", "*",
    "external:", "external:x", "../..", "new@example.com", "on_track", "number", "number,enum", "approval",
)  # fmt: skip


class Somewhere:
    """The place of an object of a kind; the gid is looked up when the request is sent."""

    def __init__(self, kind: str, place: int) -> None:
        self.kind, self.place = kind, place

    def __repr__(self) -> str:
        return f"<{self.kind} {self.place}>"


places = st.builds(Somewhere, st.sampled_from(sorted(KINDS)), st.integers(0, 4))
texts = st.sampled_from(NASTY_TEXTS) | st.text(max_size=8)
numbers = st.integers(-3, 101) | st.sampled_from([10**30, -(10**18), 2**63, 1e308, -0.0, 0.5])
plain = st.none() | st.booleans() | numbers | texts | places
members = st.sampled_from(sorted({name for documented in OPERATIONS for name in documented.body})) | texts
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=3), max_leaves=6
)


FITTING = st.just("fitting") | st.just("fitting")


@st.composite
def requests(draw: st.DrawFn) -> tuple[Any, ...]:
    """Draw an operation, the parts of its path, query, body, the body's form, and whether the rest is right."""
    told = draw(st.sampled_from(OPERATIONS))
    parts = [draw(FITTING | places | texts) for _ in re.findall(r"{\w+}", told.path)]
    query = draw(st.dictionaries(st.sampled_from(PARAMETERS) | texts, texts | places, max_size=3))
    own = st.sampled_from(sorted(told.body)) if told.body else members
    data = draw(st.dictionaries(own, values, max_size=3) | st.dictionaries(own, values, max_size=3) | values)
    rest = draw(st.booleans())
    form = draw(st.sampled_from(["json"] * 6 + ["bare", "form", "bytes", "deep"]))
    return told.operation_id, told.path, parts, query, data, form, rest


def gid_of(sandbox: Sandbox, place: Somewhere) -> str:
    gids = sandbox.player.all(KINDS[place.kind]) or ["1"]
    return gids[place.place % len(gids)]


def settled(sandbox: Sandbox, value: Any) -> Any:
    """Put gids where places stand; a part of the path that is a kind gets one of that kind."""
    if isinstance(value, Somewhere):
        return gid_of(sandbox, value)
    if isinstance(value, list):
        return [settled(sandbox, item) for item in value]
    if isinstance(value, dict):
        return {str(name): settled(sandbox, item) for name, item in value.items()}
    return value


def encoded(data: Any, form: str) -> tuple[bytes, str]:
    """Write a body as JSON (with `data`, or bare), as a form, as bytes that are neither, or nested very deeply."""
    if form == "form":
        pairs = data if isinstance(data, dict) else {"data": data}
        return urlencode(
            {name: str(value) for name, value in pairs.items()}
        ).encode(), "application/x-www-form-urlencoded"
    if form == "bytes":
        return repr(data).encode("utf-8", "replace")[:40] + b"\xff", "application/json"
    if form == "deep":
        return b'{"data":{"name":' + b"[" * 900 + b"]" * 900 + b"}}", "application/json"
    whole = {"data": data} if form == "json" else data
    return orjson.dumps(_fitting(whole)), "application/json"


def _fitting(value: Any) -> Any:
    """Turn numbers that JSON's writer refuses into floats, as a client's writer would."""
    if isinstance(value, list):
        return [_fitting(item) for item in value]
    if isinstance(value, dict):
        return {name: _fitting(item) for name, item in value.items()}
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def state(sandbox: Sandbox) -> Any:
    """What a refusal must leave as it was: all counts, the log of effects, the clock."""
    return sandbox.truth(), len(sandbox.player.effects), sandbox.player.now


@pytest.fixture(scope="module")
def sandbox(furnished_dir: Path) -> Sandbox:
    return Sandbox(furnished_dir, MID)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sent=st.lists(requests(), min_size=4, max_size=10))
def test_anything_is_answered_as_asana_answers(
    sandbox: Sandbox, document: Document, target: str, sent: list[Any]
) -> None:
    sandbox.set_clock(MID.isoformat(), reset=True)
    stage = Stage(Api(sandbox), document, target)
    for name, path, parts, query, data, form, is_rest_right in sent:
        sample = right(stage, name)
        if is_rest_right and isinstance(data, dict):
            data = {**(sample.data or {}), **data}
            query = {**sample.query, **query}
        fitting = sample.path.split("/")
        for place, part in enumerate(path.split("/")):
            if part.startswith("{"):
                given_part = parts.pop()
                if given_part != "fitting":
                    fitting[place] = quote(str(settled(sandbox, given_part)), safe="")
        content, content_type = encoded(settled(sandbox, data), form)
        check(stage, name, "/".join(fitting), settled(sandbox, query), content, content_type)


def right(stage: Stage, name: str) -> Sample:
    """Build the sample call of an operation; of one that the sandbox lacks, a call with made-up gids."""
    try:
        return stage.sample(name)
    except NoSampleError:
        told = stage.document.operations[name]
        return Sample(told.method, re.sub(r"{\w+}", "1", told.path))


def check(stage: Stage, name: str, path: str, query: dict[str, str], raw: bytes, content_type: str) -> None:
    """Send a request and look at the answer; success must have the documented form, whatever was sent."""
    sandbox, method = stage.api.sandbox, stage.document.operations[name].method
    before = state(sandbox)
    reply = sandbox.answer(method, path, query, raw, "Bearer anybody", "http://sandbox/api/1.0", content_type)
    body = orjson.loads(orjson.dumps(reply.body))
    request = (method, path, query, raw[:300])
    assert 200 <= reply.status < 500 or reply.status == 501, (request, body)
    if reply.status >= 400:
        assert body["errors"], request
        assert all(error["message"] and "phrase" not in error for error in body["errors"]), request
        assert state(sandbox) == before, request
    elif "opt_" not in f"{query}{raw!r}" and key_of_request(method, path) == key_of(method, told_path(stage, name)):
        schema, is_list = stage.document.data_of(stage.document.operations[name])
        for item in (body["data"] if is_list else [body["data"]])[:2]:
            faults = [error.message[:200] for error in stage.document.validator(schema).iter_errors(item)]
            assert faults == [], request


def told_path(stage: Stage, name: str) -> str:
    return stage.document.operations[name].path


@pytest.fixture(scope="module")
def port(furnished_dir: Path) -> Iterator[int]:
    with RunningSandbox(furnished_dir, MID) as running:
        yield int(running.url.split(":")[2].partition("/")[0])


@pytest.mark.parametrize(
    "line",
    [
        "PATCH /api/1.0/tasks/1", "OPTIONS /api/1.0/users/me", "GET /api/1.0/users/%ff%fe", "GET /api/1.0/users/%00",
        "GET /api/1.0/", "GET /api/1.0", "GET /nothing", "GET /api/2.0/users", "GET /api/1.0/../users/me",
        "GET /api/1.0/users/me?a=%zz&&&==", "GET /api/1.0/users?limit=1&limit=x&offset=%ff", "TRACE /_sandbox/clock",
        "GET /api/1.0/%2e%2e/%2e%2e/etc/passwd", "DELETE /api/1.0/users/me", "GET /api/1.0/tasks//stories",
    ],
)  # fmt: skip
def test_odd_requests_over_http_are_refused_as_asana_refuses(port: int, line: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    method, _, target = line.partition(" ")
    connection.request(method, target, headers={"Authorization": "Bearer anybody"})
    reply = connection.getresponse()
    body = json.loads(reply.read())
    connection.close()
    assert reply.status < 300 or (400 <= reply.status < 500 and body["errors"][0]["message"])


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b"xx"), ("multipart/form-data; boundary=a", b"--a\r\n\r\n--a--"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%"), ("application/x-www-form-urlencoded", b"a[b][c]=1&a=2"),
        ("text/plain", b"hello"), ("application/json", b"\xff"), ("application/json", b"[]"), ("", b"{"),
        ("application/json", b'{"data":[1],"options":3}'), ("application/json", b'{"data":{"name":1e999}}'),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read_are_refused_as_asana_refuses(port: int, content_type: str, content: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": "Bearer anybody", "Content-Type": content_type}
    connection.request("POST", "/api/1.0/tasks", content, headers)
    reply = connection.getresponse()
    body = json.loads(reply.read())
    connection.close()
    assert (reply.status, bool(body["errors"][0]["message"])) == (400, True)
