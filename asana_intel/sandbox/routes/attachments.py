"""Attachments: files sent to the sandbox, links to elsewhere, and reading them back."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.downloads import addressed
from asana_intel.sandbox.edits import stated_choice
from asana_intel.sandbox.history import story
from asana_intel.sandbox.rejections import invalid, missing, unknown
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, remove

_PARENTS = ("tasks", "projects", "project_briefs")
_BODY = frozenset({"resource_subtype", "file", "parent", "url", "name", "connect_to_app"})
_TRUE = (True, "true", "1", "True")


def _parent(call: Call, gid: str) -> str:
    if gid.startswith("external:"):
        return task_gid(call, gid)
    record = call.player.record(gid)
    if record is None or record.resource not in _PARENTS or not call.player.exists(gid):
        raise unknown("parent", gid)
    return gid


@operation("GET", "/attachments")
def get_attachments(call: Call) -> Reply:
    """Attachments of a task, project or project brief."""
    parent = _parent(call, call.required("parent"))
    return addressed(call, call.many("attachments", call.player.related("attachments.parent", parent)))


@operation("GET", "/attachments/{attachment}")
def get_attachment(call: Call, attachment: str) -> Reply:
    """One attachment."""
    call.player.get("attachments", attachment)
    return addressed(call, call.one(attachment))


@operation("POST", "/attachments")
def create_attachment(call: Call) -> Reply:
    """Attach a file, or a link to something elsewhere; answers with the record and 200."""
    call.reject_unknown(_BODY)
    parent = _parent(call, str(call.input("parent")))
    subtype = stated_choice("resource_subtype", call.data.get("resource_subtype") or "asana", ("asana", "external"))
    fields, extra = _link(call) if subtype == "external" else _file(call.input("file"))
    at_parent = {"parent": {"gid": parent}, "resource_subtype": subtype}
    gid = add(call, "attachments", {**fields, **at_parent}, parent=parent, authored=False, dated=True, extra=extra)
    if subtype == "asana":
        call.player.write(gid, _addresses(gid, fields["name"]))
    record = call.player.record(parent)
    if record and record.resource == "tasks":
        story(call, parent, "attachment_added", f"attached {fields['name']}")
    return addressed(call, call.one(gid))


def _link(call: Call) -> tuple[Fields, Fields]:
    url, name = call.input("url"), call.input("name")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise invalid("url", "Not an address")
    if not isinstance(name, str):
        raise invalid("name", "Not a string")
    connected = call.data.get("connect_to_app") in _TRUE
    return {"name": name, "view_url": url, "download_url": url, "permanent_url": url, "connected_to_app": connected}, {}


def _file(file: Any) -> tuple[Fields, Fields]:
    if not isinstance(file, dict) or "content" not in file:
        raise missing("file")
    return {"name": str(file.get("name")), "size": file.get("size")}, {"content": file["content"]}


def _addresses(gid: str, name: str) -> Fields:
    path = f"/-/downloads/attachments/{gid}/{quote(name)}"
    return {
        "download_url": path,
        "view_url": path,
        "permanent_url": f"https://app.asana.com/app/asana/-/get_asset?asset_id={gid}",
    }


@operation("DELETE", "/attachments/{attachment}")
def delete_attachment(call: Call, attachment: str) -> Reply:
    """Delete an attachment."""
    call.player.get("attachments", attachment)
    remove(call, attachment, parent=(call.player.field(attachment, "parent") or {}).get("gid"))
    return call.done()
