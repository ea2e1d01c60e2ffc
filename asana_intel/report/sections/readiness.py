"""The readiness section: how complete the workspace is, what was set aside, what a sync costs."""

from dataclasses import dataclass

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs

REASONS_SHOWN = 20


@dataclass(frozen=True)
class Coverage:
    """One measure of completeness; `width` is percent of the bar."""

    measure: str
    share: str
    width: float
    counts: str
    unlocks: str


@dataclass(frozen=True)
class SetAside:
    """Rejected records of one kind."""

    table: str
    field: str
    reason: str
    records: str


@dataclass(frozen=True)
class SyncLine:
    """One sync."""

    at: str
    requests: str
    rows: str
    unavailable: str


@dataclass(frozen=True)
class ReadinessSection:
    """All of it."""

    coverage: list[Coverage]
    set_aside: list[SetAside]
    set_aside_records: str
    syncs: list[SyncLine]


def readiness_section(inputs: ReportInputs) -> ReadinessSection:
    """Arrange readiness, the quarantine's counts and the last syncs."""
    return ReadinessSection(
        coverage=_coverage(inputs),
        set_aside=[
            SetAside(row["table_name"], row["field"], row["reason"], formats.number(row["records"]))
            for row in inputs.quarantine.head(REASONS_SHOWN).iter_rows(named=True)
        ],
        set_aside_records=formats.count(int(inputs.quarantine["records"].sum()), "record"),
        syncs=_syncs(inputs),
    )


def _coverage(inputs: ReportInputs) -> list[Coverage]:
    return [
        Coverage(
            measure=row["measure"].replace("_", " "),
            share=formats.percent(row["share"]),
            width=100 * min(1.0, max(0.0, row["share"] or 0.0)),
            counts=f"{formats.number(row['covered'], 0)} of {formats.number(row['total'], 0)}",
            unlocks=row["unlocks"],
        )
        for row in inputs.readiness.sort("measure").iter_rows(named=True)
    ]


def _syncs(inputs: ReportInputs) -> list[SyncLine]:
    return [
        SyncLine(
            at=formats.instant(sync.synced_at),
            requests=formats.number(sync.requests, 0),
            rows=f"+{sync.rows_added} ~{sync.rows_changed} {formats.MINUS}{sync.rows_deleted}",
            unavailable=", ".join(sorted(sync.unavailable)) or "–",
        )
        for sync in inputs.ledger.syncs[:8]
    ]
