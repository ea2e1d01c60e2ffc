"""One HTTP request to one server: TLS verified, no redirects, no proxies or passwords of the environment, no repeats.

What comes back is freed of the secrets that were sent before anybody else sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from asana_intel import __version__
from asana_intel.asana.redaction import Redactor
from asana_intel.errors import PermanentError

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

_CHUNK_BYTES = 65_536
MOST_BYTES = 100_000_000  # a page of a hundred records has a few millions at the most
_READ_HEADERS = ("Date", "Retry-After")  # of an answer; nobody asks for others
_PATH = re.compile(r"\A(/[A-Za-z0-9_~-]+)+\Z", re.ASCII)


@dataclass(frozen=True)
class Received:
    """An answer as it came, without the secrets of its request.

    Attributes:
        status: HTTP status.
        headers: `Date` and `Retry-After`, where they were sent.
        content: The whole body.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes

    def __repr__(self) -> str:
        return f"Received(status={self.status}, {len(self.content)} bytes)"


class Transport:
    """Pooled connections to one server.

    Args:
        url: Base address; every path is appended to it.
        connections: Most kept open.
        timeout_s: Longest wait for the connection, and for each part of an answer, seconds.
    """

    def __init__(self, url: str, connections: int, timeout_s: float) -> None:
        self.url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._redactor = Redactor()
        # Straight to the adapter: no redirects, no cookies, no environment, and half the time of a session's request.
        self._adapter = _OneServer(self.url, connections)

    def close(self) -> None:
        """Give the pooled connections back."""
        self._adapter.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        bearer: SecretStr | None = None,
        secrets: tuple[SecretStr, ...] = (),
    ) -> Received | requests.RequestException:
        """Send one request. A failure is returned, so that errors raised from it carry no request, hence no secret.

        Args:
            method: GET, POST, PUT or DELETE.
            path: Below the base address; words and gids only.
            params: Query parameters.
            body: What to send.
            content_type: Of the body.
            bearer: Token for the Authorization header.
            secrets: What else must not come back in an answer.

        Raises:
            PermanentError: The path is not one.
        """
        if not _PATH.match(path):
            raise PermanentError(
                f"{path!r} is not a path of the API", fix="build it with asana_intel.asana.session.path"
            )
        request = requests.PreparedRequest()
        request.method = method
        request.url = f"{self.url}{path}?{urlencode(params, safe=',')}" if params else self.url + path
        request.headers = CaseInsensitiveDict(
            {"User-Agent": f"asana-intel/{__version__}", "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        if body is not None:
            request.body = body
            request.headers["Content-Type"] = content_type
            request.headers["Content-Length"] = str(len(body))
        if bearer:
            request.headers["Authorization"] = f"Bearer {bearer.get_secret_value()}"
        try:
            response = self._adapter.send(request, timeout=self._timeout_s)
            content = _body_of(response)  # read here: a broken body is a failure of the request
        except requests.RequestException as failure:
            return failure
        redactor = self._redactor_of((*secrets, bearer) if bearer else secrets)
        told = {name: redactor.text(value) for name in _READ_HEADERS if (value := response.raw.headers.get(name))}
        return Received(response.status_code, told, redactor.content(content))

    def _redactor_of(self, secrets: tuple[SecretStr, ...]) -> Redactor:
        """The one of the latest request, as long as the secrets are the same."""
        redactor = self._redactor
        if redactor.secrets != secrets:
            redactor = self._redactor = Redactor(secrets)
        return redactor


class _OneServer(HTTPAdapter):
    """Does once what the library does anew for each request, since any may go to another server; and keeps no cookies.

    Args:
        url: Base address of all requests.
        connections: Most kept open.
    """

    def __init__(self, url: str, connections: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)
        self._origin_length = len(url) - len(urlsplit(url).path)
        self._pool: HTTPConnectionPool | None = None

    def close(self) -> None:
        self._pool = None
        super().close()

    def get_connection_with_tls_context(self, request: Any, verify: Any, *others: Any, **named: Any) -> Any:
        pool = self._pool
        if pool is None:
            pool = self._pool = super().get_connection_with_tls_context(request, verify, *others, **named)
        return pool

    def request_url(self, request: Any, proxies: Any) -> str:
        return request.url[self._origin_length :]

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.raw = resp.status, resp
        return response


def _body_of(response: requests.Response) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(_CHUNK_BYTES):
        size += len(chunk)
        if size > MOST_BYTES:
            response.close()
            raise requests.exceptions.ContentDecodingError("the body has no end")
        chunks.append(chunk)
    return b"".join(chunks)


def form(fields: Mapping[str, str | SecretStr | None]) -> bytes:
    """A form-encoded body, as OAuth wants it; secrets are opened here and nowhere before."""
    given = {name: value for name, value in fields.items() if value is not None}
    return urlencode({n: v.get_secret_value() if isinstance(v, SecretStr) else v for n, v in given.items()}).encode()
