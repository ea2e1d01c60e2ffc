"""What the UI tests hold in their hands: a running `asana-intel up`, its GraphQL, and which processes belong to it."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import requests

T = TypeVar("T")
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "asana_intel"}
_RUNS = """query($filter: RunsFilter) { runsOrError(filter: $filter, limit: 50) { ... on Runs { results {
  runId jobName status creationTime tags { key value } assetSelection { path } } } } }"""
_TICKS = """query($selector: InstigationSelector!) { instigationStateOrError(instigationSelector: $selector) {
  ... on InstigationState { status ticks(limit: 20) { status skipReason runIds error { message } } } } }"""
_LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


@dataclass(frozen=True)
class Run:
    """A run as Dagster lists it."""

    run_id: str
    job: str
    status: str
    tags: Mapping[str, str]

    @property
    def weeks(self) -> tuple[date, date]:
        """First and last week of a ranged run."""
        first, last = (self.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))
        return date.fromisoformat(first), date.fromisoformat(last)


def eventually(look: Callable[[], T | None], what: str, seconds: float = 480.0) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None or found is False:
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.25)
    return found


def processes_of(home: Path) -> dict[int, str]:
    """Command lines by pid of every living process that was started for a home."""
    mark, found = f"ASANA_INTEL_HOME={home}".encode(), {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended meanwhile, or belongs to someone else
    return found


class DagsterUi:
    """A running `asana-intel up`.

    Args:
        process: The command.
        port: Port of the UI.
        log: File with everything it and its children print.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self._log = log

    @classmethod
    def start(cls, environment: Mapping[str, str], log: Path) -> "DagsterUi":
        """Start it on a free port and wait until the code location is loaded."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        arguments = [sys.executable, "-m", "asana_intel.cli.main", "up", "--port", str(port)]
        with log.open("wb") as output:
            process = subprocess.Popen(arguments, env=dict(environment), stdout=output, stderr=output)
        ui = cls(process, port, log)
        eventually(ui._is_ready, "the UI answers")
        return ui

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.output[-3000:]
        try:
            return requests.get(f"{self.url}/server_info", timeout=5).ok
        except requests.ConnectionError:
            return False

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return self._log.read_text(errors="replace")

    @property
    def sandbox_url(self) -> str:
        """Address of the sandbox it started."""
        found = re.search(r"^Sandbox: (\S+)$", self.output, re.MULTILINE)
        assert found is not None, self.output[:2000]
        return found[1]

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """One GraphQL request."""
        answer = requests.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60
        ).json()  # fmt: skip
        assert "errors" not in answer, json.dumps(answer["errors"])[:2000]
        return answer["data"]

    def runs(self, **wanted: Any) -> list[Run]:
        """Runs, newest first; `wanted` as in Dagster's RunsFilter."""
        found = self.ask(_RUNS, filter=wanted)["runsOrError"]["results"]
        return [Run(r["runId"], r["jobName"], r["status"], {t["key"]: t["value"] for t in r["tags"]}) for r in found]

    def launch(self, job: str, week_on: date) -> str:
        """Start a job for a week and return its run id."""
        tags = {"dagster/partition": week_on.isoformat(), "dagster/partition_set": f"{job}_partition_set"}
        params = {
            "selector": {**REPOSITORY, "jobName": job},
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in tags.items()]},
        }
        return self.ask(_LAUNCH, params=params)["launchRun"]["run"]["runId"]

    def ended(self, run_id: str) -> Run:
        """The run, when it is over."""

        def look() -> Run | None:
            (run,) = self.runs(runIds=[run_id])
            return run if run.status in {"SUCCESS", "FAILURE", "CANCELED"} else None

        return eventually(look, f"run {run_id} ends")

    def ticks(self, automation: str) -> list[dict[str, Any]]:
        """Finished ticks of a sensor, newest first."""
        state = self.ask(_TICKS, selector={**REPOSITORY, "name": automation})["instigationStateOrError"]
        return [tick for tick in state["ticks"] if tick["status"] != "STARTED"]

    def stop(self, seconds: float = 60.0) -> int:
        """Ctrl-C, and how it ended."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(seconds)
