"""Tags: the labels of a workspace, and which tasks carry them."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import stated_choice, text_fields
from asana_intel.sandbox.history import story
from asana_intel.sandbox.rejections import missing
from asana_intel.sandbox.routes.task_writes import tag_reference
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, delete_one

operation("GET", "/tags/{gid}")(read_one("tags"))
operation("DELETE", "/tags/{gid}")(delete_one("tags"))

COLORS = frozenset(
    f"{shade}-{hue}"
    for shade in ("dark", "light")
    for hue in ("pink", "green", "blue", "red", "teal", "brown", "orange", "purple", "warm-gray")
)


@operation("GET", "/tags")
def get_tags(call: Call) -> Reply:
    """Tags of a workspace, or all."""
    return _tags(call, call.query.get("workspace"))


@operation("GET", "/workspaces/{workspace}/tags")
def get_tags_for_workspace(call: Call, workspace: str) -> Reply:
    """Tags of a workspace."""
    return _tags(call, workspace)


def _tags(call: Call, workspace: str | None) -> Reply:
    player, gids = call.player, call.player.all("tags")
    if workspace:
        call.existing("workspace", "workspaces", workspace)
        gids = [gid for gid in gids if (player.field(gid, "workspace") or {"gid": workspace})["gid"] == workspace]
    return call.many("tags", gids)


@operation("POST", "/tags")
def create_tag(call: Call) -> Reply:
    """Create a tag in the workspace that the body names."""
    if not call.data.get("workspace"):
        raise missing("workspace")
    return _create(call, call.existing("workspace", "workspaces", call.data["workspace"]))


@operation("POST", "/workspaces/{workspace}/tags")
def create_tag_for_workspace(call: Call, workspace: str) -> Reply:
    """Create a tag in a workspace."""
    call.player.get("workspaces", workspace)
    return _create(call, workspace)


def _create(call: Call, workspace: str) -> Reply:
    call.reject_unknown({"name", "color", "notes", "followers", "workspace"})
    fields = _fields(call)
    followers = [{"gid": call.user_gid("followers", str(user))} for user in call.listed("followers")]
    at = call.player.tick()
    head: Fields = {"created_at": at, "workspace": {"gid": workspace}, "followers": followers}
    return call.one(add(call, "tags", {**fields, **head}, authored=False), 201)


@operation("PUT", "/tags/{tag}")
def update_tag(call: Call, tag: str) -> Reply:
    """Change name, colour or notes of a tag."""
    call.player.get("tags", tag)
    call.reject_unknown({"name", "color", "notes"})
    changed = {name: value for name, value in _fields(call).items() if value != call.player.field(tag, name)}
    if changed:
        change(call, tag, changed)
    return call.one(tag)


def _fields(call: Call) -> Fields:
    fields = text_fields(call, ("name",))
    if "notes" in call.data:
        fields["notes"] = text_fields(call, ("notes",))["notes"]  # tags have no rich text
    if "color" in call.data:
        color = call.data["color"]
        fields["color"] = None if color is None else stated_choice("color", color, COLORS)
    return fields


# -- tasks and their tags


@operation("GET", "/tags/{tag}/tasks")
def get_tasks_for_tag(call: Call, tag: str) -> Reply:
    """Tasks that carry a tag, in no order of their own."""
    tag_reference(call, "tag", tag)
    return call.many("tasks", tasks_with(call, tag))


def tasks_with(call: Call, tag: str) -> list[str]:
    """List the existing tasks that carry a tag now."""
    player = call.player
    return [
        task
        for task in player.related("tasks.tag", tag)
        if any(item["gid"] == tag for item in player.field(task, "tags") or ())
    ]


@operation("GET", "/tasks/{task}/tags")
def get_tags_for_task(call: Call, task: str) -> Reply:
    """Tags of a task; those that the world does not hold are shown as its task records them."""
    player, gid = call.player, task_gid(call, task)
    carried = [ref for ref in map(player.ref, player.field(gid, "tags") or ()) if ref]
    if all(player.record(ref["gid"]) for ref in carried):
        return call.many("tags", [ref["gid"] for ref in carried])
    return call.views("tags", [{"resource_type": "tag", **ref} for ref in carried])


@operation("POST", "/tasks/{task}/addTag")
def add_tag(call: Call, task: str) -> Reply:
    """Put a tag on a task."""
    return _tag(call, task, adding=True)


@operation("POST", "/tasks/{task}/removeTag")
def remove_tag(call: Call, task: str) -> Reply:
    """Take a tag off a task."""
    return _tag(call, task, adding=False)


def _tag(call: Call, task: str, *, adding: bool) -> Reply:
    player, gid = call.player, task_gid(call, task)
    tag = tag_reference(call, "tag", call.input("tag"))
    known = list(player.field(gid, "tags") or ())
    if adding == any(item["gid"] == tag["gid"] for item in known):
        return call.done()
    kept = [*known, tag] if adding else [item for item in known if item["gid"] != tag["gid"]]
    player.tick()
    player.write(gid, {"tags": kept})
    shown = player.ref(tag) or tag
    name = shown.get("name") or tag["gid"]
    if adding:
        story(call, gid, "added_to_tag", f"added the tag {name}", tag=tag)
    else:
        story(call, gid, "removed_from_tag", f"removed the tag {name}", tag=tag)
    action = "added" if adding else "removed"
    player.note(gid, "changed", call.actor["gid"], {"field": "tags", "action": action, f"{action}_value": shown})
    return call.done()
