"""The filters of webhooks: which are allowed on what, and which events pass. No state, no HTTP."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.world import Fields

ACTIONS = ("changed", "added", "removed", "deleted", "undeleted")
LARGE = frozenset({"workspaces", "teams", "portfolios"})
# Never propagated to a workspace, a team or a portfolio: what happens inside their projects.
NOT_IN_LARGE = frozenset({"task", "story", "section", "attachment"})
_MEMBERS = ("resource_type", "resource_subtype", "action", "fields")
_LARGE_CODE = "invalid_filters_for_larger_scoped_webhooks"


def stated_filters(given: Any, resource: str) -> list[Fields]:
    """Check the `filters` of a request.

    Args:
        given: The member of the body; None is no filter.
        resource: What is watched, e.g. `projects`.

    Raises:
        ApiError: 400 for a filter that is malformed, or that a larger scope does not allow.
    """
    if given is None:
        given = []
    if not isinstance(given, list):
        raise invalid("filters", "Not an array")
    filters = [_stated(item) for item in given]
    if resource in LARGE:
        _check_large(filters)
    return filters


def _stated(item: Any) -> Fields:
    if not isinstance(item, dict):
        raise invalid("filters", "Not an object")
    for name, value in item.items():
        if name not in _MEMBERS:
            raise invalid("filters", f"Not a recognized member: {name}")
        if name != "fields" and value is not None and not isinstance(value, str):
            raise invalid(f"filters.{name}", "Not a string")
    stated = {name: item[name] for name in _MEMBERS if item.get(name) is not None}
    if stated.get("action", "changed") not in ACTIONS:
        raise invalid("filters.action", f"Not a recognized value: {stated['action']}; one of {', '.join(ACTIONS)}")
    fields = stated.get("fields")
    if fields is not None:
        if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
            raise invalid("filters.fields", "Not an array of strings")
        if fields and stated.get("action") != "changed":
            raise invalid("filters.fields", "Only valid with the action changed")
    return stated


def _check_large(filters: list[Fields]) -> None:
    def refuse(why: str) -> ApiError:
        message = f"filters: {why} on a webhook of a workspace, team or portfolio"
        return ApiError(400, message, code=_LARGE_CODE)

    if not filters:
        raise refuse("Filters are required")
    for item in filters:
        if item.get("fields"):
            raise refuse("Fields are not supported")
        if "resource_type" not in item:
            raise refuse("A resource_type is required")
        if item["resource_type"] in NOT_IN_LARGE:
            raise refuse(f"The resource_type {item['resource_type']} is not supported")


def passes(event: Fields, filters: list[Fields]) -> bool:
    """Tell whether an event, in the API's form, passes any of the filters; without filters all do."""
    return not filters or any(_fits(event, item) for item in filters)


def _fits(event: Fields, item: Fields) -> bool:
    resource = event["resource"]
    if any(name in item and item[name] != resource.get(name) for name in ("resource_type", "resource_subtype")):
        return False
    if "action" in item and item["action"] != event["action"]:
        return False
    return not item.get("fields") or event.get("change", {}).get("field") in item["fields"]
