"""A sandbox in a process of its own, as benchmarks use it: started, told what to do, written to. Measures nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from asana_intel.cli.sandbox_process import SandboxProcess

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)


class Server:
    """A running sandbox.

    Args:
        process: Its process.
    """

    def __init__(self, process: SandboxProcess) -> None:
        self.url = process.url
        self.process = process

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """Call one of the sandbox's controls."""
        address = self.url.removesuffix("/api/1.0") + f"/_sandbox/{name}"
        return _told(requests.request(method, address, json=body, timeout=120))

    def write(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Any:
        """Write as somebody else; returns the answer's data."""
        body = None if fields is None else {"data": fields}
        headers = {"Authorization": "Bearer e"}
        return _told(requests.request(method, self.url + path, json=body, headers=headers, timeout=60))["data"]


def _told(answer: requests.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


@contextmanager
def serving(world: Path) -> Iterator[Server]:
    """Serve a world folder while the block lasts; its clock stands at `AT`."""
    with tempfile.TemporaryDirectory() as scratch:
        process = SandboxProcess.start(world, AT, Path(scratch) / "journal.jsonl")
        try:
            yield Server(process)
        finally:
            process.stop()
