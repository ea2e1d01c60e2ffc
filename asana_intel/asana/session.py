"""One HTTP session with Asana: authentication, retries of reads, and errors named by what to do. No endpoint here.

Reads may be repeated and are; a write is sent exactly once, and its error says whether it can have happened.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import orjson
import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from asana_intel import __version__
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
from asana_intel.asana.limits import RateLimiter
from asana_intel.errors import (
    ConfigError,
    PermanentError,
    RetriableError,
    UnknownOutcomeError,
)
from asana_intel.settings import Settings

Role = Literal["reader", "writer"]
TOKEN_VARIABLES: dict[Role, str] = {
    "reader": "ASANA_INTEL_ASANA_TOKEN",
    "writer": "ASANA_INTEL_WRITER_TOKEN",
}

MAX_ATTEMPTS = 6
MAX_WAITS = 30  # 429s in a row for one read; many threads may queue for a small quota
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 20.0

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


class AsanaSession:
    """A pooled, thread-safe connection to one Asana server under one token.

    Args:
        url: Base address, such as https://app.asana.com/api/1.0.
        token: Bearer token; only ever placed in the Authorization header of a request.
        requests_per_minute: Own ceiling; the server's is kept as well, by its Retry-After.
        concurrent_reads: Most requests in flight at once.
        timeout_s: Longest wait for one answer, seconds.
        role: Whose token it is, for messages.
        paced: False: no own ceiling until the server answers 429.
        sleep: Waits that many seconds.
        clock: Seconds that only grow.

    Attributes:
        server_time: The server's clock (UTC), from the `Date` header of the latest answer; None before the first.
        answered_at: When that was, on `clock`, seconds.
        clock: As given.
        request_count: HTTP requests sent so far, repeats included.
    """

    def __init__(
        self,
        url: str,
        token: SecretStr,
        *,
        requests_per_minute: float = 1200,
        concurrent_reads: int = 8,
        timeout_s: float = 30.0,
        role: Role = "reader",
        paced: bool = True,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url.rstrip("/")
        self.role: Role = role
        self.server_time: datetime | None = None
        self.answered_at = 0.0
        self.clock = clock
        self.request_count = 0
        self._auth = _Bearer(token)
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._limiter = RateLimiter(requests_per_minute, concurrent_reads, paced=paced, sleep=sleep, clock=clock)
        self._http = _pooled_session(concurrent_reads)
        self._lock = threading.Lock()
        self._jitter = random.Random()  # noqa: S311 (spreads retries; nothing secret)

    @classmethod
    def from_settings(cls, settings: Settings, role: Role) -> AsanaSession:
        """Connect as configured.

        A server on this machine (the sandbox) has no published limit, so it is paced only where the setting
        `requests_per_minute` was given, or once it answers 429.

        Raises:
            ConfigError: The token of that role is missing.
        """
        asana = settings.asana
        token = asana.token if role == "reader" else asana.writer_token
        if token is None or not token.get_secret_value().strip():
            raise ConfigError(f"No token for the {role}", fix=f"set {TOKEN_VARIABLES[role]}")
        is_local = urlsplit(asana.url).hostname in {"127.0.0.1", "localhost", "::1"}
        return cls(
            asana.url,
            token,
            requests_per_minute=asana.requests_per_minute,
            concurrent_reads=asana.concurrent_reads,
            timeout_s=asana.timeout_s,
            role=role,
            paced=not is_local or "requests_per_minute" in asana.model_fields_set,
        )

    def __repr__(self) -> str:
        return f"AsanaSession({self.url!r}, role={self.role!r})"

    def close(self) -> None:
        """Give the pooled connections back."""
        self._http.close()

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
            PermanentError: Any other refusal.
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
        what = f"GET {resource_path}"
        failures = waits = 0
        while True:
            outcome = self._try_get(what, resource_path, params)
            if isinstance(outcome, Answer):
                if outcome.status in also or 200 <= outcome.status < 300:
                    return outcome
                raise refusal(what, outcome.status, self._scrubbed(message_of(outcome)), TOKEN_VARIABLES[self.role])
            if outcome.retry_after_s is None:
                failures += 1
            else:
                waits += 1  # the limiter holds the next try back for exactly that long
            if failures == MAX_ATTEMPTS or waits == MAX_WAITS:
                raise outcome
            if outcome.retry_after_s is None:
                self._sleep(self._backoff_s(failures - 1))

    def send(self, method: str, resource_path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write, in exactly one HTTP request.

        Args:
            method: POST, PUT or DELETE.
            resource_path: Path below the base address, from `path`.
            body: JSON body.

        Returns:
            The whole body of the answer.

        Raises:
            RetriableError: Certainly not applied: no connection, or 429.
            PermanentError: Certainly not applied: the server refused.
            UnknownOutcomeError: It may have been applied: no answer, 5xx, or an answer that cannot be read.
        """
        what = f"{method} {resource_path}"
        response = self._request(method, resource_path, body=orjson.dumps(body))
        if isinstance(response, requests.RequestException):
            if never_left(response):
                raise RetriableError(f"{what}: no connection, nothing was sent", fix="check the network, then rerun")
            raise UnknownOutcomeError(
                f"{what}: sent, but {name_of(response)}", fix="read the object before sending again"
            )
        status = response.status_code
        if status == 429:
            raise self._told_to_wait(what, response)
        answer = read_answer(response)
        if 300 <= status < 500:
            message = self._scrubbed(message_of(Answer(status, answer.body if answer else {})))
            raise PermanentError(f"{what}: {status} {message}", fix=mend_of(status, TOKEN_VARIABLES[self.role]))
        if status >= 500 or answer is None or "data" not in answer.body:
            told = f"status {status}" if status >= 500 else f"status {status} without a readable body"
            raise UnknownOutcomeError(f"{what}: sent, answered {told}", fix="read the object before sending again")
        return answer.body

    def _try_get(
        self, what: str, resource_path: str, params: Mapping[str, str | int] | None
    ) -> Answer | RetriableError:
        response = self._request("GET", resource_path, params=params)
        if isinstance(response, requests.RequestException):
            return RetriableError(f"{what}: {name_of(response)}", fix="check the network, then run again")
        status = response.status_code
        if status == 429:
            return self._told_to_wait(what, response)
        answer = read_answer(response)
        if status >= 500 and status not in SKIPPABLE:
            return RetriableError(f"{what}: {status} {self._scrubbed(message_of(answer))}", fix="run again in a while")
        if answer is None and 200 <= status < 300:
            return RetriableError(f"{what}: {status} with a body that is not JSON", fix="check ASANA_INTEL_ASANA_URL")
        return answer or Answer(status, {})

    def _request(
        self,
        method: str,
        resource_path: str,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
    ) -> requests.Response | requests.RequestException:
        """One HTTP request. A failure is returned, so that errors raised from it carry no request, hence no token."""
        prepared = self._prepared(method, resource_path, params, body)
        with self._limiter.slot():
            with self._lock:
                self.request_count += 1
            try:
                # Straight to the adapter: no redirects, no cookies, no environment, and half the time of a request.
                response = self._http.get_adapter(self.url).send(prepared, timeout=self._timeout_s)
                _ = response.content  # read here: a broken body is a failure of the request
            except requests.RequestException as failure:
                return failure
            if response.status_code == 429:
                self._limiter.pause(retry_after_s(response))
        self._note_server_time(response)
        return response

    def _prepared(
        self, method: str, resource_path: str, params: Mapping[str, str | int] | None, body: bytes | None
    ) -> requests.PreparedRequest:
        request = requests.PreparedRequest()
        request.method = method
        request.url = f"{self.url}{resource_path}?{urlencode(params, safe=',')}" if params else self.url + resource_path
        request.headers = self._http.headers.copy()  # pyright: ignore[reportAttributeAccessIssue]
        if body is not None:
            request.body = body
            request.headers["Content-Type"] = "application/json"
            request.headers["Content-Length"] = str(len(body))
        return self._auth(request)

    def _note_server_time(self, response: requests.Response) -> None:
        header = response.headers.get("Date")
        if header:
            try:
                self.server_time = parsedate_to_datetime(header).astimezone(UTC)
            except ValueError:
                return
            self.answered_at = self.clock()

    def _told_to_wait(self, what: str, response: requests.Response) -> RetriableError:
        seconds = retry_after_s(response)
        return RetriableError(
            f"{what}: 429, the server asks to wait {seconds:g} s",
            retry_after_s=seconds,
            fix="lower asana.requests_per_minute, or run again later",
        )

    def _backoff_s(self, attempt: int) -> float:
        longest = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2**attempt)
        return longest / 2 + self._jitter.random() * longest / 2

    def _scrubbed(self, message: str) -> str:
        return _EMAIL.sub("<address>", self._auth.removed_from(message))[:300]


class _Bearer(AuthBase):
    """Puts the token into one request's header, and keeps it out of everything else."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return r

    def removed_from(self, message: str) -> str:
        return message.replace(self._token.get_secret_value(), "<token>")


def _pooled_session(connections: int) -> requests.Session:
    http = requests.Session()
    http.trust_env = False  # no proxy and no .netrc token from the environment
    http.headers["User-Agent"] = f"asana-intel/{__version__}"
    http.headers["Accept"] = "application/json"
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    http.mount("https://", adapter)
    http.mount("http://", adapter)
    return http
