"""The week in words: reports on portfolios, notes on alignment, the retrospective of a quarter that just ended."""

from dataclasses import dataclass
from datetime import date

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.evidence import Evidence, Told
from asana_intel.report.sections.links import AsanaObject, asana_url
from asana_intel.report.sections.standing import LABELS, Standing, StandingLabel

WORKSPACE = "workspace"
REPORTS_SHOWN = 24
NOTES_SHOWN = 40
_RETROSPECTIVE = "quarter_retrospective"
_MONTHS_OF_A_QUARTER = 3


@dataclass(frozen=True)
class PortfolioReport:
    """What is told of one portfolio, or of the whole workspace."""

    portfolio: AsanaObject
    is_workspace: bool
    standing: Standing
    label: StandingLabel
    told: Told


@dataclass(frozen=True)
class Note:
    """What does not fit together around one goal, project or team."""

    subject: AsanaObject
    subject_type: str
    told: Told


@dataclass(frozen=True)
class Retrospective:
    """What a quarter brought; `name` is what the text calls it: `Q1 FY27`, or by the calendar `Q3 2026`."""

    name: str
    told: Told


@dataclass(frozen=True)
class WordsSection:
    """All of it; the workspace's report comes first, then portfolios from the worst standing to the best."""

    reports: list[PortfolioReport]
    reports_total: int
    notes: list[Note]
    notes_total: int
    retrospectives: list[Retrospective]

    def __bool__(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.reports or self.notes or self.retrospectives)


def words_section(inputs: ReportInputs) -> WordsSection:
    """Arrange what was written in the report's week; any of the tables may be empty."""
    evidence = Evidence(inputs)
    reports = _told_once(sorted(_reports(inputs, evidence), key=_order))
    notes = sorted(_notes(inputs, evidence), key=lambda n: (n.subject_type, n.subject.name, n.subject.url or ""))
    return WordsSection(
        reports[:REPORTS_SHOWN], len(reports), notes[:NOTES_SHOWN], len(notes), _retrospectives(inputs, evidence)
    )


def _told_once(reports: list[PortfolioReport]) -> list[PortfolioReport]:
    """Without portfolios of which the same is told as of the workspace: they hold everything."""
    whole = [_sentences(report) for report in reports if report.is_workspace]
    return [report for report in reports if report.is_workspace or _sentences(report) not in whole]


def _sentences(report: PortfolioReport) -> list[str]:
    return [said.text for said in report.told.sentences]


def _order(report: PortfolioReport) -> tuple[bool, int, str, str]:
    standings = list(Standing)
    return (
        not report.is_workspace,
        standings.index(report.standing),
        report.portfolio.name,
        report.portfolio.url or "",
    )


def _reports(inputs: ReportInputs, evidence: Evidence) -> list[PortfolioReport]:
    found = []
    for row in inputs.portfolio_reports.iter_rows(named=True):
        gid, standing = row["portfolio_gid"], Standing(row["status_type"])
        is_workspace = gid == WORKSPACE
        name = inputs.workspace_name if is_workspace else evidence.name(gid) or f"Portfolio {gid}"
        told = evidence.of("portfolio_report", gid, row)
        found.append(PortfolioReport(AsanaObject(name, asana_url(gid)), is_workspace, standing, LABELS[standing], told))
    return found


def _notes(inputs: ReportInputs, evidence: Evidence) -> list[Note]:
    found = []
    for row in inputs.alignment_notes.iter_rows(named=True):
        gid, kind = row["subject_gid"], row["subject_type"]
        subject = AsanaObject(evidence.name(gid) or f"{kind} {gid}", asana_url(gid))
        found.append(Note(subject, kind, evidence.of("alignment_note", gid, row)))
    return found


def _retrospectives(inputs: ReportInputs, evidence: Evidence) -> list[Retrospective]:
    rows = inputs.retrospectives.sort("quarter_on").iter_rows(named=True)
    return [
        Retrospective(
            evidence.fact(_RETROSPECTIVE, subject, "quarter") or _quarter(row["quarter_on"]),
            evidence.of(_RETROSPECTIVE, subject, row),
        )
        for row in rows
        for subject in (row["quarter_on"].isoformat(),)
    ]


def _quarter(first_on: date) -> str:
    return f"Q{(first_on.month - 1) // _MONTHS_OF_A_QUARTER + 1} {first_on.year}"
