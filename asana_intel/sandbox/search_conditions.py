"""What search parameters ask of one thing: names, sets of gids, days and moments, custom-field values. No finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import invalid, unknown
from asana_intel.sandbox.times import from_iso, stated_iso

Condition = Callable[[str], bool]


def words_in(query: str, text: str) -> bool:
    """Tell whether every word of a query stands in a text, in any case and order."""
    folded = text.casefold()
    return all(word in folded for word in query.casefold().split())


def flag(call: Call, name: str, check: Condition) -> Condition:
    """Ask for things that are, or are not, so.

    Raises:
        ApiError: 400 unless the parameter is true or false.
    """
    wanted = call.query[name].lower()
    if wanted not in ("true", "false"):
        raise invalid(name, "Not a boolean")
    return lambda gid: check(gid) == (wanted == "true")


def gids_in(call: Call, name: str, of: Callable[[str], list[str]], read: Callable[[str], str]) -> Iterable[Condition]:
    """Read `name.any`, `name.not` and `name.all`: comma-separated gids, `null` for none at all.

    Args:
        call: The call.
        name: Stem of the parameters.
        of: Gives the gids that a thing has.
        read: Turns one written gid into a gid.
    """
    for ending in ("any", "not", "all"):
        text = call.query.get(f"{name}.{ending}")
        if text is None:
            continue
        named = [read(part.strip()) for part in text.split(",") if part.strip()]
        yield _set_condition(ending, named, of)


def _set_condition(ending: str, named: list[str], of: Callable[[str], list[str]]) -> Condition:
    wanted = set(named)

    def has_any(gid: str) -> bool:
        has = of(gid)
        return not wanted.isdisjoint(has) or ("null" in wanted and not has)

    if ending == "any":
        return has_any
    if ending == "not":
        return lambda gid: not has_any(gid)
    return lambda gid: wanted <= set(of(gid))


def moment_conditions(call: Call, name: str, get: Callable[[str], str | None]) -> Iterable[Condition]:
    """Read `name` (days only), `name.before` and `name.after`; both ends are left out, as in Asana's interface.

    Args:
        call: The call.
        name: E.g. `due_on` or `created_at`; days end in `_on`.
        get: Gives a thing's day or moment in the API's form, or None.

    Raises:
        ApiError: 400 for what is no date.
    """
    is_day = name.endswith("_on")

    def read(parameter: str) -> str:
        text = call.query[parameter]
        try:
            return from_iso(text).date().isoformat() if is_day else stated_iso(text.replace(" ", "+"))
        except ValueError as error:
            raise invalid(parameter, f"Not a valid date: {text}") from error

    def value(gid: str) -> str | None:
        known = get(gid)
        return known[:10] if known and is_day else known

    if is_day and name in call.query:
        day = None if call.query[name] == "null" else read(name)
        yield lambda gid: value(gid) == day
    if f"{name}.before" in call.query:
        before = read(f"{name}.before")
        yield lambda gid: (value(gid) or before) < before
    if f"{name}.after" in call.query:
        after = read(f"{name}.after")
        yield lambda gid: (value(gid) or after) > after


# -- custom fields


def field_conditions(call: Call, seen: Player) -> Iterable[Condition]:
    """Read `custom_fields.{gid}.…`.

    Raises:
        ApiError: 400 for an unknown field, or what a field of its type cannot be asked.
    """
    for parameter, text in call.query.items():
        if parameter.startswith("custom_fields."):
            gid, _, ask = parameter.removeprefix("custom_fields.").partition(".")
            record = call.player.record(gid)
            if record is None or record.resource != "custom_fields" or not call.player.exists(gid):
                raise unknown("custom_field", gid)
            kind = str(record.fields["resource_subtype"])
            yield _field_condition(seen, gid, _test(parameter, kind, ask, text))


def _field_condition(seen: Player, field: str, test: Callable[[Any], bool]) -> Condition:
    return lambda gid: test(seen.values(gid).get(field))


def _test(parameter: str, kind: str, ask: str, text: str) -> Callable[[Any], bool]:
    if ask == "is_set":
        if text.lower() not in ("true", "false"):
            raise invalid(parameter, "Not a boolean")
        return lambda value: (value not in (None, [], "")) == (text.lower() == "true")
    tests = _TESTS.get(kind, {})
    if ask not in tests:
        raise invalid(parameter, f"Not supported for custom fields of type {kind}")
    return tests[ask](_read(parameter, kind, text))


def _read(parameter: str, kind: str, text: str) -> Any:
    try:
        if kind == "number":
            return float(text)
        return from_iso(text).date().isoformat() if kind == "date" else text
    except ValueError as error:
        raise invalid(parameter, f"Does not fit a custom field of type {kind}: {text}") from error


def _day(value: Any) -> str:
    return str((value or {}).get("date") or (value or {}).get("date_time") or "")[:10]


def _folded(value: Any) -> str:
    return str(value or "").casefold()


Test = Callable[[Any], Callable[[Any], bool]]
_TESTS: dict[str, dict[str, Test]] = {
    "text": {
        "value": lambda wanted: lambda value: value == wanted,
        "starts_with": lambda wanted: lambda value: _folded(value).startswith(_folded(wanted)),
        "ends_with": lambda wanted: lambda value: _folded(value).endswith(_folded(wanted)),
        "contains": lambda wanted: lambda value: _folded(wanted) in _folded(value) and value is not None,
    },
    "number": {
        "value": lambda wanted: lambda value: value is not None and float(value) == wanted,
        "less_than": lambda wanted: lambda value: value is not None and value < wanted,
        "greater_than": lambda wanted: lambda value: value is not None and value > wanted,
    },
    "enum": {"value": lambda wanted: lambda value: value == wanted},
    "date": {
        "value": lambda wanted: lambda value: _day(value) == wanted,
        "before": lambda wanted: lambda value: bool(value) and _day(value) < wanted,
        "after": lambda wanted: lambda value: bool(value) and _day(value) > wanted,
    },
}
