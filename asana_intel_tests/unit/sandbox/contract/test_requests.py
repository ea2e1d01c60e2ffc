"""Every documented property and query parameter is taken, alone and all together."""

from __future__ import annotations

from typing import Any

import pytest

from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import catalogue
from asana_intel_tests.unit.sandbox.contract.document import Document, Schema
from asana_intel_tests.unit.sandbox.contract.requests import (
    ALTERNATIVES,
    BESIDE,
    NOT_SHOWN,
    REFUSED,
    body_value,
    query_value,
)
from asana_intel_tests.unit.sandbox.contract.sample_tables import BODIES
from asana_intel_tests.unit.sandbox.contract.samples import Stage
from asana_intel_tests.unit.sandbox.worlds import MID, Body

IMPLEMENTED = sorted(documented.operation_id for key, documented in catalogue().items() if key in OPERATIONS)


def properties(document: Document, name: str) -> dict[str, Schema]:
    body = document.operations[name].body
    return document.members(body) if body else {}


def fresh(stage: Stage) -> Stage:
    stage.api.sandbox.set_clock(MID.isoformat(), reset=True)
    return Stage(stage.api, stage.document, stage.target)


def with_property(name: str, prop: str, value: Any) -> Body:
    """Add a property to the least body, without what it stands instead of and with what it cannot stand without."""
    without = {rival for rivals in ALTERNATIVES if prop in rivals for rival in rivals}
    least = {key: None for key in BODIES[name] if key in without and key != prop}
    return {**least, **BESIDE.get(prop, {}), **BESIDE.get(f"{name}.{prop}", {}), prop: value}


def send(stage: Stage, name: str, data: Body | None = None, query: Body | None = None) -> tuple[int, Body, Body]:
    sample = stage.sample(name, query=query, data=data)
    sample.query = {key: value for key, value in sample.query.items() if value is not None}
    if sample.data is not None:
        sample.data = {key: value for key, value in sample.data.items() if value is not None}
    status, body = stage.send(sample)
    return status, body, sample.data or {}


@pytest.mark.parametrize("name", [name for name in IMPLEMENTED if name in BODIES])
def test_each_documented_property_is_taken_and_shown(stage: Stage, name: str) -> None:
    found: list[str] = []
    for prop, told in properties(stage.document, name).items():
        world = fresh(stage)
        value = body_value(stage.document, name, prop, told)
        status, body, sent = send(world, name, with_property(name, prop, value))
        expected = REFUSED.get(f"{name}.{prop}", (world.document.operations[name].status, ""))[0]
        if status != expected:
            found.append(f"{prop}={sent.get(prop)!r}: {status} {body}"[:300])
        elif status < 400 and not told.get("readOnly") and isinstance(body["data"], dict):
            shown = body["data"].get(prop, sent[prop])
            shown = shown["gid"] if isinstance(shown, dict) and isinstance(sent[prop], str) else shown
            scalar = isinstance(sent[prop], str | bool | int | float) and not isinstance(shown, list)
            if scalar and shown != sent[prop] and f"{name}.{prop}" not in NOT_SHOWN:
                found.append(f"{prop}: sent {sent[prop]!r}, shown {shown!r}")
    assert found == []


@pytest.mark.parametrize("name", [name for name in IMPLEMENTED if name in BODIES])
def test_all_documented_properties_together_are_never_called_unwritable(stage: Stage, name: str) -> None:
    told = properties(stage.document, name)
    data = {prop: body_value(stage.document, name, prop, about) for prop, about in told.items()}
    status, body, _ = send(stage, name, data)
    assert status in (200, 201, 400, 402, 403, 404), body
    if status >= 400:
        message = body["errors"][0]["message"]
        assert "Cannot write" not in message or f"{name}.{message.partition(':')[0]}" in REFUSED


@pytest.mark.parametrize("name", IMPLEMENTED)
def test_each_documented_query_parameter_is_taken(stage: Stage, name: str) -> None:
    told = stage.document.operations[name]
    found: list[str] = []
    for param in told.query:
        world = fresh(stage)
        status, body, _ = send(world, name, query=query_value(world, name, param))
        expected = REFUSED.get(f"{name}?{param}", (told.status, ""))[0]
        if status != expected:
            found.append(f"{param}: {status} {body}"[:300])
    status, body, _ = send(fresh(stage), name, query={"opt_pretty": "true"})
    if status != told.status:
        found.append(f"opt_pretty: {status} {body}"[:300])
    assert found == []
