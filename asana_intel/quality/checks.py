"""Dagster's face of the suites: one asset check per table, with counts and ids as its only evidence."""

from collections.abc import Mapping
from datetime import date

import dagster as dg
import polars as pl

from asana_intel.quality.evaluate import CheckOutcome, evaluate
from asana_intel.quality.forecast_suites import LOOKED_UP
from asana_intel.quality.suites import suite, tables_with_suite
from asana_intel.settings import Settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

CHECK_NAME = "keeps_its_contract"


def build_checks() -> list[dg.AssetChecksDefinition]:
    """One check per table that has a suite; it blocks where a rule of it may stop a write."""
    return [_check(table) for table in tables_with_suite()]


def _check(table: str) -> dg.AssetChecksDefinition:
    others = [other.table for other in LOOKED_UP.get(table, ())]

    @dg.asset_check(
        asset=dg.AssetKey(table.split("/")),
        name=CHECK_NAME,
        additional_deps=[dg.AssetKey(other.split("/")) for other in others],
        blocking=any(rule.severity == "error" for rule in suite(table)),
        description="Keys are unique, ids are ids, probabilities lie in 0..1, and what must be there is there.",
    )
    def check(
        context: dg.AssetCheckExecutionContext,
        tables: dg.ResourceParam[TableStore],
        settings: dg.ResourceParam[Settings],
    ) -> dg.AssetCheckResult:
        frame = _rows(context, tables, table)
        related = {other: _rows(context, tables, other) for other in others}
        return _result(evaluate(table, frame, max_plan_rows=settings.review.max_rows_per_plan, related=related))

    return check


def _rows(context: dg.AssetCheckExecutionContext, tables: TableStore, table: str) -> pl.DataFrame:
    """The table, or only the weeks of the run where it is partitioned."""
    weeks = _weeks(context.run.tags)
    if CONTRACTS[table].partition is None or weeks is None:
        return tables.read(table)
    first, last = weeks
    return tables.read(table).filter(pl.col("as_of_on").is_between(first, last))


def _weeks(tags: Mapping[str, str]) -> tuple[date, date] | None:
    """First and last week of a run, from the tags that Dagster gives runs of one partition or of a range."""
    one = tags.get("dagster/partition")
    first = tags.get("dagster/asset_partition_range_start", one)
    last = tags.get("dagster/asset_partition_range_end", one)
    if first is None or last is None:
        return None
    return date.fromisoformat(first), date.fromisoformat(last)


def _result(outcome: CheckOutcome) -> dg.AssetCheckResult:
    failed = [
        {"check": c.name, "severity": c.severity, "rows": c.failed_count, "keys": list(c.sample_keys)}
        for c in outcome.failed
    ]
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN if outcome.passed else dg.AssetCheckSeverity.ERROR,
        metadata={
            "rows": outcome.rows,
            "checks": len(outcome.checks),
            "failed_checks": len(failed),
            "failed": dg.JsonMetadataValue(failed),
        },
    )
