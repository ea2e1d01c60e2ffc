"""One worker in a process of its own that meets its fate at a point: `python -m asana_intel_tests.faults.worker JSON`.

Members of the JSON: database_url, asana_url, token, plan_id, at (a point, or `half a request`, or `a whole request`),
signal (its name), now (ISO), and, where the database is not to wait long for a stopped one, patience_ms.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes import claims, crash_points
from asana_intel.changes.apply import apply_plan
from asana_intel.changes.protocol import Timing
from asana_intel.settings import Mode
from asana_intel.storage.postgres import Database

HALF, WHOLE = "half a request", "a whole request"


def main(orders: dict[str, Any]) -> None:
    """Apply the plan until fate comes."""
    left = [orders["at"]]

    def visit(point: str) -> None:
        if left == [point]:
            left.clear()
            os.kill(os.getpid(), signal.Signals[orders["signal"]])

    send = http.client.HTTPConnection.send

    def sending(connection: http.client.HTTPConnection, data: Any) -> None:
        is_write = data.startswith(b'{"data"')
        if is_write and left == [HALF]:
            send(connection, data[: len(data) // 2])
            visit(HALF)
        send(connection, data)
        if is_write:
            visit(WHOLE)

    crash_points.watch(visit)
    http.client.HTTPConnection.send = sending  # pyright: ignore[reportAttributeAccessIssue]
    if "patience_ms" in orders:
        claims._TIMEOUTS_MS["idle_in_transaction_session_timeout"] = orders["patience_ms"]
    session = AsanaSession(orders["asana_url"], SecretStr(orders["token"]), role="writer", paced=False)
    now = datetime.fromisoformat(orders["now"])
    apply_plan(
        Database(orders["database_url"]), AsanaWriter(session), orders["plan_id"],
        mode=Mode.propose, actor="mortal", now=lambda: now, timing=Timing(send_within=0.05),
    )  # fmt: skip


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
