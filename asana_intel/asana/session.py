"""One HTTP session with Asana: authentication, repeats of reads, and errors named by what to do. No endpoint here.

Reads may be repeated and are; a write is sent exactly once, and its error says whether it can have happened.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
import requests
from pydantic import SecretStr

from asana_intel.asana.answers import (
    SKIPPABLE,
    Answer,
    mend_of,
    message_of,
    name_of,
    never_left,
    read_answer,
    refusal,
    retry_after_s,
)
from asana_intel.asana.auth import Credential, FixedToken, Role, credential_of, digest_of
from asana_intel.asana.pacing import Limits, Pacer, limits_of, pacer_for
from asana_intel.asana.transport import Received, Transport
from asana_intel.errors import AsanaIntelError, PermanentError, RefusedError, RetriableError, UnknownOutcomeError
from asana_intel.settings import Mode, Settings

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database

# A write that waits longer for its turn is not sent: who asked for it may have given it up. Longer than a turn at the
# slowest pace a server ever taught us (10 a minute), else nothing would be written there.
WRITE_WITHIN_S = 15.0
MAX_ATTEMPTS = 6
MAX_WAITS = 30  # 429s in a row for one read; many threads may queue for a small quota
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 20.0
# Shorter answers count more: they tell what the server needs when neither side is busy with others.
_FALLING, _RISING = 1 / 4, 1 / 32

_GID = re.compile(r"\A[0-9]{1,20}\Z", re.ASCII)
_EMAIL = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+")


def path(template: str, *gids: str) -> str:
    """Fill a path, letting nothing but gids into it.

    Args:
        template: Such as `/tasks/{}/stories`.
        gids: 1 to 20 ASCII digits each.

    Raises:
        PermanentError: One of them is not a gid.
    """
    for gid in gids:
        if not isinstance(gid, str) or not _GID.match(gid):
            raise PermanentError(f"{template}: {gid!r} is not a gid", fix="pass Asana's id: 1 to 20 digits")
    return template.format(*gids)


@dataclass(frozen=True)
class _Read:
    """A request that changes nothing, so that it may be repeated."""

    method: str
    path: str
    params: Mapping[str, str | int] | None = None
    body: bytes | None = None
    count: int = 1

    @property
    def what(self) -> str:
        return f"{self.method} {self.path}"


class AsanaSession:
    """A pooled, thread-safe connection to one Asana server under one credential.

    Args:
        url: Base address, such as https://app.asana.com/api/1.0.
        credential: A bearer token, or what yields one; only ever placed in the Authorization header of a request.
        requests_per_minute: Own ceiling; the server's is kept as well, by its Retry-After.
        concurrent_reads: Most reads in flight at once.
        concurrent_writes: Most writes in flight at once.
        timeout_s: Longest wait for one answer, seconds.
        role: Whose credential it is, for messages.
        paced: False: no own ceiling until the server answers 429.
        pacer: Shared with others; None: one that all sessions of this process with this token and limits share.
        workspace_gid: Objects that say they are of another workspace are refused; None: not checked.
        may_write: Whether `send` sends anything; None: where the role is the writer's.
        sleep: Waits that many seconds.
        clock: Seconds that only grow.

    Attributes:
        server_time: The server's clock (UTC), from the `Date` header of the latest answer; None before the first.
        answered_at: When that was, on `clock`, seconds.
        clock: As given.
        pacer: What holds requests back.
        request_count: HTTP requests sent so far, repeats included.
        latency_s: How long answers take at present, from sending to the last byte, leaning to the shorter ones and
            without waits for a turn, seconds; 0 before the first one.
        workspace_gid: As given; may be set later.
    """

    def __init__(
        self,
        url: str,
        credential: SecretStr | Credential,
        *,
        requests_per_minute: float = 1200,
        concurrent_reads: int = 50,
        concurrent_writes: int = 15,
        timeout_s: float = 30.0,
        role: Role = "reader",
        paced: bool = True,
        pacer: Pacer | None = None,
        workspace_gid: str | None = None,
        may_write: bool | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = Transport(url, concurrent_reads + concurrent_writes, timeout_s)
        self.role: Role = role
        self._may_write = role == "writer" if may_write is None else may_write
        self.server_time: datetime | None = None
        self.answered_at = 0.0
        self.clock = clock
        self.request_count = 0
        self.latency_s = 0.0
        self.workspace_gid = workspace_gid
        self._credential = FixedToken(credential, role) if isinstance(credential, SecretStr) else credential
        self._sleep = sleep
        limits = Limits(requests_per_minute, concurrent_reads, concurrent_writes, paced)
        has_own_time = sleep is not time.sleep or clock is not time.monotonic
        self.pacer = pacer or (
            Pacer(limits, clock=clock, sleep=sleep) if has_own_time else pacer_for(self.credential_digest, limits)
        )
        self._lock = threading.Lock()
        self._date = ""
        self._jitter = random.Random()  # noqa: S311 (spreads retries; nothing secret)

    @classmethod
    def from_settings(
        cls, settings: Settings, role: Role, database: Callable[[], Database] | None = None
    ) -> AsanaSession:
        """Connect as configured.

        A server on this machine (the sandbox) has no published limit, so it is paced only where the settings
        `requests_per_minute` or `plan` were given, or once it answers 429.

        Args:
            settings: Where Asana is, the limits, the tokens.
            role: Whose credential to use.
            database: Gives the product's schema, through which processes with the same token keep its limits
                together; asked when first needed. None: this process keeps them alone.

        Raises:
            ConfigError: There is no credential for that role.
        """
        asana = settings.asana
        credential = credential_of(settings, role)
        digest = digest_of(asana.url, credential.digest)
        shared = None
        if database is not None:
            from asana_intel.asana.shared_pacing import PostgresPacing

            shared = PostgresPacing(database, digest)
        return cls(
            asana.url,
            credential,
            concurrent_reads=asana.reads_in_flight,
            concurrent_writes=asana.writes_in_flight,
            timeout_s=asana.timeout_s,
            role=role,
            pacer=pacer_for(digest, limits_of(asana), shared),
            workspace_gid=asana.workspace_gid,
            may_write=role == "writer" and settings.mode is not Mode.observe,
        )

    def __repr__(self) -> str:
        return f"AsanaSession({self.url!r}, role={self.role!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session is not pickled: connect again from the settings")

    @property
    def url(self) -> str:
        """Base address of the API."""
        return self._transport.url

    @property
    def credential_digest(self) -> str:
        """Tells server and token apart without holding them."""
        return digest_of(self.url, self._credential.digest)

    @property
    def login_scope(self) -> str | None:
        """What was allowed at the login, blank-separated; None where the credential is a token."""
        return self._credential.scope

    def close(self) -> None:
        """Give the pooled connections back."""
        self._transport.close()

    def get(self, resource_path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Read, repeating as long as it may help.

        Args:
            resource_path: Path below the base address, from `path`.
            params: Query parameters.

        Returns:
            The whole body: `data`, and `next_page` on lists.

        Raises:
            ConfigError: 401; the message names the token's variable.
            SkippableError: 402, 404, 451 or 501.
            PermanentError: Any other refusal, or an object of another workspace.
            RetriableError: Still no answer after the last attempt.
        """
        return self.get_answer(resource_path, params).body

    def get_answer(
        self,
        resource_path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        also: Collection[int] = (),
    ) -> Answer:
        """Like `get`, with the status; statuses in `also` are returned instead of raised."""
        return self._answer_to(_Read("GET", resource_path, params), also)

    def post_read(self, resource_path: str, body: Mapping[str, Any], count: int) -> dict[str, Any]:
        """Like `get`, for the reads that Asana takes by POST.

        Args:
            resource_path: Path below the base address.
            body: JSON body; nothing in it may change anything.
            count: Requests that the server will count.
        """
        return self._answer_to(_Read("POST", resource_path, None, orjson.dumps(body), count), ()).body

    def check_workspace(self, what: str, data: Any) -> None:
        """Refuse objects that say they belong to another workspace than ours.

        Args:
            what: Method and path, for the message.
            data: A record or a list of records.

        Raises:
            PermanentError: Names the object's gid, not its content.
        """
        if self.workspace_gid is None:
            return
        for record in data if isinstance(data, list) else [data]:
            home = (record.get("workspace") or record.get("organization")) if isinstance(record, dict) else None
            if isinstance(home, dict) and home.get("gid", self.workspace_gid) != self.workspace_gid:
                raise PermanentError(
                    f"{what}: object {record.get('gid')} is of workspace {home['gid']}, not {self.workspace_gid}",
                    fix="check asana.workspace_gid, and which workspaces the token's user is in",
                )

    def error_of(self, what: str, status: int, body: Mapping[str, Any]) -> AsanaIntelError:
        """The error for a refused read, whole or as an action of a batch."""
        said = self._said(Answer(status, dict(body)))
        if status == 429 or (status >= 500 and status not in SKIPPABLE):
            return RetriableError(f"{what}: {status} {said}", fix="run again in a while")
        return refusal(what, status, said, self._credential.mend)

    def send(self, method: str, resource_path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write, in exactly one HTTP request.

        Args:
            method: POST, PUT or DELETE.
            resource_path: Path below the base address, from `path`.
            body: JSON body.

        Returns:
            The whole body of the answer.

        Raises:
            RefusedError: This connection only reads: it is the reader's, or the mode is observe. Nothing was sent.
            RetriableError: Certainly not applied: no turn in time, no connection, 429, or a token that has now been
                renewed.
            PermanentError: Certainly not applied: the server refused.
            UnknownOutcomeError: It may have been applied: no answer, 5xx, or an answer that cannot be read.
        """
        what = f"{method} {resource_path}"
        if not self._may_write:
            raise RefusedError(f"{what}: not sent, this connection only reads", fix="ASANA_INTEL_MODE=propose")
        token = self._credential.token()
        received = self._request(_Read(method, resource_path, None, orjson.dumps(body)), token, is_write=True)
        if isinstance(received, requests.RequestException):
            if never_left(received):
                raise RetriableError(f"{what}: no connection, nothing was sent", fix="check the network, then rerun")
            raise UnknownOutcomeError(
                f"{what}: sent, but {name_of(received)}", fix="read the object before sending again"
            )
        status = received.status
        if status == 429:
            raise _told_to_wait(what, received)
        if status == 401 and self._credential.renew(token):
            raise RetriableError(f"{what}: 401, not applied; the access token was renewed since", fix="run again")
        answer = read_answer(received)
        if 300 <= status < 500:
            raise PermanentError(f"{what}: {status} {self._said(answer)}", fix=mend_of(status, self._credential.mend))
        if status >= 500 or answer is None or not answer.has_data:
            told = f"status {status}" if status >= 500 else f"status {status} without a readable body"
            raise UnknownOutcomeError(f"{what}: sent, answered {told}", fix="read the object before sending again")
        return answer.body

    def _answer_to(self, read: _Read, also: Collection[int]) -> Answer:
        failures = waits = 0
        is_renewed = False
        while True:
            token = self._credential.token()
            outcome = self._try(read, token)
            if isinstance(outcome, Answer):
                if outcome.status in also or 200 <= outcome.status < 300:
                    self.check_workspace(read.what, outcome.body.get("data"))
                    return outcome
                if outcome.status == 401 and not is_renewed and self._credential.renew(token):
                    is_renewed = True
                    continue
                raise refusal(read.what, outcome.status, self._said(outcome), self._credential.mend)
            if outcome.retry_after_s is None:
                failures += 1
            else:
                waits += 1  # the pacer holds the next try back for exactly that long
            if failures == MAX_ATTEMPTS or waits == MAX_WAITS:
                raise outcome
            if outcome.retry_after_s is None:
                self._sleep(self._backoff_s(failures - 1))

    def _try(self, read: _Read, token: SecretStr) -> Answer | RetriableError:
        received = self._request(read, token)
        if isinstance(received, requests.RequestException):
            return RetriableError(f"{read.what}: {name_of(received)}", fix="check the network, then run again")
        status = received.status
        if status == 429:
            return _told_to_wait(read.what, received)
        answer = read_answer(received)
        if status >= 500 and status not in SKIPPABLE:
            return RetriableError(f"{read.what}: {status} {self._said(answer)}", fix="run again in a while")
        if 200 <= status < 300 and not (answer and answer.has_data):
            return RetriableError(f"{read.what}: {status} without a readable body", fix="check ASANA_INTEL_ASANA_URL")
        return answer or Answer(status, {})

    def _request(
        self, read: _Read, token: SecretStr, *, is_write: bool = False
    ) -> Received | requests.RequestException:
        is_search, asked_at = read.path.endswith("/search"), self.clock()
        with self.pacer.turn("write" if is_write else "read", read.count, search=is_search):
            if is_write and self.clock() - asked_at > WRITE_WITHIN_S:
                raise RetriableError(f"{read.what}: its turn came too late, nothing was sent", fix="run again")
            with self._lock:
                self.request_count += 1
            sent_at = self.clock()
            received = self._transport.send(
                read.method,
                read.path,
                params=read.params,
                body=read.body,
                bearer=token,
                secrets=self._credential.secrets(),
            )
            if isinstance(received, Received):
                self._note_latency(self.clock() - sent_at)
                self._heed(received, sent_at, is_search)
                self._note_server_time(received)
        return received

    def _heed(self, received: Received, sent_at: float, is_search: bool) -> None:
        """Let nothing go before the server wants it to; a server that is down tells nothing about its limits."""
        if received.status == 429:
            self.pacer.refused(retry_after_s(received), sent_at, search=is_search)
        elif received.status == 503 and "Retry-After" in received.headers:
            self.pacer.refused(retry_after_s(received), None)

    def _note_latency(self, seconds: float) -> None:
        with self._lock:
            before = self.latency_s or seconds
            self.latency_s = before + (seconds - before) * (_FALLING if seconds < before else _RISING)

    def _note_server_time(self, received: Received) -> None:
        header = received.headers.get("Date")
        if not header:
            return
        if header != self._date:  # many answers come in the same second
            try:
                self.server_time = parsedate_to_datetime(header).astimezone(UTC)
            except ValueError:
                return
            self._date = header
        self.answered_at = self.clock()

    def _backoff_s(self, attempt: int) -> float:
        longest = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2**attempt)
        return longest / 2 + self._jitter.random() * longest / 2

    def _said(self, answer: Answer | None) -> str:
        return _EMAIL.sub("<address>", message_of(answer))[:300]


def _told_to_wait(what: str, received: Received) -> RetriableError:
    seconds = retry_after_s(received)
    return RetriableError(
        f"{what}: 429, the server asks to wait {seconds:g} s",
        retry_after_s=seconds,
        fix="lower asana.requests_per_minute, or run again later",
    )
