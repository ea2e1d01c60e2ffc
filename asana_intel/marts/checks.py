"""Dagster's face of the data tests: one asset check per test of schema.yml, with a count as its only evidence."""

from collections.abc import Collection, Iterator

import dagster as dg
import polars as pl

from asana_intel.marts.data_tests import DataTest, Read, breaking_rows, declared_tests

_SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


def build_check_specs() -> list[dg.AssetCheckSpec]:
    """One spec per test; what fails with severity error stops the assets that follow."""
    return [
        dg.AssetCheckSpec(
            test.name,
            asset=_asset_key(test),
            description=f"{test.kind} of schema.yml: {', '.join(test.columns)}.",
            blocking=test.severity == "error",
        )
        for tests in declared_tests().values()
        for test in tests
    ]


def asked_tests(asked: Collection[dg.AssetCheckKey], model: str) -> list[DataTest]:
    """The tests of one model that a run was asked for."""
    return [t for t in declared_tests()[model] if dg.AssetCheckKey(_asset_key(t), t.name) in asked]


def check_results(tests: list[DataTest], rows: pl.DataFrame, read: Read) -> Iterator[dg.AssetCheckResult]:
    """How the tests came out on a model's rows."""
    for test in tests:
        broken = breaking_rows(test, rows, read)
        yield dg.AssetCheckResult(
            asset_key=_asset_key(test),
            check_name=test.name,
            passed=broken == 0,
            severity=_SEVERITY[test.severity],
            metadata={"breaking_rows": broken},
        )


def _asset_key(test: DataTest) -> dg.AssetKey:
    return dg.AssetKey(["marts", test.model])
