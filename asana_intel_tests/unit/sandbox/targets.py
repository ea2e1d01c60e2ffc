"""A server that receives webhooks, to be told how it answers, and a world to watch. No fixtures, no tests."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel_tests.unit.sandbox.worlds import Api, write_world

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
P, T, G, TEAM, FOLIO = "100", "200", "300", "400", "500"
QUIET = Behaviour(prompt_webhooks=False)
HOUR_EVENT = "2026-03-02T08:00:00.000Z"


class Target:
    """A server that receives webhooks: it confirms them, keeps what comes, and answers with a status."""

    def __init__(self) -> None:
        self.status, self.echoes, self.handshake_status = 200, True, 200
        self.received: list[tuple[str | None, bytes]] = []
        self.secrets: list[str] = []
        self.during_handshake: Any = None
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                secret = self.headers.get("X-Hook-Secret")
                if secret is None:
                    target.received.append((self.headers.get("X-Hook-Signature"), body))
                elif target.during_handshake:
                    target.during_handshake()
                self.send_response(target.status if secret is None else target.handshake_status)
                if secret is not None:
                    target.secrets.append(secret)
                    self.send_header("X-Hook-Secret", secret if target.echoes else "another")
                text = b"" if target.status == 200 else b"no room"
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                return  # the sandbox gave up waiting

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/receive?state=1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def events(self) -> list[dict[str, Any]]:
        return [event for _, body in self.received for event in json.loads(body)["events"]]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def watched_world(folder: Path) -> Path:
    """Write a world with one of each that webhooks watch, and one thing that happens later."""
    home = {"workspace": {"gid": "1"}, "created_at": "2026-01-01T00:00:00.000Z"}
    return write_world(
        folder,
        teams=[{"gid": TEAM, "name": "team", "organization": {"gid": "1"}}],
        projects=[{"gid": P, "name": "p", "team": {"gid": TEAM}, **home}],
        portfolios=[{"gid": FOLIO, "name": "f", "items": [P], **home}],
        tasks=[
            {
                "gid": T, "name": "t", "projects": [{"gid": P}], "memberships": [{"project": {"gid": P}}],
                "completed": True, "completed_at": HOUR_EVENT, **home,
            }
        ],
        goals=[{"gid": G, "name": "g", **home}],
    )  # fmt: skip


def establish(api: Api, target: Target, resource: str = P, **more: Any) -> dict[str, Any]:
    status, body = api.call("POST", "/webhooks", {"data": {"resource": resource, "target": target.url, **more}})
    assert status == 201, body
    return body


def deliver(api: Api, *, force: bool = False) -> dict[str, int]:
    return api.sandbox.deliverer.deliver(force=force)
