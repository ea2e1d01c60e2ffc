"""The fixture that other projects use."""

from __future__ import annotations

import pytest
import requests

from asana_intel.sandbox.pytest_plugin import StartSandbox, asana_sandbox, asana_world
from asana_intel.sandbox.rejections import ApiError

__all__ = ["asana_sandbox", "asana_world"]


def test_a_sandbox_starts_with_its_conditions(asana_sandbox: StartSandbox) -> None:
    broken = {"match": {"nth": 2}, "do": {"kind": "status", "status": 503}}
    sandbox = asana_sandbox(limits={"requests_per_minute": 3}, faults=[broken], behaviour={"unpaged_max": 5})
    headers = {"Authorization": "Bearer t"}
    statuses = [requests.get(f"{sandbox.url}/users/me", headers=headers, timeout=10).status_code for _ in range(4)]
    assert statuses == [200, 503, 200, 429]
    assert sandbox.effects() == []
    assert asana_sandbox().url != sandbox.url


def test_a_mistake_in_the_conditions_is_named(asana_sandbox: StartSandbox) -> None:
    with pytest.raises(ApiError, match="per_minute"):
        asana_sandbox(limits={"per_minute": 3})
