"""For whom a report is made: takes out of the inputs whatever those readers may not see. Arranges nothing.

It is applied before any section is made, so that no section can show what it was never given. To everybody figures of
people are shown by group; leads see all people, a manager theirs, a person themselves (and nobody else's figures).
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from asana_intel.errors import ConfigError
from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.insights import InsightFrames
from asana_intel.report.ledger import PlanRow, Receipt
from asana_intel.report.sections.roster import HIDDEN
from asana_intel.settings import MIN_GROUP
from asana_intel.storage.scenarios import SavedScenario
from asana_intel.workload.groups import (
    SMALLER_TEAMS,
    has_work_and_time,
    is_large,
    shown_beside_all,
    shown_groups,
    shown_weeks,
)

Role = Literal["everybody", "lead", "manager", "self"]
EDIT_CHECK, SCENARIO_TASK = "edit_check", "scenario_task"
_PERSONAL_KINDS = ("set_assignee", "set_dates")
_PERSONAL_FIELDS = (
    "load_review",
    "team_load_review",
    "capacity_alert",
    "capacity_forecast",
    "ai_capacity_forecast",
    EDIT_CHECK,
    "recommended_assignee",
)
_CAUSE = "capacity_cause"
_LEAST_LETTERS = 3  # of a word of somebody's name
_OWN_WORDS = pl.when("is_in").then(pl.lit("fits the team's time")).otherwise(
    pl.lit("left out: the time and the skills of the team go to other tasks")
)  # fmt: skip


@dataclass(frozen=True)
class Audience:
    """Readers of a report.

    Args:
        role: Who they are.
        gid: The manager, or the person; None for the others.
    """

    role: Role = "everybody"
    gid: str | None = None

    @property
    def suffix(self) -> str:
        """What the name of the report's file ends with; nothing for everybody."""
        return "" if self.role == "everybody" else f"-{self.role}" + (f"-{self.gid}" if self.gid else "")


EVERYBODY = Audience()
LEAD = Audience("lead")


def parse_audience(text: str | None, roles: list[str]) -> Audience:
    """The readers that `everybody`, `lead`, `manager:GID` or `self:GID` means.

    Args:
        text: What was asked for; None = everybody.
        roles: Roles that may be given figures of single people.

    Raises:
        ConfigError: It means nothing, or the role may not be given such figures.
    """
    if text is None or text == "everybody":
        return EVERYBODY
    role, _, gid = text.partition(":")
    is_one = role in ("manager", "self") and gid.isascii() and gid.isdigit()
    if not is_one and text != "lead":
        raise ConfigError(
            f"Nobody is meant by '{text}'", fix="write everybody, lead, manager:GID or self:GID, with a person's gid"
        )
    if role not in roles:
        raise ConfigError(
            f"No report with figures of single people is made for the role '{role}'",
            fix="name the role in audience.roles, where those concerned agreed",
        )
    return Audience(role, gid or None)  # pyright: ignore[reportArgumentType]


def for_audience(inputs: ReportInputs, audience: Audience) -> ReportInputs:
    """The inputs as those readers may see them; what they are made for is told in `made_for`.

    Raises:
        ConfigError: The manager has no people, or nobody has that gid.
    """
    if audience.role == "lead":
        return replace(inputs, made_for="for leads: it holds figures of single people, who are not to be compared")
    seen = _seen(inputs, audience)
    owners = frozenset(inputs.goals["owner_gid"].drop_nulls())
    named = pl.col("person_gid").is_in(seen | owners)
    concealed = inputs.people.filter(~named)["name"].drop_nulls()
    figures = _by_group(inputs) if audience.role == "everybody" else {"people": inputs.people.clear()}
    people = inputs.people.filter(named).with_columns(
        team_name=pl.when(pl.col("person_gid").is_in(seen)).then("team_name")
    )
    sight = _Sight(inputs, audience, seen, concealed)
    changed = {
        **_frames_of(inputs, seen),
        **figures,
        "made_for": _told(inputs, audience, seen),
        "people": pl.concat([people, figures["people"]]),
        "sentences": _without_causes(inputs.sentences, seen),
        "facts": _without_causes(inputs.facts, seen),
        "plan": inputs.plan.filter(pl.Series(map(sight.shows, sight.planned), dtype=pl.Boolean)),
        "ledger": replace(
            inputs.ledger,
            rows=tuple(filter(sight.shows, inputs.ledger.rows)),
            receipts=tuple(filter(sight.shows, inputs.ledger.receipts)),
        ),
        "insights": _insights(inputs, seen),
        "scenarios": _scenarios(inputs, seen),
    }
    return replace(inputs, **changed)


def _seen(inputs: ReportInputs, audience: Audience) -> frozenset[str]:
    """Whose figures the readers may see one by one."""
    if audience.gid is None:
        return frozenset()
    if audience.gid not in inputs.people["person_gid"]:
        raise ConfigError(f"Nobody has the gid {audience.gid}", fix="take a person_gid of marts.dim_person")
    if audience.role == "self":
        return frozenset({audience.gid})
    if audience.gid not in inputs.circles:
        raise ConfigError(f"{audience.gid} manages nobody", fix="set capacity.managers: person or team gid -> manager")
    return inputs.circles[audience.gid]


def _told(inputs: ReportInputs, audience: Audience, seen: frozenset[str]) -> str:
    if audience.role == "everybody":
        return f"for everybody: figures of people are of groups of {MIN_GROUP} or more"
    name = inputs.people.filter(person_gid=audience.gid)["name"].first() or f"person {audience.gid}"
    if audience.role == "self":
        return f"for {name} alone: figures of people are their own"
    return f"for {name}: figures of people are of the {formats.count(len(seen), 'person', 'people')} they may see alone"


def _frames_of(holder: ReportInputs | InsightFrames, seen: frozenset[str]) -> dict[str, Any]:
    """Every frame that tells of persons, with the rows about those who are seen: also one that nobody thought of."""
    frames = {name: value for name, value in vars(holder).items() if isinstance(value, pl.DataFrame)}
    return {name: _only(frame, seen) for name, frame in frames.items()}


def _only(frame: pl.DataFrame, seen: frozenset[str]) -> pl.DataFrame:
    """Rows that are about nobody, or about people who are seen alone."""
    persons = [name for name in frame.columns if name.endswith("person_gid")]
    return frame.filter(pl.col(name).is_null() | pl.col(name).is_in(seen) for name in persons) if persons else frame


def _by_group(inputs: ReportInputs) -> dict[str, pl.DataFrame]:
    """Load and capacity of people without gid and name, each in a group whose weeks hold enough of them.

    Counted is only who has work and time: where five of six are away, the sum would be the sixth's.
    """
    load = inputs.load.with_columns(counts=has_work_and_time())
    capacity = inputs.capacity.with_columns(counts=pl.col("status") == "assessed")
    counted = pl.concat([frame.filter("counts").select("person_gid") for frame in (load, capacity)]).unique()
    teams = inputs.people.select("person_gid", "team_gid")
    team_of = dict(teams.iter_rows())
    circles = list(inputs.circles.values())
    groups = shown_groups({gid: team_of.get(gid) for gid in sorted(counted["person_gid"])}, circles)
    numbers = {gid: f"{HIDDEN}{number}" for number, gid in enumerate(groups)}
    names = dict(inputs.people.select("team_gid", "team_name").drop_nulls().iter_rows())
    people = pl.DataFrame(
        [{"person_gid": numbers[gid], "team_name": names.get(team, team)} for gid, team in groups.items()],
        schema_overrides=inputs.people.schema,
    )
    return {
        "load": _grouped(load, teams, groups, numbers, circles),
        "capacity": _grouped(capacity, teams, groups, numbers, circles),
        "people": pl.concat([inputs.people.clear(), people.with_columns(open_tasks=0)], how="diagonal_relaxed"),
    }


def _grouped(
    frame: pl.DataFrame,
    teams: pl.DataFrame,
    groups: dict[str, str],
    numbers: dict[str, str],
    circles: list[frozenset[str]],
) -> pl.DataFrame:
    """Rows of those in groups, without the weeks in which too few of a group count; then also without its total.

    They are the weeks in which insights/team_utilisation, which is on the same page, tells of that team; of the
    smaller ones those in which it tells of all the others.
    """
    known = frame.filter(pl.col("person_gid").is_in(groups.keys())).with_columns(
        group=pl.col("person_gid").replace_strict(groups, return_dtype=pl.String)
    )
    shown = shown_weeks(frame.join(teams, on="person_gid", how="left"), circles)
    others = set(groups.values()) - {SMALLER_TEAMS} or {None}
    told = shown.group_by("week_on").agg(told="team_gid")
    all_told = [others <= set(names) for names in told["told"].to_list()]
    small = told.filter(pl.Series(all_told, dtype=pl.Boolean)).select(pl.lit(SMALLER_TEAMS).alias("group"), "week_on")
    weeks = pl.concat([shown.select(pl.col("team_gid").alias("group"), "week_on"), small])
    is_whole = pl.col("week_on").n_unique().over("group") == frame["week_on"].n_unique()
    fits = weeks.filter(pl.col("week_on").is_not_null() | is_whole)
    return (
        known.join(fits, on=["group", "week_on"], how="semi", nulls_equal=True, maintain_order="left")
        .with_columns(pl.col("person_gid").replace_strict(numbers, return_dtype=pl.String))
        .drop("counts", "group")
    )


def _without_causes(frame: pl.DataFrame, seen: frozenset[str]) -> pl.DataFrame:
    """Texts and facts, of those about a person's full week only the ones of people who are seen."""
    person_gid = pl.col("subject_id").str.split(":").list.first()
    return frame.filter((pl.col("kind") != _CAUSE) | person_gid.is_in(seen))


class _Sight:
    """Which changes the readers see: those about work, and about people whom they may see one by one."""

    def __init__(self, inputs: ReportInputs, audience: Audience, seen: frozenset[str], concealed: pl.Series) -> None:
        columns = [c for c in PlanRow.__dataclass_fields__ if c != "plan_id" and c in inputs.plan.columns]
        self.planned = [PlanRow(None, **row) for row in inputs.plan.select(columns).to_dicts()]
        self._seen, self._concealed = seen, concealed
        self._others = inputs.people.filter(~pl.col("person_gid").is_in(seen))["name"].drop_nulls()
        self._manages, self._holders = audience.role == "manager", inputs.holders
        moves = [row for row in (*self.planned, *inputs.ledger.rows) if row.kind == "set_dates"]
        self._causes = {(row.plan_id, row.target_gid): row.evidence_gids or [] for row in moves}

    def shows(self, row: PlanRow | Receipt) -> bool:
        """Whether a change is shown."""
        if row.field == SCENARIO_TASK and (body := json.loads(row.new_value)):  # what somebody gets, nobody else reads
            return body.get("person") in {None, *self._seen}
        if not _is_personal(row):
            return not _names(row, self._concealed)
        is_theirs = row.target_gid in self._seen or row.new_value.strip('"') in self._seen
        return is_theirs or (self._manages and not _names(row, self._others) and self._is_of_their_people(row))

    def _is_of_their_people(self, row: PlanRow | Receipt) -> bool:
        """Whether new dates or a comment on an edit are about tasks that only people who are seen had lately.

        The reason of new dates tells the odds of whoever is relieved: who has the task, or what makes it necessary.
        """
        if row.kind == "set_dates":
            people = self._holders_of(row.plan_id, row.target_gid)
        elif row.field == EDIT_CHECK:
            people = self._holders.get(row.target_gid, frozenset())
        else:
            return False
        return bool(people) and people <= self._seen

    def _holders_of(self, plan_id: str | None, task_gid: str) -> frozenset[str]:
        """Everybody who had a task, or one of those whose new dates make its own necessary."""
        chain, found = [task_gid], set[str]()
        while chain:
            gid = chain.pop()
            if gid not in found:
                found.add(gid)
                chain += self._causes.get((plan_id, gid), [])
        if any(gid not in self._holders for gid in found):
            return frozenset()
        return frozenset[str]().union(*(self._holders[gid] for gid in found))


def _names(row: PlanRow | Receipt, names: pl.Series) -> bool:
    texts = [row.old_value or "", row.new_value, row.reason if isinstance(row, PlanRow) else ""]
    return any(name in text for name in names for text in texts)


def _is_personal(row: PlanRow | Receipt) -> bool:
    return row.target_type == "user" or row.kind in _PERSONAL_KINDS or row.field in _PERSONAL_FIELDS


def _insights(inputs: ReportInputs, seen: frozenset[str]) -> InsightFrames:
    frames = inputs.insights
    person = pl.when(pl.col("person_gid").is_in(seen)).then("person_gid").alias("person_gid")
    in_large = pl.col("team_gid").is_in(_large_teams(inputs))
    names = inputs.people.filter(~pl.col("person_gid").is_in(seen))["name"].drop_nulls().unique().sort().implode()
    worded = pl.when(pl.col("reason").str.contains_any(names)).then(_OWN_WORDS).otherwise("reason").alias("reason")
    changed = {
        **_frames_of(frames, seen),
        **_moves(inputs, seen),
        "priority": frames.priority.with_columns(person),
        "triage": frames.triage.with_columns(person),
        "proposal": frames.proposal.filter(in_large).with_columns(person, worded),
        "outlook": frames.outlook.filter(in_large),
        "retro": frames.retro.filter(in_large),
        "retro_tasks": frames.retro_tasks.filter(in_large).with_columns(person),
        "ramp": _newcomers(frames.ramp),
    }
    return replace(frames, **changed)


def _scenarios(inputs: ReportInputs, seen: frozenset[str]) -> tuple[SavedScenario, ...]:
    """Scenarios without what tells of single people; one that is called after somebody has a number for a name."""
    names = inputs.people.filter(~pl.col("person_gid").is_in(seen))["name"].drop_nulls()
    words = {word for name in names for word in _words(name) if len(word) >= _LEAST_LETTERS}
    return tuple(
        replace(
            kept,
            name=f"Scenario {number}" if words & _words(kept.name) else kept.name,
            outcome=_of_groups(inputs, kept.outcome),
        )
        for number, kept in enumerate(inputs.scenarios, start=1)
    )


def _of_groups(inputs: ReportInputs, outcome: dict[str, Any]) -> dict[str, Any]:
    """The outcome with the team weeks in which enough people change: a difference is theirs alone."""
    team_of = dict(inputs.people.select("person_gid", "team_gid").iter_rows())
    changing: defaultdict[tuple[str | None, str], set[str]] = defaultdict(set)
    for row in outcome.get("personal", {}).get("person_weeks", []):
        changing[team_of.get(row["person_gid"]), row["week_on"]].add(row["person_gid"])
    circles = list(inputs.circles.values())
    teams = [row for row in outcome["team_weeks"] if is_large(changing[row["team_gid"], row["week_on"]], circles)]
    return {name: rows for name, rows in outcome.items() if name != "personal"} | {"team_weeks": teams}


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _newcomers(ramp: pl.DataFrame) -> pl.DataFrame:
    """The steps of new people without who they are and what they do first, where they are enough; else none."""
    gids = ramp["person_gid"].unique().sort().to_list()
    if len(gids) < MIN_GROUP:
        return ramp.clear()
    numbers = {gid: f"{HIDDEN}{number}" for number, gid in enumerate(gids)}
    return ramp.with_columns(
        pl.col("person_gid").replace_strict(numbers, return_dtype=pl.String),
        pl.lit(None, pl.String).alias("team_gid"),
        pl.lit([], pl.List(pl.String)).alias("task_gids"),
        pl.lit("").alias("reason"),
    )


def _moves(inputs: ReportInputs, seen: frozenset[str]) -> dict[str, pl.DataFrame]:
    """Moves and what stays too full; of people who are not seen what can be counted, where those are enough people."""
    frames, circles = inputs.insights, list(inputs.circles.values())
    if not is_large(set(frames.moved_weeks["person_gid"]), circles):
        return {}
    is_seen = [pl.col(c).is_null() | pl.col(c).is_in(seen) for c in frames.moves.columns if c.endswith("person_gid")]
    task = pl.concat_str(pl.lit(HIDDEN), pl.col("task_gid").rank("dense"))
    unseen = {"rank": "rank", "kind": "kind", "from_person_gid": pl.lit(HIDDEN), "task_gid": task,
              "team_gid": pl.when(pl.col("team_gid").is_in(_counted_teams(inputs))).then("team_gid")}  # fmt: skip
    mine = pl.col("person_gid").is_in(seen)
    gid = pl.when(mine).then("person_gid").otherwise(pl.lit(HIDDEN)).alias("person_gid")
    return {
        "moves": frames.moves.with_columns(
            pl.when(pl.all_horizontal(is_seen)).then(pl.col(c)).otherwise(unseen.get(c)).alias(c)
            for c in frames.moves.columns
        ),
        "moved_weeks": frames.moved_weeks.with_columns(gid),
        "move_limits": frames.move_limits.with_columns(gid, pl.when(mine).then("reason").alias("reason")),
    }


def _counted_teams(inputs: ReportInputs) -> list[str]:
    """Teams that may be shown beside everybody."""
    groups = dict(_members(inputs).group_by("team_gid").agg("person_gid").iter_rows())
    others = set(inputs.people["person_gid"]).difference(*groups.values())
    return shown_beside_all(groups | {None: others}, list(inputs.circles.values()))


def _members(inputs: ReportInputs) -> pl.DataFrame:
    members = pl.concat([f.select("team_gid", "person_gid") for f in (inputs.people, inputs.insights.capacity)])
    return members.drop_nulls().unique()


def _large_teams(inputs: ReportInputs) -> list[str]:
    """Teams with so many members that what the team does tells of nobody."""
    groups = _members(inputs).group_by("team_gid").agg("person_gid").sort("team_gid")
    return [team for team, people in groups.iter_rows() if is_large(people, inputs.circles.values())]
