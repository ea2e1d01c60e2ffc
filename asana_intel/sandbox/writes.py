"""Making, changing and deleting one record: the clock, the effect, its events. Which writes are right is not here."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Operation, Reply
from asana_intel.sandbox.edits import default_record
from asana_intel.sandbox.order import asked_index
from asana_intel.sandbox.rejections import invalid
from asana_intel.sandbox.world import Fields


def add(
    call: Call,
    resource: str,
    fields: Fields,
    *,
    parent: str | None = None,
    authored: bool = True,
    dated: bool = False,
    extra: Fields | None = None,
) -> str:
    """Create a record now.

    Args:
        call: The call that causes it.
        resource: Name of its file.
        fields: What it holds, beside the defaults.
        parent: Gid of what it is added to, for the event.
        authored: Whether `created_by` is the caller.
        dated: Whether it has a `created_at`, which is now.
        extra: What never leaves the server (a world's `x_` fields).

    Returns:
        Its gid.
    """
    at = call.player.tick()
    stamp = {"created_at": at} if dated else {}
    record = default_record(call, resource, {**fields, **stamp}, authored=authored)
    record.extra = extra or {}
    gid = call.player.create(record)
    call.player.note(gid, "added", call.actor["gid"], parent=call.player.ref(parent))
    return gid


def change(call: Call, gid: str, fields: Fields, values: dict[str, Any] | None = None) -> None:
    """Write fields and custom-field values of a record, with one event a field."""
    call.player.tick()
    call.player.write(gid, fields, values)
    for name in [*fields, *(["custom_fields"] if values else [])]:
        call.player.note(gid, "changed", call.actor["gid"], {"field": name, "action": "changed"})


def remove(call: Call, gid: str, *, parent: str | None = None) -> None:
    """Delete a record and what lives only in it."""
    call.player.tick()
    call.player.note(gid, "deleted", call.actor["gid"], parent=call.player.ref(parent))
    call.player.delete(gid)


def delete_one(resource: str) -> Operation:
    """Make the operation `DELETE /<resource>/{gid}`."""

    def delete(call: Call, gid: str) -> Reply:
        call.player.get(resource, gid)
        remove(call, gid)
        return call.done()

    return delete


def users_of(call: Call, name: str) -> list[str]:
    """Read a list of users from the body; a comma-separated text is one, too.

    Args:
        call: The call.
        name: Member of the body's data, e.g. `followers`.

    Returns:
        Their gids, each once.

    Raises:
        ApiError: 400 if the member is missing or no list; 404 for an unknown user.
    """
    given = call.input(name)
    if isinstance(given, str):
        given = [part.strip() for part in given.split(",") if part.strip()]
    if not isinstance(given, list):
        raise invalid(name, "Not an array")
    return list(dict.fromkeys(call.user_gid(name, str(user)) for user in given))


def placed(call: Call, gids: list[str], gid: str) -> list[str]:
    """Put a gid into an order of gids: where `insert_before` or `insert_after` says, else at the end.

    Raises:
        ApiError: 400 if both are given, or the neighbour is not in the order.
    """
    rest = [other for other in gids if other != gid]
    index = asked_index(call, rest)
    place = len(rest) if index is None else index
    return [*rest[:place], gid, *rest[place:]]
