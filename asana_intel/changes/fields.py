"""The registry of custom fields we write: our name, Asana's label and its aliases, and the type of value. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from asana_intel.changes.canonical import ValueType, canonical, canonical_text, parsed
from asana_intel.errors import ConfigError

OVERRIDE = "Manual Override"
"""Name of the field by which a team tells us to leave an object alone."""
MOST_FIELDS = 20
"""Custom fields that Asana lets one object hold."""
_NO = {"", "no", "false", "0", "off", "none"}
# Value type -> member of a custom field that holds the value.
_VALUE_KEYS: dict[ValueType, str] = {
    "number": "number_value",
    "text": "text_value",
    "date": "date_value",
    "enum": "enum_value",
    "multi_enum": "multi_enum_values",
    "people": "people_value",
}

_STAGED: dict[ValueType, str] = {"enum": "option_gid", "multi_enum": "option_gids", "people": "people_gids"}


@dataclass(frozen=True)
class FieldSpec:
    """One custom field that belongs to us.

    Args:
        name: Registry name, such as ai_confidence_score.
        label: Name in Asana.
        target_type: What has a value of it: goal, project, task or user.
        value_type: number, text, date, enum, multi_enum or people.
        about: Description shown in Asana.
        aliases: Other names companies gave it.
        percentage: Stored as a fraction, shown as per cent.
        precision: Decimals shown, of numbers.
        options: Names of the options, of enums.
        theirs: A field of the company's own: we neither create nor attach it, and its options are theirs.
    """

    name: str
    label: str
    target_type: str
    value_type: ValueType
    about: str
    aliases: tuple[str, ...] = ()
    percentage: bool = False
    precision: int = 0
    options: tuple[str, ...] = ()
    theirs: bool = False

    @property
    def decimals(self) -> int | None:
        """Digits after the point that survive in Asana; a fraction has two more than its per cent."""
        if self.value_type != "number":
            return None
        return self.precision + (2 if self.percentage else 0)

    def canonical(self, value: Any, options: Mapping[str, str] | None = None) -> str | None:
        """Canonical JSON of a value of this field; `options`, gid -> name, let an option be given by its name."""
        return canonical(value, self.value_type, decimals=self.decimals, options=options)

    def wire(self, canonical_value: str) -> Any:
        """The value as Asana's API wants it; None for `null`, which clears the field."""
        value = parsed(canonical_value)
        return {"date": value} if self.value_type == "date" and value is not None else value

    def live(self, entry: Mapping[str, Any], when: str = "") -> str | None:
        """Canonical JSON of the value in an entry of an object's `custom_fields`.

        In a story, `when` is `old_` or `new_`. A field that became one of another type has no value of ours.
        """
        return self.canonical(entry.get(when + _VALUE_KEYS[self.value_type]))

    def staged(self, row: Mapping[str, Any]) -> str | None:
        """Canonical JSON of the value in a row of staging/custom_field_values."""
        return self.canonical(row.get(_STAGED.get(self.value_type) or f"{self.value_type}_value"))

    def option(self, definition: Mapping[str, Any], name: str | None) -> str | None:
        """Canonical JSON of an option by its name, whatever the case; None where the field does not offer it."""
        named = [gid for gid, offered in options_of(definition).items() if name and _folded(offered) == _folded(name)]
        return self.canonical(named[0]) if len(named) == 1 else None

    def definition(self, *, private: bool = False) -> dict[str, Any]:
        """Body that creates the field, without the workspace.

        Args:
            private: Only members of the field see it; else everybody does, and those who join it may only use it:
                its settings stay ours.
        """
        body: dict[str, Any] = {
            "name": self.label,
            "resource_subtype": self.value_type,
            "description": self.about,
        }
        if self.value_type == "number":
            body |= {"precision": self.precision, "format": "percentage" if self.percentage else "none"}
        if self.options:
            body |= {"enum_options": [{"name": option} for option in self.options]}
        return body | ({"privacy_setting": "private"} if private else {"default_access_level": "user"})

    def is_called(self, name: str | None) -> bool:
        """Whether a field of that name in Asana is this one; case and outer blanks do not matter."""
        return _folded(name) in {_folded(n) for n in (self.label, *self.aliases)}

    def misfit(self, definition: Mapping[str, Any]) -> str | None:
        """Why a field in Asana cannot hold our values, or None; what its definition does not tell, fits.

        Args:
            definition: Its record, or its entry in an object's `custom_fields`.
        """
        kind = definition.get("resource_subtype") or definition.get("type") or self.value_type
        if kind != self.value_type:
            return f"exists as {kind}, {self._needed} is needed"
        if definition.get("is_formula_field") or definition.get("is_value_read_only"):
            return "can only be read"
        return self._misfit_of_number(definition) if self.value_type == "number" else None

    def _misfit_of_number(self, definition: Mapping[str, Any]) -> str | None:
        shown, kept = definition.get("format"), definition.get("precision")
        if shown is not None and (shown == "percentage") != self.percentage:
            return f"exists as {shown}, {'percentage' if self.percentage else 'a plain number'} is needed"
        if kept is not None and kept < self.precision:
            return f"keeps {kept} decimals, {self.precision} are needed"
        return None

    @property
    def _needed(self) -> str:
        article = "an" if self.value_type[0] in "aeiou" else "a"
        return "people" if self.value_type == "people" else f"{article} {self.value_type}"

    def lacks(self, definition: Mapping[str, Any]) -> list[str]:
        """Options of ours that a field in Asana does not offer."""
        offered = {_folded(name) for name in options_of(definition).values()}
        return [option for option in self.options if _folded(option) not in offered]

    def refuses(self, entry: Mapping[str, Any], canonical_value: str) -> str | None:
        """Why an entry of an object's `custom_fields` cannot take a value now, or None."""
        misfit = self.misfit(entry)
        if misfit is not None:
            return f"{self.label} {misfit}"
        if self.value_type in {"enum", "multi_enum"} and "enum_options" in entry:
            value = parsed(canonical_value)
            gone = {value} if isinstance(value, str) else set(value or ())  # nothing clears the field
            gone -= options_of(entry).keys()
            if gone:
                return f"{self.label} does not offer the option {', '.join(sorted(gone))} any more"
        return None


REGISTRY: tuple[FieldSpec, ...] = (
    FieldSpec(
        "ai_confidence_score", "AI Confidence Score", "goal", "number",
        "Probability that the goal is met by its due date.", ("AI Confidence %", "Goal Confidence"), percentage=True,
    ),
    FieldSpec(
        "predicted_completion_date", "Predicted Completion Date", "goal", "date",
        "Day on which the median forecast meets the target.", ("AI Predicted Completion", "Predicted Completion"),
    ),
    FieldSpec(
        "top_blocking_project", "Top Blocking Project", "goal", "text",
        "Supporting project that is furthest behind its own past pace.", ("AI Top Blocker",),
    ),
    FieldSpec("ai_summary", "AI Summary", "goal", "text", "Why the odds are what they are.", ("AI Goal Summary",)),
    FieldSpec(
        "ai_health", "AI Project Health", "project", "number",
        "Weeks to clear the open tasks at the pace of the last four weeks.", ("AI Health",), precision=1,
    ),
    FieldSpec(
        "ai_risk_flag", "AI Risk Flag", "task", "text",
        "overdue or blocked, on open tasks of goals at risk; none once that is over.", ("AI Risk",),
    ),
)  # fmt: skip


PRIORITY_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "ai_priority_score", "AI Priority Score", "task", "number", "How soon the task should be done, 0 to 100.",
        ("Priority Score (AI)", "Priority Score", "Dynamic Priority"),
    ),
    FieldSpec(
        "ai_priority_rationale", "AI Rationale", "task", "text", "Why the priority is what it is.",
        ("AI Priority Rationale",),
    ),
    FieldSpec(
        "ai_confidence", "AI Confidence", "task", "number", "How sure the priority is.", percentage=True,
    ),
    FieldSpec(
        "ai_recommended_sprint", "AI Recommended Sprint", "task", "enum", "Sprint in which the task should be done.",
        ("AI Suggested Sprint/Phase", "AI Suggested Sprint"), options=("Next Sprint", "Future", "Backlog", "Icebox"),
    ),
    FieldSpec(
        "recommended_assignee", "Recommended Assignee", "task", "people", "Who should do the task.",
        ("AI Recommended Assignee",),
    ),
    FieldSpec(
        "suggested_priority", "Suggested Priority", "task", "enum", "Priority the task should have.",
        ("AI Suggested Priority",), options=("High", "Medium", "Low"),
    ),
)  # fmt: skip

TRIAGE_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("category", "Category", "task", "enum", "What kind of work it is.", theirs=True),
    FieldSpec("complexity", "Complexity", "task", "enum", "How large it is.", theirs=True),
    FieldSpec("initial_priority", "Initial Priority", "task", "enum", "Priority when it arrived.", theirs=True),
)

PRIORITY = FieldSpec("priority", "Priority", "task", "enum", "Priority as people decided it.", theirs=True)

CAPACITY_FORECAST = FieldSpec(
    "ai_capacity_forecast", "AI Capacity Forecast", "user", "number",
    "Assigned over available hours of the next four weeks.",
    ("Predicted Weekly Load", "Predicted Weekly Capacity", "AI Forecast", "AI Workload Alert"), percentage=True,
)  # fmt: skip

_ALL = (*REGISTRY, *PRIORITY_FIELDS, *TRIAGE_FIELDS, PRIORITY, CAPACITY_FORECAST)
BY_NAME: dict[str, FieldSpec] = {spec.name: spec for spec in _ALL}


def registry(
    *, priority: bool = False, forecast: str = "off", alias: Mapping[str, str] | None = None
) -> tuple[FieldSpec, ...]:
    """The fields that are wanted here.

    Args:
        priority: Those of priorities, too.
        forecast: off, people or tasks: what has AI Capacity Forecast.
        alias: Registry name -> what the field is called in Asana; no other name counts then.

    Raises:
        ConfigError: An alias for a field that we do not have.
    """
    alias = alias or {}
    if unknown := sorted(alias.keys() - BY_NAME.keys()):
        raise ConfigError(f"fields.alias names {', '.join(unknown)}", fix=f"one of {', '.join(BY_NAME)}")
    capacity = {"off": (), "people": (CAPACITY_FORECAST,), "tasks": (replace(CAPACITY_FORECAST, target_type="task"),)}
    of_priority = (*PRIORITY_FIELDS, *TRIAGE_FIELDS, PRIORITY) if priority else ()
    wanted = (*REGISTRY, *of_priority, *capacity[forecast])
    return tuple(replace(s, label=alias[s.name], aliases=()) if s.name in alias else s for s in wanted)


def options_of(definition: Mapping[str, Any]) -> dict[str, str]:
    """Gid -> name of the options that an enum offers."""
    options = definition.get("enum_options") or []
    return {o["gid"]: canonical_text(o.get("name") or "") for o in options if o.get("enabled", True)}


@dataclass(frozen=True)
class FieldMatch:
    """A registry field found in Asana."""

    field_gid: str
    label: str


def resolve(registry: Iterable[FieldSpec], custom_fields: pl.DataFrame) -> dict[str, FieldMatch]:
    """Find the registry's fields among a workspace's, by label or alias; the label wins over an alias.

    Args:
        registry: Fields to find.
        custom_fields: Columns `field_gid` and `field_name` (String), one row per custom field of the workspace;
            further columns are ignored.

    Returns:
        Registry name -> the field in Asana; a field that does not exist is left out.
    """
    rows = custom_fields.select("field_gid", "field_name").unique().sort("field_gid").rows()
    found: dict[str, FieldMatch] = {}
    for spec in registry:
        candidates = [FieldMatch(gid, name) for gid, name in rows if spec.is_called(name)]
        if candidates:
            found[spec.name] = min(candidates, key=lambda m: (_folded(m.label) != _folded(spec.label), m.field_gid))
    return found


def lock_advice(wanted: Iterable[FieldSpec], definitions: Iterable[Mapping[str, Any]]) -> list[FieldMatch]:
    """Fields of ours whose values people may change, unless they are locked: that Asana tells no program.

    Args:
        wanted: Our fields.
        definitions: Asana's records of the workspace's custom fields.
    """
    return [
        FieldMatch(d["gid"], d["name"])
        for d in definitions
        if any(spec.is_called(d["name"]) for spec in wanted if not spec.theirs)
        and d.get("privacy_setting") != "private"
        and not d.get("is_value_read_only")
    ]


def entry_of(spec: FieldSpec, entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The entry of an object's `custom_fields` that is this field, or None where it is not attached."""
    matching = [e for e in entries if spec.is_called(e.get("name"))]
    return min(matching, key=lambda e: _folded(e.get("name")) != _folded(spec.label), default=None)


def is_override(name: str | None, shown: str | None) -> bool:
    """Whether a field says that people keep this object's values by hand: Manual Override, and anything but a no."""
    return _folded(name) == _folded(OVERRIDE) and _folded(shown) not in _NO


def _folded(name: str | None) -> str:
    return (name or "").strip().casefold()
