"""Portfolios, their items, their members, and how projects stand in them. Duplicating them is jobs' work."""

from __future__ import annotations

from asana_intel.sandbox.access import SERVICE_ACCOUNT
from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import (
    custom_values,
    default_record,
    stated_choice,
    stated_date,
    stated_flag,
    text_fields,
    user_reference,
)
from asana_intel.sandbox.fields import compact, pick, plan_of
from asana_intel.sandbox.members import join_named, leave_named
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.standing import attached_fields, portfolio_items, portfolios_with, standing
from asana_intel.sandbox.world import Fields, placement_record
from asana_intel.sandbox.writes import change, delete_one, placed

operation("GET", "/portfolios/{gid}")(read_one("portfolios"))
operation("GET", "/project_portfolio_settings/{gid}")(read_one("project_portfolio_settings"))

MAX_ITEMS = 1500
_COLORS = tuple(
    f"{shade}-{color}"
    for shade in ("dark", "light")
    for color in ("pink", "green", "blue", "red", "teal", "brown", "orange", "purple", "warm-gray")
)
_CHOICES: dict[str, tuple[str, ...]] = {
    "color": _COLORS,
    "default_access_level": ("admin", "editor", "viewer"),
    "privacy_setting": ("public_to_domain", "members_only"),
}
_WRITABLE = frozenset({"name", "owner", "due_on", "start_on", "archived", *_CHOICES})


@operation("GET", "/portfolios")
def get_portfolios(call: Call) -> Reply:
    """Portfolios of a workspace that the caller owns.

    Users of the world see only their own and must say so (`owner=me`). A service account sees all, or those of the
    given owner, and so does a made-up user; as nothing is a made-up user's own, `owner=me` gives all, too.
    """
    player = call.player
    call.existing("workspace", "workspaces", call.required("workspace"))
    everybodys = call.grant.kind == SERVICE_ACCOUNT or call.actor["gid"] in player.identities
    owner = call.query.get("owner") if everybodys else call.required("owner")
    gids = player.all("portfolios")
    user = call.user_gid("owner", owner) if owner else None
    if user and user != call.actor["gid"] and not everybodys:
        return call.many("portfolios", [])
    own = [gid for gid in gids if user and (player.field(gid, "owner") or {}).get("gid") == user]
    return call.many("portfolios", gids if user is None or user in player.identities else own)


@operation("GET", "/portfolios/{portfolio}/items")
def get_portfolio_items(call: Call, portfolio: str) -> Reply:
    """Projects and portfolios in a portfolio; `resource_type` tells which."""
    player = call.player
    player.get("portfolios", portfolio)
    page, extra = call.page(portfolio_items(player, portfolio))
    asked = call.opt_fields()
    views = [standing(player, gid) for gid in page]
    if asked:
        shown = [pick(view, plan_of(asked), call.resolve, player.picked) for view in views]
    else:
        shown = [compact("projects", view) for view in views]
    return Reply({"data": shown, **extra})


@operation("POST", "/portfolios")
def create_portfolio(call: Call) -> Reply:
    """Create a portfolio that the caller owns."""
    call.reject_unknown(_WRITABLE | {"workspace", "public"})
    call.input("name")
    workspace = call.existing("workspace", "workspaces", call.input("workspace"))
    fields: Fields = {"owner": {"gid": call.actor["gid"]}, "privacy_setting": "members_only", **_fields(call)}
    fields |= {"workspace": {"gid": workspace}, "members": [{"gid": call.actor["gid"]}]}
    at = call.player.tick()
    gid = call.player.create(default_record(call, "portfolios", {**fields, "created_at": at}))
    call.player.note(gid, "added", call.actor["gid"], parent=call.player.ref(workspace))
    return call.one(gid, 201)


@operation("PUT", "/portfolios/{portfolio}")
def update_portfolio(call: Call, portfolio: str) -> Reply:
    """Change fields and custom-field values of a portfolio."""
    player = call.player
    player.get("portfolios", portfolio)
    call.reject_unknown(_WRITABLE | {"public", "custom_fields"})
    holders = [portfolio, *portfolios_with(player, portfolio)]
    values = custom_values(call, {field for holder in holders for field in attached_fields(player, holder)})
    change(call, portfolio, _fields(call), values)
    return call.one(portfolio)


def _fields(call: Call) -> Fields:
    body = call.data
    fields = text_fields(call, ("name",))
    fields.update((name, stated_date(name, body[name])) for name in ("due_on", "start_on") if name in body)
    for name, choices in _CHOICES.items():
        if name in body:
            fields[name] = stated_choice(name, body[name], choices)
    if "archived" in body:
        fields["archived"] = stated_flag("archived", call.data["archived"])
    if "public" in body:
        fields["privacy_setting"] = "public_to_domain" if stated_flag("public", call.data["public"]) else "members_only"
    if "owner" in body:
        fields["owner"] = user_reference(call, "owner")
    return fields


operation("DELETE", "/portfolios/{gid}")(delete_one("portfolios"))


# -- items


@operation("POST", "/portfolios/{portfolio}/addItem")
def add_item(call: Call, portfolio: str) -> Reply:
    """Put a project or portfolio into a portfolio, or to another place in it."""
    player = call.player
    player.get("portfolios", portfolio)
    call.reject_unknown({"item", "insert_before", "insert_after"})
    item = str(call.input("item"))
    record = player.record(item)
    if record is None or record.resource not in ("projects", "portfolios") or not player.exists(item):
        raise unknown("item", item)
    if item == portfolio or portfolio in _below(call, item):
        raise ApiError(400, "item: A portfolio cannot be in itself")
    items = portfolio_items(player, portfolio)
    if item not in items and len(items) >= MAX_ITEMS:
        raise ApiError(400, f"item: A portfolio can have at most {MAX_ITEMS} items")
    order = placed(call, items, item)
    player.tick()
    player.write(portfolio, {"items": order})
    if item not in items:
        if record.resource == "projects":
            player.create(placement_record(player.new_gid(), item, portfolio, player.now))
        shown = {"field": "items", "action": "added", "added_value": player.ref(item)}
        player.note(portfolio, "changed", call.actor["gid"], shown)
    return call.done()


def _below(call: Call, gid: str) -> set[str]:
    """Collect every portfolio in a portfolio, at any depth."""
    found: set[str] = set()
    queue = [gid]
    while queue:
        current = queue.pop()
        record = call.player.record(current)
        if record and record.resource == "portfolios" and current not in found:
            found.add(current)
            queue += portfolio_items(call.player, current)
    return found


@operation("POST", "/portfolios/{portfolio}/removeItem")
def remove_item(call: Call, portfolio: str) -> Reply:
    """Take a project or portfolio out of a portfolio."""
    player = call.player
    player.get("portfolios", portfolio)
    call.reject_unknown({"item"})
    item = str(call.input("item"))
    items = portfolio_items(player, portfolio)
    if item not in items:
        raise invalid("item", f"Not in the portfolio: {item}")
    player.tick()
    player.write(portfolio, {"items": [other for other in items if other != item]})
    for setting in player.related("placements.portfolio", portfolio):
        if player.field(setting, "project")["gid"] == item:
            player.delete(setting)
    shown = {"field": "items", "action": "removed", "removed_value": player.ref(item)}
    player.note(portfolio, "changed", call.actor["gid"], shown)
    return call.done()


# -- members


@operation("POST", "/portfolios/{portfolio}/addMembers")
def add_members(call: Call, portfolio: str) -> Reply:
    """Let users be members of a portfolio; answers with it."""
    call.player.get("portfolios", portfolio)
    join_named(call, portfolio, "members")
    return call.one(portfolio)


@operation("POST", "/portfolios/{portfolio}/removeMembers")
def remove_members(call: Call, portfolio: str) -> Reply:
    """Let users no longer be members of a portfolio; answers with it."""
    call.player.get("portfolios", portfolio)
    leave_named(call, portfolio, "members")
    return call.one(portfolio)


# -- settings of a project in a portfolio


@operation("GET", "/portfolios/{portfolio}/project_portfolio_settings")
def get_settings_for_portfolio(call: Call, portfolio: str) -> Reply:
    """How each project of a portfolio stands in it."""
    call.player.get("portfolios", portfolio)
    return call.many("project_portfolio_settings", call.player.related("placements.portfolio", portfolio))


@operation("GET", "/projects/{project}/project_portfolio_settings")
def get_settings_for_project(call: Call, project: str) -> Reply:
    """How a project stands in each of its portfolios."""
    call.player.get("projects", project)
    return call.many("project_portfolio_settings", call.player.related("placements.project", project))


@operation("PUT", "/project_portfolio_settings/{setting}")
def update_project_portfolio_setting(call: Call, setting: str) -> Reply:
    """Say whether a portfolio's members have access to a project of it."""
    call.player.get("project_portfolio_settings", setting)
    call.reject_unknown({"is_access_control_inherited"})
    name = "is_access_control_inherited"
    change(call, setting, {name: stated_flag(name, call.input(name))})
    return call.one(setting)
