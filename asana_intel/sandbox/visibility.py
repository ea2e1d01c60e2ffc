"""What one viewer sees of a world: privacy, memberships, guests, plans. What they may change is permissions.py's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from asana_intel.sandbox.player import Player
from asana_intel.sandbox.world import Fields

# References whose far end may be hidden without hiding the object; they read null then.
_LOOSE = frozenset(
    {
        "assignee_section", "attributable_to", "current_status_update", "new_portfolio", "new_project",
        "new_project_template", "new_task", "project_brief", "user_task_list",
    }
)  # fmt: skip
_LISTED_PEOPLE = ("members", "followers")
_MENTIONS = (
    "assignee", "assigned_by", "author", "completed_by", "created_by", "member", "owner", "user", "members",
    "followers", "likes",
)  # fmt: skip
_SHARED = ("projects", "goals", "portfolios", "tasks", "allocations", "custom_fields", "status_updates")
_UNDER = ("stories.target", "entries.task")


@dataclass(frozen=True, slots=True)
class PartialViewer:
    """Someone who does not see everything; equal ones see the same.

    A member of the workspace sees what is public to it, what is shared with them (as member, owner, follower, or
    through a team that it is shared with), and tasks that they made, follow or are assigned. A guest sees only
    what is shared with them and, of the people, those that this shows. What belongs to something hidden is
    hidden: a section to its project, a story to its task and to whatever else it names.

    Attributes:
        user: Gid of a user of the world; None sees everything that the plan has.
        is_guest: Whether they are a guest of the workspace.
        without: Resources that their plan does not have.
    """

    user: str | None
    is_guest: bool = False
    without: frozenset[str] = frozenset()

    def sees(self, player: Player, gid: str) -> bool:
        """Tell whether an object is shown, deleted or not; what the world does not hold at all is shown."""
        if player.viewer != self:
            with player.seen_by(self):
                return not player.hides(gid)
        record = player.record(gid)
        if record is None:
            return True
        if record.resource in self.without:
            return False
        rule = _RULES.get(record.resource, _belongs) if self.user else _belongs
        return rule(self, player, gid)

    def kept(self) -> list[Any]:
        """Return what tells viewers apart, as JSON can keep it."""
        return [self.user, self.is_guest, sorted(self.without)]

    @staticmethod
    def again(kept: list[Any]) -> PartialViewer:
        """Make a viewer of what was kept."""
        return PartialViewer(kept[0], kept[1], frozenset(kept[2]))

    def is_member(self, player: Player, gid: str, *people: str) -> bool:
        """Tell whether an object is shared with the user: by name, by a membership, or through a team.

        Args:
            player: The player.
            gid: A project, portfolio, goal or custom field.
            people: Fields that name one user, e.g. `owner`.
        """
        if any(_gid_of(player.field(gid, name)) == self.user for name in people):
            return True
        if any(_gid_of(item) == self.user for name in _LISTED_PEOPLE for item in player.field(gid, name) or ()):
            return True
        return bool(memberships_of(player, str(self.user), gid))


def memberships_of(player: Player, user: str, gid: str) -> list[str]:
    """List the memberships through which an object is shared with a user, their teams' included."""
    with player.in_full():
        memberships = player.related("memberships.parent", gid)
        if not memberships:
            return []
        teams = {_gid_of(player.field(m, "team")) for m in player.related("team_memberships.user", user)}
    return [m for m in memberships if (who := _member_of(player, m)) == user or (who is not None and who in teams)]


def _member_of(player: Player, membership: str) -> str | None:
    return _gid_of(player.field(membership, "member")) or _gid_of(player.field(membership, "user"))


def _gid_of(value: Any) -> str | None:
    return value.get("gid") if isinstance(value, dict) else None


# -- the rules, one per resource


def _belongs(viewer: PartialViewer, player: Player, gid: str) -> bool:
    """An object is seen with everything that it refers to, people and loose references aside."""
    record = player.record(gid)
    if record is None:
        return True
    names = [name for name, value in record.fields.items() if isinstance(value, dict) and name not in _LOOSE]
    return not any(_is_hidden_thing(player, player.field(gid, name)) for name in names)


def _is_hidden_thing(player: Player, value: Any) -> bool:
    gid = _gid_of(value)
    record = player.record(gid) if gid else None
    return gid is not None and record is not None and record.resource != "users" and player.hides(gid)


def _task(viewer: PartialViewer, player: Player, gid: str) -> bool:
    if any(_gid_of(player.field(gid, name)) == viewer.user for name in ("assignee", "created_by")):
        return True
    if any(_gid_of(item) == viewer.user for item in player.field(gid, "followers") or ()):
        return True
    if any(not player.hides(project["gid"]) for project in player.field(gid, "projects") or ()):
        return True
    parent = _gid_of(player.field(gid, "parent"))
    return parent is not None and not player.hides(parent)


def _project(viewer: PartialViewer, player: Player, gid: str) -> bool:
    if _is_hidden_thing(player, player.field(gid, "workspace")):
        return False
    if viewer.is_member(player, gid, "owner"):
        return True
    privacy = player.field(gid, "privacy_setting")
    if viewer.is_guest or privacy == "private":
        return False
    team = _gid_of(player.field(gid, "team"))
    return privacy != "private_to_team" or (team is not None and _in_team(viewer, player, team))


def _portfolio(viewer: PartialViewer, player: Player, gid: str) -> bool:
    private = player.field(gid, "privacy_setting") == "members_only" or player.field(gid, "public") is False
    return _shared_or_public(viewer, player, gid, private, "owner", "created_by")


def _goal(viewer: PartialViewer, player: Player, gid: str) -> bool:
    private = player.field(gid, "privacy_setting") == "members_only"
    return _shared_or_public(viewer, player, gid, private, "owner")


def _shared_or_public(viewer: PartialViewer, player: Player, gid: str, private: bool, *people: str) -> bool:
    if _is_hidden_thing(player, player.field(gid, "workspace")):
        return False
    return viewer.is_member(player, gid, *people) or not (private or viewer.is_guest)


def _custom_field(viewer: PartialViewer, player: Player, gid: str) -> bool:
    privacy = player.field(gid, "privacy_setting")
    closed = privacy == "private" or (privacy == "public" and viewer.is_guest)
    return not closed or viewer.is_member(player, gid, "created_by")


def _in_team(viewer: PartialViewer, player: Player, team: str) -> bool:
    with player.in_full():
        memberships = player.related("team_memberships.user", str(viewer.user))
    return any(_gid_of(player.field(m, "team")) == team for m in memberships)


def _team(viewer: PartialViewer, player: Player, gid: str) -> bool:
    if _is_hidden_thing(player, player.field(gid, "organization")):
        return False
    if viewer.is_guest or player.field(gid, "visibility") == "secret":
        return _in_team(viewer, player, gid)
    return True


def _workspace(viewer: PartialViewer, player: Player, gid: str) -> bool:
    listed = player.field(str(viewer.user), "workspaces") or []
    with player.in_full():
        memberships = player.related("workspace_memberships.user", str(viewer.user))
    own = {_gid_of(item) for item in listed} | {_gid_of(player.field(m, "workspace")) for m in memberships}
    return not own or gid in own


def _user(viewer: PartialViewer, player: Player, gid: str) -> bool:
    if not viewer.is_guest or gid == viewer.user:
        return True
    known = set(_people_met(player))
    for user in (*player.world.by_resource["users"], *player.made_of["users"]):
        player.sight[user] = user != viewer.user and user not in known
    return gid in known


def _people_met(player: Player) -> Iterator[str]:
    """Give the people whom anything visible names."""
    for resource in _SHARED:
        for gid in player.all(resource):
            yield from _named_in(player, gid)
            for relation in _UNDER:
                for below in player.related(relation, gid):
                    yield from _named_in(player, below)
    for team in player.all("teams"):
        with player.in_full():
            memberships = player.related("team_memberships.team", team)
        yield from (user for m in memberships if (user := _gid_of(player.field(m, "user"))))
    for parent in (gid for resource in _SHARED[:3] for gid in player.all(resource)):
        with player.in_full():
            memberships = player.related("memberships.parent", parent)
        yield from (who for m in memberships if (who := _member_of(player, m)))


def _named_in(player: Player, gid: str) -> Iterator[str]:
    for name in _MENTIONS:
        value = player.field(gid, name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield item.get("gid") or (_gid_of(item.get("user")) or "")
    for value in player.values(gid).values():
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))


def _with_their_user(viewer: PartialViewer, player: Player, gid: str) -> bool:
    user = _gid_of(player.field(gid, "user")) or _gid_of(player.field(gid, "owner"))
    return (user is None or not player.hides(user)) and _belongs(viewer, player, gid)


def _job(viewer: PartialViewer, player: Player, gid: str) -> bool:
    return _gid_of(player.field(gid, "created_by")) == viewer.user


_RULES: dict[str, Callable[[PartialViewer, Player, str], bool]] = {
    "workspaces": _workspace,
    "users": _user,
    "teams": _team,
    "team_memberships": _with_their_user,
    "workspace_memberships": _with_their_user,
    "user_task_lists": _with_their_user,
    "ooo_entries": _with_their_user,
    "projects": _project,
    "portfolios": _portfolio,
    "goals": _goal,
    "tasks": _task,
    "custom_fields": _custom_field,
    "jobs": _job,
}


def is_view_only(player: Player, user: str) -> bool:
    """Tell whether a user has only a view-only licence."""
    return any(membership.get("is_view_only") for membership in _workspace_memberships(player, user))


def is_guest(player: Player, user: str) -> bool:
    """Tell whether a user is a guest wherever they belong."""
    memberships = _workspace_memberships(player, user)
    return bool(memberships) and all(membership.get("is_guest") for membership in memberships)


def _workspace_memberships(player: Player, user: str) -> list[Fields]:
    with player.in_full():
        return [player.fields(gid) for gid in player.related("workspace_memberships.user", user)]
