"""What a record of a world must say, in which form, and what stands where it says nothing. Not how files are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from asana_intel.sandbox.schema import COMPACT, DEFAULTS, MANY, METRIC_DEFAULTS, ONE, TYPES
from asana_intel.sandbox.times import normal_iso

Fields = dict[str, Any]
# Shown where a world does not say when something was made.
EARLIEST = "2010-01-01T00:00:00.000Z"
# Records that show when they were made.
DATED = frozenset(
    {"tasks", "projects", "sections", "portfolios", "stories", "status_updates", "time_tracking_entries", "tags"}
)
_NAMED = {resource for resource, names in COMPACT.items() if "name" in names} | {"custom_fields", "placeholders"}
_REFERENCE = 'write {"gid": "1201"} with the gid that it points to'
# Without one of these names a record belongs to nothing, or says nothing.
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "team_memberships": (("user",), ("team",)),
    "workspace_memberships": (("user",), ("workspace",)),
    "sections": (("project",),),
    "custom_fields": (("resource_subtype", "type"),),
    "goal_relationships": (("supported_goal",), ("supporting_resource",)),
    "status_updates": (("parent",), ("status_type",)),
    "stories": (("target",),),
    "time_periods": (("start_on",), ("end_on",)),
    "time_tracking_entries": (("task",), ("duration_minutes",), ("entered_on",)),
    "ooo_entries": (("user",), ("start_date",), ("end_date",)),
    "allocations": (("parent",), ("assignee",), ("start_date",), ("end_date",)),
    "project_memberships": (("parent", "project"), ("member", "user")),
    "portfolio_memberships": (("parent", "portfolio"), ("member", "user")),
    "memberships": (("parent", "goal"), ("member", "user")),
    "timesheet_approval_statuses": (("user",),),
    "budgets": (("parent",),),
    "rates": (("parent",), ("resource",)),
    "access_requests": (("target",), ("requester",)),
    "project_briefs": (("project",),),
    "attachments": (("parent",),),
    "reactions": (("target",), ("user",), ("emoji",)),
    "rule_triggers": (("project",),),
}


class WrongFieldError(ValueError):
    """A field of a record that cannot be taken as it is.

    Attributes:
        name: Of the field.
        why: What is wrong with it.
        fix: What to write instead.
    """

    def __init__(self, name: str, why: str, fix: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why, self.fix = name, why, fix


def defaults_of(resource: str) -> Fields:
    """Return what a record shows in fields that its line leaves out."""
    named: Fields = {"name": ""} if resource in _NAMED else {}
    dated: Fields = {"created_at": EARLIEST} if resource in DATED else {}
    return {**named, **dated, **DEFAULTS.get(resource, {}), "resource_type": TYPES[resource]}


def needed(resource: str) -> tuple[tuple[str, ...], ...]:
    """List what a line cannot do without: of each group of names, one."""
    return _NEEDED.get(resource, ())


def require_values(resource: str, raw: Fields) -> None:
    """Check that a line says what its record cannot do without.

    Raises:
        WrongFieldError: It lacks one of these fields.
    """
    for choices in _NEEDED.get(resource, ()):
        if not any(raw.get(name) not in (None, "") for name in choices):
            name = choices[0]
            is_reference = name in ONE.get(resource, ()) or name == "target"
            example = '{"gid": "1201"}' if is_reference else "…"
            raise WrongFieldError(name, "missing", f'add "{name}": {example} to the line, or leave the line out')


def references(resource: str, names: Mapping[str, int]) -> Iterator[tuple[str, int, bool]]:
    """List the fields that hold references: name, place, and whether it is a list of them."""
    for table, are_many in ((ONE, False), (MANY, True)):
        for name in table.get(resource, ()):
            if name in names:
                yield name, names[name], are_many


def require_reference(name: str, value: Any, *, are_many: bool) -> None:
    """Check the form of a reference, or of a list of them.

    Raises:
        WrongFieldError: It is something else.
    """
    if are_many and type(value) is not list:
        raise WrongFieldError(name, "not a list", 'write [{"gid": "1201"}, …]')
    for item in value if are_many else (value,):
        if type(item) is not dict or type(item.get("gid")) is not str:
            raise WrongFieldError(name, f"{item!r} is not a reference", _REFERENCE)


def moment_of(name: str, value: Any) -> str:
    """Bring a moment into the API's form.

    Raises:
        WrongFieldError: It is none.
    """
    try:
        return normal_iso(value)
    except (TypeError, ValueError) as error:
        raise WrongFieldError(name, f"{value!r} is not a moment", "write e.g. 2026-03-01T06:00:00.000Z") from error


def completed(resource: str, raw: Fields) -> Fields:
    """Fill in what other fields of a line tell: a metric's smaller members, a custom field's type.

    Raises:
        WrongFieldError: A metric has no target.
    """
    if resource == "custom_fields" and not raw.get("resource_subtype"):
        return {**raw, "resource_subtype": raw["type"]}
    metric = raw.get("metric")
    if resource == "goals" and metric:
        whole = {**METRIC_DEFAULTS, "resource_type": "goal_metric", **metric}
        if whole["target_number_value"] is None:
            raise WrongFieldError("metric.target_number_value", "missing", "say which value the goal is to reach")
        return {**raw, "metric": whole}
    return raw
