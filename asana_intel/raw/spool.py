"""Pages of an unfinished crawl, kept on disk so that a killed sync goes on where it was. Knows no list and no table."""

from __future__ import annotations

import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from asana_intel.asana.pagination import Page
from asana_intel.errors import ConfigError, RetriableError

# Older pages say too little about today; Asana's events, too, live for a day.
RESUME_WITHIN = timedelta(hours=24)
_FILE = "crawl.pages"


class PageSpool:
    """The pages read by one crawl, in a file that only grows; a page is there as soon as it was read.

    Each entry is a line of JSON (list, next offset, size) and the page, compressed. An entry that a crash cut short is
    dropped when the file is opened again. Safe to use from several threads.

    Args:
        folder: Where the file lies.
        identity: What must be the same for pages to be used again (server, workspace, token's fingerprint, …).
        now: The server's clock (UTC).

    Attributes:
        begun_at: The server's clock when the crawl began: of the interrupted one, if there is one to go on with.
        kept_pages: Pages that an interrupted crawl left.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], now: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / _FILE
        self._lock = threading.Lock()
        self._places: dict[str, list[tuple[int, int, str | None]]] = defaultdict(list)
        self.begun_at = now
        head = {"identity": dict(identity), "begun_at": now.isoformat()}
        end = self._read_index(head, now)
        self.kept_pages = sum(map(len, self._places.values()))
        self._file: BinaryIO = self._path.open("r+b" if end else "w+b")
        if end:
            self._file.truncate(end)
        else:
            self._write(orjson.dumps(head) + b"\n")

    def kept(self, list_key: str) -> Iterator[Page]:
        """Yield the pages of a list that were read before, in order."""
        for start, size, following in tuple(self._places.get(list_key, ())):
            with self._lock:
                self._file.seek(start)
                packed = self._file.read(size)
            yield Page(orjson.loads(zlib.decompress(packed)), following)

    def keep(self, list_key: str, page: Page) -> None:
        """Add a page to its list."""
        packed = zlib.compress(orjson.dumps(page.records), level=1)
        entry = orjson.dumps([list_key, page.next_offset, len(packed)]) + b"\n"
        with self._lock:
            start = self._write(entry + packed) + len(entry)
            self._places[list_key].append((start, len(packed), page.next_offset))

    def forget(self, list_key: str) -> None:
        """Drop the pages of a list that must be read from its beginning again."""
        with self._lock:
            self._write(orjson.dumps([list_key, None, -1]) + b"\n")
            self._places.pop(list_key, None)

    def close(self, *, is_done: bool) -> None:
        """Close the file, and remove it after a crawl that came to its end."""
        self._file.close()
        if is_done:
            self._path.unlink(missing_ok=True)

    def _write(self, content: bytes) -> int:
        start = self._file.seek(0, 2)
        self._file.write(content)
        self._file.flush()  # to the operating system: enough for a killed process, and no wait for the disk
        return start

    def _read_index(self, head: dict[str, Any], now: datetime) -> int:
        """Find the pages in the file; 0 where there is nothing to go on with, otherwise where the last entry ends."""
        if not self._path.exists():
            return 0
        with self._path.open("rb") as file:
            kept = _parsed(file.readline())
            if not isinstance(kept, dict) or kept.get("identity") != head["identity"]:
                return 0
            begun_at = datetime.fromisoformat(kept["begun_at"])
            if not timedelta(0) <= now - begun_at <= RESUME_WITHIN:
                return 0
            self.begun_at = begun_at
            return self._read_entries(file)

    def _read_entries(self, file: BinaryIO) -> int:
        length, end = self._path.stat().st_size, file.tell()
        while isinstance(entry := _parsed(file.readline()), list):
            list_key, following, size = entry
            start = file.tell()
            if start + max(size, 0) > length:
                break
            if size < 0:
                self._places.pop(list_key, None)
            else:
                self._places[list_key].append((start, size, following))
            end = file.seek(start + max(size, 0))
        return end


@contextmanager
def page_spool(folder: Path, identity: Mapping[str, str], now: datetime) -> Iterator[PageSpool]:
    """Open the spool of a crawl.

    What it holds stays if the crawl was killed, stopped by a person, or can go on later; it goes when the crawl is
    done, and where it broke on what it read: the same pages would break the next one, too.
    """
    spool = PageSpool(folder, identity, now)
    can_go_on = False
    try:
        yield spool
    except (RetriableError, ConfigError, KeyboardInterrupt, SystemExit):
        can_go_on = True
        raise
    finally:
        spool.close(is_done=not can_go_on)


def _parsed(line: bytes) -> Any:
    if not line.endswith(b"\n"):
        return None
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
