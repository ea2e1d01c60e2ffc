"""Stories: the history and the comments of tasks and goals."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import default_record, text_fields
from asana_intel.sandbox.rejections import ApiError, missing
from asana_intel.sandbox.routes.tasks import task_gid

operation("GET", "/stories/{gid}")(read_one("stories"))
_BODY = frozenset({"text", "html_text", "is_pinned", "sticker_name"})


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
    fields = _content(call)
    at = call.player.tick()
    record = default_record(
        call,
        "stories",
        {
            **fields,
            "created_at": at,
            "resource_subtype": "comment_added",
            "type": "comment",
            "target": {"gid": target},
            "source": "api",
            "is_editable": True,
        },
    )
    gid = call.player.create(record)
    call.player.touch(target)
    call.player.note(gid, "added", call.actor["gid"], parent=call.player.ref(target))
    return call.one(gid, 201)


def _content(call: Call) -> dict[str, object]:
    if call.data.get("text") and call.data.get("html_text"):
        raise ApiError(400, "text: You may only provide one of text or html_text")
    fields = text_fields(call, ("text", "html_text"))
    fields.update((name, call.data[name]) for name in ("is_pinned", "sticker_name") if name in call.data)
    return fields


@operation("PUT", "/stories/{story}")
def update_story(call: Call, story: str) -> Reply:
    """Change one's own comment, or pin a story."""
    call.player.get("stories", story)
    call.reject_unknown(_BODY)
    fields = _content(call)
    if "text" in fields:
        _own(call, story)
        fields["is_edited"] = True
        if "html_text" not in fields:
            fields["html_text"] = None
    call.player.tick()
    call.player.write(story, {name: value for name, value in fields.items() if value is not None})
    call.player.note(story, "changed", call.actor["gid"], {"field": "text", "action": "changed"})
    return call.one(story)


@operation("DELETE", "/stories/{story}")
def delete_story(call: Call, story: str) -> Reply:
    """Delete one's own comment."""
    call.player.get("stories", story)
    _own(call, story)
    call.player.tick()
    call.player.note(story, "deleted", call.actor["gid"])
    call.player.delete(story)
    return call.done()


def _own(call: Call, story: str) -> None:
    author = call.player.field(story, "created_by") or {}
    if author.get("gid") != call.actor["gid"] or call.player.field(story, "type") != "comment":
        raise ApiError(403, "story: You do not have access to change this story")
