"""What the weekly digest says, for many readers: goals, teams and texts; no person, no private goal. Draws nothing.

A goal that not everybody may read is neither named nor counted. Changes to Asana are counted, whatever they are about.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl

from asana_intel.clock import monday_of
from asana_intel.report import formats
from asana_intel.report.audience import EVERYBODY, for_audience
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.goal_tree import GoalLine
from asana_intel.report.sections.goals import GoalCard, GoalsSection, goals_section
from asana_intel.report.sections.headline import Headline, headline
from asana_intel.report.sections.load import LoadSection, load_section
from asana_intel.report.sections.people import people_section
from asana_intel.report.sections.plans import plan_section, writes_section
from asana_intel.report.sections.scores import ScoresSection, scores_section
from asana_intel.report.sections.standing import LABELS, Standing, StandingLabel, standing_of
from asana_intel.report.sections.words import Note, PortfolioReport, Retrospective, words_section

GOALS_SHOWN = 8
REPORTS_SHOWN = 8
NOTES_SHOWN = 8
CHANGED_SHOWN = 8
TEAMS_SHOWN = 20
_NEEDS_ATTENTION = (Standing.off_track, Standing.at_risk)
_WAYS = {
    "template": "by rule",
    "select": "chosen by a model and worded by rule",
    "slots": "phrased by a model and checked",
    "prose": "phrased by a model and checked",
    "fallback": "by rule as the model's text was refused",
}
# What is told of goals one by one.
_ABOUT_GOALS = ("attainment", "narratives", "scores", "replayed")
# Texts about goals, portfolios, teams; those about persons are no part of a digest.
_SHARED_TEXTS = ("narratives", "portfolio_reports", "alignment_notes", "retrospectives")


@dataclass(frozen=True)
class Changed:
    """A goal whose odds moved much since last week, or that stands otherwise than it did (`before`)."""

    line: GoalLine
    before: StandingLabel | None


@dataclass(frozen=True)
class TeamCount:
    """How many of a team's people are likely to be overloaded in one of the coming weeks."""

    name: str
    overloaded: int
    assessed: int


@dataclass(frozen=True)
class Digest:
    """All of it; `more_*` counts what the full report holds beyond."""

    workspace: str
    week_on: date | None
    as_of_at: datetime | None
    headline: Headline
    changed: list[Changed]
    attention: list[GoalCard]
    more_attention: int
    reports: list[PortfolioReport]
    more_reports: int
    notes: list[Note]
    more_notes: int
    retrospectives: list[Retrospective]
    teams: list[TeamCount]
    uncounted: int
    written: str
    waiting: str
    scores: list[str]
    authors: str

    @property
    def subject(self) -> str:
        """One line for a list of mails."""
        week = f", week of {formats.day(self.week_on)}" if self.week_on else ""
        return f"{one_line(self.workspace)}: goals and load{week}"

    @property
    def preheader(self) -> str:
        """What a list of mails shows after the subject: where the week is worst."""
        first = f" First: {self.attention[0].line.goal.name}." if self.attention else ""
        return self.headline.sentence + first


def weekly_digest(inputs: ReportInputs) -> Digest:
    """Arrange the digest of the inputs' week."""
    assessed = load_section(inputs).assessed
    inputs = for_audience(_for_everybody(inputs), EVERYBODY)
    goals, people, words = goals_section(inputs), people_section(inputs), words_section(inputs)
    plan = plan_section(inputs)
    attention = [card for card in goals.cards if card.line.standing in _NEEDS_ATTENTION]
    needing = sum(goals.count(standing) for standing in _NEEDS_ATTENTION)
    teams = _teams(people.load)
    return Digest(
        workspace=inputs.workspace_name,
        week_on=inputs.as_of_on,
        as_of_at=inputs.as_of_at,
        headline=headline(inputs, goals, people, plan, writes_section(inputs)),
        changed=_changed(goals)[:CHANGED_SHOWN],
        attention=attention[:GOALS_SHOWN],
        more_attention=needing - len(attention[:GOALS_SHOWN]),
        reports=words.reports[:REPORTS_SHOWN],
        more_reports=words.reports_total - len(words.reports[:REPORTS_SHOWN]),
        notes=words.notes[:NOTES_SHOWN],
        more_notes=words.notes_total - len(words.notes[:NOTES_SHOWN]),
        retrospectives=words.retrospectives,
        teams=teams[:TEAMS_SHOWN],
        uncounted=assessed - people.load.assessed,
        written=_written(inputs),
        waiting=_waiting(plan.waiting),
        scores=_scores(scores_section(inputs)),
        authors=_authors(inputs),
    )


def _for_everybody(inputs: ReportInputs) -> ReportInputs:
    """The inputs without goals that not everybody may read."""
    is_shared = pl.col("goal_gid").is_in(inputs.shared_goals["goal_gid"].to_list())
    return replace(inputs, **{name: getattr(inputs, name).filter(is_shared) for name in _ABOUT_GOALS})


def one_line(text: str) -> str:
    """A text without line ends and characters that cannot be seen, fit for the head of a mail."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _changed(goals: GoalsSection) -> list[Changed]:
    """First the goals that stand otherwise than a week ago, the worst first; then those whose odds moved most."""
    crossed = {}
    for line in goals.tree:
        if line.p_attain is None or line.change is None:
            continue
        before = standing_of("assessed", line.p_attain - line.p_attain_change)
        if before is not line.standing:
            crossed[line.gid] = Changed(line, LABELS[before])
    standings = list(Standing)
    ordered = sorted(crossed.values(), key=lambda c: (standings.index(c.line.standing), c.line.goal.name, c.line.gid))
    return [*ordered, *(Changed(line, None) for line in goals.moved if line.gid not in crossed)]


def _teams(load: LoadSection) -> list[TeamCount]:
    """Each team's counts, the most overloaded first."""
    counts = [TeamCount(team.name, team.overloaded, team.assessed) for team in load.teams if team.assessed]
    return sorted(counts, key=lambda team: (-team.overloaded, team.name))


def _written(inputs: ReportInputs) -> str:
    """What was written to Asana since the week began."""
    if not inputs.ledger.is_connected:
        return "The ledger was not asked what was written to Asana."
    since = inputs.as_of_on
    lately = [r for r in inputs.ledger.receipts if since is None or monday_of(r.written_at) >= since]
    if not lately:
        return "Nothing was written to Asana since the week began."
    wrong = sum(not receipt.is_verified for receipt in lately)
    proof = f"{wrong} not found as wanted" if wrong else "all read back and found as wanted"
    return f"{formats.count(len(lately), 'change was', 'changes were')} written to Asana since the week began, {proof}."


def _waiting(rows: int) -> str:
    if not rows:
        return "Nothing waits for a decision."
    return f"{formats.count(rows, 'change waits', 'changes wait')} for a decision: asana-intel review."


def _scores(scores: ScoresSection | None) -> list[str]:
    """How good the forecasts were, in sentences; without any yet, that."""
    if scores is None:
        return ["No forecast of a goal has met its outcome yet."]
    board, of = (scores.shown, "shown") if scores.shown else (scores.replayed, "rebuilt for past weeks")
    said = []
    if board is not None:
        said.append(
            f"Over {formats.count(board.goals, 'goal')} that came due, the forecasts {of} have a Brier score of "
            f"{board.brier}, the pace rule {board.baseline_brier} (0 is perfect; skill {board.skill})."
        )
        said.append(f"{board.coverage} of final values fell within the band that should hold 80{formats.NARROW}%.")
    return [sentence for sentence in (*said, board and board.note, scores.alerts) if sentence]


def _authors(inputs: ReportInputs) -> str:
    """How many of the week's texts were written in which way."""
    frames = [getattr(inputs, name) for name in _SHARED_TEXTS]
    ways = Counter(_WAYS.get(by, by) for frame in frames for by in frame["written_by"])
    if not ways:
        return "No text was written this week."
    said = ", ".join(f"{n} {way}" for way, n in sorted(ways.items(), key=lambda item: (-item[1], item[0])))
    return f"{formats.count(ways.total(), 'text')} about goals, portfolios and teams: {said}.{_cost(inputs)}"


def _cost(inputs: ReportInputs) -> str:
    """What models took since the week began; of a price that is not known nothing is said but that."""
    since = inputs.as_of_on
    days = [day for day in inputs.ledger.models if since is None or day.on >= since]
    if not days:
        return " No model was asked since the week began." if inputs.ledger.is_connected else ""
    known = [day.usd for day in days if day.usd is not None]
    money = f"{sum(known):.2f} US dollars" if len(known) == len(days) else "at a price that is not known"
    requests = formats.count(sum(day.requests for day in days), "request")
    tokens = formats.count(sum(day.tokens for day in days), "token")
    models = ", ".join(sorted({day.model for day in days}))
    return f" Since the week began {models} took {requests}, {tokens}, {money}."
