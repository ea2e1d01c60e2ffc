"""Stories: the history and the comments of tasks and goals."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import default_record, stated_choice, stated_flag, text_fields
from asana_intel.sandbox.rejections import ApiError, missing
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.world import Fields

operation("GET", "/stories/{gid}")(read_one("stories"))
_BODY = frozenset({"text", "html_text", "is_pinned", "sticker_name"})
_STICKERS = frozenset(
    {
        "green_checkmark", "people_dancing", "dancing_unicorn", "heart", "party_popper", "people_waving_flags",
        "splashing_narwhal", "trophy", "yeti_riding_unicorn", "celebrating_people", "determined_climbers",
        "phoenix_spreading_love",
    }
)  # fmt: skip
_PINNABLE = frozenset({"comment_added", "attachment_added"})


@operation("GET", "/tasks/{task}/stories")
def get_stories_for_task(call: Call, task: str) -> Reply:
    """Stories of a task, oldest first."""
    return _stories(call, task_gid(call, task))


@operation("GET", "/goals/{goal}/stories")
def get_stories_for_goal(call: Call, goal: str) -> Reply:
    """Stories of a goal, oldest first."""
    call.player.get("goals", goal)
    return _stories(call, goal)


def _stories(call: Call, target: str) -> Reply:
    gids = call.player.related("stories.target", target)
    return call.many("stories", sorted(gids, key=lambda gid: call.player.field(gid, "created_at")))


@operation("POST", "/tasks/{task}/stories")
def create_story_for_task(call: Call, task: str) -> Reply:
    """Comment on a task."""
    return _comment(call, task_gid(call, task))


@operation("POST", "/goals/{goal}/stories")
def create_story_for_goal(call: Call, goal: str) -> Reply:
    """Comment on a goal."""
    call.player.get("goals", goal)
    return _comment(call, goal)


def _comment(call: Call, target: str) -> Reply:
    call.reject_unknown(_BODY)
    if not any(call.data.get(name) for name in ("text", "html_text", "sticker_name")):
        raise missing("text")
    fields: Fields = {"text": "", **_content(call)}
    at = call.player.tick()
    head = {"created_at": at, "resource_subtype": "comment_added", "type": "comment", "target": {"gid": target}}
    record = default_record(call, "stories", {**fields, **head, "source": call.source, "is_editable": True})
    gid = call.player.create(record)
    call.player.touch(target)
    call.player.note(gid, "added", call.actor["gid"], parent=call.player.ref(target))
    return call.one(gid, 201)


def _content(call: Call) -> Fields:
    if call.data.get("text") is not None and call.data.get("html_text") is not None:
        raise ApiError(400, "text: You may only provide one of text or html_text")
    fields = text_fields(call, [name for name in ("text", "html_text") if call.data.get(name) is not None])
    if "is_pinned" in call.data:
        fields["is_pinned"] = stated_flag("is_pinned", call.data["is_pinned"])
    if "sticker_name" in call.data:
        name = call.data["sticker_name"]
        fields["sticker_name"] = None if name is None else stated_choice("sticker_name", name, _STICKERS)
    return fields


@operation("PUT", "/stories/{story}")
def update_story(call: Call, story: str) -> Reply:
    """Change one's own comment, or pin a comment or attachment of anybody's."""
    player = call.player
    player.get("stories", story)
    call.reject_unknown(_BODY)
    fields = _content(call)
    if {"text", "sticker_name"} & set(fields):
        _own(call, story)
    if "is_pinned" in fields and player.field(story, "resource_subtype") not in _PINNABLE:
        raise ApiError(400, "is_pinned: Only comment and attachment stories can be pinned")
    changed = {name: value for name, value in fields.items() if value != player.field(story, name)}
    if not changed:
        return call.one(story)
    if "text" in fields:
        changed["is_edited"] = True
    player.tick()
    player.write(story, changed)
    for name in call.data:
        player.note(story, "changed", call.actor["gid"], {"field": name, "action": "changed"})
    return call.one(story)


@operation("DELETE", "/stories/{story}")
def delete_story(call: Call, story: str) -> Reply:
    """Delete one's own comment."""
    player = call.player
    player.get("stories", story)
    _own(call, story)
    target = player.field(story, "target")
    player.tick()
    player.note(story, "deleted", call.actor["gid"], parent=player.ref(target))
    player.delete(story)
    if target:
        player.touch(target["gid"])
    return call.done()


def _own(call: Call, story: str) -> None:
    author = call.player.field(story, "created_by") or {}
    if author.get("gid") != call.actor["gid"] or call.player.field(story, "type") != "comment":
        raise ApiError(403, "story: You do not have access to change this story")
