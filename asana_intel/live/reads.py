"""Reading the few tasks that an event touched, and their stories where it is about those; nothing is made of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asana_intel.asana.batch import BatchRead
from asana_intel.asana.fields import STORIES, TASKS
from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import path
from asana_intel.errors import AsanaIntelError

Record = dict[str, Any]
_ABSENT = (": 403 ", ": 404 ")
"""No such task, or not for us: what the next sync calls gone, too."""


@dataclass(frozen=True)
class Fresh:
    """Tasks as Asana has them now.

    Args:
        tasks: Gid -> record, with the fields of a sync.
        stories: Gid of a task -> its stories, of those whose stories were asked for.
        gone: Tasks that are not there any more.
    """

    tasks: Mapping[str, Record] = field(default_factory=dict)
    stories: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    @property
    def gids(self) -> frozenset[str]:
        """All tasks that were asked for."""
        return frozenset(self.tasks) | self.gone

    def joined(self, other: Fresh) -> Fresh:
        """Both together; of a task in both, the other's."""
        tasks = {gid: record for gid, record in self.tasks.items() if gid not in other.gone}
        gone = self.gone.difference(other.tasks) | other.gone
        return Fresh({**tasks, **other.tasks}, {**self.stories, **other.stories}, gone)


def read_tasks(
    reader: AsanaReader,
    gids: Iterable[str],
    spoken: Collection[str],
    below: Callable[[Collection[str]], Collection[str]],
    most: int,
) -> Fresh | None:
    """Read tasks; of one that is gone also those that lay below it, which went with it or stand elsewhere now.

    Args:
        reader: Asana.
        gids: Tasks.
        spoken: Those of them on which somebody spoke: their stories are read, too.
        below: The stored subtasks of some tasks.
        most: Tasks to read at most.

    Returns:
        What stands there; None where more than `most` would have to be read.

    Raises:
        AsanaIntelError: A task or its stories could not be read; that it is not there is no error.
    """
    found: Fresh = Fresh()
    wanted = sorted(set(gids))
    while wanted:
        if len(found.gids) + len(wanted) > most:
            return None
        tasks = {gid: record for gid, record in zip(wanted, _records(reader, wanted), strict=True) if record}
        gone = frozenset(wanted).difference(tasks)
        stories = {gid: _stories(reader, gid) for gid in sorted(tasks) if gid in spoken}
        found = found.joined(Fresh(tasks, stories, gone))
        wanted = sorted(set(below(gone)) - found.gids) if gone else []
    return found


def _records(reader: AsanaReader, gids: Sequence[str]) -> list[Record | None]:
    """One record each, None where it is not there; ten to a request, and alone what a batch refused."""
    if len(gids) == 1:
        return [_record(reader, gids[0])]
    answers = reader.many([BatchRead(path("/tasks/{}", gid), {"opt_fields": TASKS}) for gid in gids])
    found: list[Record | None] = []
    for gid, answer in zip(gids, answers, strict=True):
        if not isinstance(answer, AsanaIntelError):
            found.append(answer["data"])
        else:
            found.append(None if _is_absent(answer, gid) else _record(reader, gid))  # perhaps a field was refused
    return found


def _record(reader: AsanaReader, gid: str) -> Record | None:
    try:
        return reader.one(path("/tasks/{}", gid), TASKS)
    except AsanaIntelError as refused:
        if _is_absent(refused, gid):
            return None
        raise


def _stories(reader: AsanaReader, gid: str) -> list[Record]:
    target = {"gid": gid, "resource_type": "task"}
    return [{"target": target} | story for story in reader.list(path("/tasks/{}/stories", gid), {}, STORIES)]


def _is_absent(refused: AsanaIntelError, gid: str) -> bool:
    return any(refused.message.startswith(f"GET {path('/tasks/{}', gid)}{code}") for code in _ABSENT)
