"""Reading the bodies of writes: texts, dates, people, custom-field values, and new records. No effects here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.custom_values import parse_value
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.rich_text import NOTES, plain_of, rich_of
from asana_intel.sandbox.schema import DEFAULTS, TYPES
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.times import from_iso, stated_iso
from asana_intel.sandbox.world import Fields, Record

_HTML_OF = {"html_notes": "notes", "html_text": "text"}
_RICH_OF = {plain: rich for rich, plain in _HTML_OF.items()}


def text_fields(call: Call, names: Iterable[str]) -> Fields:
    """Return the text members of the body; a plain text drops the rich one it replaces.

    Raises:
        ApiError: 400 if a member is not a text, or rich text has no `<body>`.
    """
    fields: Fields = {}
    for name in names:
        if name not in call.data:
            continue
        value = call.data[name]
        if not isinstance(value, str):
            raise invalid(name, "Not a string")
        if name in _HTML_OF:
            fields[_HTML_OF[name]] = plain_of(name, value, NOTES if name == "html_notes" else "")
        elif name in _RICH_OF and _RICH_OF[name] not in call.data:
            fields[_RICH_OF[name]] = rich_of(value)
        fields[name] = value
    return fields


def stated_date(name: str, value: Any) -> str | None:
    """Check a date or a moment of the body; None clears.

    Raises:
        ApiError: 400 if it is not an ISO date.
    """
    if value is None:
        return None
    try:
        return stated_iso(str(value)) if name.endswith("_at") else from_iso(str(value)).date().isoformat()
    except ValueError as error:
        raise invalid(name, f"Not a valid date: {value}") from error


def stated_choice(name: str, value: Any, allowed: Collection[str]) -> str:
    """Check a member that must be one of some words.

    Raises:
        ApiError: 400 if it is none of them.
    """
    if not isinstance(value, str) or value not in allowed:
        raise invalid(name, f"Not a recognized value: {value}; expected one of {', '.join(sorted(allowed))}")
    return value


def stated_precision(value: Any) -> int:
    """Check a number of decimals.

    Raises:
        ApiError: 400 unless it is a whole number within 0..6.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 6:
        raise invalid("precision", "Must be a whole number between 0 and 6")
    return value


def stated_flag(name: str, value: Any) -> bool:
    """Check a yes or no of the body; a form can only write it as a word.

    Raises:
        ApiError: 400 unless it is true or false.
    """
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise invalid(name, "Not a boolean")
    return value


def user_reference(call: Call, name: str) -> Fields | None:
    """Return the user that a member of the body names, as a raw reference; None clears."""
    value = call.data[name]
    return None if value is None else {"gid": call.user_gid(name, str(value))}


def custom_values(call: Call, attached: set[str]) -> dict[str, Any]:
    """Check the body's `custom_fields` against the fields that the object can hold.

    Args:
        call: The call.
        attached: Gids of the fields attached to the object's containers.

    Returns:
        Field gid -> value in kept form.

    Raises:
        ApiError: 400 for a field that is not attached or a value that does not fit.
    """
    given = call.data.get("custom_fields") or {}
    if not isinstance(given, dict):
        raise invalid("custom_fields", "Not an object of gid to value")
    values: dict[str, Any] = {}
    for gid, written in given.items():
        record = call.player.record(gid)
        if record is None or record.resource != "custom_fields" or not call.player.exists(gid):
            raise unknown("custom_field", gid)
        if gid not in attached and written is not None:
            raise ApiError(400, f"custom_field: field {gid} is not on given object")
        definition = standing(call.player, gid)
        if definition["resource_subtype"] == "people" and isinstance(written, dict):
            continue  # as Asana does: an object where a list is due is passed over without a word
        values[gid] = parse_value(written, definition, lambda text: call.user_gid("user", text))
        if definition["resource_subtype"] == "reference":
            _check_references(call, values[gid] or [], definition)
    return values


def _check_references(call: Call, gids: list[str], definition: Fields) -> None:
    allowed = definition.get("input_restrictions") or ["task", "project", "portfolio", "goal"]
    for gid in gids:
        record = call.player.record(gid)
        if record is None or not call.player.exists(gid):
            raise unknown("reference", gid)
        if TYPES[record.resource] not in allowed:
            raise invalid(f"custom_fields[{definition['gid']}]", f"Not one of {', '.join(allowed)}: {gid}")


def default_record(call: Call, resource: str, fields: Fields, *, authored: bool = True) -> Record:
    """Make the record of a new object with the next gid, defaults filled in, and its author."""
    author = {"created_by": {"gid": call.actor["gid"]}} if authored else {}
    head = {"gid": call.player.new_gid(), "resource_type": TYPES[resource]}
    return Record(resource=resource, fields={**DEFAULTS.get(resource, {}), **head, **author, **fields})
