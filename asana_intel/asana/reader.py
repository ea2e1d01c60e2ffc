"""Everything we read from Asana, and nothing else: this class has no method that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from asana_intel.asana import fields as opt_fields
from asana_intel.asana.batch import BatchRead, read_batch
from asana_intel.asana.events import EventPage, read_events, read_workspace_events
from asana_intel.asana.field_fallback import FieldFallback
from asana_intel.asana.pagination import PAGE_SIZE, PageKeeper, pages
from asana_intel.asana.session import AsanaSession, path
from asana_intel.clock import parse_instant
from asana_intel.errors import AsanaIntelError, ConfigError, PermanentError
from asana_intel.settings import Settings

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database

# A reader may live for days in a daemon; the server's clock as of its last answer must not grow old with it.
_FRESH_S = 60.0
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class AsanaReader:
    """Reads under the reader's token.

    Args:
        session: Connection of role reader.
    """

    def __init__(self, session: AsanaSession) -> None:
        self._session = session
        self._fields = FieldFallback(session)

    @classmethod
    def from_settings(cls, settings: Settings, database: Callable[[], Database] | None = None) -> AsanaReader:
        """Connect as configured; ConfigError when there is no token. `database`: see `AsanaSession.from_settings`."""
        return cls(AsanaSession.from_settings(settings, "reader", database))

    def __repr__(self) -> str:
        return f"AsanaReader({self._session!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a reader is not pickled: connect again from the settings")

    @property
    def request_count(self) -> int:
        """HTTP requests sent so far, repeats included."""
        return self._session.request_count

    @property
    def latency_s(self) -> float:
        """How long answers take at present, seconds; see `AsanaSession`."""
        return self._session.latency_s

    @property
    def url(self) -> str:
        """Base address of the API."""
        return self._session.url

    @property
    def credential_digest(self) -> str:
        """Tells server and token apart without holding them."""
        return self._session.credential_digest

    def close(self) -> None:
        """Give the pooled connections back."""
        self._session.close()

    def list(
        self,
        resource_path: str,
        params: Mapping[str, str | int],
        fields: str,
        keeper: PageKeeper | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield every record of a list, following its pages; a field that is refused is left out from then on.

        Args:
            resource_path: From `session.path`.
            params: Query parameters.
            fields: `opt_fields`, comma-separated.
            keeper: Where pages are kept for a reading that may be interrupted.
        """
        for page in pages(self._fields, resource_path, {**params, "opt_fields": fields}, keeper=keeper):
            yield from page

    def one(self, resource_path: str, fields: str) -> dict[str, Any]:
        """Read one record; a field that is refused is left out from then on."""
        return self._fields.get(resource_path, {"opt_fields": fields})["data"]

    def many(self, reads: Sequence[BatchRead]) -> Sequence[dict[str, Any] | AsanaIntelError]:
        """Read several things in few requests: whole bodies or errors, in order; see `batch.read_batch`."""
        return read_batch(self._session, reads)

    def dropped_fields(self) -> dict[str, Sequence[str]]:
        """Kind of read -> fields that the server refused, and that are not asked for any more."""
        return {**self._fields.dropped()}

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
        """All workspaces the token sees; from then on, objects of another one than the only one are refused."""
        found = [*self.list("/workspaces", {}, opt_fields.WORKSPACES)]
        if len(found) == 1 and self._session.workspace_gid is None:
            self._session.workspace_gid = found[0]["gid"]
        return found

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
        return read_events(self._session, resource_gid, sync)

    def workspace_events(self, workspace_gid: str, sync: str | None) -> EventPage:
        """What happened anywhere in a workspace since the sync token; refused unless a service account asks."""
        return read_workspace_events(self._session, workspace_gid, sync)

    def search_tasks(
        self, workspace_gid: str, fields: str, moment: datetime = BEGINNING, filters: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the tasks of a workspace, wherever they stand, that search knows as modified after a moment.

        Search is behind by 10 to 60 seconds, and gives 100 rows without further pages: each page begins where the
        last one ended. Where 100 tasks share a millisecond, what follows them is not found.

        Args:
            workspace_gid: Whose tasks.
            fields: `opt_fields`, comma-separated; `modified_at` among them.
            moment: Later ones only.
            filters: Further parameters of the search; `null` asks for what is not set.

        Raises:
            SkippableError: The plan has no search.
        """
        seen: set[str] = set()
        where = path("/workspaces/{}/tasks/search", workspace_gid)
        while True:
            asked = {
                **(filters or {}),
                "modified_at.after": moment.isoformat(timespec="milliseconds"),
                "sort_by": "modified_at",
                "sort_ascending": "true",
                "limit": PAGE_SIZE,
                "opt_fields": fields,
            }
            page = self._session.get(where, asked)["data"]
            fresh = [record for record in page if record["gid"] not in seen]
            yield from fresh
            seen.update(record["gid"] for record in fresh)
            newest = max((str(record.get("modified_at") or "") for record in fresh), default="")
            if len(page) < PAGE_SIZE or not newest:
                return
            moment = parse_instant(newest) - timedelta(milliseconds=1)


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
