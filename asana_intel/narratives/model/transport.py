"""How bytes go out and come in: up to a size, without redirects; knows nothing of models.

A read waits no longer than the call's time; the whole call is cut by whoever made it, through `hang_up`.
Imported with litellm only, as httpx comes with it.
"""

from email.utils import parsedate_to_datetime
from urllib.request import getproxies, proxy_bypass

import httpx

from asana_intel.narratives.model.call import CURRENT, Call, FailedError, Retry, Sent

_MOST_BYTES = 1_000_000


class BoundedTransport(httpx.BaseTransport):
    """Sends the requests of the current call; every library on top of httpx uses it the same way."""

    def __init__(self) -> None:
        self._lines: dict[str | None, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The whole response, read.

        Raises:
            httpx.TransportError: It broke, took too long, is too large or points elsewhere; the call says which.
        """
        call = CURRENT.get()
        request.headers["Accept-Encoding"] = "identity"  # a compressed body may be any size
        call.failed = call.status = None
        call.hang_up = self.close
        call.sent.append(Sent(request.url.raw_path.decode(), tuple(sorted(request.headers)), request.read()))
        if call.is_rehearsed:
            return httpx.Response(503, request=request)
        try:
            return self._exchange(request, call)
        except httpx.TransportError as broken:
            call.failed = call.failed or _failure(broken)
            raise

    def close(self) -> None:
        """Break all lines off; the next request opens a new one."""
        while self._lines:
            _, line = self._lines.popitem()
            line.close()

    def _exchange(self, request: httpx.Request, call: Call) -> httpx.Response:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), max(call.left_s, 0.001))
        proxy = _proxy_of(request.url)
        if (line := self._lines.get(proxy)) is None:
            line = self._lines[proxy] = httpx.HTTPTransport(proxy=proxy)
        response = line.handle_request(request)
        try:
            call.status = response.status_code
            call.retry_after_s = _retry_after_s(response.headers)
            call.body = _read(response, call)
        finally:
            response.close()
        headers = [(n, v) for n, v in response.headers.items() if n not in {"transfer-encoding", "content-encoding"}]
        return httpx.Response(response.status_code, headers=headers, content=call.body, request=request)


def _read(response: httpx.Response, call: Call) -> bytes:
    if response.is_redirect:
        note = "the server points to another address: see llm.api_base"
        _refuse(call, FailedError("unreachable", note, is_free=True, is_final=True))
    if response.headers.get("content-encoding", "identity") != "identity":
        _refuse(call, FailedError("malformed", "the answer is compressed, though this was not asked for"))
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > _MOST_BYTES:
            _refuse(call, FailedError("malformed", f"the answer is longer than {_MOST_BYTES} bytes"))
    return bytes(body)


def _refuse(call: Call, why: FailedError) -> None:
    call.failed = why
    raise httpx.ReadError(why.note)


def _failure(broken: httpx.TransportError) -> FailedError:
    if isinstance(broken, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return FailedError("unreachable", "no connection", Retry.later, is_free=True)
    if isinstance(broken, httpx.TimeoutException):
        return FailedError("timeout", "no answer in time", Retry.later)
    if isinstance(broken, httpx.UnsupportedProtocol):
        return FailedError("unsupported", "not an address: see llm.api_base", is_free=True, is_final=True)
    return FailedError("unreachable", "the connection broke", Retry.later)


def _proxy_of(url: httpx.URL) -> str | None:
    """The proxy that this machine's settings name for an address, as httpx finds it when left alone."""
    if proxy_bypass(f"{url.host}:{url.port}" if url.port else url.host):
        return None
    named = getproxies()
    return named.get(url.scheme) or named.get("all")


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds; a day is taken from the server's own clock."""
    said = headers.get("retry-after", "")
    if said.strip().isascii() and said.strip().isdigit():
        return float(said)
    try:
        return (parsedate_to_datetime(said) - parsedate_to_datetime(headers["date"])).total_seconds()
    except (ValueError, TypeError, KeyError):
        return None
