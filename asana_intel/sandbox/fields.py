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
# (identity of a nested record or list, of its plan) -> both, kept so that the identities stay theirs, the result,
# and how often another record was looked at for it.
Memo = dict[tuple[int, int], tuple[Any, Plan, Any, int]]
_PLANS_KEPT = 8
_ABSENT = object()
_PLAIN = frozenset({str, bool, int, float, type(None)})
_GROUP = re.compile(r"^(.*?)\(([^()]*)\)(.*)$")
# Asked for bare, these come whole; other nested objects come as gid and resource_type.
_WHOLE = frozenset({"custom_fields", "enum_options", "custom_field_settings", "effort", "external"})
# These stand in full wherever they stand (a field's entry carries its definition's gid, but is not it).
_COMPLETE = frozenset({"custom_field", "enum_option", "goal_metric"})


class Shown(dict[str, Any]):
    """A record that is shown many times without changing, with what plans made of it so far."""

    __slots__ = ("picks",)

    def __init__(self, record: Fields) -> None:
        super().__init__(record)
        self.picks: dict[int, tuple[Plan, Fields]] = {}


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
    """Reduce a record to a plan.

    Args:
        value: A full record.
        plan: From `plan_of`.
        resolve: Gives the full record of a gid, for paths that go beyond a compact reference.
        memo: Nested results so far; they are shared, as the same person or field value stands in many records.

    Returns:
        A dict with `gid` (where there is one) and what the plan names; its members are not to be changed.
    """
    shown = _Picker(resolve, memo).pick(value, plan)
    return shown.copy() if isinstance(value, Shown) else shown


class _Picker:
    """Reduces records to plans, and counts where it had to look at other records: these results do not last."""

    __slots__ = ("looks", "memo", "resolve")

    def __init__(self, resolve: Resolve, memo: Memo) -> None:
        self.resolve = resolve
        self.memo = memo
        self.looks = 0

    def pick(self, value: Any, plan: Plan) -> Any:
        """Reduce a record, or a list of records, to a plan."""
        if isinstance(value, Shown):
            known = value.picks.get(id(plan))
            if known is None:
                before, known = self.looks, (plan, self._members(value, plan))
                if self.looks == before:
                    if len(value.picks) >= _PLANS_KEPT:
                        value.picks.clear()
                    value.picks[id(plan)] = known
            return known[1]
        if isinstance(value, list):
            return [self.pick(item, plan) for item in value]
        return self._members(value, plan) if isinstance(value, dict) else value

    def _members(self, value: Fields, plan: Plan) -> Fields:
        shown: Fields = {"gid": value["gid"]} if "gid" in value else {}
        for name, inner in plan.items():
            member = value.get(name, _ABSENT)
            if member is _ABSENT:
                if isinstance(value, Shown) or not _is_reference(value):
                    continue
                self.looks += 1
                value = self.resolve(value["gid"]) or value
                member = value.get(name, _ABSENT)
                if member is _ABSENT:
                    continue
            if type(member) in _PLAIN or not member:
                shown[name] = member
            elif inner:
                shown[name] = self._nested(member, inner)
            else:
                shown[name] = member if name in _WHOLE else _bare(member)
        return shown

    def _nested(self, value: Any, plan: Plan) -> Any:
        if isinstance(value, Shown):
            return self.pick(value, plan)
        if isinstance(value, list) and isinstance(value[0], Shown):
            own = id(plan)
            return [known[1] if (known := item.picks.get(own)) else self.pick(item, plan) for item in value]
        key = (id(value), id(plan))
        known = self.memo.get(key)
        if known is None:
            before = self.looks
            shown = self.pick(value, plan)
            known = self.memo[key] = (value, plan, shown, self.looks - before)
        self.looks += known[3]
        return known[2]


def _is_reference(value: Fields) -> bool:
    return "gid" in value and value.get("resource_type") not in _COMPLETE


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
