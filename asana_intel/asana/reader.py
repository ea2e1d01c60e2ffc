"""Everything we read from Asana, and nothing else: this class has no method that writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asana_intel.asana import fields as opt_fields
from asana_intel.asana.pagination import pages
from asana_intel.asana.session import AsanaSession, path
from asana_intel.errors import ConfigError, PermanentError
from asana_intel.settings import Settings

# A reader may live for days in a daemon; the server's clock as of its last answer must not grow old with it.
_FRESH_S = 60.0


@dataclass(frozen=True)
class EventPage:
    """One answer of the events endpoint.

    Args:
        events: At most 100, oldest first.
        sync: Token to ask with next.
        has_more: More events are waiting.
        expired: The token was unknown or too old: changes were lost, and a full read is due.
    """

    events: list[dict[str, Any]]
    sync: str
    has_more: bool
    expired: bool


class AsanaReader:
    """Reads under the reader's token.

    Args:
        session: Connection of role reader.
    """

    def __init__(self, session: AsanaSession) -> None:
        self._session = session

    @classmethod
    def from_settings(cls, settings: Settings) -> AsanaReader:
        """Connect as configured; ConfigError when the token is missing."""
        return cls(AsanaSession.from_settings(settings, "reader"))

    def __repr__(self) -> str:
        return f"AsanaReader({self._session!r})"

    @property
    def request_count(self) -> int:
        """HTTP requests sent so far, repeats included."""
        return self._session.request_count

    @property
    def url(self) -> str:
        """Base address of the API."""
        return self._session.url

    def close(self) -> None:
        """Give the pooled connections back."""
        self._session.close()

    def list(self, resource_path: str, params: Mapping[str, str | int], fields: str) -> Iterator[dict[str, Any]]:
        """Yield every record of a list, following its pages.

        Args:
            resource_path: From `session.path`.
            params: Query parameters.
            fields: `opt_fields`, comma-separated.
        """
        for page in pages(self._session, resource_path, {**params, "opt_fields": fields}):
            yield from page

    def one(self, resource_path: str, fields: str) -> dict[str, Any]:
        """Read one record."""
        return self._session.get(resource_path, {"opt_fields": fields})["data"]

    def server_time(self) -> datetime:
        """The server's clock (UTC) at its latest answer; asks for one where that is not a minute old.

        Raises:
            PermanentError: The server sends no `Date` header.
        """
        session = self._session
        if session.server_time is None or session.clock() - session.answered_at > _FRESH_S:
            session.get("/users/me", {"opt_fields": "gid"})
        if self._session.server_time is None:
            raise PermanentError(
                f"{self._session.url} sends no Date header, so the time of the records is unknown",
                fix="let the proxy in between pass the Date header",
            )
        return self._session.server_time

    def workspaces(self) -> list[dict[str, Any]]:
        """All workspaces the token sees."""
        return [*self.list("/workspaces", {}, opt_fields.WORKSPACES)]

    def workspace(self, settings: Settings) -> str:
        """Gid of the workspace to read: the configured one, or the only one the token sees.

        Raises:
            ConfigError: There is none, or a choice is needed; the message lists the choices.
        """
        if settings.asana.workspace_gid:
            return settings.asana.workspace_gid
        return choose_workspace(self.workspaces(), None)["gid"]

    def events(self, resource_gid: str, sync: str | None) -> EventPage:
        """What happened to a task, project or goal since the sync token.

        Args:
            resource_gid: Whose events.
            sync: Token of the previous page; None to get a first one (`expired` is then true).
        """
        path("{}", resource_gid)
        params = {"resource": resource_gid, **({"sync": sync} if sync else {})}
        answer = self._session.get_answer("/events", params, also={412})
        body = answer.body
        if "sync" not in body:
            raise PermanentError(f"GET /events: {answer.status} without a sync token", fix="read everything instead")
        is_expired = answer.status == 412
        return EventPage(body.get("data") or [], body["sync"], bool(body.get("has_more")), is_expired)


def choose_workspace(workspaces: list[dict[str, Any]], configured: str | None) -> dict[str, Any]:
    """Pick the configured workspace, or the only one.

    Args:
        workspaces: Records with gid and name.
        configured: Gid from the settings, if any.

    Raises:
        ConfigError: There is none, the configured one is not visible, or a choice is needed.
    """
    choices = ", ".join(f"{w['gid']} ({w.get('name')})" for w in workspaces)
    if not workspaces:
        raise ConfigError("The reader's token sees no workspace", fix="invite its user to the workspace")
    if configured is None and len(workspaces) > 1:
        raise ConfigError(f"The token sees several workspaces: {choices}", fix="set asana.workspace_gid to one of them")
    found = [w for w in workspaces if configured in (None, w["gid"])]
    if not found:
        raise ConfigError(
            f"Workspace {configured} is not visible to the token, which sees {choices}",
            fix="correct asana.workspace_gid",
        )
    return found[0]
