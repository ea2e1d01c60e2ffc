"""Sync with airbyte-source-asana: only the host in its manifest is replaced. Runs in Airbyte's own environment.

It keeps no state (every stream is read in full) and its messages overwrite those of an earlier run.
"""

import json
import logging
import sys
from pathlib import Path

import orjson
from airbyte_cdk.models import AirbyteMessageSerializer, ConfiguredAirbyteCatalogSerializer, SyncMode, Type
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

STREAMS = (
    "workspaces", "users", "teams", "team_memberships", "projects", "sections", "tasks", "stories", "tags",
    "custom_fields", "portfolios",
)  # fmt: skip
WORKERS = 10  # what its settings say when nobody says anything


def main(url: str, folder: Path) -> None:
    """Write the messages that the source gives to `records.jsonl`."""
    read = YamlDeclarativeSource._read_and_parse_yaml_file

    def elsewhere(self: YamlDeclarativeSource, path: str) -> dict:
        manifest = json.dumps(read(self, path))
        return json.loads(manifest.replace("https://app.asana.com/api/1.0", url))

    YamlDeclarativeSource._read_and_parse_yaml_file = elsewhere
    from source_asana import SourceAsana

    credentials = {"option_title": "PAT Credentials", "personal_access_token": "peer"}
    config = {"credentials": credentials, "num_workers": WORKERS}
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
    with (folder / "records.jsonl").open("wb") as out:
        for message in SourceAsana(catalog, config, None).read(log, config, catalog, None):
            if message.type == Type.RECORD:
                out.write(orjson.dumps(AirbyteMessageSerializer.dump(message)) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
