"""Webhooks of a sandbox that starts again with its journal."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.targets import QUIET, START, G, P, T, Target, deliver, establish, watched_world
from asana_intel_tests.unit.sandbox.worlds import Api


@pytest.fixture
def target() -> Iterator[Target]:
    found = Target()
    yield found
    found.close()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return watched_world(tmp_path)


def test_a_restart_with_the_journal_keeps_webhooks_their_filters_and_their_secrets(
    small: Path, target: Target, tmp_path: Path
) -> None:
    conditions, state = Conditions(behaviour=QUIET), tmp_path / "state" / "journal.jsonl"
    api = Api(Sandbox(small, START, state, conditions))
    gone = establish(api, target, G)["data"]["gid"]
    kept = establish(api, target, filters=[{"resource_type": "task", "action": "added"}])["data"]["gid"]
    api.write("PUT", f"/webhooks/{kept}", filters=[{"resource_type": "task", "action": "changed"}])
    api.write("DELETE", f"/webhooks/{gone}")
    api.write("PUT", f"/tasks/{T}", name="told before the restart")
    deliver(api)
    target.received.clear()
    again = Api(Sandbox(small, START, state, conditions))
    (shown,) = again.get("/webhooks", workspace="1", opt_fields="filters.action,created_at")
    assert shown == {"gid": kept, "created_at": "2026-03-02T06:00:00.001Z", "filters": [{"action": "changed"}]}
    deliver(again)
    assert target.received == []  # neither what was told before, nor a heartbeat out of turn
    again.write("PUT", f"/tasks/{T}", name="told after it")
    deliver(again)
    ((signature, body),) = target.received
    secret = target.secrets[-1].encode()
    assert signature == hmac.new(secret, body, hashlib.sha256).hexdigest()
    assert secret.decode() not in json.dumps([again.sandbox.ledger.rows, again.sandbox.logged()])
    status, _ = again.refused("POST", "/webhooks", {"resource": P, "target": target.url})
    assert status == 403
    target.received.clear()
    again.sandbox.set_clock("2026-03-02T14:00:01Z")
    deliver(again)
    assert [] in [json.loads(body)["events"] for _, body in target.received]  # a heartbeat, in its turn


def test_a_webhook_that_gave_up_is_not_back_after_a_restart(small: Path, target: Target, tmp_path: Path) -> None:
    conditions, state = Conditions(behaviour=QUIET), tmp_path / "state" / "journal.jsonl"
    api = Api(Sandbox(small, START, state, conditions))
    establish(api, target)
    target.status = 500
    deliver(api)
    api.sandbox.set_clock("2026-03-04T06:00:00Z")
    deliver(api)
    row = api.sandbox.ledger.rows[-1]
    assert (row["request"], row["action"], row["gave_up"]) == (None, "none", True)
    again = Api(Sandbox(small, START, state, conditions))
    assert again.get("/webhooks", workspace="1") == api.get("/webhooks", workspace="1") == []
    assert again.sandbox.ledger.rows == api.sandbox.ledger.rows
