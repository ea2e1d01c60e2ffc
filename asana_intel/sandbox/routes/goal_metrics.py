"""A goal's metric: setting it, and reporting its current value."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import stated_choice, stated_flag, stated_precision
from asana_intel.sandbox.progress import COMPUTED
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.routes.goals import goal_reply
from asana_intel.sandbox.schema import METRIC_DEFAULTS
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import change

_SOURCES = COMPUTED | {"manual", "external"}
_UNITS = frozenset({"none", "currency", "percentage"})


@operation("POST", "/goals/{goal}/setMetric")
def set_metric(call: Call, goal: str) -> Reply:
    """Create a goal's metric, or replace it with its value and its maker."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown(METRIC_DEFAULTS)
    metric = _metric(call)
    change(call, goal, {"metric": {**metric, "gid": player.new_gid(), "resource_type": "goal_metric"}})
    return goal_reply(call, call.one(goal))


def _metric(call: Call) -> Fields:
    metric: Fields = {**METRIC_DEFAULTS, **call.data}
    initial, target = metric["initial_number_value"], metric["target_number_value"]
    if not all(is_number(value) for value in (initial, target)):
        raise missing("target_number_value")
    if initial == target:
        raise invalid("target_number_value", "Must differ from initial_number_value")
    stated_choice("resource_subtype", metric["resource_subtype"], ("number",))
    source = stated_choice("progress_source", metric["progress_source"], _SOURCES)
    stated_precision(metric["precision"])
    if "is_custom_weight" in call.data:
        stated_flag("is_custom_weight", call.data["is_custom_weight"])
    metric["currency_code"] = _currency(stated_choice("unit", metric["unit"], _UNITS), metric["currency_code"])
    if metric["current_number_value"] is None:
        metric["current_number_value"] = initial
    elif not is_number(metric["current_number_value"]):
        raise invalid("current_number_value", "Not a number")
    metric["can_manage"] = source in ("manual", "external")
    if source == "external":
        metric["creator"] = call.actor["gid"]
    return metric


def _currency(unit: str, code: Any) -> str | None:
    """Only amounts of money carry a currency, US dollars unless the request says otherwise."""
    if code is not None and not (isinstance(code, str) and re.fullmatch("[A-Z]{3}", code)):
        raise invalid("currency_code", "Not an ISO 4217 currency code")
    return (code or "USD") if unit == "currency" else None


def is_number(value: Any) -> bool:
    """Tell whether a member of a JSON body is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


@operation("POST", "/goals/{goal}/setMetricCurrentValue")
def set_metric_current_value(call: Call, goal: str) -> Reply:
    """Report the current value of a manual metric, or of an external one of one's own."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown({"current_number_value"})
    value, metric = call.data.get("current_number_value"), player.field(goal, "metric")
    if not metric:
        raise ApiError(400, "goal: Goal does not have a metric")
    if value is None:
        raise missing("current_number_value")
    if not is_number(value):
        raise invalid("current_number_value", "Not a number")
    _require_right(call, metric)
    change(call, goal, {"metric": {**metric, "current_number_value": value}})
    return goal_reply(call, call.one(goal))


def _require_right(call: Call, metric: Fields) -> None:
    source = metric["progress_source"]
    own = metric.get("can_manage") and metric.get("creator", call.actor["gid"]) == call.actor["gid"]
    if source in COMPUTED or (source == "external" and not own):
        raise ApiError(403, f"metric: The current value of a metric with progress source {source} cannot be set")
