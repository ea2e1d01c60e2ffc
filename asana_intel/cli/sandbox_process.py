"""A sandbox in a process of its own, as the demo and `up` use it; talks to it only over HTTP."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import requests

from asana_intel.errors import RetriableError

READER_TOKEN, WRITER_TOKEN, PERSON_TOKEN = "demo-reader", "demo-writer", "demo-person"

_AS_A_PERSON = {"Authorization": f"Bearer {PERSON_TOKEN}"}


class SandboxProcess:
    """A running sandbox.

    Args:
        process: The child.
        url: Address of its API.
    """

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url

    @classmethod
    def start(cls, world: Path, at: datetime, journal: Path) -> "SandboxProcess":
        """Start a sandbox on a free port and wait until it says where.

        Raises:
            RetriableError: It ended before it was ready.
        """
        arguments = ["sandbox", "serve", "--world", str(world), "--at", at.isoformat(), "--port", "0"]
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "asana_intel.cli.main", *arguments, "--state", str(journal), "--json"],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        line = ""
        try:
            line = process.stdout.readline() if process.stdout else ""
            return cls(process, orjson.loads(line)["url"])
        except (orjson.JSONDecodeError, KeyError):
            process.kill()
            raise RetriableError(f"The sandbox did not start: {line.strip() or 'no answer'}") from None
        except KeyboardInterrupt:  # it has a session of its own and would not hear it
            process.kill()
            raise

    def environment(self) -> Mapping[str, str]:
        """Variables that point the product at this sandbox."""
        return {
            "ASANA_INTEL_ASANA_URL": self.url,
            "ASANA_INTEL_ASANA_TOKEN": READER_TOKEN,
            "ASANA_INTEL_WRITER_TOKEN": WRITER_TOKEN,
        }

    def set_clock(self, at: datetime) -> None:
        """Move the sandbox's clock."""
        answer = requests.post(f"{self._control}/clock", json={"at": at.isoformat()}, timeout=60)
        if not answer.ok:
            raise RetriableError(f"The sandbox refused the clock: {answer.text[:300]}")

    def set_field(self, task_gid: str, name: str, value: float) -> None:
        """Set a number field of a task as some person of the company does, in Asana."""
        field = self._entry(task_gid, name)
        self.edit_task(task_gid, custom_fields={field["gid"]: value})

    def edit_task(self, task_gid: str, person_gid: str | None = None, **fields: Any) -> None:
        """Change a task as a person of the company does in Asana; None = somebody made up."""
        body, who = {"data": fields}, _AS_A_PERSON
        if person_gid is not None:
            token = f"{PERSON_TOKEN}-{person_gid}"
            requests.post(f"{self._control}/tokens", json={token: {"user": person_gid}}, timeout=60)
            who = {"Authorization": f"Bearer {token}"}
        answer = requests.put(f"{self.url}/tasks/{task_gid}", json=body, headers=who, timeout=60)
        if not answer.ok:
            raise RetriableError(f"The sandbox refused a person's edit: {answer.text[:300]}")

    def field(self, task_gid: str, name: str) -> float | None:
        """The value of a number field of a task."""
        return self._entry(task_gid, name).get("number_value")

    def _entry(self, task_gid: str, name: str) -> dict:
        wanted = {"opt_fields": "custom_fields.name,custom_fields.number_value"}
        answer = requests.get(f"{self.url}/tasks/{task_gid}", params=wanted, headers=_AS_A_PERSON, timeout=60)
        fields = answer.json()["data"]["custom_fields"] if answer.ok else []
        found = next((field for field in fields if field["name"] == name), None)
        if found is None:
            raise RetriableError(f"The sandbox knows no field {name} on task {task_gid}: {answer.text[:300]}")
        return found

    def requests(self) -> list[dict]:
        """What the sandbox was asked."""
        return requests.get(f"{self._control}/requests", timeout=60).json()["requests"]

    @property
    def _control(self) -> str:
        return self.url.removesuffix("/api/1.0") + "/_sandbox"

    def stop(self) -> None:
        """End the sandbox; its journal keeps what was written."""
        self._process.terminate()
        self._process.wait(timeout=20)
        if self._process.stdout:
            self._process.stdout.close()
