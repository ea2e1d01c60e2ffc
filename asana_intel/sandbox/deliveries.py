"""Requests of the sandbox to webhooks' targets: the handshake, the pushes, and the thread that sends them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.webhooks import Push, Webhook, Webhooks

AT_ONCE = 8
_LONGEST_CONTENT = 1000
_ACCEPTED = (200, 204)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a target did.

    Attributes:
        status: Its status; None: no answer.
        reason: The words of the status line, or why there was no answer.
        text: The body's beginning.
        secret: Its `X-Hook-Secret` header.
    """

    status: int | None
    reason: str
    text: str = ""
    secret: str | None = None

    def failure(self) -> str | None:
        """Say what went wrong, as `last_failure_content` shows it; None for a 2xx."""
        if self.status is None:
            return self.reason
        return None if 200 <= self.status < 300 else f"{self.status} {self.reason}\n\n{self.text}".strip()


Send = Callable[[str, bytes, Mapping[str, str], float], Outcome]


class Deliverer:
    """Sends what the webhooks have to tell: at once after a write or a move of the clock, or when told to.

    Args:
        webhooks: What is due.
        player: Its behaviour says how long a target may take.
        lock: Guards both; never held while a target is asked.
        send: Sends one request: target, body, headers, seconds to wait.
    """

    def __init__(self, webhooks: Webhooks, player: Player, lock: Any, send: Send | None = None) -> None:
        self._webhooks = webhooks
        self._player = player
        self._lock = lock
        self._send = send or post
        self._delivering = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def shake_hands(self, target: str) -> str:
        """Ask a target to confirm a webhook; the caller must not hold the lock.

        Returns:
            The secret that the target echoed.

        Raises:
            ApiError: 400 if it did not.
        """
        secret = secrets.token_hex(32)
        outcome = self._send(target, b"{}", {"X-Hook-Secret": secret}, self._player.behaviour.webhook_timeout_s)
        if outcome.status not in _ACCEPTED or outcome.secret != secret:
            got = outcome.failure() or "no matching X-Hook-Secret header"
            raise ApiError(
                400,
                "The remote server which is intended to receive the webhook did not respond with the handshake "
                f"secret: {got[:200]}",
            )
        return secret

    def wake(self) -> None:
        """Have the thread send what is due, where webhooks are prompt; it starts with the first webhook."""
        if self._is_closed or not (self._player.behaviour.prompt_webhooks and self._webhooks.all()):
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="webhooks")
            self._thread.start()
        self._awake.set()

    def close(self) -> None:
        """Send nothing more by itself."""
        self._is_closed = True
        self._awake.set()

    def _run(self) -> None:
        while self._awake.wait() and not self._is_closed:
            self._awake.clear()
            self.deliver()

    def deliver(self, *, force: bool = False) -> dict[str, int]:
        """Send all that is due at the clock, and return when it is sent.

        Args:
            force: Also try, once, what failed and has to wait.

        Returns:
            How many requests were `sent`, how many of them `failed`, and how many pushes are left `waiting`.
        """
        sent = failures = 0
        failed: set[str] = set()
        with self._delivering, ThreadPoolExecutor(AT_ONCE) as pool:
            while not self._is_closed:
                with self._lock:
                    due = self._webhooks.due(force=force)
                    due = [item for item in due if not force or item[0].gid not in failed][:AT_ONCE]
                    timeout_s = self._player.behaviour.webhook_timeout_s
                if not due:
                    break
                outcomes = list(pool.map(self._push, due, repeat(timeout_s)))
                with self._lock:
                    for (webhook, push, moment), failure in zip(due, outcomes, strict=True):
                        self._webhooks.settle(webhook, push, moment, failure)
                        if failure is not None:
                            failed.add(webhook.gid)
                            failures += 1
                sent += len(due)
            with self._lock:
                return {"sent": sent, "failed": failures, "waiting": self._webhooks.waiting()}

    def _push(self, due: tuple[Webhook, Push, str], timeout_s: float) -> str | None:
        webhook, push, _ = due
        headers = {"X-Hook-Signature": signature(webhook.secret, push.body)}
        return self._send(webhook.target, push.body, headers, timeout_s).failure()


def signature(secret: str, body: bytes) -> str:
    """Sign a body: hexadecimal HMAC-SHA256 of its bytes under the webhook's secret."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(target: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Outcome:
    """Send one POST; no redirects, no proxy or credentials from the environment.

    Args:
        target: The address.
        body: JSON.
        headers: Beside the content type.
        timeout_s: How long the target may take to connect, and to answer.
    """
    import requests

    with requests.Session() as http:
        http.trust_env = False
        try:
            answer = http.post(
                target,
                data=body,
                headers={"Content-Type": "application/json", **headers},
                timeout=timeout_s,
                allow_redirects=False,
            )
        except requests.Timeout:
            return Outcome(None, f"The target did not answer within {timeout_s:g} s")
        except (requests.RequestException, ValueError):
            return Outcome(None, "Could not connect to the target")
        text = answer.text[:_LONGEST_CONTENT]
        return Outcome(answer.status_code, answer.reason or "", text, answer.headers.get("X-Hook-Secret"))
