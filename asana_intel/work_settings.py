"""Sections of the settings tree on work to be done: effort, triage, priority, sprints, portfolios; no behaviour.

They are part of the tree in settings.py, which is what everybody reads.
"""

import re
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Section(BaseModel):
    """A part of the settings tree: closed and unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EffortSettings(Section):
    """Custom fields of tasks that tell how much work they are."""

    points_field: str = Field("Story Points", description="Name of the custom field that holds story points.")
    category_field: str = Field("Category", description="Name of the custom field that holds the category of a task.")
    subcategory_field: str = Field("Work Type", description="Name of the custom field that says it more closely.")
    embeddings: Literal["tfidf", "minilm"] = Field(
        "tfidf", description="By what texts are alike: shared words, or a small language model (the extra minilm)."
    )


class TriageSettings(Section):
    """What is said of tasks as they arrive, and from how much evidence."""

    category_field: str = Field("Category", description="Custom field that holds a task's category.")
    priority_field: str = Field("Priority", description="Custom field that holds the priority people give.")
    priority_order: list[str] = Field(
        [],
        description="Its values from lowest to highest; not needed for numbers, P0 to P9, Low to Urgent and the like.",
    )
    least_p: float = Field(0.6, ge=0, le=1, description="Probability below which nothing is suggested.")
    least_examples: int = Field(30, ge=2, description="Past tasks with a value below which nothing is suggested.")
    small_hours: float = Field(4.0, gt=0, description="Median effort up to which a task is small (S), hours.")
    large_hours: float = Field(16.0, gt=0, description="Median effort above which a task is large (L), hours.")
    most_tasks: int = Field(4000, ge=1, description="Most tasks that one week looks at; the newest.")
    most_history: int = Field(10_000, ge=1, description="Most past tasks that are searched for duplicates; the newest.")

    @model_validator(mode="after")
    def _small_before_large(self) -> "TriageSettings":
        if self.small_hours >= self.large_hours:
            raise ValueError("small_hours must be below large_hours")
        return self


class PriorityWeights(Section):
    """What each part of a task's score counts; only their proportions matter, the whole is always 100 points."""

    strategic: float = Field(30.0, ge=0, description="What it does for the odds of goals.")
    urgency: float = Field(20.0, ge=0, description="Its due day, and those of the tasks that wait for it.")
    dependency: float = Field(15.0, ge=0, description="How many tasks wait for it.")
    stakeholders: float = Field(10.0, ge=0, description="The interest people take in it.")
    effort: float = Field(15.0, ge=0, description="How little work it is.")
    capacity: float = Field(10.0, ge=0, description="How much time who would do it has.")

    def points(self) -> dict[str, float]:
        """Most points of each part; they add up to 100."""
        weights = self.model_dump()
        return {part: 100.0 * weight / sum(weights.values()) for part, weight in weights.items()}


class PrioritySettings(Section):
    """The rubric by which open tasks are scored, 0 to 100, and what a score leads to; see docs/concepts.md."""

    weights: PriorityWeights = Field(default_factory=PriorityWeights)  # pyright: ignore[reportArgumentType]
    p0_from: float | None = Field(
        None, ge=0, le=100, description="Score from which a task is P0; none = by rule, 42.5 with the usual weights."
    )
    p1_from: float | None = Field(
        None, ge=0, le=100, description="Score from which a task is P1; none = by rule, 32.5 with the usual weights."
    )
    p2_from: float | None = Field(
        None,
        ge=0,
        le=100,
        description="Score from which a task is P2, below: P3; none = by rule, 17.5 with the usual weights.",
    )
    next_sprint_above: float = Field(40.0, ge=0, le=100, description="Score from which a task belongs in a sprint.")
    icebox_below: float = Field(15.0, ge=0, le=100, description="Score below which a task without due day is put away.")
    half_gain: float = Field(
        0.01,
        gt=0,
        le=1,
        description="Rise of a goal's odds that is worth half of the strategic points, 0.01 = 1 point.",
    )
    business_value_field: str = Field(
        "Business Value", description="Custom field of tasks that says what they are worth; '' = none."
    )
    business_value_top: float = Field(100.0, gt=0, description="Number in it that is worth most.")
    priority_field: str = Field("Priority", description="Custom field in which people set priorities; '' = none.")
    scope: list[str] = Field(
        default_factory=list, description="Project gids whose tasks are scored, subtasks too; empty = all."
    )

    @model_validator(mode="after")
    def _can_be_meant(self) -> "PrioritySettings":
        if not any(self.weights.model_dump().values()):
            raise ValueError("at least one weight must be above 0")
        p0, p1, p2 = self.label_bounds()
        if not p0 >= p1 >= p2:
            raise ValueError(f"p0_from, p1_from and p2_from must not rise, and are {p0:g}, {p1:g} and {p2:g}")
        if self.icebox_below > self.next_sprint_above:
            raise ValueError("icebox_below must not be above next_sprint_above")
        return self

    def label_bounds(self) -> tuple[float, float, float]:
        """Scores from which a task is P0, P1 and P2.

        By rule, where they are not set: each part has half of its points at a case that people know, and the bounds
        are sums of such halves. An ordinary task (a day of work, somebody half free, some interest) is P2. One that
        also brings a goal forward (`half_gain`) is P1. One that also must begin today to be in time is P0. Other
        parts may make up for one: the bounds are points, whatever they are for.
        """
        half = {part: points / 2 for part, points in self.weights.points().items()}
        ordinary = half["effort"] + half["capacity"] + half["stakeholders"]
        by_rule = (ordinary + half["strategic"] + half["urgency"], ordinary + half["strategic"], ordinary)
        p0, p1, p2 = (
            rule if own is None else own
            for own, rule in zip((self.p0_from, self.p1_from, self.p2_from), by_rule, strict=True)
        )
        return p0, p1, p2


class SprintSettings(Section):
    """When sprints are, what they leave free, and which fields they heed."""

    days: int = Field(14, ge=1, le=56, description="Length of a sprint, days.")
    starts_weekday: int = Field(1, ge=1, le=7, description="Day on which sprints begin, 1 = Monday to 7 = Sunday.")
    spare_share: float = Field(0.1, ge=0, lt=1, description="Share of everybody's hours that a proposal keeps free.")
    max_candidates: int = Field(
        500, ge=1, description="Tasks of a team that are weighed, highest scores first; pinned ones always are."
    )
    explained: int = Field(20, ge=0, description="Tasks left out whose reason is told in full, highest scores first.")
    may_reassign: bool = Field(False, description="Whether a task may be proposed for another than its assignee.")
    skills_field: str = Field("Skills", description="Custom field of people: their skills, with commas between.")
    required_skills_field: str = Field("Required Skills", description="Custom field of tasks: skills they need.")
    pin_field: str = Field(
        "Sprint Pin", description="Custom field of tasks: In, Out, a member's name, or In and a name with a comma."
    )
    running_sections: list[str] = Field(
        ["sprint", "this sprint", "current sprint", "in progress", "doing"],
        description="Beginnings of the names of sections whose tasks are being worked on.",
    )
    gap: float = Field(0.0005, ge=0, le=0.1, description="Share of the best value at which a large search may stop.")
    time_limit_s: float = Field(8.0, gt=0, description="Longest search for a proposal, seconds.")


class PortfolioSettings(Section):
    """What orders projects and goals."""

    budget_field: str = Field("Budget", description="Custom field of a project or portfolio that holds its budget.")
    spent_field: str = Field(
        "Budget Used", description="Custom field beside it that holds what is spent, in the same unit."
    )
    risk_weight: float = Field(
        0.5, ge=0, le=1, description="Part of a project's or goal's value that counts only as far as it is at risk."
    )
    initiatives: str = Field(
        "", description="File or folder of initiatives that are weighed each week and shown in the report; '' = none."
    )


class RetroSettings(Section):
    """What a sprint is."""

    pattern: str = Field(
        r"\b(sprint|iteration|cycle)[\s_#-]*\d",
        description="Regular expression for names of sections and projects that are sprints; capitals do not count.",
    )
    sprint_days: int = Field(14, ge=1, le=92, description="Days of a sprint where nothing else tells its length.")
    estimate_fields: list[str] = Field(
        ["estimated hours", "estimated time", "effort hours", "effort (hours)", "estimate"],
        description="Number fields of tasks whose change during a sprint counts as a new estimate.",
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as wrong:
            raise ValueError(f"is no regular expression: {wrong}") from wrong
        return value


class PriorityWrites(Section):
    """What of the priorities is proposed to be written, where fields.priority is on; all of it is reviewed first."""

    tasks: int = Field(10, ge=0, description="Tasks, those ranked first, whose priority fields are set each week.")
    score_points: float = Field(
        3.0, ge=0, le=100, description="Points by which a score must have changed to be written again."
    )
    comments: int = Field(5, ge=0, description="Tasks, those ranked first, that get a comment with the reasons a week.")
    tell_owner_points: float | None = Field(
        25.0,
        gt=0,
        le=100,
        description="Points a score changes by within a week that its assignee is told of; none = no.",
    )
    review: bool = Field(False, description="A task 'Review AI Prioritization' for each project with ranked tasks.")
    move: bool = Field(
        False, description="Move tasks to the section of their project that is called like their sprint."
    )
    sprint: bool = Field(
        False, description="Make a section of each sprint proposal, put its tasks there and assign those of nobody."
    )
    retro: bool = Field(False, description="A task 'Sprint retro' for each sprint that ended, with how it went.")
    trigger_task: str | None = Field(
        "Prioritize Backlog", description="Name of an open task that asks for a plan now; none = no task does."
    )


class RebalanceSettings(Section):
    """How overload is mended: which moves may be proposed, and what they heed."""

    may_delay: bool = Field(
        False, description="Whether a task may be moved past its due date, with the dates of what waits for it."
    )
    may_split: bool = Field(True, description="Whether part of a task's hours may be proposed for another person.")
    most_delay_weeks: int = Field(4, ge=1, le=8, description="Most weeks a task is moved later.")
    pin_field: str = Field(
        "Rebalance Pin", description="Custom field of tasks: Person (keep its assignee), Dates (keep them), or both."
    )
    least_hours: float = Field(
        1.0, ge=0, description="Hours a move must take from somebody's weeks to be worth proposing."
    )
    time_limit_s: float = Field(60.0, gt=0, description="Longest search for moves and for what blocks, seconds.")


class PlannedHire(Section):
    """Somebody who will join."""

    role: str = Field(description="Team, or value of the role field.")
    start_on: date = Field(description="First day.")


class DeclaredInitiative(Section):
    """Work that is decided on and has no tasks yet."""

    role: str = Field(description="Team, or value of the role field, that will do it.")
    start_on: date = Field(description="First day.")
    end_on: date = Field(description="Last day; its hours are spread evenly.")
    hours: float = Field(gt=0, description="Task hours.")

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> "DeclaredInitiative":
        if self.end_on < self.start_on:
            raise ValueError("end_on is before start_on")
        return self


class HeadcountSettings(Section):
    """How many people the coming quarters need, and how new people begin."""

    role_field: str = Field("", description="Custom field of people that holds their role; '' = their team is it.")
    attrition: float = Field(0.1, ge=0, lt=1, description="Share of people who leave within a year.")
    lead_time_weeks: int = Field(12, ge=0, le=104, description="Weeks from starting to hire to the first day.")
    hires: list[PlannedHire] = Field(default_factory=list, description="People who will join.")
    initiatives: list[DeclaredInitiative] = Field(
        default_factory=list, description="Work that is decided on and has no tasks yet."
    )
    joined: dict[str, date] = Field(
        default_factory=dict, description="Person gid -> first day; who is not named joined when they were first seen."
    )
    ramp_shares: tuple[float, float, float] = Field(
        (0.25, 0.5, 0.8),
        description="Share of a full load in days 1 to 30, 31 to 60, 61 to 90, where history does not tell.",
    )

    @field_validator("ramp_shares")
    @classmethod
    def _shares_rise(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if not 0 <= value[0] <= value[1] <= value[2] <= 1:
            raise ValueError("the shares must lie between 0 and 1 and must not fall")
        return value


class AudienceSettings(Section):
    """Who may be given a report with figures of single people; everybody else sees groups of five or more."""

    roles: list[Literal["lead", "manager", "self"]] = Field(
        ["lead", "manager", "self"],
        description="For whom `asana-intel report --for` makes one: leads (all people), managers (theirs), each person "
        "(their own); [] = nobody.",
    )
    weekly_pages: bool = Field(
        False,
        description="The weekly run also writes the page for leaders and one for each manager, into reports/private.",
    )
