"""How a person logs in: the browser comes back to this machine, or the code is copied by hand. Stores nothing."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from asana_intel.asana.oauth import OUT_OF_BAND, OAuthServer, Tokens, new_verifier
from asana_intel.errors import ConfigError, RetriableError

WAIT_S = 300.0
_CALLBACK = "/callback"
_PAGE = b"<!doctype html><title>asana-intel</title><p>%s You can close this page and go back to the terminal."


def log_in_by_browser(
    server: OAuthServer, scope: str, port: int, show: Callable[[str], None], wait_s: float = WAIT_S
) -> Tokens:
    """Let the person allow it in a browser on this machine, which then comes back to a port of 127.0.0.1.

    Args:
        server: Where to log in.
        scope: What to ask for, blank-separated.
        port: Port the browser comes back to; `http://127.0.0.1:PORT/callback` must be registered with the app.
        show: Given the address to open.
        wait_s: Longest wait for the person, seconds.

    Raises:
        ConfigError: The port is taken, or the person or the server refused.
        RetriableError: Nobody came back in time, or the server does not answer.
    """
    state, verifier = secrets.token_urlsafe(32), new_verifier()
    with _listening(port, state) as visit:
        show(server.authorize_url(visit.redirect_uri, state, verifier, scope))
        if not visit.came.wait(wait_s):
            raise RetriableError(f"Nobody came back from the browser in {wait_s:g} s", fix="log in again")
    if visit.code is None:
        raise ConfigError("The login was not allowed", fix="log in again, and allow the app")
    return server.exchange(visit.code, verifier, visit.redirect_uri)


def log_in_by_code(server: OAuthServer, scope: str, show: Callable[[str], None], ask: Callable[[], str]) -> Tokens:
    """Let the person allow it anywhere, and copy the code that Asana then shows.

    Args:
        server: Where to log in.
        scope: What to ask for, blank-separated.
        show: Given the address to open.
        ask: Returns the code that the person copied.

    Raises:
        ConfigError: The code is empty, or the server refuses it.
        RetriableError: The server does not answer.
    """
    verifier = new_verifier()
    show(server.authorize_url(OUT_OF_BAND, secrets.token_urlsafe(32), verifier, scope))
    code = SecretStr(ask().strip())
    if not code.get_secret_value():
        raise ConfigError("No code was given", fix="copy the code that Asana shows after you allowed the app")
    return server.exchange(code, verifier, OUT_OF_BAND)


class _Visit:
    """The browser's way back: the code it brought, or None where the login was refused."""

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri
        self.came = threading.Event()
        self.code: SecretStr | None = None


@contextmanager
def _listening(port: int, state: str) -> Iterator[_Visit]:
    """Listen on 127.0.0.1 for one visit with the right state; others are turned away and change nothing."""
    visit = _Visit("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            is_ours = hmac.compare_digest(query.get("state", [""])[0].encode(), state.encode())
            if parts.path != _CALLBACK or not is_ours or visit.came.is_set():
                self.send_error(404)
                return
            if code := query.get("code", [""])[0]:
                visit.code = SecretStr(code)
            self._say(b"You are logged in." if code else b"The login was not allowed.")
            visit.came.set()

        def _say(self, sentence: bytes) -> None:
            page = _PAGE % sentence
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the signature is the library's)
            return  # its arguments hold the code

    try:
        listener = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError:
        listener = None
    if listener is None:
        raise ConfigError(f"Port {port} of 127.0.0.1 is taken", fix="set asana.oauth_port, or use --no-browser")
    listener.daemon_threads = True
    visit.redirect_uri = f"http://127.0.0.1:{listener.server_address[1]}{_CALLBACK}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True, name="login")
    thread.start()
    try:
        yield visit
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(timeout=5)
