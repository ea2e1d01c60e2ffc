"""Memberships in goals, projects, portfolios, custom fields and custom types, in their new and their older form."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import stated_choice
from asana_intel.sandbox.members import RESOURCES, join, leave, memberships_of, rules_of
from asana_intel.sandbox.platform_records import member_of, membership_view, parent_of
from asana_intel.sandbox.rejections import ApiError, missing, unknown

operation("GET", "/project_memberships/{gid}")(read_one("project_memberships"))
operation("GET", "/portfolio_memberships/{gid}")(read_one("portfolio_memberships"))

_LEVEL_OF_ROLE = {"editor": "editor", "commenter": "commenter"}


@operation("GET", "/memberships")
def get_memberships(call: Call) -> Reply:
    """Memberships of an object, of one member if given; or all project memberships of a team."""
    player, parent, member = call.player, call.query.get("parent"), call.query.get("member")
    if parent:
        rules_of(call, parent)
        gids = memberships_of(call, parent)
    elif member and call.query.get("resource_subtype"):
        stated_choice("resource_subtype", call.query["resource_subtype"], ("project_membership",))
        gids = player.all("project_memberships")
    else:
        raise missing("parent")
    if member:
        wanted = _member(call, member)
        gids = [gid for gid in gids if member_of(player, gid) == wanted]
    return call.views("memberships", [membership_view(player, gid) for gid in gids])


def _member(call: Call, text: str) -> str:
    record = call.player.record(text)
    if record and record.resource == "teams" and call.player.exists(text):
        return text
    return call.user_gid("member", text)


def _membership(call: Call, gid: str) -> str:
    record = call.player.record(gid)
    if record is None or record.resource not in RESOURCES or not call.player.exists(gid):
        raise unknown("membership", gid)
    return gid


@operation("GET", "/memberships/{membership}")
def get_membership(call: Call, membership: str) -> Reply:
    """One membership of any kind."""
    return call.view("memberships", membership_view(call.player, _membership(call, membership)))


@operation("POST", "/memberships")
def create_membership(call: Call) -> Reply:
    """Let a user or team belong to an object; who belongs already gets the new level."""
    call.reject_unknown({"access_level", "member", "parent", "role"})
    parent, member = str(call.input("parent")), _member(call, str(call.input("member")))
    level = _level(call, parent)
    call.player.tick()
    gid = join(call, parent, member, level)
    return call.view("memberships", membership_view(call.player, gid), 201)


def _level(call: Call, parent: str) -> str | None:
    levels = rules_of(call, parent)[1]
    if "access_level" in call.data:
        return stated_choice("access_level", call.data["access_level"], levels)
    if call.data.get("role") is not None:
        return _LEVEL_OF_ROLE[stated_choice("role", call.data["role"], _LEVEL_OF_ROLE)]
    return None


@operation("PUT", "/memberships/{membership}")
def update_membership(call: Call, membership: str) -> Reply:
    """Change the access level of a membership."""
    player, gid = call.player, _membership(call, membership)
    call.reject_unknown({"access_level"})
    level = stated_choice("access_level", call.input("access_level"), rules_of(call, parent_of(player, gid))[1])
    player.tick()
    player.write(gid, {"access_level": level})
    change = {"field": "members", "action": "changed"}
    player.note(parent_of(player, gid), "changed", call.actor["gid"], change)
    return call.view("memberships", membership_view(player, gid))


@operation("DELETE", "/memberships/{membership}")
def delete_membership(call: Call, membership: str) -> Reply:
    """Let a user or team no longer belong to an object."""
    player, gid = call.player, _membership(call, membership)
    player.tick()
    leave(call, parent_of(player, gid), member_of(player, gid))
    return call.done()


# -- older forms


@operation("GET", "/portfolio_memberships")
def get_portfolio_memberships(call: Call) -> Reply:
    """Memberships of a portfolio (of one user if given), or of a user in a workspace."""
    query, player = call.query, call.player
    if query.get("portfolio"):
        return _of_portfolio(call, call.existing("portfolio", "portfolios", query["portfolio"]))
    if not (query.get("workspace") and query.get("user")):
        raise ApiError(400, "You must specify portfolio, portfolio and user, or workspace and user")
    call.existing("workspace", "workspaces", query["workspace"])
    user = call.user_gid("user", query["user"])
    gids = [gid for gid in player.all("portfolio_memberships") if member_of(player, gid) == user]
    return call.many("portfolio_memberships", gids)


@operation("GET", "/portfolios/{portfolio}/portfolio_memberships")
def get_portfolio_memberships_for_portfolio(call: Call, portfolio: str) -> Reply:
    """Memberships of a portfolio, of one user if given."""
    call.player.get("portfolios", portfolio)
    return _of_portfolio(call, portfolio)


def _of_portfolio(call: Call, portfolio: str) -> Reply:
    gids = memberships_of(call, portfolio)
    if call.query.get("user"):
        user = call.user_gid("user", call.query["user"])
        gids = [gid for gid in gids if member_of(call.player, gid) == user]
    people = [gid for gid in gids if _is_user(call, member_of(call.player, gid))]
    return call.many("portfolio_memberships", people)


def _is_user(call: Call, gid: str) -> bool:
    record = call.player.record(gid)
    return gid in call.player.identities or (record is not None and record.resource == "users")
