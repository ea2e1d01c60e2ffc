"""The registry of custom fields we write: our name, Asana's label and its aliases, and the type of value. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.changes.canonical import ValueType, canonical, parsed

OVERRIDE = "Manual Override"
"""Name of the field by which a team tells us to leave an object alone."""
_NO = {"", "no", "false", "0", "off", "none"}


@dataclass(frozen=True)
class FieldSpec:
    """One custom field that belongs to us.

    Args:
        name: Registry name, such as ai_confidence_score.
        label: Name in Asana.
        target_type: goal, project or task.
        value_type: number, date or text.
        about: Description shown in Asana.
        aliases: Other names companies gave it.
        percentage: Stored as a fraction, shown as per cent.
        precision: Decimals shown, of numbers.
    """

    name: str
    label: str
    target_type: str
    value_type: ValueType
    about: str
    aliases: tuple[str, ...] = ()
    percentage: bool = False
    precision: int = 0

    @property
    def decimals(self) -> int | None:
        """Digits after the point that survive in Asana; a fraction has two more than its per cent."""
        if self.value_type != "number":
            return None
        return self.precision + (2 if self.percentage else 0)

    def canonical(self, value: Any) -> str | None:
        """Canonical JSON of a value of this field."""
        return canonical(value, self.value_type, decimals=self.decimals)

    def wire(self, canonical_value: str) -> Any:
        """The value as Asana's API wants it; None for `null`, which clears the field."""
        value = parsed(canonical_value)
        return {"date": value} if self.value_type == "date" and value is not None else value

    def live(self, entry: Mapping[str, Any]) -> str | None:
        """Canonical JSON of the value in an entry of an object's `custom_fields`."""
        return self.canonical(entry.get(f"{self.value_type}_value"))

    def definition(self) -> dict[str, Any]:
        """Body that creates the field, without the workspace."""
        body: dict[str, Any] = {
            "name": self.label,
            "resource_subtype": self.value_type,
            "description": self.about,
        }
        if self.value_type == "number":
            body |= {"precision": self.precision, "format": "percentage" if self.percentage else "none"}
        return body

    def is_called(self, name: str | None) -> bool:
        """Whether a field of that name in Asana is this one; case and outer blanks do not matter."""
        return _folded(name) in {_folded(n) for n in (self.label, *self.aliases)}


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

BY_NAME: dict[str, FieldSpec] = {spec.name: spec for spec in REGISTRY}


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


def entry_of(spec: FieldSpec, entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The entry of an object's `custom_fields` that is this field, or None where it is not attached."""
    matching = [e for e in entries if spec.is_called(e.get("name"))]
    return min(matching, key=lambda e: _folded(e.get("name")) != _folded(spec.label), default=None)


def is_override(name: str | None, shown: str | None) -> bool:
    """Whether a field says that people keep this object's values by hand: Manual Override, and anything but a no."""
    return _folded(name) == _folded(OVERRIDE) and _folded(shown) not in _NO


def _folded(name: str | None) -> str:
    return (name or "").strip().casefold()
