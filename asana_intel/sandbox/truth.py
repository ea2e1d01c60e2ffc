"""The truth: how many objects of each raw resource stand at the clock, counted without the API."""

from __future__ import annotations

from asana_intel.sandbox.player import Player
from asana_intel.sandbox.standing import dependencies_of, portfolio_items
from asana_intel.sandbox.world import Fields

_COUNTED = (
    "workspaces", "users", "teams", "team_memberships", "workspace_memberships", "projects",
    "project_memberships", "sections", "portfolios", "tags", "custom_fields", "custom_field_settings",
    "tasks", "stories", "goals", "goal_relationships", "status_updates", "time_periods",
    "time_tracking_entries", "ooo_entries", "allocations",
)  # fmt: skip


def truth(player: Player) -> Fields:
    """Count everything that exists at the player's clock.

    Returns:
        `{"at": moment, "counts": {resource: n}}`; `portfolio_items` and `task_dependencies` count edges.
    """
    counts = {resource: len(player.all(resource)) for resource in _COUNTED}
    counts["portfolio_items"] = sum(len(portfolio_items(player, gid)) for gid in player.all("portfolios"))
    counts["task_dependencies"] = sum(len(dependencies_of(player, gid)) for gid in player.all("tasks"))
    return {"at": player.now, "counts": counts}
