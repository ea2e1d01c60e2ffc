"""The records of a world in the making: gids, references, and the files they end in."""

from __future__ import annotations

import zlib
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

import orjson

from asana_intel.errors import ConfigError

Fields = dict[str, Any]
FIRST_GID = 1300000000000001


class Draft:
    """A world being written.

    Args:
        seed: Decides everything that is left to chance.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a reproducible company, not a secret
        self.files: dict[str, list[Fields]] = defaultdict(list)
        self._settled: dict[str, _Lines] = defaultdict(_Lines)
        self._next = FIRST_GID

    def gid(self) -> str:
        """Give the next gid."""
        gid = str(self._next)
        self._next += 1
        return gid

    def add(self, resource: str, resource_type: str, **fields: Any) -> Fields:
        """Add a record with the next gid and return it; it may still be completed."""
        record = {"gid": self.gid(), "resource_type": resource_type, **fields}
        self.files[resource].append(record)
        return record

    def chance(self, probability: float) -> bool:
        """Throw a biased coin."""
        return self.random.random() < probability

    def settle(self, resource: str) -> None:
        """Take the records of a resource as finished: they are compressed, and kept no longer."""
        self._settled[resource].add(self.files[resource])
        self.files[resource].clear()

    def write(self, folder: Path) -> dict[str, int]:
        """Write one gzip file per resource, the same bytes for the same records.

        Returns:
            Records per resource.

        Raises:
            ConfigError: If the folder cannot be written.
        """
        counts: dict[str, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for resource in sorted(self.files):
                self.settle(resource)
                lines = self._settled.pop(resource)
                (folder / f"{resource}.jsonl.gz").write_bytes(lines.finished())
                counts[resource] = lines.count
        except OSError as error:
            raise ConfigError(
                f"{folder} cannot be written: {error.strerror}",
                fix="name a folder that can be written",
            ) from error
        return counts


class _Lines:
    """A file in the making, compressed as it grows. It bears no time: the same lines give the same bytes."""

    def __init__(self) -> None:
        self.count = 0
        self._compressor = zlib.compressobj(level=6, wbits=31)
        self._chunks: list[bytes] = []

    def add(self, records: list[Fields]) -> None:
        """Append records, one a line."""
        self.count += len(records)
        self._chunks.append(self._compressor.compress(b"".join(orjson.dumps(record) + b"\n" for record in records)))

    def finished(self) -> bytes:
        """Return the whole file."""
        return b"".join([*self._chunks, self._compressor.flush()])


def ref(record: Fields | None) -> Fields | None:
    """Return a compact reference to a record."""
    if record is None:
        return None
    return {"gid": record["gid"], "resource_type": record["resource_type"], "name": record["name"]}
