"""The ledger of effects: which request changed which field of which object, from what to what. It changes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from asana_intel.sandbox.player import Player, Write
from asana_intel.sandbox.world import Fields, Record


@dataclass(frozen=True, slots=True)
class Cause:
    """The request that effects come from.

    Attributes:
        request: Its number in the log of requests; for a human edit that of the request it came before.
        token: Fingerprint of its token; None for a human edit.
        actor: Gid of who acted; of the other person, for a human edit.
        method: HTTP method of the write.
        path: Path of the write.
        marks: `{"human": true}` where another person edited meanwhile; `{"late": true, "after_request": n}` where the
            effect came after the answer, right after request n was answered; `{"gave_up": true}` where a webhook ended
            because its target failed; otherwise empty.
    """

    request: int | None
    token: str | None
    actor: str
    method: str
    path: str
    marks: Fields


class Ledger:
    """The effects of all accepted writes, oldest first.

    Attributes:
        rows: `{"request", "at", "token", "actor", "method", "path", "resource", "gid", "action", "field", "old",
            "new"}` and the cause's marks. `added` rows hold the new record in `new`, `deleted` rows nothing, `changed`
            rows one field; custom-field values are the field `custom_fields.<gid>`. An accepted write that changed no
            record (the same value again, a webhook) has one row `none`. Values are as they are kept:
            references are `{"gid"}`, and derived fields (`modified_at`, counts, progress) have no rows.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.rows: list[Fields] = []
        self._count: Counter[int | None] = Counter()
        self._known: dict[tuple[str, str], Any] = {}
        self._read = 0

    def count(self, request: int) -> int:
        """Tell how many effects a request had itself, without those of another person meanwhile."""
        return self._count[request]

    def enter(self, player: Player, cause: Cause) -> None:
        """Enter what the player's log has gained, as the effects of one accepted write."""
        head = {
            "request": cause.request,
            "token": cause.token,
            "actor": cause.actor,
            "method": cause.method,
            "path": cause.path,
        }
        before = len(self.rows)
        for write in player.log[self._read :]:
            for fields in self._changes(player, write):
                self.rows.append({**head, "at": write.at, **fields, **cause.marks})
        self._read = len(player.log)
        if len(self.rows) == before:
            nothing = {"resource": None, "gid": None, "action": "none", "field": None, "old": None, "new": None}
            self.rows.append({**head, "at": player.now, **nothing, **cause.marks})
        if "human" not in cause.marks:
            self._count[cause.request] += len(self.rows) - before

    def _changes(self, player: Player, write: Write) -> list[Fields]:
        record = player.record(write.gid)
        if record is None or write.action == "touch":
            return []
        place = {"resource": record.resource, "gid": write.gid}
        if write.action == "create":
            made = kept_fields(write.record or record)
            self._known.update(((write.gid, name), value) for name, value in made.items())
            return [{**place, "action": "added", "field": None, "old": None, "new": made}]
        if write.action == "delete":
            return [{**place, "action": "deleted", "field": None, "old": None, "new": None}]
        rows = []
        written = {**write.fields, **{f"custom_fields.{gid}": value for gid, value in write.values.items()}}
        for name, new in written.items():
            old = self._before(record, write.gid, name, write.at)
            self._known[write.gid, name] = new
            if old != new:
                rows.append({**place, "action": "changed", "field": name, "old": old, "new": new})
        return rows

    def _before(self, record: Record, gid: str, name: str, at: str) -> Any:
        """Return what stood in a field before: the value written last, or the world's at that moment."""
        if (gid, name) in self._known:
            return self._known[gid, name]
        kept = kept_fields(record)
        value = kept.get(name, record.extra.get(name))
        if record.resource in ("tasks", "projects") and name.startswith("completed"):
            completed_at = kept.get("completed_at")
            is_complete = completed_at is not None and completed_at <= at
            return is_complete if name == "completed" else value if is_complete else None
        for change in reversed(record.changes):
            earlier = {**change.fields, **{f"custom_fields.{field}": known for field, known in change.values.items()}}
            if at < change.until and name in earlier:
                value = earlier[name]
        return value


def kept_fields(record: Record) -> Fields:
    """Return a record's own fields, with each custom-field value as `custom_fields.<gid>`."""
    values = {f"custom_fields.{gid}": value for gid, value in record.values.items()}
    return {**{name: value for name, value in record.fields.items() if name != "custom_fields"}, **values}
