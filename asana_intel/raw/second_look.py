"""The second look: what no list showed is asked for alone before it is called gone. It reads; deleting is crawl.py's.

A list may be behind, may lose a row between two pages, and shows nothing that moved on while others were read. So a
missing row is a reason to ask, and only Asana's "there is no such object, or not for you" makes it gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import path
from asana_intel.errors import AsanaIntelError
from asana_intel.raw import streams
from asana_intel.raw.fan_out import FanOut
from asana_intel.raw.records import Record
from asana_intel.raw.streams import CONTAINERS

_ABSENT = (": 403 ", ": 404 ")


class _Place(NamedTuple):
    """Where an object is read, or what a link hangs on: its field `inside`, or a list of its own, shows its links."""

    path: str
    fields: str
    inside: str | None = None
    is_list: bool = False


class SecondLook:
    """Asks for what no list showed; one request per object, for links one per object they hang on.

    Args:
        reader: Asana.
        fan_out: Threads.
        workspace_gid: Filled into paths that ask for it.

    Attributes:
        requests: Objects asked for.
        unsure: Raw tables with an object about which there was no answer.
    """

    def __init__(self, reader: AsanaReader, fan_out: FanOut, workspace_gid: str) -> None:
        self.requests = 0
        self.unsure: set[str] = set()
        self._reader = reader
        self._fan_out = fan_out
        self._workspace_gid = workspace_gid
        self._gone: dict[str, set[str]] = defaultdict(set)
        self._asked: dict[str, set[str]] = defaultdict(set)

    def gone(self, resource: str) -> Collection[str]:
        """Gids of a raw table that are not there, as far as was asked."""
        return self._gone[resource]

    def confirm(self, resource: str, gids: Collection[str]) -> list[str]:
        """Ask for objects; return those that are not there."""
        for _ in self.objects(resource, gids):
            continue
        return [gid for gid in gids if gid in self._gone[resource]]

    def objects(self, resource: str, gids: Iterable[str]) -> Iterator[Record]:
        """Ask for objects, none twice; yield those that are there, with the fields that are read on from.

        Raises:
            RetriableError: Several in a row had no answer.
        """
        fields = streams.SINGLE_FIELDS.get(resource, "gid")
        template = streams.SINGLE_PATHS.get(resource, f"/{resource}/{{}}")
        fresh = [gid for gid in gids if gid not in self._asked[resource]]
        self._asked[resource].update(fresh)

        def place(gid: str) -> _Place:
            return _Place(path(template.replace("{workspace}", self._workspace_gid), gid), fields)

        for gid, found in self._each(resource, {gid: place(gid) for gid in fresh}):
            if found is None:
                self._gone[resource].add(gid)
            else:
                yield found[0]

    def links(self, resource: str, links: Iterable[Record]) -> None:
        """Ask what links hang on whether they are still there: stored records of a table without single objects."""
        by_parent: dict[str, list[str]] = defaultdict(list)
        places: dict[str, _Place] = {}
        for link in links:
            table, parent_gid, place = _holder(resource, link)
            if parent_gid in self._gone[table]:
                self._gone[resource].add(link["gid"])
                continue
            by_parent[parent_gid].append(link["gid"])
            places[parent_gid] = place
        for parent_gid, found in self._each(resource, places):
            standing = {_link_gid(resource, parent_gid, record["gid"]) for record in found or ()}
            self._gone[resource].update(gid for gid in by_parent[parent_gid] if gid not in standing)

    def _each(self, resource: str, places: Mapping[str, _Place]) -> Iterator[tuple[str, list[Record] | None]]:
        """Yield what stands at each place, None where nothing does; places without an answer are left out."""

        def read(gid: str) -> list[Record]:
            place = places[gid]
            if place.is_list:
                return [*self._reader.list(place.path, {}, place.fields)]
            record = self._reader.one(place.path, place.fields)
            return record.get(place.inside) or [] if place.inside else [record]

        self.requests += len(places)
        for gid, outcome in self._fan_out.each(places, read):
            if not isinstance(outcome, AsanaIntelError):
                yield gid, outcome
            elif any(outcome.message.startswith(f"GET {places[gid].path}{code}") for code in _ABSENT):
                yield gid, None
            else:
                self.unsure.add(resource)


def _holder(resource: str, link: Record) -> tuple[str, str, _Place]:
    """What a link hangs on, by raw table and gid, and where that shows its links."""
    if resource == "portfolio_items":
        gid = link["portfolio"]["gid"]
        return "portfolios", gid, _Place(path(streams.PORTFOLIO_ITEMS.path, gid), "gid", is_list=True)
    if resource == "task_dependencies":
        table, gid, inside = "tasks", link["task"]["gid"], "dependencies"
    else:
        table = next(table for table, kind in CONTAINERS.items() if kind == link["parent"]["resource_type"])
        gid, inside = link["parent"]["gid"], "custom_field_settings"
    return table, gid, _Place(path(f"/{table}/{{}}", gid), f"{inside}.gid", inside)


def _link_gid(resource: str, parent_gid: str, gid: str) -> str:
    return gid if resource == "custom_field_settings" else f"{parent_gid}:{gid}"
