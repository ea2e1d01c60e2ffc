"""Which fields of a record are shown: compact, full, or opt_fields. Knows field names only, not their meaning."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from asana_intel.sandbox.schema import COMPACT, COMPACT_VALUE, NOT_IN_LISTS, OPT_IN

Fields = dict[str, Any]
Plan = dict[str, Any]
Resolve = Callable[[str], Fields | None]
# (identity of a nested record or list, of its plan) -> both, kept so that the identities stay theirs, and the result.
Memo = dict[tuple[int, int], tuple[Any, Plan, Any]]
_ABSENT = object()
_GROUP = re.compile(r"^(.*?)\(([^()]*)\)(.*)$")
# Asked for bare, these come whole; other nested objects come as gid and resource_type.
_WHOLE = frozenset({"custom_fields", "enum_options", "custom_field_settings", "effort", "external"})
# These stand in full wherever they stand (a field's entry carries its definition's gid, but is not it).
_COMPLETE = frozenset({"custom_field", "enum_option", "goal_metric"})


class Entry(dict[str, Any]):
    """A custom field's value as records show it, with what plans made of it: the same entry stands in many records."""

    __slots__ = ("picks",)

    def __init__(self, entry: Fields) -> None:
        super().__init__(entry)
        self.picks: dict[int, tuple[Plan, Fields]] = {}

    def picked(self, plan: Plan, resolve: Resolve) -> Fields:
        """Reduce the entry to a plan. What looked at other records is not kept: they change, the entry does not."""
        known = self.picks.get(id(plan))
        if known is not None:
            return known[1]
        looked: list[str] = []

        def look(gid: str) -> Fields | None:
            looked.append(gid)
            return resolve(gid)

        shown = pick(self, plan, look, {})
        if not looked:
            self.picks[id(plan)] = (plan, shown)
        return shown


@lru_cache(maxsize=512)
def plan_of(opt_fields: str) -> Plan:
    """Turn an `opt_fields` text into a tree of names.

    Args:
        opt_fields: Comma-separated paths, e.g. `name,assignee.name,this.(due_on|start_on)`.

    Returns:
        Field name -> its own tree; empty where the path ends.
    """
    plan: Plan = {}
    for path in _split(opt_fields):
        node = plan
        for name in path.removeprefix("this.").split("."):
            if name:
                node = node.setdefault(name, {})
    return plan


def _split(text: str) -> list[str]:
    paths: list[str] = []
    for path in re.split(r",(?![^(]*\))", text):
        paths += _expand(path.strip())
    return [path for path in paths if path]


def _expand(path: str) -> list[str]:
    match = _GROUP.match(path)
    if not match:
        return [path]
    before, group, after = match.groups()
    return [full for choice in group.split("|") for full in _expand(before + choice + after)]


def pick(value: Any, plan: Plan, resolve: Resolve, memo: Memo) -> Any:
    """Reduce a record, or a list of records, to a plan.

    Args:
        value: A full record, a compact reference, or a list of either.
        plan: From `plan_of`.
        resolve: Gives the full record of a gid, for paths that go beyond a compact reference.
        memo: Nested results so far; they are shared, as the same person or field value stands in many records.

    Returns:
        Dicts with `gid` (where there is one) and what the plan names; not to be changed.
    """
    if isinstance(value, list):
        return [pick(item, plan, resolve, memo) for item in value]
    if not isinstance(value, dict):
        return value
    shown: Fields = {"gid": value["gid"]} if "gid" in value else {}
    for name, inner in plan.items():
        member = value.get(name, _ABSENT)
        if member is _ABSENT and "gid" in value and value.get("resource_type") not in _COMPLETE:
            value = resolve(value["gid"]) or value
            member = value.get(name, _ABSENT)
        if isinstance(member, dict | list):
            if inner:
                shown[name] = _nested(member, inner, resolve, memo)
            else:
                shown[name] = member if name in _WHOLE else _bare(member)
        elif member is not _ABSENT:
            shown[name] = member
    return shown


def _nested(value: Any, plan: Plan, resolve: Resolve, memo: Memo) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], Entry):
        return [entry.picked(plan, resolve) for entry in value]
    key = (id(value), id(plan))
    known = memo.get(key)
    if known is None:
        known = memo[key] = (value, plan, pick(value, plan, resolve, memo))
    return known[2]


def _bare(member: Any) -> Any:
    if isinstance(member, list):
        return [_bare(item) for item in member]
    if not isinstance(member, dict):
        return member
    if "gid" in member:
        return {"gid": member["gid"], "resource_type": member.get("resource_type")}
    nested = any(isinstance(item, dict) for item in member.values())
    return {} if nested else member


def full(resource: str, record: Fields) -> Fields:
    """Show a record in full, without the fields that must be asked for."""
    hidden = OPT_IN.get(resource, frozenset())
    shown = {name: value for name, value in record.items() if name not in hidden}
    if resource != "tasks" and shown.get("custom_fields"):
        shown["custom_fields"] = [
            {name: member for name, member in entry.items() if name in COMPACT_VALUE}
            for entry in shown["custom_fields"]
        ]
    return shown


def compact(resource: str, record: Fields) -> Fields:
    """Show a record as a list does by default."""
    names = COMPACT.get(resource)
    if names is None:
        return full(resource, record)
    shown = {"gid": record["gid"], "resource_type": record["resource_type"]}
    shown.update((name, record[name]) for name in names if name in record)
    return shown


def without_list_gaps(resource: str, plan: Plan) -> Plan:
    """Drop from a list's plan what Asana's lists of that resource never give."""
    gaps = NOT_IN_LISTS.get(resource)
    return {name: inner for name, inner in plan.items() if name not in gaps} if gaps else plan
