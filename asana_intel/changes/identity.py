"""Deterministic names of a change: row key, idempotency key, marker, plan hash. Same change, same name, anywhere."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

# Columns a plan's hash covers: everything a reviewer sees. When it was computed is not what is approved.
HASHED = (
    "as_of_on", "row_key", "kind", "capability", "target_type", "target_gid", "team_gid", "field", "old_value", "base",
    "new_value", "reason", "evidence_gids", "made_by", "risk", "confidence", "position",
)  # fmt: skip
OBJECTS = {"comment": "comment", "status_update": "status_update", "create_task": "task"}
"""Kinds whose creation can be taken back -> type of the object they create; of projects, only those of scenarios."""
POSTS = frozenset({"status_update", "comment", "create_task"})  # what people are told of
CREATES = POSTS | {"create_custom_field", "create_project", "create_section"}
SETS = frozenset({"set_field", "set_metric", "set_assignee", "set_dates", "add_to_section"})
"""Kinds that set what had another value before, to which it can be set back."""
OWNED = SETS - {"add_to_section"}
"""Those of them whose value is ours until a person changes it; through sections, tasks move as the work goes on."""
_MARKER = re.compile(r"\bref (AIW-[A-Z2-7]{12})\b")


def period_of(kind: str, as_of_on: date, as_of_at: datetime) -> str:
    """The stretch of time within which a change of this kind is the same intent.

    Args:
        kind: Kind of change.
        as_of_on: Monday of the plan's week.
        as_of_at: Last instant the plan knows anything of.

    Returns:
        The quarter for review tasks, `ever` for setup, else the ISO week.
    """
    if kind == "create_task":
        day = as_of_at.astimezone(UTC)
        return f"{day.year}-Q{(day.month + 2) // 3}"
    if kind in {"create_custom_field", "attach_custom_field", "create_project"}:
        return "ever"
    year, week, _ = as_of_on.isocalendar()
    return f"{year}-W{week:02d}"


def row_key(kind: str, target_gid: str, field: str | None, new_value: str, period: str) -> str:
    """First 16 hex digits of sha256(kind | target | field | canonical new value | period)."""
    return _sha256("|".join((kind, target_gid, field or "", new_value, period)))[:16]


def idem_key(kind: str, target_gid: str, field: str | None, period: str) -> str:
    """Identity of a creation: what, where and when, but not its wording.

    The wording is left out on purpose: a weekly update computed again after a sync reads a little differently
    and is still the same update.
    """
    return _sha256("|".join((kind, target_gid, field or "", period)))


def fingerprint(value: str | None) -> str:
    """First 16 hex digits of the SHA-256 of a canonical value; of nothing, those of an empty text."""
    return _sha256(value or "")[:16]


def marker_of(key: str) -> str:
    """Visible mark of a creation: `AIW-` and 60 bits of sha256(idem_key) in base32; survives a lost database."""
    return "AIW-" + base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:12]


def row_marker(row: Mapping[str, Any], as_of_on: date, as_of_at: datetime) -> str:
    """Marker of a plan row that creates something."""
    return marker_of(row_idem_key(row, as_of_on, as_of_at))


def row_idem_key(row: Mapping[str, Any], as_of_on: date, as_of_at: datetime) -> str:
    """Idempotency key of a plan row that creates something.

    A task, comment or project may state the period that it is about; an approval request is the same for the same
    plan only.
    """
    period = period_of(row["kind"], as_of_on, as_of_at)
    if row["kind"] in {"create_task", "comment", "create_project"}:
        said = json.loads(row["new_value"])
        body = said if isinstance(said, dict) else {}
        asks = body.get("asks")
        period = f"{asks['plan_hash']}|{asks['offered_at']}" if asks else body.get("period") or period
    return idem_key(row["kind"], row["target_gid"], row["field"], period)


def with_marker(text: str, marker: str) -> str:
    """Text with the footer by which we recognise it again."""
    return f"{text}\n\nref {marker}"


def markers_in(texts: Iterable[str | None]) -> frozenset[str]:
    """All markers that stand in texts read from Asana."""
    return frozenset(found for text in texts for found in _MARKER.findall(text or ""))


def plan_hash(rows: Iterable[Mapping[str, Any]]) -> str:
    """sha256 over what a reviewer sees of the rows, in order of position."""
    lines = sorted(json.dumps(_seen(row), sort_keys=True, ensure_ascii=False) for row in rows)
    return _sha256("\n".join(lines))


def _seen(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a reviewer sees; rows that stand alone hash as they did before any followed from another."""
    seen = {c: _plain(row[c]) for c in HASHED}
    return seen | {"after_key": row["after_key"]} if row.get("after_key") else seen


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, list | tuple) else value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
