"""Portfolios and their items."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import custom_values, stated_date, text_fields, user_reference
from asana_intel.sandbox.fields import compact, pick, plan_of
from asana_intel.sandbox.standing import attached_fields, portfolio_items, portfolios_with, standing

operation("GET", "/portfolios/{gid}")(read_one("portfolios"))


@operation("GET", "/portfolios")
def get_portfolios(call: Call) -> Reply:
    """Portfolios of a workspace, of an owner if given.

    `owner=me` from a token that is no user of the world sees all, as a service account would.
    """
    player = call.player
    call.existing("workspace", "workspaces", call.required("workspace"))
    gids, owner = player.all("portfolios"), call.query.get("owner")
    if owner:
        user = call.user_gid("owner", owner)
        if user not in player.identities:
            gids = [gid for gid in gids if (player.field(gid, "owner") or {}).get("gid") == user]
    return call.many("portfolios", gids)


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


@operation("PUT", "/portfolios/{portfolio}")
def update_portfolio(call: Call, portfolio: str) -> Reply:
    """Change fields and custom-field values of a portfolio."""
    player = call.player
    player.get("portfolios", portfolio)
    plain = ("color", "privacy_setting", "archived", "public")
    call.reject_unknown({"name", "owner", "due_on", "start_on", "custom_fields", *plain})
    fields = text_fields(call, ("name",))
    fields.update((name, stated_date(name, call.data[name])) for name in ("due_on", "start_on") if name in call.data)
    fields.update((name, call.data[name]) for name in plain if name in call.data)
    if "owner" in call.data:
        fields["owner"] = user_reference(call, "owner")
    holders = [portfolio, *portfolios_with(player, portfolio)]
    values = custom_values(call, {field for holder in holders for field in attached_fields(player, holder)})
    player.tick()
    player.write(portfolio, fields, values)
    return call.one(portfolio)
