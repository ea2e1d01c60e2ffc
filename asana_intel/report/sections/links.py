"""Links into Asana and the names of what they lead to. Only numeric gids become links."""

from dataclasses import dataclass

import polars as pl

ASANA_OBJECT = "https://app.asana.com/0/0/"


@dataclass(frozen=True)
class AsanaObject:
    """Something in Asana: what it is called, and its address where the gid is one."""

    name: str
    url: str | None


def asana_url(gid: str | None) -> str | None:
    """Address of an object; None unless the gid is digits, so that no stored text can become an address."""
    return f"{ASANA_OBJECT}{gid}" if gid and gid.isascii() and gid.isdigit() else None


def names_by_gid(frame: pl.DataFrame, gid_column: str) -> dict[str, str]:
    """Names of the objects of a dimension table; objects without one are called by their gid."""
    return {gid: name or gid for gid, name in frame.select(gid_column, "name").iter_rows()}


def named(gid: str, names: dict[str, str], kind: str) -> AsanaObject:
    """The object `gid` with its name, or its kind and gid where the name is unknown."""
    return AsanaObject(names.get(gid) or f"{kind} {gid}", asana_url(gid))
