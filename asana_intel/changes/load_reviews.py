"""Changes wanted because people's weeks are likely too full: one review a manager and week. Pure; moves nothing.

A review tells one manager of the loads of their own people and of the tasks behind them, and nobody else. A task that
not everybody may read is not named in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import polars as pl

from asana_intel.changes.canonical import canonical_object, shortened
from asana_intel.changes.identity import fingerprint, idem_key, marker_of, row_marker
from asana_intel.changes.inputs import CAPACITY_REVIEW, PlanInputs, PlanRules, Week
from asana_intel.changes.rebalance_changes import SPLIT
from asana_intel.changes.signed import signed
from asana_intel.narratives.audience import public_projects, public_tasks
from asana_intel.narratives.sheets.capacity import HIDDEN, likely_overloads
from asana_intel.settings import OVERLOAD_ODDS
from asana_intel.workload.groups import manager_of

Row = dict[str, Any]
PURPOSE, OF_TEAM = "load_review", "team_load_review"
"""What stands as the field of a row: a manager's review, and one of a team that nobody is known to lead."""
TASKS_NAMED = 5
FIXES = 2
_MADE_BY = "person_load"
_LONGEST_NAME = 100
_LONGEST_NOTES = 40_000  # Asana takes 65,536 characters
_LEAST_FALL = 0.01
"""By which the odds must fall before something is called a fix."""
_EVIDENCE = 50
_EARLIER_PURPOSE = "capacity_alert"  # of the tasks that once told of one person's week each


@dataclass
class _Review:
    """What one reviewer is to be told.

    Args:
        reviewer_gid: Who; None where nobody is known, then it is the team's.
        about_gid: The reviewer; where nobody is known, the person of the team whose gid is the smallest.
        fresh: Rows of person_load that nobody was told of, the soonest first.
        still: Those that they were told of before.
    """

    reviewer_gid: str | None
    about_gid: str
    fresh: list[Row] = field(default_factory=list[Row])
    still: list[Row] = field(default_factory=list[Row])


def load_reviews(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """An approval task for each manager with all their people's weeks that are likely above 110 %, where one is news.

    The same week of a person is told once, ever. What is news later in a week, after its review, is told in another
    task. Where nobody is known to lead a person or their team, the team's review is nobody's.
    """
    words, known = _Words.of(inputs), inputs.known_markers()
    for review in _reviews(inputs, week, rules, known).values():
        if review.fresh:
            yield _row(inputs, week, review, words, known)


def _reviews(inputs: PlanInputs, week: Week, rules: PlanRules, known: frozenset[str]) -> dict[tuple[str, str], _Review]:
    found: dict[tuple[str, str], _Review] = {}
    people, firsts = set[str](), _first_of_teams(inputs)
    for load in likely_overloads(inputs.person_load, week.as_of_on).to_dicts():
        person_gid, when = load["person_gid"], load["week_on"].isoformat()
        is_told = (person_gid, when) in inputs.told_overloads or _earlier_marker(person_gid, when) in known
        if not is_told and person_gid not in people and len(people) >= rules.capacity_alerts:
            continue
        team_gid = week.teams.get(person_gid)
        reviewer = manager_of(person_gid, team_gid, rules.managers, inputs.team_memberships)
        about: str = reviewer or firsts.get(team_gid) or person_gid
        review = found.setdefault((PURPOSE if reviewer else OF_TEAM, about), _Review(reviewer, about))
        if is_told:
            review.still.append(load)
        else:
            people.add(person_gid)
            review.fresh.append(load)
    return found


def _first_of_teams(inputs: PlanInputs) -> dict[str | None, str]:
    """Somebody of each team, always the same; a task about a team hangs on them, since Asana has none about teams."""
    people = inputs.people.select("team_gid", "person_gid").sort("person_gid", descending=True)
    return dict(people.iter_rows())


def _earlier_marker(person_gid: str, when: str) -> str:
    return marker_of(idem_key("create_task", person_gid, _EARLIER_PURPOSE, when))


def _row(inputs: PlanInputs, week: Week, review: _Review, words: _Words, known: frozenset[str]) -> Row:
    told, parts = _parts(week, review, words)
    people = len({load["person_gid"] for load in told})
    who = "1 person is" if people == 1 else f"{people} people are"
    body = {
        "name": f"Capacity review, week of {_day(week.as_of_on)} {week.as_of_on:%Y}: {who} likely overloaded",
        "notes": "\n\n".join([*parts, *_told_before(review, words), _ASK]),
        "assignee": review.reviewer_gid,
        "due_on": max(week.today + timedelta(days=1), told[0]["week_on"] - timedelta(days=3)).isoformat(),
        "resource_subtype": "approval",
        "project": CAPACITY_REVIEW,
        "period": week.as_of_on.isoformat(),
        "workspace": inputs.workspace_gid,
        "overloads": [[load["person_gid"], load["week_on"].isoformat()] for load in told],
    }
    causes = [cause["task_gid"] for load in told for cause in words.causes.get(_of_week(load), [])]
    written_by = [words.narratives[_of_week(load)]["written_by"] for load in told if _of_week(load) in words.narratives]
    row = _task(week, review, body, f"{who} likely above 110 % in one of the next four weeks.")
    if row_marker(row, week.as_of_on, week.as_of_at) in known:  # the week's review was there before
        body["period"] += "+" + fingerprint(canonical_object({"overloads": body["overloads"]}))
        row = _task(week, review, body, row["reason"])
    return row | {
        "evidence_gids": list(dict.fromkeys(causes))[:_EVIDENCE],
        "confidence": max(load["p_over_110"] for load in told),
        "made_by": next(iter(written_by), _MADE_BY),
    }


def _task(week: Week, review: _Review, body: Row, reason: str) -> Row:
    purpose = PURPOSE if review.reviewer_gid else OF_TEAM
    return week.row("create_task", "capacity", ("user", review.about_gid), purpose, canonical_object(body), reason)


_ASK = "Move, hand over or shrink some of it, then approve; request changes if it stays as it is."


def _parts(week: Week, review: _Review, words: _Words) -> tuple[list[Row], list[str]]:
    """Weeks that one task has room for, and what it says of each; the others follow in a later plan."""
    told, parts, used = list[Row](), list[str](), 0
    for load in review.fresh:
        part = words.of_week(week, load)
        used += len(part)
        if told and used > _LONGEST_NOTES:
            break
        told.append(load)
        parts.append(part)
    return told, parts


def _told_before(review: _Review, words: _Words) -> list[str]:
    if not review.still:
        return []
    lines = [f"- {words.person(o)}, week of {_day(o['week_on'])}: {o['p_over_110']:.0%}" for o in review.still]
    return ["\n".join(["Still likely, as you were told before:", *lines])]


@dataclass(frozen=True)
class _Words:
    """What a review may say.

    Args:
        people: Person gid -> name.
        tasks: Gid -> name of each task that everybody may read.
        causes: A person's week -> rows of load_causes, the most helpful first.
        narratives: A person's week -> why it is too full, with `proofs`.
        takers: Task gid -> who could take it.
        splits: A person's week -> moves that split a task.
        moves: A person's week -> the other moves that are proposed for its sake.
    """

    people: Mapping[str, str]
    tasks: Mapping[str, str]
    causes: Mapping[tuple[str, date], list[Row]]
    narratives: Mapping[tuple[str, date], Row]
    takers: Mapping[str, str]
    splits: Mapping[tuple[str, date], list[Row]]
    moves: Mapping[tuple[str, date], list[Row]]

    @classmethod
    def of(cls, inputs: PlanInputs) -> _Words:
        """Collect it from the frames of the week."""
        public = public_tasks(inputs.tasks, inputs.task_projects, public_projects(inputs.projects))
        named = inputs.tasks.filter(pl.col("task_gid").is_in(public)).select("task_gid", "name").drop_nulls()
        moves = inputs.rebalance_moves.filter("is_public").sort("rank")
        is_split = pl.col("kind") == SPLIT
        better = inputs.task_assignment.sort("task_gid").select("task_gid", "person_gid").iter_rows()
        proposed = moves.filter(kind="reassign").select("task_gid", "to_person_gid").drop_nulls().iter_rows()
        return cls(
            dict(inputs.people.select("person_gid", "name").drop_nulls().iter_rows()),
            {gid: shortened(" ".join(name.split()), _LONGEST_NAME) for gid, name in named.iter_rows()},
            _causes(inputs),
            _narratives(inputs),
            dict(better) | dict(proposed),
            _by_week_relieved(moves.filter(is_split)),
            _by_week_relieved(moves.filter(~is_split)),
        )

    def person(self, load: Row) -> str:
        """Their name; somebody without one is called by gid."""
        return self.people.get(load["person_gid"]) or load["person_gid"]

    def of_week(self, week: Week, load: Row) -> str:
        """One person's week: how full, why, the tasks behind it, and what would help."""
        causes, narrative = self.causes.get(_of_week(load), []), self.narratives.get(_of_week(load))
        level = "critical" if load["p_over_120"] >= OVERLOAD_ODDS else "warning"
        left = "what is left of " if load["week_on"] <= week.today else ""
        lines = [
            f"{self.person(load)}, {left}the week of {_day(load['week_on'])} {load['week_on']:%Y}: {level}",
            f"{load['assigned_hours']:.0f} h of work and {load['available_hours']:.0f} h to do it in. The odds of more"
            f" than 110 % are {load['p_over_110']:.0%}, of more than 120 % {load['p_over_120']:.0%}.",
            *([signed(narrative, narrative["proofs"])] if narrative else []),
        ]
        if causes:
            lines.append("The tasks behind it, and the odds without each or with it a week later:")
            lines += [self._cause(cause) for cause in causes[:TASKS_NAMED]]
        fixes = [*self._fixes(load, causes), *self._splits(load), *self._together(load)]
        return "\n".join([*lines, *(["What would help:"] if fixes else []), *fixes])

    def _cause(self, cause: Row) -> str:
        inferred = ", not estimated" if cause["is_inferred"] else ""
        return (
            f"- {self.tasks.get(cause['task_gid'], HIDDEN)}: {cause['hours']:.1f} h{inferred};"
            f" {cause['p_without']:.0%} without it, {cause['p_week_later']:.0%} a week later"
        )

    def _fixes(self, load: Row, causes: list[Row]) -> list[str]:
        """The best hand-over and the best delay, with the odds after each; two of a kind where the other does not help.

        A task that is given away is gone from the week, so that the odds are those without it.
        """
        found: list[tuple[float, str, str]] = []
        for cause in causes:
            name, taker = self.tasks.get(cause["task_gid"]), self.takers.get(cause["task_gid"])
            if name is None:
                continue
            if taker is not None and taker != load["person_gid"] and taker in self.people:
                found.append((cause["p_without"], "give", f"give {name} to {self.people[taker]}"))
            found.append((cause["p_week_later"], "move", f"move {name} a week later"))
        helping = sorted(fix for fix in found if fix[0] <= load["p_over_110"] - _LEAST_FALL)
        best = {verb: next((fix for fix in helping if fix[1] == verb), None) for verb in ("give", "move")}
        chosen = [fix for fix in best.values() if fix is not None]
        chosen += [fix for fix in helping if fix not in chosen]
        return [f"{n}. {fix[2]}: {fix[0]:.0%}" for n, fix in enumerate(sorted(chosen[:FIXES]), 1)]

    def _together(self, load: Row) -> list[str]:
        moves = self.moves.get(_of_week(load), [])
        tasks = "1 task" if len(moves) == 1 else f"{len(moves)} tasks"
        return [f"- move {tasks} for its sake, as proposed: {moves[0]['p_after']:.0%}"] if moves else []

    def _splits(self, load: Row) -> list[str]:
        return [
            f"- split {self.tasks[move['task_gid']]}: about {move['moved_hours']:.0f} h of it could go to"
            f" {self.people[move['to_person_gid']]}"
            for move in self.splits.get(_of_week(load), [])
            if move["task_gid"] in self.tasks and move["to_person_gid"] in self.people
        ]


def _by_week_relieved(moves: pl.DataFrame) -> dict[tuple[str, date], list[Row]]:
    found: dict[tuple[str, date], list[Row]] = {}
    for move in moves.to_dicts():
        found.setdefault((move["relieved_person_gid"], move["relieved_week_on"]), []).append(move)
    return found


def _of_week(load: Row) -> tuple[str, date]:
    return load["person_gid"], load["week_on"]


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _narratives(inputs: PlanInputs) -> dict[tuple[str, date], Row]:
    """Why each person's week is too full, as the narratives tell it, and `proofs`: the work that proves it."""
    proofs = inputs.proofs("capacity_cause")
    return {
        (n["person_gid"], n["week_on"]): n
        | {"proofs": [gid for gid in proofs.get(f"{n['person_gid']}:{n['week_on']}", []) if gid != n["person_gid"]]}
        for n in inputs.capacity_causes.to_dicts()
    }


def _causes(inputs: PlanInputs) -> dict[tuple[str, date], list[Row]]:
    found: dict[tuple[str, date], list[Row]] = {}
    for cause in inputs.load_causes.sort("rank", "task_gid").to_dicts():
        found.setdefault((cause["person_gid"], cause["week_on"]), []).append(cause)
    return found
