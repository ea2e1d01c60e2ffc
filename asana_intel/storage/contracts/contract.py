"""What a table contract is and how a frame is held to it; no table is declared here."""

from dataclasses import dataclass

import polars as pl

from asana_intel.errors import PermanentError

INSTANT = pl.Datetime("us", "UTC")
DAY = pl.Date()
TEXT = pl.String()
NUMBER = pl.Float64()
COUNT = pl.Int64()
FLAG = pl.Boolean()
TEXTS = pl.List(pl.String)

# Goal statuses of Asana after which a goal is over.
CLOSED_GOAL_STATUSES = ("achieved", "partial", "missed", "dropped")

Spec = tuple[str, pl.DataType, str]


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: Column name; the suffix tells the unit (docs/naming.md).
        dtype: polars type.
        about: One sentence for people.
        required: Never null.
        personal: Names or describes a person; stays out of logs, metadata and aggregated pages.
    """

    name: str
    dtype: pl.DataType
    about: str
    required: bool = False
    personal: bool = False


@dataclass(frozen=True)
class TableContract:
    """One table: `stage/name`, what a row is, what makes it unique, and its columns.

    Args:
        stage: Folder, group and first part of the asset key.
        name: Second part of the asset key.
        grain: "one row per …".
        unique: Columns that identify a row.
        columns: In order.
        partition: Column whose values are overwritten one at a time (weekly forecasts), if any.
    """

    stage: str
    name: str
    grain: str
    unique: tuple[str, ...]
    columns: tuple[Column, ...]
    partition: str | None = None

    @property
    def key(self) -> str:
        """Name used everywhere: `stage/name`."""
        return f"{self.stage}/{self.name}"

    @property
    def schema(self) -> pl.Schema:
        """Polars schema, in column order."""
        return pl.Schema({c.name: c.dtype for c in self.columns})

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """Columns that name or describe a person."""
        return tuple(c.name for c in self.columns if c.personal)


def empty_frame(contract: TableContract) -> pl.DataFrame:
    """A frame of the contract's schema without rows."""
    return pl.DataFrame(schema=contract.schema)


def conform(contract: TableContract, frame: pl.DataFrame) -> pl.DataFrame:
    """Cast `frame` to the contract: its columns, their order and types; further columns are dropped.

    Raises:
        PermanentError: A column is missing, does not cast, is null where required, or the key repeats.
    """
    missing = [c.name for c in contract.columns if c.name not in frame.columns]
    if missing:
        raise PermanentError(f"{contract.key}: column(s) missing: {', '.join(missing)}")
    try:
        shaped = frame.select(pl.col(c.name).cast(c.dtype) for c in contract.columns)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as wrong:
        raise PermanentError(f"{contract.key}: a column does not fit its type: {wrong}") from wrong
    for column in contract.columns:
        if column.required and shaped[column.name].null_count():
            raise PermanentError(f"{contract.key}: column '{column.name}' has {shaped[column.name].null_count()} nulls")
    _refuse_repeats(contract, shaped)
    return shaped


def _refuse_repeats(contract: TableContract, frame: pl.DataFrame) -> None:
    repeated = frame.select(contract.unique).is_duplicated().sum() if frame.height else 0
    if repeated:
        raise PermanentError(f"{contract.key}: {repeated} rows share their key ({', '.join(contract.unique)})")


def columns(*specs: Spec) -> tuple[Column, ...]:
    """Columns from `(name, type, about)`; a trailing `!` on the name means required, `~` personal."""
    return tuple(_column(*spec) for spec in specs)


def _column(name: str, dtype: pl.DataType, about: str) -> Column:
    return Column(name.rstrip("!~"), dtype, about, required="!" in name, personal="~" in name)
