"""The readiness section: how complete the workspace is, what was set aside, what a sync costs."""

from dataclasses import dataclass

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs

REASONS_SHOWN = 20
WARNINGS_SHOWN = 10


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
    """One sync; `efficiency` is requests made over the least that could do, `lost` what events did not tell."""

    at: str
    how: str
    requests: str
    efficiency: str
    rows: str
    lost: str
    unavailable: str


@dataclass(frozen=True)
class ReadinessSection:
    """All of it."""

    coverage: list[Coverage]
    set_aside: list[SetAside]
    set_aside_records: str
    syncs: list[SyncLine]
    warnings: list[str]


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
        warnings=inputs.ledger.syncs[0].warnings[:WARNINGS_SHOWN] if inputs.ledger.syncs else [],
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
            how=sync.how,
            requests=formats.number(sync.requests, 0),
            efficiency=formats.number(sync.requests / sync.minimum_requests, 2) if sync.minimum_requests else "–",
            rows=f"+{sync.rows_added} ~{sync.rows_changed} {formats.MINUS}{sync.rows_deleted}",
            lost=formats.number(sync.lost, 0) if sync.how == "reconcile" else "–",
            unavailable=", ".join(sorted(sync.unavailable)) or "–",
        )
        for sync in inputs.ledger.syncs[:8]
    ]
