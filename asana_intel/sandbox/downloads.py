"""Files that the sandbox serves beside the API: attachments and exports. Who may ask for them is in their address."""

from __future__ import annotations

from base64 import b64decode

from asana_intel.sandbox.calls import Call, Reply
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError, unknown
from asana_intel.sandbox.world import Fields

PATH = "/-/downloads/"
_API = "/api/1.0"
_ADDRESSES = ("download_url", "view_url")


def addressed(call: Call, reply: Reply) -> Reply:
    """Complete the addresses of the sandbox's own files in an answer: records keep them without the host."""
    shown = reply.body["data"]
    if isinstance(shown, list):
        reply.body["data"] = [_complete(call, item) for item in shown]
    else:
        reply.body["data"] = _complete(call, shown)
    return reply


def _complete(call: Call, record: Fields) -> Fields:
    host = call.base_url.removesuffix(_API)
    changed = {
        name: host + record[name]
        for name in _ADDRESSES
        if isinstance(record.get(name), str) and record[name].startswith(PATH)
    }
    return {**record, **changed}


_EXPORTS = ("new_graph_export", "new_resource_export")


def with_export(call: Call, job: Fields) -> Fields:
    """Show what an export job makes: its file's address once it has succeeded."""
    shown = dict(job)
    for name in _EXPORTS:
        if job.get(name):
            gid = job[name]["gid"]
            suffix = "json.gz" if name == "new_graph_export" else "jsonl.gz"
            is_ready = job.get("status") == "succeeded"
            export = {
                "gid": gid,
                "resource_type": call.player.field(gid, "resource_type"),
                "created_at": call.player.field(gid, "created_at"),
                "download_url": f"{PATH}exports/{gid}/export.{suffix}" if is_ready else None,
                "completed_at": call.player.field(gid, "created_at") if is_ready else None,
            }
            shown[name] = _complete(call, export)
    return shown


def download(player: Player, path: str) -> tuple[bytes, str]:
    """Read a served file.

    Args:
        player: The world.
        path: What follows `/-/downloads/`: kind, gid, and a file name that is not looked at.

    Returns:
        Its content and media type.

    Raises:
        ApiError: 404 if there is no such file.
    """
    kind, _, rest = path.partition("/")
    gid = rest.partition("/")[0]
    record = player.record(gid)
    if record is None or record.resource != kind or not player.exists(gid) or "content" not in record.extra:
        raise unknown("file", gid)
    if kind not in ("attachments", "exports", "organization_exports"):
        raise ApiError(404, "No matching route for request")
    media = "application/octet-stream" if kind == "attachments" else "application/gzip"
    return b64decode(record.extra["content"]), media
