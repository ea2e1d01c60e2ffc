"""Custom-field values: from the form a request writes to the entry a record shows. Not about who holds them."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.times import from_iso, stated_iso

Fields = dict[str, Any]
MAX_TEXT = 1024
VALUE_KEYS = {
    "text": "text_value",
    "number": "number_value",
    "enum": "enum_value",
    "multi_enum": "multi_enum_values",
    "date": "date_value",
    "people": "people_value",
    "reference": "reference_value",
}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def recorded_value(entry: Fields) -> Any:
    """Take the value out of a recorded custom-field entry, in the form a PUT would write it.

    Returns:
        A number, a text, an option gid, a list of gids, `{"date", "date_time"}`, or None.
    """
    value = entry.get(VALUE_KEYS[entry.get("resource_subtype") or entry["type"]])
    if type(value) is dict and "gid" in value:
        return value["gid"]
    if type(value) is list:
        return [item["gid"] for item in value]
    return value


def parse_value(written: Any, definition: Fields, find_user: Callable[[str], str]) -> Any:
    """Check a written value against its field's definition.

    Args:
        written: What the request holds; None clears.
        definition: The custom field's record.
        find_user: Turns a gid, an e-mail or `me` into a user gid; raises ApiError for an unknown user.

    Returns:
        The value in the form kept by the server (see `recorded_value`).

    Raises:
        ApiError: 400 if the value does not fit the type; 403 if the field cannot be written.
    """
    kind, name = definition["resource_subtype"], f"custom_fields[{definition['gid']}]"
    if definition.get("is_value_read_only") or definition.get("is_formula_field"):
        raise ApiError(403, f"{name}: The value of this custom field is read-only")
    if written is None:
        return None
    if kind == "number":
        return _number(written, name)
    if kind == "text":
        return _text(written, name)
    if kind == "enum":
        return _option(written, definition, name)
    if kind == "date":
        return _date(written, name)
    if not isinstance(written, list):
        raise invalid(name, "Not an array of gids")
    if kind == "multi_enum":
        return [_option(item, definition, name) for item in written]
    return [find_user(str(item)) if kind == "people" else str(item) for item in written]


def _number(written: Any, name: str) -> float | int:
    if isinstance(written, str):
        try:
            written = float(written)
        except ValueError as error:
            raise invalid(name, f"Not a number: {written}") from error
    if isinstance(written, bool) or not isinstance(written, int | float) or not isfinite(written):
        raise invalid(name, f"Not a number: {written}")
    return written


def _text(written: Any, name: str) -> str:
    if not isinstance(written, str):
        raise invalid(name, "Not a string")
    if len(written) > MAX_TEXT:
        raise invalid(name, f"Text is longer than {MAX_TEXT} characters")
    return written


def _option(written: Any, definition: Fields, name: str) -> str:
    for option in definition.get("enum_options") or []:
        if option["gid"] == written:
            if not option.get("enabled", True):
                raise invalid(name, f"Enum option is disabled: {written}")
            return option["gid"]
    raise invalid(name, f"Not a recognized enum option gid: {written}")


def _date(written: Any, name: str) -> Fields:
    """Read `{"date"}` or `{"date_time"}`; the bare text that Asana's prose describes stands for either."""
    if isinstance(written, str):
        written = {"date_time" if "T" in written else "date": written}
    if not isinstance(written, dict) or not (written.get("date") or written.get("date_time")):
        raise invalid(name, 'Not a date object; expected {"date": "YYYY-MM-DD"} or {"date_time": …}')
    try:
        moment = from_iso(str(written.get("date_time") or written["date"]))
        date_time = stated_iso(str(written["date_time"])) if written.get("date_time") else None
    except ValueError as error:
        raise invalid(name, f"Not a valid date: {written}") from error
    return {
        "date": moment.date().isoformat(),
        "date_time": date_time,
    }


def _moment(value: Fields | str | None) -> Fields | None:
    """Bring the value of a date field, as a world may hold it, into the form that a record shows."""
    known = {"date_time" if "T" in value else "date": value} if isinstance(value, str) else value or {}
    date_time = known.get("date_time")
    date = known.get("date") or (date_time and date_time[:10])
    return {"date": date, "date_time": date_time} if date else None


# What a definition holds that no value's entry shows.
_DEFINITION_ONLY = frozenset({"workspace", "owned_by_app", "default_value"})


def value_entry(definition: Fields, value: Any, reference: Callable[[str], Fields], *, enabled: bool = True) -> Fields:
    """Show a value as it stands in a record's `custom_fields`.

    Args:
        definition: The custom field's record.
        value: As kept by the server, or None.
        reference: Turns a gid into a compact reference (people and reference fields).
        enabled: False where the field is no longer attached to the record's container.

    Returns:
        An entry with the definition's gid, the typed value, and `display_value` (a text or None).
    """
    kind = definition["resource_subtype"]
    entry = definition.copy()
    for name in _DEFINITION_ONLY:
        entry.pop(name, None)
    entry |= {"type": kind, "enabled": enabled}
    if kind == "number":
        rounded = round_number(value, definition)
        shown = None if rounded is None else display_number(rounded, definition)
        entry |= {"precision": definition.get("precision") or 0, "number_value": rounded, "display_value": shown}
    elif kind in ("enum", "multi_enum"):
        chosen = [value] if kind == "enum" else list(value or [])
        options = [o for o in definition.get("enum_options") or [] if o["gid"] in chosen]
        entry.setdefault("enum_options", [])
        entry[VALUE_KEYS[kind]] = (options[0] if options else None) if kind == "enum" else options
        entry["display_value"] = ", ".join(option["name"] for option in options) or None
    elif kind == "date":
        moment = _moment(value)
        entry |= {"date_value": moment, "display_value": moment and (moment["date_time"] or moment["date"])}
    elif kind in ("people", "reference"):
        people = [reference(gid) for gid in value or []]
        entry[VALUE_KEYS[kind]] = people
        entry["display_value"] = ", ".join(str(person.get("name")) for person in people) or None
    else:
        entry |= {"text_value": value, "display_value": value}
    return entry


def round_number(value: float | None, definition: Fields) -> float | None:
    """Round to the field's precision; a percentage keeps two digits more, as 0.87 shows as 87 %."""
    if value is None:
        return None
    places = int(definition.get("precision") or 0) + (2 if is_percentage(definition) else 0)
    return round(value, places)


def is_percentage(definition: Fields) -> bool:
    """Tell whether a number field or a goal metric shows fractions as percent."""
    return "percentage" in (definition.get("format"), definition.get("unit"))


def display_number(value: float, definition: Fields) -> str:
    """Write a number as the interface shows it, e.g. `14.00`, `87%`, `$1200`."""
    places = int(definition.get("precision") or 0)
    if is_percentage(definition):
        return f"{value * 100:.{places}f}%"
    code = definition.get("currency_code")
    if code and "currency" in (definition.get("format"), definition.get("unit")):
        symbol = _SYMBOLS.get(code)
        return f"{symbol}{value:.{places}f}" if symbol else f"{value:.{places}f} {code}"
    return f"{value:.{places}f}"
