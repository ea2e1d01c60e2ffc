"""Kinds of rule a suite is written in: each as a Great Expectations expectation and as the rows that break it.

The expectation gives the verdict; the polars expression finds the offending keys without asking Great Expectations
for its COMPLETE result, which takes a minute and 1.8 GB on a million failing rows.
"""

# Great Expectations re-exports its expectations without declaring so.
# pyright: reportPrivateImportUsage=false

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import polars as pl

if TYPE_CHECKING:
    from great_expectations.expectations import Expectation

Severity = Literal["error", "warn"]
GID = r"\A[0-9]{1,20}\Z"  # not ^\d+$, which lets a trailing newline and Arabic digits through


class Rule(Protocol):
    """One sentence about a table that is true or false."""

    @property
    def name(self) -> str:
        """The sentence, such as `goal_gid_is_unique`."""
        ...

    @property
    def severity(self) -> Severity:
        """Error stops what follows, warn does not."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns the rule reads."""
        ...

    def derived(self) -> dict[str, pl.Expr]:
        """Columns to add before the expectation can be asked."""
        ...

    def expectation(self) -> Expectation:
        """The rule for Great Expectations."""
        ...

    def broken_by(self) -> pl.Expr | None:
        """True on the rows that break the rule; None for rules about the whole table."""
        ...


@dataclass(frozen=True)
class IsUnique:
    """The columns together identify a row."""

    columns: tuple[str, ...]
    severity: Severity = "error"

    @property
    def name(self) -> str:
        """Sentence."""
        return f"{'_and_'.join(self.columns)}_{'is' if len(self.columns) == 1 else 'are'}_unique"

    def derived(self) -> dict[str, pl.Expr]:
        """None needed."""
        return {}

    def expectation(self) -> Expectation:
        """Unique in one column, or compound; a null counts as a value."""
        import great_expectations.expectations as gxe

        if len(self.columns) == 1:
            return gxe.ExpectColumnValuesToBeUnique(column=self.columns[0])
        return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(self.columns), ignore_row_if="never")

    def broken_by(self) -> pl.Expr:
        """Every copy of a repeated key."""
        key = pl.struct(self.columns)
        repeated = key.is_duplicated()
        return repeated & pl.col(self.columns[0]).is_not_null() if len(self.columns) == 1 else repeated


@dataclass(frozen=True)
class IsPresent:
    """The column is never null (nor NaN)."""

    column: str
    severity: Severity = "error"

    @property
    def name(self) -> str:
        """Sentence."""
        return f"{self.column}_is_present"

    @property
    def columns(self) -> tuple[str, ...]:
        """One."""
        return (self.column,)

    def derived(self) -> dict[str, pl.Expr]:
        """None needed."""
        return {}

    def expectation(self) -> Expectation:
        """Not null."""
        import great_expectations.expectations as gxe

        return gxe.ExpectColumnValuesToNotBeNull(column=self.column)

    def broken_by(self) -> pl.Expr:
        """Nulls; NaN is one after the conversion to pandas."""
        return pl.col(self.column).is_null()


@dataclass(frozen=True)
class IsGid:
    """The column holds Asana ids where it is not null."""

    column: str
    severity: Severity = "error"

    @property
    def name(self) -> str:
        """Sentence."""
        return f"{self.column}_is_an_asana_id"

    @property
    def columns(self) -> tuple[str, ...]:
        """One."""
        return (self.column,)

    def derived(self) -> dict[str, pl.Expr]:
        """None needed."""
        return {}

    def expectation(self) -> Expectation:
        """The shape of an id."""
        import great_expectations.expectations as gxe

        return gxe.ExpectColumnValuesToMatchRegex(column=self.column, regex=GID)

    def broken_by(self) -> pl.Expr:
        """Values of another shape."""
        return pl.col(self.column).str.contains(GID.replace(r"\Z", r"\z")).not_().fill_null(False)


@dataclass(frozen=True)
class IsBetween:
    """The number lies within bounds, ends included, and is finite, where it is not null."""

    column: str
    low: float
    high: float
    severity: Severity = "error"

    @property
    def name(self) -> str:
        """Sentence."""
        return f"{self.column}_is_between_{self.low:g}_and_{self.high:g}".replace("-", "minus_")

    @property
    def columns(self) -> tuple[str, ...]:
        """One."""
        return (self.column,)

    def derived(self) -> dict[str, pl.Expr]:
        """NaN would pass as a null, so it becomes an infinity, which no bound admits."""
        number = pl.col(self.column)
        return {self._number: pl.when(number.is_nan()).then(float("inf")).otherwise(number)}

    def expectation(self) -> Expectation:
        """Between."""
        import great_expectations.expectations as gxe

        return gxe.ExpectColumnValuesToBeBetween(column=self._number, min_value=self.low, max_value=self.high)

    def broken_by(self) -> pl.Expr:
        """Outside, NaN or infinite."""
        number = pl.col(self.column)
        return (number.is_nan() | ~number.is_between(self.low, self.high)).fill_null(False)

    @property
    def _number(self) -> str:
        return f"{self.column}__number"


@dataclass(frozen=True)
class IsOneOf:
    """The column holds one of the values where it is not null."""

    column: str
    values: tuple[str, ...]
    severity: Severity = "error"

    @property
    def name(self) -> str:
        """Sentence."""
        return f"{self.column}_is_known"

    @property
    def columns(self) -> tuple[str, ...]:
        """One."""
        return (self.column,)

    def derived(self) -> dict[str, pl.Expr]:
        """None needed."""
        return {}

    def expectation(self) -> Expectation:
        """In set."""
        import great_expectations.expectations as gxe

        return gxe.ExpectColumnValuesToBeInSet(column=self.column, value_set=list(self.values))

    def broken_by(self) -> pl.Expr:
        """Other values."""
        return pl.col(self.column).is_in(list(self.values)).not_().fill_null(False)


@dataclass(frozen=True, eq=False)
class Holds:
    """A condition over several columns that must be true on every row."""

    name: str
    columns: tuple[str, ...]
    condition: pl.Expr
    severity: Severity = "error"

    def derived(self) -> dict[str, pl.Expr]:
        """The condition as a column; unknown counts as broken."""
        return {self.name: self._truth()}

    def expectation(self) -> Expectation:
        """Always true."""
        import great_expectations.expectations as gxe

        return gxe.ExpectColumnValuesToBeInSet(column=self.name, value_set=[True])

    def broken_by(self) -> pl.Expr:
        """Rows where it is not true."""
        return ~self._truth()

    def _truth(self) -> pl.Expr:
        return self.condition.fill_null(False)


@dataclass(frozen=True)
class RowCount:
    """The table has at least `low` and at most `high` rows."""

    low: int = 0
    high: int | None = None
    severity: Severity = "error"

    @property
    def name(self) -> str:
        """Sentence."""
        if self.high is None:
            return f"table_has_at_least_{self.low}_row{'' if self.low == 1 else 's'}"
        return f"table_has_at_most_{self.high}_rows"

    @property
    def columns(self) -> tuple[str, ...]:
        """None: it is about the whole table."""
        return ()

    def derived(self) -> dict[str, pl.Expr]:
        """None needed."""
        return {}

    def expectation(self) -> Expectation:
        """Row count."""
        import great_expectations.expectations as gxe

        return gxe.ExpectTableRowCountToBeBetween(min_value=self.low, max_value=self.high)

    def broken_by(self) -> None:
        """No single row breaks it."""
        return
