"""The generated company with one record of each kind that it lacks and clients cannot make. No tests."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

Record = dict[str, Any]
BORN = "2025-08-01T08:00:00.000Z"


def furnished(company: Path, out: Path) -> Path:
    """Copy a company and add the records; returns the new folder."""
    shutil.copytree(company, out)
    section = _first(out, "sections")
    workspace, team, user = ({"gid": _first(out, name)["gid"]} for name in ("workspaces", "teams", "users"))
    for resource, records in _records(workspace, section, team, user).items():
        _append(out / f"{resource}.jsonl", [{"x_created_at": BORN, **record} for record in records])
    return out


def _records(workspace: Record, section: Record, team: Record, user: Record) -> dict[str, list[Record]]:
    project = {"gid": section["project"]["gid"]}
    number = {"gid": "901", "name": "Bug number", "resource_subtype": "text", "representation_type": "custom_id"}
    place = {"projects": [project], "memberships": [{"project": project, "section": {"gid": section["gid"]}}]}
    value = {"gid": "901", "type": "text", "text_value": "7"}
    template = {"name": "Launch", "team": team, "owner": user}
    return {
        "custom_fields": [{**number, "id_prefix": "BUG", "x_projects": [project["gid"]], "x_teams": [team["gid"]]}],
        "tasks": [
            {
                "gid": "902", "name": "Crash", "created_at": BORN, "created_by": user, "custom_fields": [value],
                "workspace": workspace, **place,
            }
        ],
        "agents": [{"gid": "910", "name": "Helper"}],
        "roles": [{"gid": "917", "name": "Editor", "creation_time": BORN, "modified_at": BORN, "workspace": workspace}],
        "time_tracking_categories": [{"gid": "918", "name": "Meetings"}],
        "time_tracking_entries": [
            {
                "gid": "919", "task": {"gid": "902"}, "duration_minutes": 30, "entered_on": BORN[:10],
                "categories": [{"gid": "918"}], "created_by": user, "created_at": BORN, "attributable_to": project,
            }
        ],
        "custom_types": [
            {
                "gid": "911", "name": "Bug", "x_projects": [project["gid"]],
                "status_options": [
                    {"gid": "920", "resource_type": "custom_type_status_option", "name": "Open", "enabled": True,
                     "color": "green", "completion_state": "incomplete"}
                ],
            }
        ],
        "project_templates": [{"gid": "912", **template}],
        "task_templates": [
            {
                "gid": "913", "name": "Report", "project": project, "template": {"name": "Report"}, "created_by": user,
                "created_at": BORN,
            }
        ],
        "rule_triggers": [{"gid": "914", "project": project}],
        "reactions": [{"gid": "915", "emoji": "👍", "user": user, "target": {"gid": "916"}}],
        "status_updates": [
            {
                "gid": "916", "parent": project, "title": "Week 31", "text": "Well", "status_type": "on_track",
                "resource_subtype": "project_status_update", "author": user, "created_by": user, "created_at": BORN,
            }
        ],
    }  # fmt: skip


def _first(folder: Path, resource: str) -> Record:
    with gzip.open(folder / f"{resource}.jsonl.gz", "rt", encoding="utf-8") as file:
        return json.loads(next(file))


def _append(path: Path, records: list[Record]) -> None:
    packed = path.with_suffix(".jsonl.gz")
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else b""
    packed.write_bytes(gzip.compress(content + "".join(json.dumps(record) + "\n" for record in records).encode()))
