"""Full records as they stand at the clock: references resolved, derived fields computed. One builder per resource."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from asana_intel.sandbox.custom_values import display_number, value_entry
from asana_intel.sandbox.fields import Shown
from asana_intel.sandbox.hand_written import EARLIEST
from asana_intel.sandbox.platform_records import BUILDERS, reaction_summary, team_defaults
from asana_intel.sandbox.player import VIEWS_KEPT, Player
from asana_intel.sandbox.progress import metric_value
from asana_intel.sandbox.schema import MANY, ONE
from asana_intel.sandbox.world import Fields

CLOSED_GOAL = frozenset({"achieved", "partial", "missed", "dropped"})
STATUS_OF_UPDATE = {"on_track": "green", "at_risk": "yellow", "off_track": "red", **{s: s for s in CLOSED_GOAL}}


def standing(player: Player, gid: str) -> Fields:
    """Return the full record of an existing object at the player's clock; shared between calls, not to be changed.

    Raises:
        ApiError: 404 if the gid is unknown.
    """
    view = player.views.get(gid)
    if view is None:
        if len(player.views) >= VIEWS_KEPT:
            for cache in (player.views, player.refs, player.resolved, player.picked):
                cache.clear()
        view = player.views[gid] = _built(player, gid)
    return view


def _built(player: Player, gid: str) -> Fields:
    """Build a record, unless it is a task that was built before and shows nothing that changed since."""
    record = player.record(gid)
    if record is None or record.resource != "tasks" or player.viewer:
        return _build(player, gid)
    view = player.tasks.get(gid)
    if view is None:
        view = Shown(_build(player, gid))
        player.tasks.keep(gid, view)
    return view


def _build(player: Player, gid: str) -> Fields:
    record = player.record(gid)
    resource = record.resource if record else ""
    fields = player.fields(gid)
    for name in ONE.get(resource, ()):
        if name in fields:
            fields[name] = player.ref(fields[name])
    for name in MANY.get(resource, ()):
        fields[name] = _resolved(player, fields.get(name) or [], player.ref)
    fields.pop("rank", None)
    builder = _BUILDERS.get(resource)
    if builder:
        builder(player, gid, fields)
    return fields


def _resolved(player: Player, raw: list[Fields], shown: Callable[[Fields], Fields | None]) -> list[Fields]:
    """Show the members of a raw list that exist. Records share their raw lists, so that they share this one, too."""
    known = player.resolved.get(id(raw))
    if known is None:
        known = player.resolved[id(raw)] = (raw, [item for item in map(shown, raw) if item])
    return known[1]


# -- tasks


def _task(player: Player, gid: str, fields: Fields) -> None:
    completed = player.is_completed(gid)
    if not completed:
        fields["completed_at"] = fields["completed_by"] = None
    fields["completed"] = completed
    fields["modified_at"] = modified_at(player, gid)
    fields["memberships"] = _resolved(player, fields["memberships"], lambda item: _membership(player, item))
    fields["num_subtasks"] = len(subtasks_of(player, gid))
    fields["dependencies"] = [_bare_task(item) for item in dependencies_of(player, gid)]
    fields["dependents"] = [_bare_task(item) for item in dependents_of(player, gid)]
    minutes = logged_minutes(player, gid)
    fields["actual_time_minutes"] = minutes
    if "html_notes" not in fields:
        fields["html_notes"] = f"<body>{escape(fields['notes'])}</body>"
    if fields["resource_subtype"] == "approval":
        fields["approval_status"] = (fields.get("approval_status") or "approved") if completed else "pending"
    home = fields["projects"][0]["gid"] if fields["projects"] else "0"
    fields.setdefault("permalink_url", f"https://app.asana.com/0/{home}/{gid}")
    if fields.get("external") is None:
        fields.pop("external", None)
    _hearts(fields)
    values = player.values(gid)
    if not completed and minutes is None:
        _hide_actuals(player, values, None)
    elif not completed:
        _hide_actuals(player, values, minutes)
    containers = [project["gid"] for project in fields["projects"]]
    fields["custom_fields"] = _entries(player, containers, values)


def _membership(player: Player, item: Fields) -> Fields | None:
    project = player.ref(item.get("project"))
    return {"project": project, "section": player.ref(item.get("section"))} if project else None


def _hearts(fields: Fields) -> None:
    """Show likes under their deprecated names, too."""
    fields["hearted"], fields["hearts"] = fields["liked"], fields["likes"]
    fields["num_hearts"] = fields["num_likes"]


def _bare_task(gid: str) -> Fields:
    return {"gid": gid, "resource_type": "task"}


def _hide_actuals(player: Player, values: dict[str, Any], minutes: float | None) -> None:
    """Before completion an "Actual …" number is what the visible time entries say, or unknown."""
    for gid, is_hours in _actual_fields(player).items():
        if gid in values:
            values[gid] = minutes / 60 if minutes is not None and is_hours else None


def _actual_fields(player: Player) -> dict[str, bool]:
    """List the number fields named "Actual …", and whether they count hours."""
    if player.actuals is None:
        gids = (*player.world.by_resource["custom_fields"], *player.made_of["custom_fields"])
        numbers = ((gid, record) for gid in gids if (record := player.record(gid)))
        named = {gid: str(r.field("name")) for gid, r in numbers if r.field("resource_subtype") == "number"}
        player.actuals = {gid: "hour" in name.lower() for gid, name in named.items() if name.startswith("Actual")}
    return player.actuals


def logged_minutes(player: Player, gid: str) -> float | None:
    """Sum the minutes of a task's visible time entries; None where there are none."""
    entries = player.related("entries.task", gid)
    return sum(player.field(entry, "duration_minutes") for entry in entries) if entries else None


def subtasks_of(player: Player, gid: str) -> list[str]:
    """List the existing direct subtasks of a task."""
    return [t for t in player.related("tasks.parent", gid) if (player.field(t, "parent") or {}).get("gid") == gid]


def dependencies_of(player: Player, gid: str) -> list[str]:
    """List the existing tasks that a task waits for."""
    waits_for = player.field(gid, "dependencies")
    return player.existing(item["gid"] for item in waits_for) if waits_for else []


def dependents_of(player: Player, gid: str) -> list[str]:
    """List the existing tasks that wait for a task."""
    return [t for t in player.related("tasks.dependency", gid) if gid in dependencies_of(player, t)]


def modified_at(player: Player, gid: str, *, moves_count: bool = False) -> str:
    """Give the latest known change of a task at the clock.

    Args:
        player: The player.
        gid: A task.
        moves_count: Also count moves between projects and sections (the rule of the `modified_since` filter).
    """
    record = player.record(gid)
    if record is None:
        return player.now
    moments = [record.field("completed_at"), record.field("modified_at")]
    moments += [c.until for c in record.changes if moves_count or c.values or set(c.fields) - _CONTAINERS]
    moments += [
        story.born
        for story in map(player.record, player.related("stories.target", gid))
        if story and (moves_count or story.field("resource_subtype") not in _MOVES)
    ]
    moments.append((player.touched if moves_count else player.modified).get(gid))
    latest: str = record.field("created_at")
    for moment in moments:
        if moment and latest < moment <= player.now:
            latest = moment
    return latest


_CONTAINERS = {"memberships", "projects"}
_MOVES = {"section_changed", "added_to_project", "removed_from_project"}


# -- goals


def _goal(player: Player, gid: str, fields: Fields) -> None:
    update = latest_update(player, gid)
    fields["current_status_update"] = player.ref(update)
    fields["status"] = _goal_status(player, gid, fields, update)
    if "html_notes" not in fields:
        fields["html_notes"] = f"<body>{escape(fields['notes'] or '')}</body>"
    if fields["metric"]:
        value = metric_value(player, gid)
        shown = None if value is None else display_number(value, fields["metric"])
        metric = {name: member for name, member in fields["metric"].items() if name != "creator"}
        fields["metric"] = {**metric, "current_number_value": value, "current_display_value": shown}
    fields["custom_fields"] = _entries(player, [gid], player.values(gid))
    fields["custom_field_settings"] = settings_of(player, gid)


def _goal_status(player: Player, gid: str, fields: Fields, update: str | None) -> str | None:
    status = fields["status"]
    written_at = player.status_written.get(gid)
    if written_at and (update is None or player.field(update, "created_at") <= written_at):
        return status
    if update in player.made or written_at:  # a client posted it, after whatever else was said of the goal
        return STATUS_OF_UPDATE.get(player.field(update or "", "status_type"))
    if status in CLOSED_GOAL and fields["due_on"] and player.now[:10] > fields["due_on"]:
        return status
    shown = player.field(update, "status_type") if update else None
    if shown in STATUS_OF_UPDATE:
        return STATUS_OF_UPDATE[shown]
    return None if status in CLOSED_GOAL else status


def latest_update(player: Player, gid: str) -> str | None:
    """Return the newest existing status update on an object."""
    updates = player.related("status_updates.parent", gid)
    return max(updates, key=lambda update: player.field(update, "created_at"), default=None)


# -- containers and the rest


def _project(player: Player, gid: str, fields: Fields) -> None:
    fields.pop("created_by", None)  # a world may hold it; the API does not show it
    fields["completed"] = player.is_completed(gid)
    if not fields["completed"]:
        fields["completed_at"] = fields["completed_by"] = None
    record = player.record(gid)
    born = record.born if record else player.now
    fields["created_at"] = min(fields["created_at"], born or EARLIEST)
    known = fields.get("modified_at") or born
    known = known if known <= player.now else born
    fields["modified_at"] = max(known or fields["created_at"], player.modified.get(gid, ""))
    fields["due_date"], fields["public"] = fields["due_on"], fields["privacy_setting"] == "public_to_workspace"
    if "html_notes" not in fields:
        fields["html_notes"] = f"<body>{escape(fields['notes'])}</body>"
    _container(player, gid, fields)
    fields.setdefault("permalink_url", f"https://app.asana.com/0/{gid}/list")
    holders = [gid, *portfolios_with(player, gid)]
    fields["custom_fields"] = _entries(player, holders, player.values(gid))
    briefs = player.related("briefs.project", gid)
    fields["project_brief"] = player.ref(briefs[0]) if briefs else None


def _portfolio(player: Player, gid: str, fields: Fields) -> None:
    fields.pop("items", None)
    _container(player, gid, fields)
    holders = [gid, *portfolios_with(player, gid)]
    fields["custom_fields"] = _entries(player, holders, player.values(gid))
    fields.setdefault("permalink_url", f"https://app.asana.com/0/portfolio/{gid}/list")
    fields["public"] = fields["privacy_setting"] == "public_to_domain"


def _workspace_membership(player: Player, gid: str, fields: Fields) -> None:
    lists = player.related("task_lists.owner", fields["user"]["gid"]) if fields["user"] else []
    fields["user_task_list"] = player.ref(lists[0]) if lists else None
    fields.setdefault("created_at", (record.born if (record := player.record(gid)) else "") or EARLIEST)


def _container(player: Player, gid: str, fields: Fields) -> None:
    fields["current_status_update"] = player.ref(latest_update(player, gid))
    fields["custom_field_settings"] = settings_of(player, gid)


def portfolio_items(player: Player, gid: str) -> list[str]:
    """List the existing projects and portfolios in a portfolio."""
    record = player.record(gid)
    items = player.written.get(gid, {}).get("items", record.extra.get("items", []) if record else [])
    return player.existing(item if isinstance(item, str) else item["gid"] for item in items)


def portfolios_with(player: Player, gid: str) -> list[str]:
    """List the portfolios that hold a project or portfolio."""
    return [portfolio for portfolio in player.all("portfolios") if gid in portfolio_items(player, portfolio)]


def settings_of(player: Player, gid: str) -> list[Fields]:
    """List the custom fields attached to a project, portfolio or goal, as full settings."""
    return [standing(player, setting) for setting in settings_in_order(player, gid)]


def settings_in_order(player: Player, gid: str) -> list[str]:
    """List the gids of an object's custom-field settings, in order."""
    return sorted(player.related("settings.parent", gid), key=lambda setting: rank_of(player, setting))


def rank_of(player: Player, gid: str) -> str:
    """Return a record's rank in its list: the one it was given, else its place among the records of its kind."""
    record = player.record(gid)
    return player.field(gid, "rank") or str(record.place if record else 0).zfill(9)


def _setting(player: Player, gid: str, fields: Fields) -> None:
    fields["parent"] = parent = player.ref(fields["parent"])
    if parent and parent["resource_type"] == "project":
        fields["project"] = parent
    fields["custom_field"] = standing(player, fields["custom_field"]["gid"])


def _custom_field(player: Player, gid: str, fields: Fields) -> None:
    for name in ("workspace", "created_at"):  # a world may hold them; the API does not show them
        fields.pop(name, None)
    fields.setdefault("type", fields["resource_subtype"])
    fields.setdefault("representation_type", fields["resource_subtype"])
    fields["display_value"] = None
    if fields["resource_subtype"] == "number":
        fields.setdefault("precision", 0)
    elif fields["resource_subtype"] == "reference":
        fields.setdefault("input_restrictions", [])


def _user(player: Player, gid: str, fields: Fields) -> None:
    if not fields["workspaces"]:
        fields["workspaces"] = [player.ref(w) for w in player.all("workspaces")]
    fields["custom_fields"] = _shown(player, dict.fromkeys(user_fields(player, gid)), player.values(gid))


def user_fields(player: Player, user: str) -> list[str]:
    """List the custom fields that a user can hold: those of their teams, and those that the world's users hold."""
    recorded = player.lists.get(("user_fields",))
    if recorded is None:
        records = (player.world.records[gid] for gid in player.world.by_resource["users"])
        recorded = player.lists["user_fields",] = list(dict.fromkeys(f for record in records for f in record.values))
    teams = [player.field(m, "team")["gid"] for m in player.related("team_memberships.user", user)]
    return player.existing(dict.fromkeys([*(f for team in teams for f in attached_fields(player, team)), *recorded]))


def _team(player: Player, gid: str, fields: Fields) -> None:
    team_defaults(gid, fields)
    fields["custom_field_settings"] = settings_of(player, gid)


def _status_update(player: Player, gid: str, fields: Fields) -> None:
    fields.setdefault("modified_at", fields["created_at"])
    fields.setdefault("html_text", f"<body>{escape(fields.get('text') or '')}</body>")
    fields["reaction_summary"] = reaction_summary(player, gid) or fields["reaction_summary"]
    _hearts(fields)


def _job(player: Player, gid: str, fields: Fields) -> None:
    fields.pop("created_by")


def _tag(player: Player, gid: str, fields: Fields) -> None:
    fields["workspace"] = fields["workspace"] or next(map(player.ref, player.all("workspaces")), None)
    fields.setdefault("permalink_url", f"https://app.asana.com/0/{gid}/list")


def _story(player: Player, gid: str, fields: Fields) -> None:
    fields.setdefault("html_text", f"<body>{escape(fields.get('text') or '')}</body>")
    fields["reaction_summary"] = reaction_summary(player, gid) or fields["reaction_summary"]
    _hearts(fields)


def attached_fields(player: Player, holder: str) -> tuple[str, ...]:
    """List the custom fields attached to a project, portfolio or goal, in order."""
    found = player.attached.get(holder)
    if found is None:
        settings = settings_in_order(player, holder)
        found = tuple(player.field(setting, "custom_field")["gid"] for setting in settings)
        player.attached[holder] = found
    return found


def _entries(player: Player, holders: list[str], values: dict[str, Any]) -> list[Fields]:
    """Show one entry per attached field, then those whose field is no longer attached (`enabled` false)."""
    return _shown(
        player, dict.fromkeys(field for holder in holders for field in attached_fields(player, holder)), values
    )


def _shown(player: Player, attached: dict[str, None], values: dict[str, Any]) -> list[Fields]:
    entries: list[Fields] = [_entry(player, field, values.get(field), enabled=True) for field in attached]
    for field, value in values.items():
        if field not in attached and value is not None and player.exists(field):
            entries.append(_entry(player, field, value, enabled=False))
    return entries


def _entry(player: Player, field: str, value: Any, *, enabled: bool) -> Shown:
    definition, known = player.entries.get((field, enabled)) or _known_entries(player, field, enabled=enabled)
    if isinstance(value, list | dict):
        if player.viewer and isinstance(value, list):
            value = [item for item in value if not player.hides(item)]
        key = repr(value)
    else:
        key = (value, type(value))
    entry = known.get(key)
    if entry is None:
        shown = value_entry(definition, value, lambda gid: player.ref(gid) or {"gid": gid}, enabled=enabled)
        entry = known[key] = Shown(shown)
    return entry


_VALUES_KEPT = 20_000


def _known_entries(player: Player, field: str, *, enabled: bool) -> tuple[Fields, dict[Any, Shown]]:
    """Return a custom field and its entries so far, by value. They outlive a change unless they show other records."""
    definition, key = standing(player, field), (field, enabled)
    kept = player.lasting.get(key)
    if definition["resource_subtype"] in ("people", "reference"):
        kept = (definition, {})
    elif kept is None or kept[0] != definition or len(kept[1]) > _VALUES_KEPT:
        kept = player.lasting[key] = (definition, {})
    player.entries[key] = kept
    return kept


_BUILDERS = {
    "tasks": _task,
    "goals": _goal,
    "projects": _project,
    "portfolios": _portfolio,
    "custom_field_settings": _setting,
    "custom_fields": _custom_field,
    "users": _user,
    "workspace_memberships": _workspace_membership,
    "status_updates": _status_update,
    "stories": _story,
    "tags": _tag,
    "jobs": _job,
    "teams": _team,
    **BUILDERS,
}
