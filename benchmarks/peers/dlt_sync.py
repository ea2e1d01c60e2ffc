"""Sync with dlt's generic REST source into DuckDB. Runs in dlt's own environment."""

import json
import sys
import tempfile

import dlt
from dlt.sources.rest_api import rest_api_source

TASK_FIELDS = "name,completed,completed_at,modified_at,created_at,due_on,assignee.name,num_subtasks,custom_fields"


def child(name: str, parent: str, path: str, **params: object) -> dict:
    """A resource that is listed once for every row of another."""
    parts = {"path": path.replace("{}", f"{{resources.{parent}.gid}}"), "params": {"limit": 100, **params}}
    return {"name": name, "endpoint": parts}


def listed(name: str, path: str, **params: object) -> dict:
    """A resource that is one list."""
    return {"name": name, "endpoint": {"path": path, "params": {"limit": 100, **params}}}


def main(url: str) -> None:
    """Print the rows and distinct gids per stream as one JSON object."""
    import requests

    workspace = requests.get(
        f"{url}/workspaces", headers={"Authorization": "Bearer peer"}, timeout=30
    ).json()["data"][0]["gid"]  # fmt: skip
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/",
                "auth": {"type": "bearer", "token": "peer"},
                "paginator": {"type": "cursor", "cursor_path": "next_page.offset", "cursor_param": "offset"},
            },
            "resource_defaults": {
                "primary_key": "gid",
                "write_disposition": "merge",
                "endpoint": {"data_selector": "data"},
            },
            "resources": [
                listed("workspaces", "workspaces"),
                listed("users", "users", workspace=workspace),
                listed("teams", f"workspaces/{workspace}/teams"),
                listed("projects", "projects", workspace=workspace),
                listed("custom_fields", f"workspaces/{workspace}/custom_fields"),
                listed("goals", "goals", workspace=workspace),
                listed("tags", f"workspaces/{workspace}/tags"),
                child("sections", "projects", "projects/{}/sections"),
                child("tasks", "projects", "projects/{}/tasks", opt_fields=TASK_FIELDS),
                child("subtasks", "tasks", "tasks/{}/subtasks", opt_fields=TASK_FIELDS),
                child("stories", "tasks", "tasks/{}/stories"),
            ],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        destination = dlt.destinations.duckdb(f"{folder}/asana.duckdb")
        pipeline = dlt.pipeline("asana_peer", destination=destination, dataset_name="loaded", pipelines_dir=folder)
        pipeline.run(source, loader_file_format="parquet")
        counts = {}
        with pipeline.sql_client() as client:
            tables = {row[0] for row in client.execute_sql("select table_name from information_schema.tables") or ()}
            for name in source.resources:  # an empty stream makes no table
                found = (
                    client.execute_sql(f"select count(*), count(distinct gid) from {name}") if name in tables else None
                )
                rows, distinct = found[0] if found else (0, 0)
                counts[name] = {"rows": rows, "distinct": distinct}
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1])
