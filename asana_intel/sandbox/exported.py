"""What an export file holds: a goal's, project's, portfolio's or team's graph, or tasks, teams and messages."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.fields import full, pick, plan_of
from asana_intel.sandbox.order import tasks_in_project
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import invalid
from asana_intel.sandbox.standing import modified_at, portfolio_items, standing, subtasks_of
from asana_intel.sandbox.times import stated_iso
from asana_intel.sandbox.world import Fields

EXPORTED = ("task", "team", "message")
# A message's formatted text, which only `fields` brings.
_ASKED_FOR = "html_notes"
_NOT_IN_EXPORTS = ("download_url", "view_url")


def packed_json(value: object) -> str:
    """Write a JSON document, gzipped, in the form records keep (base64); the same value gives the same text."""
    return b64encode(gzip.compress(orjson.dumps(value), mtime=0)).decode()


def packed_lines(rows: Iterator[Fields]) -> str:
    """Write JSON Lines, gzipped, in the form records keep (base64)."""
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    return b64encode(gzip.compress(lines, mtime=0)).decode()


def shown_in_full(player: Player, gid: str) -> Fields:
    """Show a record as a single read would."""
    record = player.record(gid)
    return full(record.resource if record else "", standing(player, gid))


# -- graphs


def graph_of(player: Player, parent: str) -> list[str]:
    """List an object and everything below it: subgoals, supporting work, items, sections, tasks and subtasks."""
    found: dict[str, None] = {}
    queue = [parent]
    while queue:
        gid = queue.pop(0)
        if gid not in found:
            found[gid] = None
            queue += _below(player, gid)
    return list(found)


def _below(player: Player, gid: str) -> list[str]:
    record = player.record(gid)
    match record.resource if record else "":
        case "teams":
            return [p for p in player.all("projects") if (player.field(p, "team") or {}).get("gid") == gid]
        case "portfolios":
            return portfolio_items(player, gid)
        case "goals":
            links = player.related("relationships.supported", gid)
            return player.existing(player.field(link, "supporting_resource")["gid"] for link in links)
        case "projects":
            return [*player.related("sections.project", gid), *tasks_in_project(player, gid)]
        case "tasks":
            return subtasks_of(player, gid)
    return []


# -- resources


def rows_of(call: Call, wanted: Fields) -> Iterator[Fields]:
    """Show the tasks, teams or messages that one member of `export_request_parameters` asks for.

    Args:
        call: The call.
        wanted: `{"resource_type", "filters", "fields"}`, checked.
    """
    player = call.player
    filters = wanted.get("filters") or {}
    plan = plan_of(",".join(map(str, wanted["fields"]))) if wanted.get("fields") else None
    kind = wanted["resource_type"]
    show, resource = _ROWS[kind]
    for gid in player.all(resource):
        if all(_FILTERS[name](player, gid, value) for name, value in filters.items()):
            row = show(player, gid)
            if plan:
                yield pick(row, plan, call.resolve, player.picked)
            else:
                yield {name: value for name, value in full(resource, row).items() if name != _ASKED_FOR}


def _task_row(player: Player, gid: str) -> Fields:
    attachments = [shown_in_full(player, found) for found in player.related("attachments.parent", gid)]
    return {
        **standing(player, gid),
        "attachments": [{n: v for n, v in item.items() if n not in _NOT_IN_EXPORTS} for item in attachments],
        "stories": [shown_in_full(player, story) for story in player.related("stories.target", gid)],
    }


def _team_row(player: Player, gid: str) -> Fields:
    users = player.existing(player.field(m, "user")["gid"] for m in player.related("team_memberships.team", gid))
    return {**standing(player, gid), "members": [player.ref(user) for user in users]}


_MESSAGE = ("status_type", "created_by", "created_at", "modified_at", "title", "text", "num_likes", "likes")


def _message_row(player: Player, gid: str) -> Fields:
    update = standing(player, gid)
    parent = update["parent"]
    return {
        "gid": gid,
        "resource_type": "message",
        "resource_subtype": "status_update",
        **{name: update.get(name) for name in _MESSAGE},
        _ASKED_FOR: update["html_text"],
        "stories": [],
        "attachments": [],
        "followers": [ref for ref in map(player.ref, player.field(parent["gid"], "followers") or ()) if ref],
        "parents": [parent],
    }


_ROWS: dict[str, tuple[Callable[[Player, str], Fields], str]] = {
    "task": (_task_row, "tasks"),
    "team": (_team_row, "teams"),
    "message": (_message_row, "status_updates"),
}


# -- filters


def stated_filters(kind: str, filters: Any) -> Fields:
    """Check the filters of a resource export, and give them with moments in the API's form.

    Raises:
        ApiError: 400 for a filter that does not exist, or not for this kind.
    """
    if not isinstance(filters, dict):
        raise invalid("filters", "Not an object")
    checked = dict(filters)
    for name, value in filters.items():
        if name not in _FILTERS or kind == "team" or (kind != "task" and name in _OF_TASKS):
            raise invalid("filters", f"{name} cannot be used for a {kind}")
        if name.endswith(".any") and not isinstance(value, list):
            raise invalid(f"filters.{name}", "Not an array")
        if not name.endswith(".any"):
            try:
                checked[name] = stated_iso(str(value))
            except ValueError as error:
                raise invalid(f"filters.{name}", f"Not a valid date: {value}") from error
    return checked


def _people(name: str) -> Callable[[Player, str, Any], bool]:
    def fits(player: Player, gid: str, wanted: list[str]) -> bool:
        value = player.field(gid, name)
        people = value if isinstance(value, list) else [value]
        return any(person and (person.get("user") or person).get("gid") in wanted for person in people)

    return fits


def _commented(player: Player, gid: str, wanted: list[str]) -> bool:
    return any(
        player.field(story, "type") == "comment" and (player.field(story, "created_by") or {}).get("gid") in wanted
        for story in player.related("stories.target", gid)
    )


def _changed(player: Player, gid: str) -> str:
    record = player.record(gid)
    is_task = record is not None and record.resource == "tasks"
    return modified_at(player, gid) if is_task else str(standing(player, gid)["modified_at"])


_OF_TASKS = frozenset({"assigned_by.any", "assignee.any"})
_FILTERS: dict[str, Callable[[Player, str, Any], bool]] = {
    "assigned_by.any": _people("assigned_by"),
    "assignee.any": _people("assignee"),
    "created_by.any": _people("created_by"),
    "followers.any": _people("followers"),
    "liked_by.any": _people("likes"),
    "commented_on_by.any": _commented,
    "created_at.after": lambda player, gid, moment: player.field(gid, "created_at") > moment,
    "created_at.before": lambda player, gid, moment: player.field(gid, "created_at") < moment,
    "modified_at.after": lambda player, gid, moment: _changed(player, gid) > moment,
    "modified_at.before": lambda player, gid, moment: _changed(player, gid) < moment,
}
