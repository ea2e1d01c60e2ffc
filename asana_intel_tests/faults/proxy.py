"""A TCP way to the PostgreSQL of the tests that can be cut between a COMMIT and its confirmation; no test is here."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit


class CommitCutter:
    """Relays connections to a server's socket, and cuts one of them around a COMMIT.

    Args:
        url: SQLAlchemy URL of the server, with the folder of its socket.
        after: Text of a statement; the next COMMIT on its connection is the one.
        reaches: Whether that COMMIT still reaches the server.
    """

    def __init__(self, url: str, after: bytes, *, reaches: bool) -> None:
        parts = urlsplit(url)
        self._socket_file = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._after, self._reaches, self.cuts = after, reaches, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        who = parts.netloc.rpartition("@")[0]
        self.url = f"postgresql://{who}@127.0.0.1:{port}{parts.path}?sslmode=disable&gssencmode=disable"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> CommitCutter:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._socket_file)
                threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
                threading.Thread(target=self._asks, args=(client, server), daemon=True).start()

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with server, client, contextlib.suppress(OSError):
            while data := server.recv(65_536):
                client.sendall(data)

    def _asks(self, client: socket.socket, server: socket.socket) -> None:
        is_next = False
        with contextlib.suppress(OSError):
            for message in _messages(client):
                if is_next and message[5:].startswith(b"COMMIT") and not self.cuts:
                    self.cuts += 1
                    _close(client)  # before the confirmation can come
                    if self._reaches:
                        server.sendall(message)
                    break
                is_next = is_next or self._after in message
                server.sendall(message)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)


def _messages(client: socket.socket) -> Iterator[bytes]:
    """The client's messages: the first has no type, all have a length."""
    stream = client.makefile("rb")
    kind = b""
    while head := stream.read(len(kind) + 4):
        yield head + stream.read(int.from_bytes(head[-4:], "big") - 4)
        kind = b"Q"


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
