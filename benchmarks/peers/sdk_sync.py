"""Sync with the official client, as its own documentation shows it."""

import json
import sys
from pathlib import Path

import asana


def main(url: str, folder: Path) -> None:
    """Write the gids found to `records.jsonl`."""
    configuration = asana.Configuration()
    configuration.host, configuration.access_token = url, "peer"
    client = asana.ApiClient(configuration)
    (workspace,) = (found["gid"] for found in asana.WorkspacesApi(client).get_workspaces({}))
    found: dict[str, list[str]] = {
        "users": [u["gid"] for u in asana.UsersApi(client).get_users({"workspace": workspace})],
        "teams": [t["gid"] for t in asana.TeamsApi(client).get_teams_for_workspace(workspace, {})],
        "goals": [g["gid"] for g in asana.GoalsApi(client).get_goals({"workspace": workspace})],
        "projects": [p["gid"] for p in asana.ProjectsApi(client).get_projects({"workspace": workspace})],
        "custom_fields": [
            f["gid"] for f in asana.CustomFieldsApi(client).get_custom_fields_for_workspace(workspace, {})
        ],
    }
    tasks = asana.TasksApi(client)
    found["sections"] = [
        s["gid"] for p in found["projects"] for s in asana.SectionsApi(client).get_sections_for_project(p, {})
    ]
    listed = [t for p in found["projects"] for t in tasks.get_tasks({"project": p, "opt_fields": "num_subtasks"})]
    found["tasks"] = [t["gid"] for t in listed]
    parents = {t["gid"] for t in listed if t["num_subtasks"]}
    found["subtasks"] = []
    while parents:
        below = [t for p in parents for t in tasks.get_subtasks_for_task(p, {"opt_fields": "num_subtasks"})]
        found["subtasks"] += [t["gid"] for t in below]
        parents = {t["gid"] for t in below if t["num_subtasks"]}
    stories = asana.StoriesApi(client)
    found["stories"] = [s["gid"] for t in dict.fromkeys(found["tasks"]) for s in stories.get_stories_for_task(t, {})]
    with (folder / "records.jsonl").open("w") as out:
        for stream, gids in found.items():
            out.writelines(json.dumps({"type": "RECORD", "stream": stream, "record": {"gid": g}}) + "\n" for g in gids)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
