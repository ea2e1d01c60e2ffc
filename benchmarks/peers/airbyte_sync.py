"""Sync with airbyte-source-asana: only the host in its manifest is replaced. Runs in Airbyte's own environment."""

import json
import logging
import sys

from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, SyncMode, Type
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

STREAMS = (
    "workspaces", "users", "teams", "team_memberships", "projects", "sections", "tasks", "stories", "tags",
    "custom_fields", "portfolios",
)  # fmt: skip


def main(url: str) -> None:
    """Print the rows and distinct gids per stream as one JSON object."""
    read = YamlDeclarativeSource._read_and_parse_yaml_file

    def elsewhere(self: YamlDeclarativeSource, path: str) -> dict:
        manifest = json.dumps(read(self, path))
        return json.loads(manifest.replace("https://app.asana.com/api/1.0", url))

    YamlDeclarativeSource._read_and_parse_yaml_file = elsewhere
    from source_asana import SourceAsana

    config = {"credentials": {"option_title": "PAT Credentials", "personal_access_token": "peer"}, "num_workers": 2}
    source = SourceAsana(None, config, None)
    log = logging.getLogger("airbyte")
    found = source.discover(log, config)
    chosen = [s for s in found.streams if s.name in STREAMS]
    wanted = [
        {
            "stream": {"name": s.name, "json_schema": s.json_schema, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": SyncMode.full_refresh.value,
            "destination_sync_mode": "overwrite",
        }
        for s in chosen
    ]
    catalog = ConfiguredAirbyteCatalogSerializer.load({"streams": wanted})
    rows: dict[str, list[str]] = {s.name: [] for s in chosen}
    for message in SourceAsana(catalog, config, None).read(log, config, catalog, None):
        if message.type == Type.RECORD:
            rows[message.record.stream].append(message.record.data["gid"])
    print(json.dumps({name: {"rows": len(gids), "distinct": len(set(gids))} for name, gids in rows.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
