"""What a plan is computed from: frames of the tables to its left and the thresholds. No reading, no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from asana_intel.changes.canonical import canonical, canonical_object, is_gid, parsed
from asana_intel.changes.fields import BY_NAME, REGISTRY, FieldMatch, FieldSpec, is_override, resolve
from asana_intel.changes.identity import fingerprint, markers_in, period_of, row_key
from asana_intel.changes.published import published

MEASURED_VALUES = pl.Schema({"goal_gid": pl.String(), "value": pl.Float64(), "evidence": pl.List(pl.String)})
REVIEW_PROJECT = "OKR Actions"
CAPACITY_REVIEW = "Capacity Review"
CAPACITY_PLANNING = "Capacity Planning"
RULES = "rules"
"""Who found a value that follows from what stands in Asana by a fixed rule."""
# What a reviewer risks by a change: low is silent and can be taken back, medium tells people, high cannot be edited.
RISKS = {
    "set_field": "low", "attach_custom_field": "low", "set_metric": "medium", "comment": "medium",
    "create_task": "medium", "create_custom_field": "medium", "create_project": "medium", "create_section": "medium",
    "add_to_section": "medium", "set_assignee": "medium", "set_dates": "medium", "status_update": "high",
    "delete_object": "high", "attach_effort": "low", "add_dependency": "medium",
}  # fmt: skip


@dataclass(frozen=True)
class PriorityRules:
    """How much of the priorities reaches Asana; the settings say what each is for (`PriorityWrites`).

    Args:
        tasks: Tasks ranked first whose fields are set; 0 = none.
        score_points: Points by which a score must differ from the one that stands.
        comments: Tasks ranked first that get a comment with the reasons.
        tell_owner_points: Change of a score within a week that its assignee is told of; None = nobody is.
        review: A task for each project asks to review its order.
        move: Tasks move to the section that is called like their sprint.
        sprint: The sprint proposals become sections with their tasks, and assignments.
        retro: A task for each sprint that ended tells how it went.
        trigger_task: Name of the open task that asks for a plan; None = none does.
        scope: Projects whose tasks are scored; none = all.
    """

    tasks: int = 0
    score_points: float = 3.0
    comments: int = 0
    tell_owner_points: float | None = None
    review: bool = False
    move: bool = False
    sprint: bool = False
    retro: bool = False
    trigger_task: str | None = None
    scope: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanRules:
    """Thresholds of a plan.

    Args:
        attention_below: Odds below which a goal gets a review task.
        odds_drop: Fall of the odds within a week, in probability, that is worth a comment.
        review_due_days: Days a review task may take.
        risk_flags: Most tasks that are newly flagged in one plan.
        review_project: Project that holds review tasks.
        weekly_status: status_update, comment or off: what a goal's narrative becomes.
        portfolio_status: off or status_update: what the week's report on a portfolio becomes.
        private_fields: Fields are created for their members only.
        capacity_alerts: Most people of whose overload one plan tells; 0 = nobody.
        moves: Most tasks moved to another person or day in the plans of a week; 0 = none.
        moves_a_person: Most moves among them that concern one person.
        moves_a_manager: Most moves among them that concern the people of one manager.
        capacity_forecast: off, people or tasks: what has AI Capacity Forecast.
        managers: Person or team gid -> who reviews their load.
        audit_mirror: Each week's writes are recorded in a project, too.
        priority: What becomes of priorities.
    """

    attention_below: float = 0.70
    odds_drop: float = 0.15
    review_due_days: int = 7
    risk_flags: int = 20
    review_project: str = REVIEW_PROJECT
    weekly_status: str = "status_update"
    portfolio_status: str = "off"
    private_fields: bool = False
    capacity_alerts: int = 20
    moves: int = 10
    moves_a_person: int = 2
    moves_a_manager: int = 5
    capacity_forecast: str = "off"
    managers: Mapping[str, str] = field(default_factory=dict[str, str])
    audit_mirror: bool = False
    priority: PriorityRules = field(default_factory=PriorityRules)


@dataclass(frozen=True)
class PlanInputs:
    """Frames of one week, each by the contract its name says.

    Args:
        workspace_gid: Workspace that setup changes go to.
        goal_attainment: forecasts/goal_attainment.
        goal_progress: narratives/goal_progress.
        portfolio_reports: narratives/portfolio_report.
        sentences: narratives/sentences.
        goals: staging/goals.
        projects: staging/projects.
        bridge_goal_project: marts/bridge_goal_project.
        project_health: marts/fct_project_health.
        tasks: staging/tasks.
        task_projects: staging/task_projects.
        task_dependencies: staging/task_dependencies.
        custom_field_values: staging/custom_field_values.
        custom_field_settings: staging/custom_field_settings.
        custom_fields: `field_gid`, `field_name` of every custom field of the workspace.
        status_updates: staging/status_updates.
        stories: staging/stories.
        portfolios: staging/portfolios.
        portfolio_items: staging/portfolio_items.
        people: marts/dim_person.
        team_memberships: staging/team_memberships.
        person_load: forecasts/person_load.
        load_causes: forecasts/load_causes.
        capacity_causes: narratives/capacity_causes.
        sections: staging/sections.
        task_priority: insights/task_priority.
        task_triage: insights/task_triage.
        sprint_proposal: insights/sprint_proposal.
        task_assignment: insights/task_assignment.
        sprint_retro: insights/sprint_retro.
        sprint_retro_tasks: insights/sprint_retro_tasks.
        priority_rationales: narratives/priority_rationale.
        rebalance_moves: insights/rebalance_moves.
        created_markers: Markers that the ledger knows of.
        persons_fields: Fields (target gid, registry name) that people changed since we wrote them.
        last_applied: Fields (target gid, name) that are ours -> canonical value that we left there.
        moved_tasks: Gids of tasks that plans of this week moved, or wanted to move when a person was first.
        told_overloads: People's weeks (person gid, Monday) of whose overload somebody was told, or is about to be.
        approved_suggestions: Task gid -> Suggested Priority that a person approved in an earlier week.
        addressed: Person gid -> things of ours that were addressed to them in the plans of this week.
        measured_values: `goal_gid`, `value` in the metric's unit, `evidence` gids; may be empty.
        audit_record: What the week before wrote (mirror.py); None = it is not wanted, or nothing was.
        registry: Our fields that are wanted here.
        definitions: Gid -> Asana's record of those custom fields that are called like ours.
    """

    workspace_gid: str
    goal_attainment: pl.DataFrame
    goal_progress: pl.DataFrame
    portfolio_reports: pl.DataFrame
    sentences: pl.DataFrame
    goals: pl.DataFrame
    projects: pl.DataFrame
    bridge_goal_project: pl.DataFrame
    project_health: pl.DataFrame
    tasks: pl.DataFrame
    task_projects: pl.DataFrame
    task_dependencies: pl.DataFrame
    custom_field_values: pl.DataFrame
    custom_field_settings: pl.DataFrame
    custom_fields: pl.DataFrame
    status_updates: pl.DataFrame
    stories: pl.DataFrame
    portfolios: pl.DataFrame
    portfolio_items: pl.DataFrame
    people: pl.DataFrame
    team_memberships: pl.DataFrame
    person_load: pl.DataFrame
    load_causes: pl.DataFrame
    capacity_causes: pl.DataFrame
    sections: pl.DataFrame
    task_priority: pl.DataFrame
    task_triage: pl.DataFrame
    sprint_proposal: pl.DataFrame
    task_assignment: pl.DataFrame
    sprint_retro: pl.DataFrame
    sprint_retro_tasks: pl.DataFrame
    priority_rationales: pl.DataFrame
    rebalance_moves: pl.DataFrame
    created_markers: frozenset[str] = frozenset()
    persons_fields: frozenset[tuple[str, str]] = frozenset()
    last_applied: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    moved_tasks: frozenset[str] = frozenset()
    told_overloads: frozenset[tuple[str, str]] = frozenset()
    approved_suggestions: Mapping[str, str] = field(default_factory=dict[str, str])
    addressed: Mapping[str, int] = field(default_factory=dict)
    measured_values: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MEASURED_VALUES))
    audit_record: str | None = None
    registry: tuple[FieldSpec, ...] = REGISTRY
    definitions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def open_goals(self) -> dict[str, dict[str, Any]]:
        """Goals that nobody has closed, by gid."""
        return {g["goal_gid"]: g for g in self.goals.filter(~pl.col("is_closed")).sort("goal_gid").to_dicts()}

    def assessed_goals(self) -> list[dict[str, Any]]:
        """Forecasts of open goals that have odds, by gid."""
        open_gids = self.open_goals().keys()
        assessed = self.goal_attainment.filter(
            (pl.col("status") == "assessed") & pl.col("p_attain").is_finite() & pl.col("goal_gid").is_in(open_gids)
        )
        return assessed.sort("goal_gid").to_dicts()

    def narratives(self) -> dict[str, dict[str, Any]]:
        """The week's narrative of each goal."""
        return {n["goal_gid"]: n for n in self.goal_progress.to_dicts()}

    def proofs(self, kind: str = "goal_progress") -> dict[str, list[str]]:
        """Subject of each narrative of a kind -> gids of the objects that prove it, in the order of its sentences."""
        found: dict[str, dict[str, None]] = {}
        for row in self.sentences.filter(pl.col("kind") == kind).sort("position").to_dicts():
            found.setdefault(row["subject_id"], {}).update(dict.fromkeys(row["source_gids"]))
        return {subject: [gid for gid in gids if is_gid(gid)] for subject, gids in found.items()}

    def project_names(self) -> dict[str, str]:
        """Names of projects."""
        return dict(self.projects.select("project_gid", "name").drop_nulls().rows())

    def projects_called(self, name: str) -> list[str]:
        """Gid of the project of that name that is not archived, the oldest where several have it; or none."""
        named = self.projects.filter(~pl.col("is_archived") & (pl.col("name") == name))["project_gid"]
        return sorted(named, key=int)[:1]

    def supporting_projects(self, goal_gids: set[str]) -> dict[str, list[str]]:
        """Projects that are not archived and support any of the goals -> the goals they support."""
        live = self.projects.filter(~pl.col("is_archived"))["project_gid"]
        links = self.bridge_goal_project.filter(
            pl.col("goal_gid").is_in(goal_gids) & pl.col("project_gid").is_in(live.implode())
        )
        supporting: dict[str, list[str]] = {}
        for project_gid, goal_gid in links.select("project_gid", "goal_gid").sort("project_gid", "goal_gid").rows():
            supporting.setdefault(project_gid, []).append(goal_gid)
        return supporting

    def teams(self) -> dict[str, str]:
        """Team of each goal, project, person and task that has one; a task's is that of its first project."""
        goals = self.goals.select(pl.col("goal_gid").alias("gid"), "team_gid")
        projects = self.projects.select(pl.col("project_gid").alias("gid"), "team_gid")
        tasks = (
            self.task_projects.sort("task_gid", "project_gid")
            .join(self.projects.select("project_gid", "team_gid"), on="project_gid")
            .unique("task_gid", keep="first", maintain_order=True)
            .select(pl.col("task_gid").alias("gid"), "team_gid")
        )
        people = self.people.select(pl.col("person_gid").alias("gid"), "team_gid")
        return dict(pl.concat([tasks, people, projects, goals]).drop_nulls().rows())

    def found_fields(self) -> dict[str, FieldMatch]:
        """Registry fields that exist in the workspace."""
        return resolve(self.registry, self.custom_fields)

    def misfits(self) -> dict[str, str]:
        """Registry fields that exist in the workspace and cannot hold our values -> why not."""
        specs = {spec.name: spec for spec in self.registry}
        said = {
            name: specs[name].misfit(self.definitions.get(m.field_gid, {})) for name, m in self.found_fields().items()
        }
        return {name: why for name, why in said.items() if why is not None}

    def kept_by_hand(self) -> frozenset[str]:
        """Gids of objects whose field Manual Override says that nothing of ours is to be written there."""
        fields = self.custom_field_values.select("object_gid", "field_name", "display_value")
        return frozenset(gid for gid, name, shown in fields.iter_rows() if is_override(name, shown))

    def known_markers(self) -> frozenset[str]:
        """Markers of what we created, from the ledger and from the texts in Asana."""
        return self.created_markers | markers_in(self.status_updates["text"]) | markers_in(self.stories["text"])


@dataclass(frozen=True)
class CurrentValues:
    """Values our fields have now, as far as the last sync saw.

    Args:
        by_object: (object gid, registry name) -> canonical JSON.
    """

    by_object: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, inputs: PlanInputs) -> CurrentValues:
        """Collect them from the custom field values of the workspace."""
        names = {match.field_gid: name for name, match in inputs.found_fields().items()}
        ours = inputs.custom_field_values.filter(pl.col("field_gid").is_in(names.keys()))
        values: dict[tuple[str, str], str] = {}
        for row in ours.to_dicts():
            spec = BY_NAME[names[row["field_gid"]]]
            value = spec.staged(row)
            if value is not None:
                values[row["object_gid"], spec.name] = value
        return cls(values)

    def get(self, object_gid: str, spec: FieldSpec) -> str | None:
        """Canonical JSON of the value now; None = empty or not attached."""
        return self.by_object.get((object_gid, spec.name))


@dataclass(frozen=True)
class Week:
    """The stretch of time a plan is for, and the one place that makes its rows.

    Args:
        as_of_on: Monday of the week.
        as_of_at: Last instant the plan knows anything of, UTC.
        teams: Object gid -> team gid.
    """

    as_of_on: date
    as_of_at: datetime
    teams: Mapping[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """Day the plan knows of, UTC."""
        return self.as_of_at.astimezone(UTC).date()

    def row(
        self,
        kind: str,
        capability: str,
        target: tuple[str, str],
        field_name: str,
        new_value: str,
        reason: str,
        *,
        old_value: str | None = None,
        evidence: list[str] | None = None,
        confidence: float | None = None,
        made_by: str = RULES,
        verbatim: bool = False,
        after_key: str | None = None,
    ) -> dict[str, Any]:
        """One row of changes/plan, without its position.

        Args:
            kind: Kind of change.
            capability: goals, capacity, priority, review or setup.
            target: Type and gid of the object written to.
            field_name: Registry name, or the purpose of a creation.
            new_value: Canonical JSON wanted.
            reason: One sentence for the reviewer.
            old_value: Canonical JSON now; None = empty.
            evidence: Asana objects behind it.
            confidence: How sure we are, 0..1.
            made_by: Method or model that found the value.
            verbatim: The value stood or stands in Asana, whoever wrote it; else it is a text of ours (published.py).
            after_key: Row of the same plan without which this one is not written.
        """
        target_type, target_gid = target
        new_value = new_value if verbatim else _published(new_value)
        period = period_of(kind, self.as_of_on, self.as_of_at)
        return {
            "as_of_on": self.as_of_on,
            "as_of_at": self.as_of_at,
            "row_key": row_key(kind, target_gid, field_name, new_value, period),
            "kind": kind,
            "capability": capability,
            "target_type": target_type,
            "target_gid": target_gid,
            "team_gid": self.teams.get(target_gid),
            "field": field_name,
            "old_value": old_value,
            "base": fingerprint(old_value),
            "new_value": new_value,
            "reason": reason,
            "evidence_gids": evidence or [],
            "made_by": made_by,
            "risk": RISKS[kind],
            "confidence": confidence,
            "after_key": after_key,
        }


def _published(value: str) -> str:
    """A canonical value whose texts hold nothing but words; see published.py."""
    inside = parsed(value)
    if isinstance(inside, str):
        return canonical(published(inside), "text") or '"…"'
    if isinstance(inside, dict):
        return canonical_object({k: published(v) if isinstance(v, str) else v for k, v in inside.items()})
    return value
