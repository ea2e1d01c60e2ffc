"""`asana-intel auth` against the sandbox's authorization server: logging in, being it, logging out."""

from __future__ import annotations

import json
import re
import webbrowser
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.cli.main import app
from asana_intel.errors import ConfigError
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import load_settings

SPRING = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate_world(folder, seed=3, people=6, projects=4, tasks=40, goals=6, start_on=date(2025, 10, 1), weeks=30)
    return folder


@pytest.fixture
def sandbox(company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSandbox]:
    """A sandbox whose first user allows everything, and a home without tokens that points to it."""
    with RunningSandbox(company, SPRING) as running:
        mine = {"Authorization": "Bearer anybody"}
        workspace = requests.get(f"{running.url}/workspaces", headers=mine, timeout=5).json()["data"][0]["gid"]
        asked = {"workspace": workspace, "limit": "1"}
        users = requests.get(f"{running.url}/users", headers=mine, params=asked, timeout=5).json()["data"]
        settings = {"oauth_user": users[0]["gid"], "only_configured": True, "tokens": {}}
        reply = requests.post(running.url.replace("/api/1.0", "/_sandbox/tokens"), json=settings, timeout=5)
        assert reply.ok, reply.text
        monkeypatch.chdir(tmp_path)
        for name, value in {
            "HOME": str(tmp_path / "home"),
            "ASANA_URL": running.url,
            "SECRET_KEY": "07" * 32,
            "ASANA__OAUTH_PORT": "0",
            "ASANA__OAUTH_CLIENT_ID": "1200",
        }.items():
            monkeypatch.setenv(f"ASANA_INTEL_{name}", value)
        yield running


@pytest.fixture
def auth(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run an `auth` command; the browser that it opens follows wherever it is sent."""
    monkeypatch.setattr(webbrowser, "open", lambda address: requests.get(address, timeout=5).ok)
    return lambda *words, **options: CliRunner().invoke(app, ["auth", *words], **options)


def _status(auth: Callable[..., Result]) -> dict[str, dict[str, Any]]:
    return {one["role"]: one for one in json.loads(auth("status", "--json").output)}


def test_a_login_by_browser_reads_as_that_person_until_the_logout(auth: Callable[..., Result], tmp_path: Path) -> None:
    assert _status(auth)["reader"]["source"] == "none"
    done = auth("login", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert _status(auth)["reader"] | {"user_gid": told["user_gid"], "source": "login"} == _status(auth)["reader"]
    assert _status(auth)["writer"]["source"] == "none"

    reader = AsanaReader.from_settings(load_settings())
    assert reader.one("/users/me", "gid")["gid"] == told["user_gid"]
    with pytest.raises(ConfigError, match="No token for the writer"):
        AsanaSession.from_settings(load_settings(), "writer")

    assert json.loads(auth("logout", "--json").output) == {"role": "reader", "removed": True, "revoked": True}
    assert _status(auth)["reader"]["source"] == "none"
    with pytest.raises(ConfigError, match="auth login --role reader"):
        AsanaReader.from_settings(load_settings())
    assert not list((tmp_path / "home" / "logins").glob("*.login"))


def test_a_login_without_a_browser_asks_for_the_code(
    auth: Callable[..., Result], sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("asana_intel.cli.authorizing._show_address", shown.append)

    def copied(*_: object, **__: object) -> str:
        page = requests.get(shown[-1], timeout=5).text
        return re.findall(r'<pre id="code">([^<]+)</pre>', page)[0]

    monkeypatch.setattr("typer.prompt", copied)
    done = auth("login", "--role", "writer", "--no-browser", "--json")
    assert done.exit_code == 0, done.output
    assert _status(auth)["writer"]["source"] == "login"
    assert AsanaSession.from_settings(load_settings(), "writer").get("/users/me")["data"]["gid"]


def test_a_revoked_login_says_to_log_in_again(auth: Callable[..., Result]) -> None:
    auth("login")
    kept = next(Path("home/logins").glob("*.login")).read_bytes()
    auth("logout")
    Path("home/logins/reader.login").write_bytes(kept)
    reader = AsanaReader.from_settings(load_settings())
    with pytest.raises(ConfigError, match="ended or was revoked"):
        reader.one("/users/me", "gid")


def test_a_set_token_is_used_instead_of_a_login_and_status_says_so(
    auth: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASANA_INTEL_ASANA_TOKEN", "canary-token-of-the-environment")
    assert "is used instead" in " ".join(auth("login").output.split())
    assert _status(auth)["reader"]["source"] == "ASANA_INTEL_ASANA_TOKEN"
    assert "canary" not in auth("status").output


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [("SECRET_KEY", "short", "not 32 bytes"), ("ASANA__OAUTH_CLIENT_ID", "", "No OAuth app is named")],
)
def test_what_is_missing_is_said_before_anybody_is_sent_to_the_browser(
    auth: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"ASANA_INTEL_{variable}", value)
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("the browser was opened"))
    done = auth("login", "--json")
    assert done.exit_code == 1
    assert said in done.output
