"""Budgets of projects, and the rates of people and placeholders on them."""

from __future__ import annotations

from math import isfinite
from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import stated_choice
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, delete_one

for _resource in ("budgets", "rates"):
    operation("GET", f"/{_resource}/{{gid}}")(read_one(_resource))
    operation("DELETE", f"/{_resource}/{{gid}}")(delete_one(_resource))

_BILLABLE = ("billable", "non_billable", "any")
_SOURCES = ("none", "tasks", "capacity_plans")
_PARTS: dict[str, tuple[str, ...]] = {
    "estimate": ("billable_status_filter", "source", "enabled"),
    "actual": ("billable_status_filter",),
    "total": ("enabled", "value"),
}
# What an amount counts as; what is computed from it is platform_records.py's.
_COMPUTED = ("value", "units")


@operation("GET", "/budgets")
def get_budgets(call: Call) -> Reply:
    """The budget of a project, if it has one; in full."""
    parent = call.existing("parent", "projects", call.required("parent"))
    return call.whole("budgets", call.player.related("budgets.parent", parent))


@operation("POST", "/budgets")
def create_budget(call: Call) -> Reply:
    """Give a project a budget; one at most."""
    call.reject_unknown({"budget_type", "parent", *_PARTS})
    parent = call.existing("parent", "projects", call.input("parent"))
    call.input("budget_type")
    if call.player.related("budgets.parent", parent):
        raise ApiError(400, f"parent: The project has a budget already: {parent}")
    fields = {**_budget(call, {}), "parent": {"gid": parent}}
    return call.one(add(call, "budgets", fields, parent=parent, authored=False), 201)


@operation("PUT", "/budgets/{budget}")
def update_budget(call: Call, budget: str) -> Reply:
    """Change how a budget counts, or its total; its project stays."""
    player = call.player
    player.get("budgets", budget)
    call.reject_unknown({"budget_type", "parent", *_PARTS})
    before = player.fields(budget)
    if str(call.data.get("parent", before["parent"]["gid"])) != before["parent"]["gid"]:
        raise invalid("parent", "The parent of a budget cannot be changed")
    change(call, budget, _budget(call, before))
    return call.one(budget)


def _budget(call: Call, before: Fields) -> Fields:
    fields: Fields = {}
    if "budget_type" in call.data:
        fields["budget_type"] = stated_choice("budget_type", call.data["budget_type"], ("cost", "time"))
    for part, names in _PARTS.items():
        if part in call.data:
            fields[part] = {**(before.get(part) or {}), **_part(part, call.data[part], names)}
    return fields


def _part(part: str, given: Any, names: tuple[str, ...]) -> Fields:
    if not isinstance(given, dict) or set(given) - {*names, *_COMPUTED}:
        raise invalid(part, f"Not an object of {', '.join(names)}")
    kept = {name: given[name] for name in names if name in given}
    if "billable_status_filter" in kept:
        stated_choice(f"{part}.billable_status_filter", kept["billable_status_filter"], _BILLABLE)
    if "source" in kept:
        stated_choice(f"{part}.source", kept["source"], _SOURCES)
    if "enabled" in kept and not isinstance(kept["enabled"], bool):
        raise invalid(f"{part}.enabled", "Not a boolean")
    if kept.get("value") is not None:
        _amount(f"{part}.value", kept["value"])
    return kept


def _amount(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise invalid(name, "Must be a number, at least 0")
    return value


# -- rates


@operation("GET", "/rates")
def get_rates(call: Call) -> Reply:
    """Rates on a project, of one user or placeholder if given."""
    player, query = call.player, call.query
    if query.get("parent"):
        gids = player.related("rates.parent", call.existing("parent", "projects", query["parent"]))
        if query.get("resource"):
            wanted = _resource_gid(call, query["resource"])
            gids = [gid for gid in gids if player.field(gid, "resource")["gid"] == wanted]
    elif query.get("resource"):
        gids = player.related("rates.resource", _resource_gid(call, query["resource"]))
    else:
        raise missing("parent")
    return call.many("rates", gids)


def _resource_gid(call: Call, text: str) -> str:
    record = call.player.record(text)
    if record and record.resource == "placeholders" and call.player.exists(text):
        return text
    return call.user_gid("resource", text)


@operation("POST", "/rates")
def create_rate(call: Call) -> Reply:
    """Set what an hour of a person or placeholder costs on a project; once for each pair."""
    player = call.player
    call.reject_unknown({"parent", "resource", "rate"})
    parent = call.existing("parent", "projects", call.input("parent"))
    person = _resource_gid(call, str(call.input("resource")))
    rate = _amount("rate", call.input("rate"))
    if any(player.field(gid, "resource")["gid"] == person for gid in player.related("rates.parent", parent)):
        raise ApiError(400, f"resource: {person} has a rate on this project already")
    fields = {"parent": {"gid": parent}, "resource": {"gid": person}, "rate": rate}
    return call.one(add(call, "rates", fields, parent=parent), 201)


@operation("PUT", "/rates/{rate}")
def update_rate(call: Call, rate: str) -> Reply:
    """Change the amount of a rate."""
    call.player.get("rates", rate)
    call.reject_unknown({"rate"})
    change(call, rate, {"rate": _amount("rate", call.input("rate"))})
    return call.one(rate)
