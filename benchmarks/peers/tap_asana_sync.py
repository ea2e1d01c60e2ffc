"""Sync with tap-asana, its host and token endpoint pointed elsewhere. Runs in tap-asana's own environment.

What it keeps between runs is its Singer state; the messages of a run follow those of the runs before, as for a target
that replaces rows of the same key.
"""

import contextlib
import json
import sys
from pathlib import Path

import asana
import requests


def main(url: str, folder: Path) -> None:
    """Append the messages that the tap gives to `records.jsonl`."""
    asana.Configuration._default = None
    built_in = asana.Configuration.__init__

    def with_host(self: asana.Configuration) -> None:
        built_in(self)
        self.host = url

    asana.Configuration.__init__ = with_host
    post = requests.post
    token_url = url.removesuffix("/api/1.0") + "/-/oauth_token"
    requests.post = lambda _, **options: post(token_url, **options)

    import tap_asana
    from tap_asana.context import Context

    state = folder / "state.json"
    credentials = {"client_id": "1", "client_secret": "s", "redirect_uri": "https://localhost", "refresh_token": "r"}
    Context.config = {**credentials, "start_date": "2000-01-01T00:00:00Z"}
    Context.state = json.loads(state.read_text()) if state.exists() else {}
    Context.asana = tap_asana.Asana(**credentials)
    Context.catalog = tap_asana.discover()
    for stream in Context.catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    with (folder / "records.jsonl").open("a") as out, contextlib.redirect_stdout(out):
        tap_asana.sync()
    state.write_text(json.dumps(Context.state))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
