"""How a column of a staging table is read out of an Asana record; no table is declared here.

A `Field` names the path in the record, the type wanted, and whether a record without it is rejected. From the
fields follow the JSON type to decode, the expressions that convert, and the rules that reject.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal["text", "number", "count", "flag", "day", "instant"]

_DECODED: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Float64(),
    "count": pl.Float64(),
    "flag": pl.Boolean(),
    "day": pl.String(),
    "instant": pl.String(),
}
_MEND: dict[Kind, str] = {
    "day": "is not a date (YYYY-MM-DD)",
    "instant": "is not an ISO 8601 instant",
    "number": "is not a finite number",
    "count": "is not a whole number",
}


@dataclass(frozen=True)
class Field:
    """One column read from a record.

    Args:
        column: Name in the staging table.
        path: Dotted path in the record, such as `assignee.gid`.
        kind: Type wanted.
        required: A record without it is rejected.
    """

    column: str
    path: str
    kind: Kind = "text"
    required: bool = False

    @property
    def decoded(self) -> pl.Expr:
        """The value as the JSON decoder left it."""
        first, *rest = self.path.split(".")
        value = pl.col(first)
        for step in rest:
            value = value.struct.field(step)
        return value

    @property
    def typed(self) -> pl.Expr:
        """The value in the staging table's type; null where it does not convert."""
        value = self.decoded
        if self.kind == "day":
            value = value.str.to_date("%Y-%m-%d", strict=False)
        elif self.kind == "instant":
            value = value.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
        elif self.kind == "count":
            value = value.cast(pl.Int64, strict=False)
        return value.alias(self.column)

    def faults(self) -> list[tuple[pl.Expr, str]]:
        """(expression that is true for a wrong record, what to tell the reader), most basic first."""
        found: list[tuple[pl.Expr, str]] = []
        if self.required:
            found.append((self.decoded.is_null(), "is missing; Asana always sends it, so sync the record again"))
        if self.kind in {"day", "instant"}:
            unreadable = self.decoded.is_not_null() & self.typed.is_null()
            found.append((unreadable, f"{_MEND[self.kind]}; correct it in Asana"))
        if self.kind == "number":
            found.append((~self.decoded.is_finite(), f"{_MEND[self.kind]}; correct it in Asana"))
        if self.kind == "count":
            whole = self.decoded.is_not_null() & (self.typed == self.decoded).fill_null(value=False)
            found.append((self.decoded.is_not_null() & ~whole, f"{_MEND[self.kind]}; correct it in Asana"))
        return found


def record_type(fields: Sequence[Field], extra: dict[str, pl.DataType] | None = None) -> pl.Struct:
    """The struct type that decodes exactly the paths of `fields`, plus whole sub-records in `extra`."""
    tree: dict = {}
    for field in fields:
        *parents, leaf = field.path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = _DECODED[field.kind]
    return _struct(tree | (extra or {}))


def _struct(tree: dict) -> pl.Struct:
    return pl.Struct({name: _struct(node) if isinstance(node, dict) else node for name, node in tree.items()})
