"""How the platform's smaller records stand: sections, memberships, budgets, briefs, requests. No tasks, no goals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from html import escape, unescape
from typing import Any

from asana_intel.sandbox.player import Player
from asana_intel.sandbox.schema import DEFAULTS
from asana_intel.sandbox.world import Fields

WEEK_H = 40
Builder = Callable[[Player, str, Fields], None]
_KINDS = {
    "goals": "goal_membership",
    "projects": "project_membership",
    "portfolios": "portfolio_membership",
    "custom_fields": "custom_field_membership",
    "custom_types": "custom_type_membership",
}
_TEAM_RIGHTS = (
    "edit_team_name_or_description_access_level", "edit_team_visibility_or_trash_team_access_level",
    "member_invite_management_access_level", "guest_invite_management_access_level",
    "join_request_management_access_level", "team_member_removal_access_level",
)  # fmt: skip


def parent_of(player: Player, membership: str) -> str:
    """Return the gid of what a membership of any kind belongs to."""
    for name in ("parent", "project", "portfolio", "goal"):
        reference = player.field(membership, name)
        if reference:
            return reference["gid"]
    return ""


def member_of(player: Player, membership: str) -> str:
    """Return the gid of the user or team that a membership of any kind names."""
    reference = player.field(membership, "member") or player.field(membership, "user") or {}
    return str(reference.get("gid", ""))


def membership_view(player: Player, gid: str) -> Fields:
    """Show a membership of any kind as `/memberships` does.

    Args:
        player: The player.
        gid: An existing record of `memberships`, `project_memberships` or `portfolio_memberships`.

    Returns:
        `gid, resource_type, resource_subtype, parent, member, access_level`; goals also tell
        `goal, user, workspace, role, is_commenter, is_editor`.
    """
    parent, member = player.ref(parent_of(player, gid)), player.ref(member_of(player, gid))
    above = player.record(parent["gid"]) if parent else None
    kind = above.resource if above else ""
    level = player.field(gid, "access_level") or "editor"
    view: Fields = {
        "gid": gid,
        "resource_type": "membership",
        "resource_subtype": player.field(gid, "resource_subtype") or _KINDS.get(kind, "goal_membership"),
        "parent": parent,
        "member": member,
        "access_level": level,
    }
    if parent and kind == "goals":
        is_editor = level in ("editor", "admin")
        person = member if member and member["resource_type"] == "user" else None
        view |= {"goal": parent, "user": person, "workspace": player.ref(player.field(parent["gid"], "workspace"))}
        view |= {"role": "editor" if is_editor else "commenter"}
        view |= {"is_editor": is_editor, "is_commenter": not is_editor}
    return view


def _portfolio_membership(player: Player, gid: str, fields: Fields) -> None:
    fields["portfolio"] = player.ref(parent_of(player, gid))
    fields["user"] = player.ref(member_of(player, gid))
    fields.pop("parent", None)
    fields.pop("member", None)


def _project_membership(player: Player, gid: str, fields: Fields) -> None:
    level = fields.get("access_level") or "editor"
    fields["access_level"] = level
    fields["parent"] = fields["project"] = player.ref(parent_of(player, gid))
    fields["member"] = member = player.ref(member_of(player, gid))
    fields["user"] = member if member and member["resource_type"] == "user" else None
    fields["write_access"] = "full_write" if level in ("admin", "editor") else "comment_only"


def team_defaults(gid: str, fields: Fields) -> None:
    """Fill in what every team shows, where a world leaves it out."""
    fields.setdefault("permalink_url", f"https://app.asana.com/0/{gid}/overview")
    fields.setdefault("visibility", "public")
    fields.setdefault("description", "")
    fields.setdefault("html_description", f"<body>{escape(fields['description'] or '')}</body>")
    fields.setdefault("endorsed", False)
    for right in _TEAM_RIGHTS:
        fields.setdefault(right, "all_team_members")
    fields.setdefault("team_content_management_access_level", "no_restriction")


def _access_request(player: Player, gid: str, fields: Fields) -> None:
    target = fields.get("target")
    fields["target"] = {name: target[name] for name in ("gid", "resource_type")} if target else None


def _brief(player: Player, gid: str, fields: Fields) -> None:
    fields.setdefault("html_text", f"<body>{escape(unescape(fields['text'] or ''))}</body>")
    project = (fields.get("project") or {}).get("gid", "0")
    fields.setdefault("permalink_url", f"https://app.asana.com/0/{project}/{gid}")


def _attachment(player: Player, gid: str, fields: Fields) -> None:
    fields.setdefault("host", fields["resource_subtype"])
    fields.setdefault("created_at", None)


def _budget(player: Player, gid: str, fields: Fields) -> None:
    """Fill in a budget's computed values: minutes, or minutes times the project's rate of the person."""
    kind = fields.get("budget_type") or "time"
    project = (fields.get("parent") or {}).get("gid", "")
    units = "minutes" if kind == "time" else str(DEFAULTS["rates"]["currency_code"])
    estimate = {"billable_status_filter": "any", "source": "none", "enabled": False, **(fields.get("estimate") or {})}
    actual = {"billable_status_filter": "any", **(fields.get("actual") or {})}
    total = {"enabled": False, "value": None, **(fields.get("total") or {})}
    shown = estimate["source"] != "none"
    value = _worth(player, project, kind, _estimated(player, project)) if shown else None
    if shown and estimate["source"] == "capacity_plans":
        value = _worth(player, project, kind, _allocated(player, project))
    spent = _worth(player, project, kind, _logged(player, project, actual["billable_status_filter"]))
    fields["budget_type"] = kind
    fields["estimate"] = {**estimate, "value": value, "units": units if shown else None}
    fields["actual"] = {**actual, "value": spent, "units": units}
    fields["total"] = {**total, "units": units} if total["enabled"] else {**total, "value": None, "units": None}


def _worth(player: Player, project: str, kind: str, minutes: dict[str, float]) -> float:
    if kind == "time":
        return sum(minutes.values())
    rates = {
        (player.field(rate, "resource") or {}).get("gid"): player.field(rate, "rate")
        for rate in player.related("rates.parent", project)
    }
    return round(sum(amount / 60 * (rates.get(person) or 0) for person, amount in minutes.items()), 2)


def _logged(player: Player, project: str, billable: str) -> dict[str, float]:
    minutes: dict[str, float] = {}
    for entry in player.related("entries.attributable", project):
        status = player.field(entry, "billable_status")
        if billable == "any" or (status == "billable") == (billable == "billable"):
            person = (player.field(entry, "created_by") or {}).get("gid", "")
            minutes[person] = minutes.get(person, 0) + (player.field(entry, "duration_minutes") or 0)
    return minutes


def _estimated(player: Player, project: str) -> dict[str, float]:
    """Sum the estimated time (minutes) of a project's tasks, per assignee."""
    fields = [
        gid for gid in player.all("custom_fields") if player.field(gid, "asana_created_field") == "estimated_time"
    ]
    minutes: dict[str, float] = {}
    for task in player.related("tasks.project", project):
        values = player.values(task)
        person = (player.field(task, "assignee") or {}).get("gid", "")
        minutes[person] = minutes.get(person, 0) + sum(values.get(gid) or 0 for gid in fields)
    return minutes


def _allocated(player: Player, project: str) -> dict[str, float]:
    """Sum the allocated time (minutes) on a project, per assignee: hours a week, or percent of 40, on weekdays."""
    minutes: dict[str, float] = {}
    for allocation in player.related("allocations.parent", project):
        effort = player.field(allocation, "effort") or {}
        weekly = (effort.get("value") or 0) * (1 if effort.get("type") == "hours" else WEEK_H / 100)
        day, end = (date.fromisoformat(player.field(allocation, name)) for name in ("start_date", "end_date"))
        days = sum((day + timedelta(n)).weekday() < 5 for n in range((end - day).days + 1))
        person = (player.field(allocation, "assignee") or {}).get("gid", "")
        minutes[person] = minutes.get(person, 0) + weekly / 5 * 60 * days
    return minutes


def _agent(player: Player, gid: str, fields: Fields) -> None:
    if not fields["workspace"]:
        fields["workspace"] = player.ref(player.all("workspaces")[0])


# What a role may do unless it says otherwise: everything that members may.
_PERMISSIONS: Fields = {
    "create_app_authorization": True, "create_pat_authorization": True, "share_goal_with_domain": True,
    "share_portfolios_with_org": True, "assign_roles": False, "manage_roles": False, "export_project_data": True,
    "task_deletion_policy": "all", "download_mobile_attachments": True, "import_data": True,
    "create_global_custom_fields": True, "upload_attachments": True, "create_team": True,
    "allowed_guest_invites": "all", "create_and_edit_ai_automations": True, "proactive_ai": True,
    "standard_ai": True, "create_and_edit_ai_teammates": True, "share_teams_with_org": True, "create_goal": True,
    "create_project": True, "create_read_only_link": True, "create_portfolio": True, "view_public_teams": True,
    "view_shared_with_org_projects": True, "view_shared_with_org_tasks": True,
    "view_shared_with_org_portfolios": True,
}  # fmt: skip


def _role(player: Player, gid: str, fields: Fields) -> None:
    fields["permissions"] = {**_PERMISSIONS, **(fields["permissions"] or {})}


def reactions_on(player: Player, gid: str) -> list[Fields]:
    """List the emoji reactions on a status update or story: `{"gid", "emoji", "user"}`."""
    return [
        {"gid": found, "emoji": player.field(found, "emoji"), "user": player.ref(player.field(found, "user"))}
        for found in player.related("reactions.target", gid)
    ]


def reaction_summary(player: Player, gid: str) -> list[Fields]:
    """Count the reactions on a status update or story, one entry for each emoji in the tone that was chosen."""
    emojis = [player.field(found, "emoji") for found in player.related("reactions.target", gid)]
    return [
        {"emoji_base": base_of(emoji), "variant": emoji, "count": emojis.count(emoji), "reacted": False}
        for emoji in dict.fromkeys(emojis)
    ]


def base_of(emoji: Any) -> str:
    """Return an emoji without its skin tone: the first character, as `emoji_base` filters by it."""
    return str(emoji or "")[:1]


def _section(player: Player, gid: str, fields: Fields) -> None:
    fields["projects"] = [fields["project"]] if fields["project"] else []


def _relationship(player: Player, gid: str, fields: Fields) -> None:
    if fields["supporting_resource"]:  # of whichever kind, it shows what a project would
        shown = fields["supporting_resource"].items()
        fields["supporting_resource"] = {name: value for name, value in shown if name != "resource_subtype"}


BUILDERS: dict[str, Builder] = {
    "sections": _section,
    "goal_relationships": _relationship,
    "portfolio_memberships": _portfolio_membership,
    "project_memberships": _project_membership,
    "access_requests": _access_request,
    "project_briefs": _brief,
    "attachments": _attachment,
    "budgets": _budget,
    "agents": _agent,
    "roles": _role,
}
