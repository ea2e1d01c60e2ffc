"""Polling the event streams of projects and goals, or of a whole workspace. What events mean is touched.py's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from asana_intel.asana.reader import AsanaReader, EventPage
from asana_intel.errors import AsanaIntelError, RetriableError
from asana_intel.raw.fan_out import FanOut

# More pages of one stream than this cost more than reading the resource anew.
MOST_PAGES = 50
# So many streams in a row that are refused, none having answered: the server has no events.
GIVE_UP_AFTER = 2


class _Stream(NamedTuple):
    events: Sequence[Mapping[str, Any]]
    token: str
    pages: int
    is_expired: bool


@dataclass
class Heard:
    """What a round of polling brought.

    Args:
        events: Watched gid -> its events, oldest first.
        tokens: Watched gid -> token to go on with.
        expired: Watched gids whose token was too old or unknown: what happened there must be read anew.
        refused: Watched gids that have no stream for us any more -> why.
        unanswered: Watched gids without an answer; their token stays.
        requests: Requests that were needed.
    """

    events: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    expired: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    requests: int = 0

    @property
    def is_unavailable(self) -> bool:
        """The server has no events for us."""
        return bool(self.refused) and not self.tokens and not self.unanswered

    def take(self, gid: str, outcome: _Stream | AsanaIntelError) -> None:
        """Enter the outcome of one stream."""
        if isinstance(outcome, RetriableError):
            self.unanswered.append(gid)
            self.requests += 1
        elif isinstance(outcome, AsanaIntelError):
            self.refused[gid] = outcome.message
            self.requests += 1
        else:
            self.tokens[gid] = outcome.token
            self.requests += outcome.pages
            if outcome.is_expired:
                self.expired.append(gid)
            else:
                self.events[gid] = outcome.events


class Watching:
    """Polls streams on several threads.

    Args:
        reader: Asana.
        fan_out: Threads.
        workspace_gid: A stream of this gid is the workspace's own.
    """

    def __init__(self, reader: AsanaReader, fan_out: FanOut, workspace_gid: str) -> None:
        self._reader = reader
        self._fan_out = fan_out
        self._workspace_gid = workspace_gid

    def poll(self, tokens: Mapping[str, str | None]) -> Heard:
        """Read all streams to their end; a stream without a token gets one, and counts as expired.

        Raises:
            RetriableError: Several streams in a row had no answer: Asana is down.
        """
        heard = Heard()
        waiting = iter(tokens)

        def read(gid: str) -> _Stream:
            return self._read(gid, tokens[gid])

        # One at a time until one answers, so that a server without events is not asked for each resource.
        while not heard.tokens and len(heard.refused) < GIVE_UP_AFTER and (first := [*islice(waiting, 1)]):
            self._take(heard, self._fan_out.each(first, read))
        if heard.tokens:
            self._take(heard, self._fan_out.each(waiting, read))
        else:
            heard.unanswered += waiting if heard.unanswered else ()
        return heard

    @staticmethod
    def _take(heard: Heard, outcomes: Iterator[tuple[str, _Stream | AsanaIntelError]]) -> None:
        for gid, outcome in outcomes:
            heard.take(gid, outcome)

    def _read(self, gid: str, token: str | None) -> _Stream:
        events: list[Mapping[str, Any]] = []
        for pages in range(1, MOST_PAGES + 1):
            page = self._page(gid, token)
            token = page.sync
            events += page.events
            if page.expired or not page.has_more:
                return _Stream(events, token, pages, page.expired)
        # The newest token of a stream that does not end is asked for as a new client would.
        return _Stream([], self._page(gid, None).sync, MOST_PAGES + 1, is_expired=True)

    def _page(self, gid: str, token: str | None) -> EventPage:
        asked = self._reader.workspace_events if gid == self._workspace_gid else self._reader.events
        return asked(gid, token)
