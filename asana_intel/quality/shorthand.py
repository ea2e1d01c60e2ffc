"""Short ways to write the rules of a suite; no rule of a table stands here."""

from dataclasses import replace

import polars as pl

from asana_intel.quality.rules import Holds, IsBetween, IsGid, IsUnique, Rule
from asana_intel.storage.contracts import CONTRACTS

ROUNDING = 1e-6


def of_contract(table: str) -> tuple[Rule, ...]:
    """What the contract alone asks: what is required is there, keys identify a row, ids are ids, weeks are Mondays."""
    contract = CONTRACTS[table]
    names = contract.schema.names()
    required = [column.name for column in contract.columns if column.required]
    return (
        holds("required_columns_are_present", pl.all_horizontal(pl.col(name).is_not_null() for name in required)),
        IsUnique(contract.unique),
        *(IsGid(name) for name in names if name.endswith("_gid")),
        *(_is_monday(name) for name in ("as_of_on", "week_on") if name in names),
    )


def _is_monday(column: str) -> Rule:
    return Holds(f"{column}_is_a_monday", (column,), (pl.col(column).dt.weekday() == 1).fill_null(value=True))


def holds(name: str, condition: pl.Expr) -> Rule:
    """A condition on the columns it names itself."""
    return Holds(name, tuple(dict.fromkeys(condition.meta.root_names())), condition)


def is_same(left: pl.Expr, right: pl.Expr | float, within: float = ROUNDING) -> pl.Expr:
    """The two are equal, but for rounding, or one is not there."""
    return ((left - right).abs() <= within).fill_null(value=True)


def warns(*rules: Rule) -> tuple[Rule, ...]:
    """The same rules, stopping nothing."""
    return tuple(replace(rule, severity="warn") for rule in rules)  # pyright: ignore[reportArgumentType]


def between(low: float, high: float, *columns: str) -> tuple[Rule, ...]:
    """Each column lies within the bounds."""
    return tuple(IsBetween(column, low, high) for column in columns)
