"""What happened to a resource or a workspace since we last asked; what follows from it is the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asana_intel.asana.session import AsanaSession, path
from asana_intel.errors import PermanentError


@dataclass(frozen=True)
class EventPage:
    """One answer of the events endpoint.

    Args:
        events: At most 100 (of a workspace 1,000), oldest first.
        sync: Token to ask with next.
        has_more: More events are waiting.
        expired: The token was unknown or too old: changes were lost, and a full read is due.
    """

    events: list[dict[str, Any]]
    sync: str
    has_more: bool
    expired: bool


def read_events(session: AsanaSession, resource_gid: str, sync: str | None) -> EventPage:
    """What happened to a task, project or goal since the sync token.

    Args:
        session: Where to ask.
        resource_gid: Whose events.
        sync: Token of the previous page; None to get a first one (`expired` is then true).

    Raises:
        PermanentError: The answer holds no token to go on with.
    """
    path("{}", resource_gid)
    return _page(session, "/events", {"resource": resource_gid}, sync)


def read_workspace_events(session: AsanaSession, workspace_gid: str, sync: str | None) -> EventPage:
    """What happened anywhere in a workspace since the sync token: for service accounts of large plans only.

    Args:
        session: Where to ask.
        workspace_gid: Whose events.
        sync: As for `read_events`.

    Raises:
        PermanentError: The answer holds no token to go on with.
    """
    return _page(session, path("/workspaces/{}/events", workspace_gid), {}, sync)


def _page(session: AsanaSession, resource_path: str, params: dict[str, str | int], sync: str | None) -> EventPage:
    answer = session.get_answer(resource_path, {**params, **({"sync": sync} if sync else {})}, also={412})
    body = answer.body
    if not isinstance(body.get("sync"), str):
        raise PermanentError(f"GET {resource_path}: {answer.status} without a sync token", fix="sync --full instead")
    return EventPage(body.get("data") or [], body["sync"], bool(body.get("has_more")), answer.status == 412)
