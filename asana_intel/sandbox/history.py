"""The story that the server itself writes about a change. Which change tells what is task_stories.py's."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.edits import default_record


def story(call: Call, target: str, subtype: str, text: str, **facts: Any) -> str:
    """Add a system story to an object, at the present clock, by the caller, with the call's source.

    Args:
        call: The call that causes it.
        target: Gid of the task.
        subtype: Its `resource_subtype`, e.g. `due_date_changed`.
        text: What was done, without who did it; unstable in Asana, so never to be parsed.
        facts: The structured members, e.g. `old_dates`, `new_dates`.

    Returns:
        The story's gid.
    """
    fields = {
        "created_at": call.player.now,
        "resource_subtype": subtype,
        "type": "system",
        "text": text,
        "target": {"gid": target},
        "source": call.source,
        **facts,
    }
    gid = call.player.create(default_record(call, "stories", fields))
    call.player.note(gid, "added", call.actor["gid"], parent=call.player.ref(target))
    return gid
