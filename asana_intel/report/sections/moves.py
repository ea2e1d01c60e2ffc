"""The section on moves: what the rebalancer proposes, weeks before and after, and what stays too full. Finds no move.

People are listed by team and name; of those whom the readers may not see only counts are left (`audience`).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, names_by_gid
from asana_intel.report.sections.load import hours_off, load_class
from asana_intel.report.sections.roster import HIDDEN, Roster
from asana_intel.report.sections.shared import Shared
from asana_intel.settings import OVERLOAD_ODDS, OVERLOAD_WEEKS

Row = dict[str, Any]
WEEKS_SHOWN = 8
MOVES_SHOWN = 200
_ROUNDING = 1e-6
_KINDS = {
    "reassign": "given to somebody else",
    "shift": "later by whole weeks",
    "split": "shared with somebody else",
    "resequence": "other days inside their dates",
}
_WHEN = ("before", "after")
_OTHER_TEAMS = "Smaller teams and work of no team"


@dataclass(frozen=True)
class StripCell:
    """One person in one week, before or after all moves."""

    hours: str
    odds: str
    load: int
    is_overloaded: bool
    has_time_off: bool
    spoken: str


@dataclass(frozen=True)
class Strip:
    """One person's weeks: before above, after below; None where a week has no row."""

    name: str
    before: list[StripCell | None]
    after: list[StripCell | None]


@dataclass(frozen=True)
class MoveLine:
    """One move; `task` is None where not everybody may read it, `dates` where they stay."""

    rank: int
    task: AsanaObject | None
    what: str
    dates: tuple[str, str] | None
    reason: str
    odds: str
    week: str
    is_cascade: bool
    cause: AsanaObject | None
    is_proposed: bool


@dataclass(frozen=True)
class Limit:
    """A person's week that no set of moves mends."""

    name: str
    week: str
    constraint: str
    hours: str
    reason: str


@dataclass(frozen=True)
class MovesSection:
    """All of it; `sentence` is None where there is nothing to mend. Kinds and teams are of all moves, with counts.

    `lines` begin with the moves that the week's plan proposes; `choice` says how many those are.
    """

    sentence: str | None
    choice: str
    kinds: list[tuple[str, int]]
    teams: list[tuple[str, int]]
    weeks: list[date]
    strips: list[Strip]
    lines: list[MoveLine]
    seen: int
    limits: list[Limit]


def moves_section(inputs: ReportInputs) -> MovesSection:
    """Arrange the proposed moves of the week."""
    made, weeks, limits = inputs.insights.moves, inputs.insights.moved_weeks, inputs.insights.move_limits
    seen = made.filter(~pl.col("from_person_gid").str.starts_with(HIDDEN)).sort("rank")
    touched = weeks.filter(~pl.col("person_gid").str.starts_with(HIDDEN))
    told = limits.filter(~pl.col("person_gid").str.starts_with(HIDDEN))
    shown = weeks["week_on"].unique().sort().to_list()[:WEEKS_SHOWN]
    words = _Words(inputs)
    return MovesSection(
        sentence=_sentence(made, weeks, limits, inputs.overload_above),
        choice=_choice(len(inputs.proposed_moves), inputs.waiting_moves),
        kinds=_kinds(made),
        teams=_teams(made, names_by_gid(inputs.teams, "team_gid")),
        weeks=shown,
        strips=words.strips(touched, shown),
        lines=sorted(map(words.line, seen.iter_rows(named=True)), key=lambda line: not line.is_proposed)[:MOVES_SHOWN],
        seen=seen.height,
        limits=words.limits(told),
    )


def _sentence(moves: pl.DataFrame, weeks: pl.DataFrame, limits: pl.DataFrame, overload_above: float) -> str | None:
    if moves.is_empty() and limits.is_empty():
        return None
    most = overload_above * pl.col("available_hours") + _ROUNDING
    watched = weeks["week_on"].unique().sort()[:OVERLOAD_WEEKS].implode()  # limits tell of these alone
    weeks = weeks.filter(pl.col("week_on").is_in(watched))
    mended = weeks.filter(pl.col("hours_before") > most, pl.col("hours_after") <= most).height
    full = formats.count(mended + limits.height, "overloaded week")
    left = formats.number(float(limits["cut_hours"].sum()), 0)
    stays = f"{left} h stay too much" if limits.height else "nothing stays too much"
    if moves.is_empty():
        return f"No move mends any of {full}; {stays}."
    verb = "mends" if moves.height == 1 else "mend"
    tasks = formats.count(moves["task_gid"].n_unique(), "task")
    return f"{formats.count(moves.height, 'move')} of {tasks} {verb} {formats.number(mended, 0)} of {full}; {stays}."


def _choice(proposed: int, waiting: int) -> str:
    """How many moves are proposed now, and what becomes of the others."""
    if not proposed:
        return ""
    first = f"{formats.count(proposed, 'task')} {'is' if proposed == 1 else 'are'} proposed to move this week"
    if not waiting:
        return f"{first}."
    return f"{first}, those whose move relieves most; {formats.number(waiting, 0)} more next week if still needed."


def _kinds(moves: pl.DataFrame) -> list[tuple[str, int]]:
    counted = Counter(moves["kind"].to_list())
    return [(words, counted[kind]) for kind, words in _KINDS.items() if counted[kind]]


def _teams(moves: pl.DataFrame, names: dict[str, str]) -> list[tuple[str, int]]:
    """Moves by the team whose work it is, by name; those of no team last."""
    counted = Counter(moves["team_gid"].to_list())
    teams = sorted((names.get(gid) or f"Team {gid}", count) for gid, count in counted.items() if gid)
    return [*teams, *([(_OTHER_TEAMS, counted[None])] if counted[None] else [])]


class _Words:
    """Looks up names, and who has time off."""

    def __init__(self, inputs: ReportInputs) -> None:
        self._roster = Roster(inputs.people)
        self._shared = Shared(inputs)
        self._proposed = inputs.proposed_moves
        rows = inputs.load.iter_rows(named=True)
        self._off = {(row["person_gid"], row["week_on"]): hours_off(row) for row in rows}

    def strips(self, weeks: pl.DataFrame, shown: list[date]) -> list[Strip]:
        """Weeks of those whom a move touches."""
        rows = {(row["person_gid"], row["week_on"]): row for row in weeks.iter_rows(named=True)}
        gids = self._roster.shown(weeks.filter("is_touched")["person_gid"])
        return [
            Strip(self._roster.name(gid), *([self._cell(rows.get((gid, on)), when) for on in shown] for when in _WHEN))
            for gid in gids
        ]

    def _cell(self, row: Row | None, when: str) -> StripCell | None:
        if row is None:
            return None
        hours, available, p = row[f"hours_{when}"], row["available_hours"], row[f"p_over_110_{when}"]
        asked = f"{formats.hours(hours)} of {formats.hours(available)} h" if available else "no hours"
        off = self._off.get((row["person_gid"], row["week_on"]), 0.0)
        spoken = f"Week of {formats.short_day(row['week_on'])}, {when} the moves: {asked}"
        return StripCell(
            hours=asked,
            odds=formats.odds(p),
            load=load_class(hours / available if available else None),
            is_overloaded=bool(available) and p >= OVERLOAD_ODDS,
            has_time_off=off > 0,
            spoken=f"{spoken}, odds of more than 110{formats.NARROW}% {formats.odds(p)}"
            + (f", {formats.hours(off)} h off" if off else ""),
        )

    def line(self, row: Row) -> MoveLine:
        """A move. Its reason names tasks only where everybody may read them; that of a private task is left out."""
        old, new = (_dates(row, prefix) for prefix in ("", "new_"))
        return MoveLine(
            rank=row["rank"],
            task=self._shared.task(row["task_gid"]) if row["is_public"] else None,
            what=self._what(row),
            dates=None if old == new else (old, new),
            reason=row["reason"] if row["is_public"] else "",
            odds=f"{formats.odds(row['p_before'])} → {formats.odds(row['p_after'])}",
            week=f"{self._roster.name(row['relieved_person_gid'])}, {formats.short_day(row['relieved_week_on'])}",
            is_cascade=row["cascade_of_gid"] is not None,
            cause=self._shared.task(row["cascade_of_gid"]),
            is_proposed=row["task_gid"] in self._proposed,
        )

    def _what(self, row: Row) -> str:
        who = self._roster.name(row["from_person_gid"])
        to = self._roster.name(row["to_person_gid"]) if row["to_person_gid"] else who
        if row["kind"] == "reassign":
            return f"give it from {who} to {to}"
        if row["kind"] == "split":
            return f"split it: {formats.number(row['moved_hours'], 1)} h from {who} to {to}"
        return f"{'move it later' if row['kind'] == 'shift' else 'do it on other days'}; it stays with {who}"

    def limits(self, limits: pl.DataFrame) -> list[Limit]:
        """Weeks that stay too full, by team, name and week."""
        place = {gid: number for number, gid in enumerate(self._roster.listed(limits["person_gid"]))}
        rows = sorted(limits.iter_rows(named=True), key=lambda row: (place[row["person_gid"]], row["week_on"]))
        return [
            Limit(
                self._roster.name(row["person_gid"]),
                formats.day(row["week_on"]),
                row["constraint"],
                formats.number(row["cut_hours"], 1),
                row["reason"],
            )
            for row in rows
        ]


def _dates(row: Row, prefix: str) -> str:
    start, due = row[f"{prefix}start_on"], row[f"{prefix}due_on"]
    if start is None:
        return f"due {formats.day(due)}" if due else "no dates"
    return f"{formats.short_day(start)} to {formats.day(due)}" if due else f"from {formats.day(start)}"
