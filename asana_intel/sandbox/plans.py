"""Which part of Asana needs which plan, as a table, and the refusals for it. Who has which plan is tokens.py's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from asana_intel.sandbox.catalogue import Key
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.world import Fields

PLANS = ("personal", "starter", "advanced", "enterprise", "enterprise_plus")
TOP_PLAN = PLANS[-1]


@dataclass(frozen=True, slots=True)
class Feature:
    """A part of Asana that is sold.

    Attributes:
        plan: The lowest plan that has it.
        message: Asana's refusal below that plan.
        segments: An operation with one of these words in its path belongs to it.
        operations: Operations that belong to it beside those, as `METHOD /path` with `*` for gids.
        resources: Resources that exist only with it; below the plan they are neither listed nor referred to.
        service_account: Whether only service accounts have it.
    """

    plan: str
    message: str
    segments: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    service_account: bool = False


def _sold(what: str, plan: str) -> str:
    if plan == "starter":
        return f"{what} not available for free users."
    return f"{what} only available to users on the {plan.replace('_plus', '+').capitalize()} plan or above."


# Sources: the operations that the OpenAPI document marks with 402; its notes on exports and the audit log
# ("Enterprise", "Enterprise+", "Service Accounts"); Asana's price list for what Starter and Advanced hold. The
# texts on search and on custom fields are those that clients report; the others follow their pattern.
FEATURES: tuple[Feature, ...] = (
    Feature(
        "starter",
        _sold("Custom Fields are", "starter"),
        segments=frozenset(
            {"custom_fields", "enum_options", "custom_field_settings", "addCustomFieldSetting",
             "removeCustomFieldSetting", "custom_types"}
        ),
        resources=frozenset({"custom_fields", "custom_field_settings", "custom_types"}),
    ),
    Feature("starter", "Search is only available to premium users.", segments=frozenset({"search"})),
    Feature(
        "starter",
        _sold("Dependencies are", "starter"),
        segments=frozenset(
            {"dependencies", "dependents", "addDependencies", "addDependents", "removeDependencies",
             "removeDependents"}
        ),
    ),
    Feature(
        "starter",
        _sold("Project briefs are", "starter"),
        segments=frozenset({"project_briefs"}),
        resources=frozenset({"project_briefs"}),
    ),
    Feature("starter", _sold("Access requests are", "starter"), segments=frozenset({"access_requests"})),
    Feature(
        "advanced",
        _sold("Goals are", "advanced"),
        segments=frozenset({"goals", "goal_relationships"}),
        resources=frozenset({"goals", "goal_relationships"}),
    ),
    Feature(
        "advanced",
        _sold("Portfolios are", "advanced"),
        segments=frozenset({"portfolios", "portfolio_memberships", "project_portfolio_settings"}),
        resources=frozenset({"portfolios", "portfolio_memberships", "project_portfolio_settings"}),
    ),
    Feature(
        "advanced",
        _sold("Allocations are", "advanced"),
        segments=frozenset({"allocations"}),
        resources=frozenset({"allocations"}),
    ),
    Feature(
        "advanced",
        _sold("Time tracking is", "advanced"),
        segments=frozenset({"time_tracking_entries", "time_tracking_categories", "timesheet_approval_statuses"}),
        resources=frozenset({"time_tracking_entries", "time_tracking_categories", "timesheet_approval_statuses"}),
    ),
    Feature(
        "advanced",
        _sold("Budgets and rates are", "advanced"),
        segments=frozenset({"budgets", "rates"}),
        resources=frozenset({"budgets", "rates"}),
    ),
    Feature("advanced", _sold("Rule triggers are", "advanced"), segments=frozenset({"rule_triggers"})),
    Feature("enterprise", _sold("Roles are", "enterprise"), segments=frozenset({"roles"})),
    Feature(
        "enterprise", _sold("Graph exports are", "enterprise"), operations=frozenset({"POST /exports/graph"})
    ),
    Feature(
        "enterprise",
        _sold("Organization exports are", "enterprise"),
        segments=frozenset({"organization_exports"}),
        service_account=True,
    ),
    Feature(
        "enterprise",
        _sold("Audit log events are", "enterprise"),
        segments=frozenset({"audit_log_events"}),
        service_account=True,
    ),
    Feature(
        "enterprise_plus",
        _sold("Resource exports are", "enterprise_plus"),
        operations=frozenset({"POST /exports/resource"}),
        service_account=True,
    ),
    Feature(
        "enterprise_plus",
        _sold("Workspace events are", "enterprise_plus"),
        operations=frozenset({"GET /workspaces/*/events"}),
        service_account=True,
    ),
)  # fmt: skip


def is_below(plan: str, needed: str) -> bool:
    """Tell whether a plan is lower than another."""
    return PLANS.index(plan) < PLANS.index(needed)


@cache
def hidden_resources(plan: str) -> frozenset[str]:
    """Return the resources that a plan does not have."""
    return frozenset().union(*(feature.resources for feature in FEATURES if is_below(plan, feature.plan)))


@cache
def features_of(key: Key) -> tuple[Feature, ...]:
    """Return the features that an operation belongs to."""
    name = f"{key[0]} /{'/'.join(key[1:])}"
    return tuple(f for f in FEATURES if name in f.operations or not f.segments.isdisjoint(key))


def features_used(player: Player, path: str, query: Fields, data: Fields) -> list[Feature]:
    """Return the features of the objects that a request names and of the fields that it writes.

    Args:
        player: For what the named objects are.
        path: Of the request.
        query: Decoded query parameters.
        data: The body's `data`.
    """
    resources = {_resource_of(player, value) for value in (*path.split("/"), *query.values(), *data.values())}
    if data.get("custom_fields"):
        resources.add("custom_fields")
    return [feature for feature in FEATURES if not feature.resources.isdisjoint(resources)]


def require_features(plan: str, features: Iterable[Feature]) -> None:
    """Check that a plan has some features.

    Raises:
        ApiError: 402, for the feature of the highest plan among those that are missing.
    """
    missing = [feature for feature in features if is_below(plan, feature.plan)]
    if missing:
        raise ApiError(402, max(missing, key=lambda feature: PLANS.index(feature.plan)).message)


def _resource_of(player: Player, value: Any) -> str | None:
    record = player.record(value) if isinstance(value, str) else None
    return record.resource if record else None
