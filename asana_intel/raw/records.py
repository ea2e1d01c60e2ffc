"""From Asana's records to rows of the raw tables: canonical JSON, its hash, and the lifted fields. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
import polars as pl

from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.contracts.raw import RESOURCES

Record = dict[str, Any]


class Row(NamedTuple):
    """One record, ready to be merged.

    Args:
        gid: Asana's id, or the ids of both ends of a link, joined by a colon.
        record: Canonical JSON: sorted keys.
        record_hash: BLAKE2b of `record`, 32 hex digits.
        lifted: Values of the resource's lifted fields, in the contract's order.
    """

    gid: str
    record: str
    record_hash: str
    lifted: tuple[Any, ...]


def _lift(name: str) -> Callable[[Mapping[str, Any]], Any]:
    if name == "section_gids":
        return section_gids
    if name.endswith("_gid"):
        member = name.removesuffix("_gid")
        return lambda record: gid_in(record, member)
    return lambda record: record.get(name)


def gid_in(record: Mapping[str, Any], member: str) -> str | None:
    """The gid of what a member refers to."""
    reference = record.get(member)
    return reference.get("gid") if isinstance(reference, Mapping) else None


def section_gids(record: Mapping[str, Any]) -> str:
    """The sections a task stands in: sorted gids, joined by blanks."""
    places = (gid_in(place, "section") for place in record.get("memberships") or ())
    return " ".join(sorted(gid for gid in places if gid))


_LIFTS = {resource: tuple(map(_lift, lifted)) for resource, (_, lifted) in RESOURCES.items()}


def row_of(resource: str, record: Mapping[str, Any]) -> Row:
    """Turn a record of a resource into a row."""
    text = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    lifted = tuple(lift(record) for lift in _LIFTS[resource])
    return Row(record["gid"], text.decode(), blake2b(text, digest_size=16).hexdigest(), lifted)


def frame_of(resource: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Turn rows into a frame: gid, record, record_hash and the lifted columns.

    Args:
        resource: Name in `contracts.raw.RESOURCES`.
        rows: Any number, none repeated.
    """
    schema = CONTRACTS[f"raw/{resource}"].schema
    names = ("gid", "record", "record_hash")
    envelope = [pl.Series(name, [row[i] for row in rows], pl.String) for i, name in enumerate(names)]
    lifted = [
        pl.Series(name, [row.lifted[i] for row in rows], dtype=schema[name], strict=False)
        for i, name in enumerate(RESOURCES[resource][1])
    ]
    return pl.DataFrame([*envelope, *lifted])


def portfolio_item(portfolio_gid: str, item: Mapping[str, Any]) -> Record:
    """Link a portfolio and what it holds; type and name are the item's."""
    return {**item, "gid": f"{portfolio_gid}:{item['gid']}", "portfolio": {"gid": portfolio_gid}}


def item_gid(link: Mapping[str, Any]) -> str:
    """Gid of what a portfolio holds, from the link that `portfolio_item` makes."""
    return str(link["gid"]).partition(":")[2]


def dependency(task_gid: str, depends_on_gid: str) -> Record:
    """Link a task and one it waits for."""
    return {
        "gid": f"{task_gid}:{depends_on_gid}",
        "task": {"gid": task_gid},
        "depends_on": {"gid": depends_on_gid},
    }


def field_setting(parent_gid: str, parent_type: str, setting: Mapping[str, Any]) -> Record:
    """Give a setting that stood inside its parent's record the parent it came from."""
    return {**setting, "parent": {"gid": parent_gid, "resource_type": parent_type}}
