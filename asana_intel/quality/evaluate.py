"""Evaluate the suite of one table on one frame: a pure function, with Great Expectations inside."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.quality.beside import put_beside
from asana_intel.quality.forecast_suites import LOOKED_UP
from asana_intel.quality.rules import Rule, Severity
from asana_intel.quality.suites import MAX_PLAN_ROWS, suite
from asana_intel.storage.contracts import CONTRACTS, TableContract

SAMPLE = 20
# The check of a table and the gate of the plan made from it judge the same rows in one run: once is enough.
_REMEMBER = 16
_REMEMBERED: dict[tuple[str, int, bytes], CheckOutcome] = {}


@dataclass(frozen=True)
class Check:
    """How one rule came out.

    Args:
        name: The rule as a sentence, such as `goal_gid_is_unique`.
        passed: Whether it is true.
        severity: `error` stops what follows, `warn` does not.
        failed_count: Rows that break it; 1 for rules about the whole table.
        sample_keys: Keys of at most 20 such rows: ids and dates, never names.
    """

    name: str
    passed: bool
    severity: Severity
    failed_count: int = 0
    sample_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckOutcome:
    """How one table came out: `passed` unless a check of severity error failed."""

    table: str
    passed: bool
    checks: tuple[Check, ...]
    rows: int

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that are not true, errors first."""
        return tuple(sorted((c for c in self.checks if not c.passed), key=lambda c: c.severity != "error"))


def evaluate(
    table: str,
    frame: pl.DataFrame,
    *,
    max_plan_rows: int = MAX_PLAN_ROWS,
    related: Mapping[str, pl.DataFrame] | None = None,
) -> CheckOutcome:
    """Hold a frame to the suite of its table.

    A column that is missing or of another type than its contract says is an error by itself, and the rules that
    need it are not asked: they could only pass by accident.

    Args:
        table: `stage/name`.
        frame: Rows of that table; only the columns under test are looked at.
        max_plan_rows: Most rows a plan may hold; used by changes/plan only.
        related: Tables that the rules look into (`forecast_suites.LOOKED_UP`); one that is not given counts as empty.

    Raises:
        PermanentError: The table has no suite.
    """
    frame = put_beside(frame, LOOKED_UP.get(table, ()), related or {})
    key = (table, max_plan_rows, _content_hash(frame))
    if key not in _REMEMBERED:
        while len(_REMEMBERED) >= _REMEMBER:
            _REMEMBERED.pop(next(iter(_REMEMBERED)))
        _REMEMBERED[key] = _evaluate(table, frame, max_plan_rows)
    return _REMEMBERED[key]


def _content_hash(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_ipc(content)
    return hashlib.blake2b(content.getbuffer(), digest_size=32).digest()


def _evaluate(table: str, frame: pl.DataFrame, max_plan_rows: int) -> CheckOutcome:
    rules = suite(table, max_plan_rows=max_plan_rows)
    contract = CONTRACTS[table]
    wrong = _wrong_columns(contract, frame, rules)
    broken = {column for column, _ in wrong}
    askable = [rule for rule in rules if not broken.intersection(rule.columns)]
    checks = [check for _, check in wrong] + _validate(askable, frame, contract)
    return CheckOutcome(table, all(c.passed or c.severity == "warn" for c in checks), tuple(checks), frame.height)


def _wrong_columns(contract: TableContract, frame: pl.DataFrame, rules: Sequence[Rule]) -> list[tuple[str, Check]]:
    wrong: list[tuple[str, Check]] = []
    for column in dict.fromkeys(c for rule in rules for c in rule.columns):
        if column not in frame.columns:
            wrong.append((column, Check(f"{column}_exists", False, "error", 1)))
        elif frame.schema[column] != contract.schema.get(column, frame.schema[column]):  # beside it: another's contract
            wrong.append((column, Check(f"{column}_has_its_type", False, "error", frame.height)))
    return wrong


def _validate(rules: Sequence[Rule], frame: pl.DataFrame, contract: TableContract) -> list[Check]:
    """Ask all rules in one validation with BASIC results, then look up keys for the few that failed."""
    results = _great_expectations(rules, frame)
    checks: list[Check] = []
    for rule, result in zip(rules, results, strict=True):
        if result["success"]:
            checks.append(Check(rule.name, True, rule.severity))
        elif result["raised"]:
            checks.append(Check(rule.name, False, "error", frame.height))
        else:
            count, keys = _offending(rule, frame, contract)
            checks.append(Check(rule.name, False, rule.severity, count, keys))
    return checks


def _great_expectations(rules: Sequence[Rule], frame: pl.DataFrame) -> list[dict[str, Any]]:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # Without documentation sites: each would leave a folder behind in the temporary directory.
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = DataContextConfig(store_backend_defaults=stores, progress_bars=ProgressBarsConfig(globally=False))
    context = gx.get_context(mode="ephemeral", project_config=config)
    tested = _columns_under_test(rules, frame)
    expectations = gx.ExpectationSuite(name="suite")
    for position, rule in enumerate(rules):
        expectation = rule.expectation()
        expectation.meta = {"position": position}
        expectations.add_expectation(expectation)
    batch = (
        context.data_sources.add_pandas("memory")
        .add_dataframe_asset("table")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": tested.to_pandas()})
    )
    validation = batch.validate(expectations, result_format="BASIC")
    by_position: dict[int, dict[str, Any]] = {}
    for result in validation.results:
        config = result.expectation_config
        position = (config.meta or {})["position"] if config is not None else -1
        raised = _raised(result.exception_info)
        by_position[position] = {"success": bool(result.success) and not raised, "raised": raised}
    # What did not come back was not proven.
    return [by_position.get(i, {"success": False, "raised": True}) for i in range(len(rules))]


def _columns_under_test(rules: Sequence[Rule], frame: pl.DataFrame) -> pl.DataFrame:
    derived = {name: expression for rule in rules for name, expression in rule.derived().items()}
    plain = [c for c in dict.fromkeys(c for r in rules for c in r.columns) if not isinstance(frame.schema[c], pl.List)]
    tested = frame.select(*plain, *(expression.alias(name) for name, expression in derived.items()))
    if tested.width:
        return tested
    return pl.DataFrame({"row": range(frame.height)})


def _raised(info: dict[str, Any] | None) -> bool:
    """Great Expectations reports exceptions either flat or once per metric."""
    if not info:
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(v, dict) and v.get("raised_exception") for v in info.values())


def _offending(rule: Rule, frame: pl.DataFrame, contract: TableContract) -> tuple[int, tuple[str, ...]]:
    broken = rule.broken_by()
    if broken is None:
        return 1, ()
    rows = frame.filter(broken)
    key = [c for c in contract.unique if c in frame.columns]
    sample = rows.head(SAMPLE).select(pl.concat_str(pl.col(key).cast(pl.String), separator=":", ignore_nulls=True))
    return rows.height, tuple(sample.to_series().to_list())
