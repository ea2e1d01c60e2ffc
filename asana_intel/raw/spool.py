"""Pages of an unfinished crawl, kept on disk so that a killed sync goes on where it was. Knows no list and no table."""

from __future__ import annotations

import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from errno import ENOSPC
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from asana_intel.asana.pagination import Page
from asana_intel.errors import AsanaIntelError, ConfigError, RetriableError

# Older pages say too little about today; Asana's events, too, live for a day.
RESUME_WITHIN = timedelta(hours=24)
_FILE = "crawl.pages"
_PACKED_FROM = 4_096  # bytes; most pages are small, and packing them would cost more time than room


class PageSpool:
    """The pages read by one crawl, in a file that only grows; a page is there as soon as it was read.

    Each entry is a checksum, a line of JSON (list, next offset, size) and the page, compressed where it is large. When
    the file is opened again, an entry that a crash cut short or the disk damaged is dropped with all after it. Safe to
    use from several threads.

    Args:
        folder: Where the file lies.
        identity: What must be the same for pages to be used again: server, workspace, who asks, …
        now: The server's clock (UTC).

    Attributes:
        begun_at: The server's clock when the crawl began: of the interrupted one, if there is one to go on with.
        kept_pages: Pages that an interrupted crawl left.

    Raises:
        ConfigError: The file cannot be written; of every method.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], now: datetime) -> None:
        self._path = folder / _FILE
        self._lock = threading.Lock()
        self._places: dict[str, list[tuple[int, int, str | None]]] = defaultdict(list)
        self.begun_at = now
        with _told_of_disk(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            end = self._read_index(dict(identity), now)
            # Unbuffered: a write that the disk refuses must not be tried again by the next one.
            self._file: FileIO = FileIO(self._path, "r+" if end else "w+")
            self._file.truncate(end)
        self.kept_pages = sum(map(len, self._places.values()))
        if not end:
            self._write({"identity": dict(identity), "begun_at": now.isoformat()})

    def kept(self, list_key: str) -> Iterator[Page]:
        """Yield the pages of a list that were read before, in order."""
        for start, size, following in tuple(self._places.get(list_key, ())):
            with self._lock, _told_of_disk(self._path):
                self._file.seek(start)
                packed = self._file.read(size)
            yield Page(orjson.loads(packed if packed.startswith(b"[") else zlib.decompress(packed)), following)

    def keep(self, list_key: str, page: Page) -> None:
        """Add a page to its list."""
        packed = orjson.dumps(page.records)
        if len(packed) >= _PACKED_FROM:
            packed = zlib.compress(packed, level=1)
        with self._lock:
            start = self._write([list_key, page.next_offset, len(packed)], packed)
            self._places[list_key].append((start, len(packed), page.next_offset))

    def forget(self, list_key: str) -> None:
        """Drop the pages of a list that must be read from its beginning again."""
        with self._lock:
            self._write([list_key, None, -1])
            self._places.pop(list_key, None)

    def close(self, *, is_done: bool) -> None:
        """Close the file, and remove it after a crawl that came to its end."""
        self._file.close()
        if is_done:
            self._path.unlink(missing_ok=True)

    def _write(self, entry: Any, packed: bytes = b"") -> int:
        """Append an entry and return where its page begins; given to the operating system, which outlives us."""
        told = orjson.dumps(entry)
        line = b"%08x %s\n" % (_checksum(told, packed), told)
        with _told_of_disk(self._path):
            start = self._file.seek(0, 2) + len(line)
            if self._file.write(line + packed) < len(line) + len(packed):
                raise OSError(ENOSPC, "no space left")
        return start

    def _read_index(self, identity: dict[str, str], now: datetime) -> int:
        """Find the pages in the file; 0 where there is nothing to go on with, otherwise where the last entry ends."""
        if not self._path.exists():
            return 0
        with self._path.open("rb") as file:
            kept, is_whole = _parsed(file.readline())
            if not is_whole(b"") or kept.get("identity") != identity:
                return 0
            begun_at = datetime.fromisoformat(kept["begun_at"])
            if not timedelta(0) <= now - begun_at <= RESUME_WITHIN:
                return 0
            self.begun_at = begun_at
            return self._read_entries(file)

    def _read_entries(self, file: BinaryIO) -> int:
        length, end = self._path.stat().st_size, file.tell()
        while True:
            entry, is_whole = _parsed(file.readline())
            match entry:
                case [str() as list_key, str() | None as following, int() as size] if file.tell() + size <= length:
                    start = file.tell()
                case _:
                    return end
            if not is_whole(file.read(max(size, 0))):
                return end
            if size < 0:
                self._places.pop(list_key, None)
            else:
                self._places[list_key].append((start, size, following))
            end = file.tell()


def is_unfinished(folder: Path) -> bool:
    """Whether a crawl was interrupted and left its pages."""
    return (folder / _FILE).exists()


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
    except BaseException as stopped:
        can_go_on = isinstance(stopped, RetriableError | ConfigError | OSError) or not isinstance(stopped, Exception)
        raise
    finally:
        spool.close(is_done=not can_go_on)


def _parsed(line: bytes) -> tuple[Any, Callable[[bytes], bool]]:
    """The entry that a line tells of, and what says whether line and page are as they were written."""
    stated, _, told = line[:-1].partition(b" ")
    try:
        entry = orjson.loads(told) if line.endswith(b"\n") else None
    except orjson.JSONDecodeError:
        entry = None
    return entry, lambda packed: entry is not None and stated == b"%08x" % _checksum(told, packed)


def _checksum(told: bytes, packed: bytes) -> int:
    return zlib.crc32(packed, zlib.crc32(told))


@contextmanager
def _told_of_disk(path: Path) -> Iterator[None]:
    """Name the file where the disk is full or refuses it."""
    problem: AsanaIntelError | None = None
    try:
        yield
    except OSError as refused:
        problem = ConfigError(
            f"{path} cannot be used: {refused.strerror}", fix="make room, or give ASANA_INTEL_HOME a folder to write to"
        )
    if problem:
        raise problem
