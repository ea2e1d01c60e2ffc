"""Dagster's check of the forecast ledger: that what was frozen is as it was frozen."""

import dagster as dg

from asana_intel.forecasts import ledger
from asana_intel.storage.postgres import Database

_SHOWN = 10


@dg.asset_check(
    asset=dg.AssetKey(["forecasts", "forecast_scores"]),
    description="No frozen forecast was changed or removed: each row's hash covers it and the row before it.",
)
def ledger_is_unbroken(database: dg.ResourceParam[Database]) -> dg.AssetCheckResult:
    """Recompute the chain of hashes."""
    changed = ledger.changed_rows(database)
    found = {"changed_rows": len(changed), "first_of_them": str(changed[:_SHOWN]), "head": ledger.head_of(database)}
    return dg.AssetCheckResult(passed=not changed, metadata=found)
