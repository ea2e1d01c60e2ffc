"""Dagster's checks of the forecast ledgers: that what was frozen is as it was frozen."""

import dagster as dg

from asana_intel.forecasts import ledger
from asana_intel.forecasts.chain import Chain
from asana_intel.storage.postgres import Database

_SHOWN = 10


def _check(chain: Chain, asset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(["forecasts", asset]),
        name=f"{chain.table}_is_unbroken",
        description="No frozen forecast was changed or removed: each row's hash covers it and the row before it.",
    )
    def is_unbroken(database: dg.ResourceParam[Database]) -> dg.AssetCheckResult:
        changed = chain.changed_rows(database)
        found = {"changed_rows": len(changed), "first_of_them": str(changed[:_SHOWN]), "head": chain.head(database)}
        return dg.AssetCheckResult(passed=not changed, metadata=found)

    return is_unbroken


LEDGER_CHECKS = [_check(ledger.GOALS, "forecast_scores"), _check(ledger.PEOPLE, "capacity_scores")]
