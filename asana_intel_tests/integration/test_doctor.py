"""`asana-intel doctor` against sandboxes whose tokens differ: plan, scopes, guests, licences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr
from typer.testing import CliRunner

from asana_intel.asana.capabilities import Capability, reading_capabilities, writing_capabilities
from asana_intel.asana.probe import Outcome, TokenFacts, probe
from asana_intel.asana.session import AsanaSession
from asana_intel.cli.main import app
from asana_intel.cli.setting_up import needed_writes, out_of_reach
from asana_intel.cli.workbench import Workbench
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
def sandbox(company: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(company, SPRING) as running:
        yield running


@pytest.fixture
def look(sandbox: RunningSandbox) -> Callable[..., TokenFacts]:
    """What is found out about a token with such rights."""

    def found(scope: str | None = None, **rights: Any) -> TokenFacts:
        users = _get(sandbox, "/users")
        address = sandbox.url.replace("/api/1.0", "/_sandbox/tokens")
        body = {"the-token": {"user": users[0]["gid"], **rights}}
        reply = requests.post(address, json=body, timeout=5)
        assert reply.ok, reply.text
        session = AsanaSession(sandbox.url, SecretStr("the-token"), paced=False)
        return probe(session, _get(sandbox, "/workspaces")[0]["gid"], scope)

    return found


def _get(sandbox: RunningSandbox, path: str) -> list[dict[str, Any]]:
    mine = {"Authorization": "Bearer anybody"}
    workspace = requests.get(f"{sandbox.url}/workspaces", headers=mine, timeout=5).json()["data"][0]["gid"]
    params = {} if path == "/workspaces" else {"workspace": workspace}
    return requests.get(sandbox.url + path, headers=mine, params=params, timeout=5).json()["data"]


def _by_name(found: Iterator[Capability]) -> dict[str, Capability]:
    return {one.name: one for one in found}


@pytest.mark.parametrize("plan", ["personal", "starter", "advanced", "enterprise"])
def test_the_plan_is_found_by_reading_only(look: Callable[..., TokenFacts], sandbox: RunningSandbox, plan: str) -> None:
    facts = look(plan=plan, kind="pat")
    assert facts.plan == plan
    assert facts.kind == "personal access token"
    assert {request["method"] for request in sandbox.requests()} == {"GET"}
    assert sandbox.effects() == []


def test_on_a_free_plan_goals_are_out_of_reach_and_priorities_are_not(look: Callable[..., TokenFacts]) -> None:
    facts = look(plan="personal", kind="pat")
    can = _by_name(reading_capabilities(facts)) | _by_name(writing_capabilities(facts))
    assert not can["goals"].can
    assert can["goals"].mend == "a plan that has it"
    assert can["priority"].can
    assert "custom fields (the plan has none)" in can["priority"].lacks
    assert not can["write metric of a goal"].can
    for kind in ("custom field of a task", "new custom field", "place of a custom field on a project"):
        assert not can[f"write {kind}"].can
    for kind in ("comment", "assignee and dates of a task", "section of a task", "new section of a project"):
        assert can[f"write {kind}"].can


def test_a_service_account_is_told_from_a_person(look: Callable[..., TokenFacts]) -> None:
    facts = look(plan="enterprise", kind="service_account", user=None)
    assert facts.kind == "service account"
    assert facts.plan == "enterprise"


def test_a_token_with_few_scopes_says_which_it_lacks(look: Callable[..., TokenFacts]) -> None:
    granted = ["users:read", "workspaces:read", "projects:read", "tasks:read", "goals:read", "stories:write"]
    facts = look(kind="oauth", scopes=granted, scope=" ".join(granted))
    assert facts.kind == "oauth"
    assert "default" in facts.missing_scopes
    assert facts.parts["allocations"] is Outcome.scope
    can = _by_name(writing_capabilities(facts))
    assert can["write comment"].can
    assert can["write assignee and dates of a task"].lacks == ("the login lacks the scope tasks:write",)
    assert can["write new section of a project"].lacks == ("the login lacks the scope default",)
    assert not can["write metric of a goal"].can
    assert "full permissions" in (can["write metric of a goal"].mend or "")


def test_a_rejected_token_is_no_finding_but_an_error(look: Callable[..., TokenFacts]) -> None:
    with pytest.raises(ConfigError, match="401"):
        look(revoked=True)


def test_the_command_tells_who_what_and_how_to_mend(
    sandbox: RunningSandbox, postgres_url: str, database: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "PG_URL": postgres_url,
        "ASANA_URL": sandbox.url,
        "ASANA_TOKEN": "reader-token-canary",
        "MODE": "propose",
    }.items():
        monkeypatch.setenv(f"ASANA_INTEL_{name}", value)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 2, done.output  # nothing was synced, and there is no writer
    findings = {finding["subject"]: finding for finding in json.loads(done.output)}
    assert findings["Asana"]["ok"]
    assert findings["reader's plan"]["says"] == "enterprise_plus"
    assert findings["reader's limits"]["says"].startswith("unpaced")
    assert findings["can goals"]["ok"]
    assert "auth login --role writer" in findings["writer"]["fix"]
    assert "canary" not in done.output
    monkeypatch.setenv("ASANA_INTEL_WRITER_TOKEN", "writer-token-canary")
    written = CliRunner().invoke(app, ["doctor"]).output
    assert "can write status update: yes, in full" in " ".join(written.split())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox) -> Callable[..., None]:
    """Sets variables of a fresh home whose reader works."""
    monkeypatch.chdir(tmp_path)

    def configured(**variables: str) -> None:
        given = {"HOME": str(tmp_path / "home"), "ASANA_URL": sandbox.url, "ASANA_TOKEN": "anybody", **variables}
        for name, value in given.items():
            monkeypatch.setenv(f"ASANA_INTEL_{name}", value)

    return configured


def test_a_writer_whose_token_is_rejected_needs_a_hand(
    sandbox: RunningSandbox, postgres_url: str, database: object, home: Callable[..., None]
) -> None:
    sandbox.set_tokens({"withdrawn": None})
    home(PG_URL=postgres_url, WRITER_TOKEN="withdrawn", MODE="propose")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 2
    writer = next(f for f in json.loads(done.output) if f["subject"] == "writer's token")
    assert not writer["ok"]
    assert "401" in writer["says"]
    assert "ASANA_INTEL_WRITER_TOKEN" in writer["fix"]


def test_set_up_says_what_the_writer_cannot_do_of_what_the_settings_want(
    sandbox: RunningSandbox,
    postgres_url: str,
    database: object,
    home: Callable[..., None],
    look: Callable[..., TokenFacts],
) -> None:
    home(PG_URL=postgres_url, MODE="propose")
    gid = _get(sandbox, "/workspaces")[0]["gid"]

    def said(**wanted: Any) -> dict[str, str]:
        return {problem.says: problem.fix for problem in out_of_reach(Workbench(load_settings(**wanted)), gid)}

    assert said() == {}  # without a writer's token nothing is asked
    look(plan="personal", kind="pat")
    home(PG_URL=postgres_url, WRITER_TOKEN="the-token", MODE="propose")
    on_projects = "cannot write place of a custom field on a project: custom fields (the plan has none)"
    of_tasks = "cannot write custom field of a task: custom fields (the plan has none)"
    assert said()[on_projects] == "a plan that has it"
    assert of_tasks not in said()
    assert of_tasks in said(fields={"priority": True})
    look(plan="enterprise", kind="pat")
    assert said(fields={"priority": True}, priority_writes={"sprint": True, "review": True}) == {}


def test_every_write_that_is_needed_is_one_that_the_doctor_judges(look: Callable[..., TokenFacts]) -> None:
    wanted = load_settings(fields={"priority": True}, priority_writes={"sprint": True, "review": True, "move": True})
    judged = _by_name(writing_capabilities(look(plan="enterprise", kind="pat")))
    assert {f"write {kind}" for kind in needed_writes(wanted)} <= set(judged)


def test_without_a_database_the_rest_is_looked_at_all_the_same(home: Callable[..., None]) -> None:
    home(PG_URL="postgresql://nobody@127.0.0.1:1/none")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 2, done.output
    findings = {finding["subject"]: finding["ok"] for finding in json.loads(done.output)}
    assert not findings["PostgreSQL"]
    assert findings["Asana"]
    assert findings["can goals"]


def test_a_token_with_a_line_break_in_it_is_told_to_be_copied_anew(home: Callable[..., None]) -> None:
    home(PG_URL="postgresql://nobody@127.0.0.1:1/none", ASANA_TOKEN="canary-one\ncanary-two")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 2
    assert "line break" in " ".join(done.output.split())
    assert "canary" not in done.output


def test_brackets_in_what_the_server_says_are_shown_as_they_are(
    sandbox: RunningSandbox, home: Callable[..., None]
) -> None:
    refusal = {"match": {"operation": "getWorkspaces"}, "do": {"kind": "status", "status": 403, "message": "[/no] way"}}
    address = sandbox.url.replace("/api/1.0", "/_sandbox/faults")
    requests.post(address, json={"faults": [refusal]}, timeout=5).raise_for_status()
    home(PG_URL="postgresql://nobody@127.0.0.1:1/none")
    for arguments in (["doctor"], ["query", 'select * from "[/no]"']):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code in {1, 2}, done.exception
        assert "[/no]" in done.output
