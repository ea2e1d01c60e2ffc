"""Sync with tap-asana, its host and token endpoint pointed elsewhere. Runs in tap-asana's own environment."""

import contextlib
import io
import json
import sys

import asana
import requests


def main(url: str) -> None:
    """Print the rows and distinct gids per stream as one JSON object."""
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

    credentials = {"client_id": "1", "client_secret": "s", "redirect_uri": "https://localhost", "refresh_token": "r"}
    Context.config = {**credentials, "start_date": "2000-01-01T00:00:00Z"}
    Context.asana = tap_asana.Asana(**credentials)
    Context.catalog = tap_asana.discover()
    for stream in Context.catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        tap_asana.sync()
    rows: dict[str, list[str]] = {stream["tap_stream_id"]: [] for stream in Context.catalog["streams"]}
    for line in written.getvalue().splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            rows[message["stream"]].append(message["record"]["gid"])
    print(json.dumps({name: {"rows": len(gids), "distinct": len(set(gids))} for name, gids in rows.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
