"""The commands narrative and digest: every kind, evidence with links, what a model would be shown, files."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from asana_intel.cli.main import app
from asana_intel.cli.output import console
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore
from asana_intel_tests.model_server import ModelServer

WEEK = date(2026, 11, 16)
AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
ABOUT = {"as_of_on": WEEK, "kind": "goal_progress", "subject_id": "1000"}
run = CliRunner().invoke


def _put(store: TableStore, key: str, *rows: dict[str, Any]) -> None:
    frame = pl.DataFrame(rows, schema=CONTRACTS[key].schema)
    store.overwrite(key, frame.with_columns(pl.col(pl.Boolean).fill_null(False), pl.col(pl.Int64).fill_null(0)))


def _text(gid: str, text: str, **more: Any) -> dict[str, Any]:
    shared = {"as_of_on": WEEK, "as_of_at": AT, "goal_gid": gid, "text": text, "status_type": "at_risk"}
    written = {"fact_ids": ["odds"], "facts_hash": "a1", "written_by": "template", "word_count": len(text.split())}
    return shared | written | more


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path))
    monkeypatch.setattr(console, "width", 200)  # made once, for all tests
    store = TableStore(str(tmp_path / "tables"))
    refused = {"written_by": "fallback", "refusals": ["number"]}
    _put(
        store, "narratives/goal_progress",
        _text("1000", "The odds are 48 %. Ask for help."),
        _text("1001", "The odds are 90 %.", **refused),
    )  # fmt: skip
    _put(
        store, "narratives/sentences",
        ABOUT | {"position": 1, "text": "The odds are 48 %.", "fact_ids": ["odds"], "source_gids": ["1000"]},
        ABOUT | {"position": 2, "text": "Ask for help.", "fact_ids": [], "source_gids": []},
    )  # fmt: skip
    odds = {"fact_id": "odds", "meaning": "odds [now]", "value": "48 %", "unit": "probability", "is_required": True}
    _put(store, "narratives/facts", ABOUT | odds | {"source_gids": [str(1000 + n) for n in range(5)]})
    _put(store, "marts/dim_goal", {"goal_gid": "1000", "name": "Ship [it]"}, {"goal_gid": "1001", "name": "Grow"})
    return store


def _said(*arguments: str) -> str:
    done = run(app, ["narrative", "--week", "2026-11-18", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("home")
def test_every_text_stands_with_its_goal_and_who_wrote_it() -> None:
    said = _said()
    assert "Ship [it]  at risk, sentences by rule" in said
    assert "Grow  at risk, by rule, the model's text was refused (number)" in said
    assert "https://" not in said


@pytest.mark.usefixtures("home")
def test_evidence_is_a_numbered_list_of_facts_with_links() -> None:
    said = _said("1000", "--with-evidence")
    assert "1. odds [now]: 48 %  https://app.asana.com/0/0/1000 https://app.asana.com/0/0/1001" in said
    assert "+ 2 more" in said
    assert "Grow" not in said


@pytest.mark.usefixtures("home")
def test_evidence_can_be_had_as_json() -> None:
    (row,) = json.loads(_said("1000", "--with-evidence", "--json"))
    assert (row["goal_gid"], row["kind"], row["name"]) == ("1000", "goal_progress", "Ship [it]")
    assert [s["text"] for s in row["sentences"]] == ["The odds are 48 %.", "Ask for help."]
    assert row["sentences"][0]["links"] == ["https://app.asana.com/0/0/1000"]
    assert row["facts"][0]["more"] == 2


def test_an_alignment_note_on_a_team_is_headed_by_the_teams_name(home: TableStore) -> None:
    note = _text("", "Platform finished 33 tasks; 29 served no goal.") | {"subject_gid": "60", "subject_type": "team"}
    _put(home, "narratives/alignment_notes", {k: v for k, v in note.items() if k not in ("goal_gid", "status_type")})
    _put(home, "staging/teams", {"team_gid": "60", "name": "Platform"})
    assert "Platform  team, sentences by rule" in _said("--kind", "alignment_note")


@pytest.mark.usefixtures("home")
def test_a_kind_that_does_not_exist_is_told_those_that_do() -> None:
    done = run(app, ["narrative", "--week", "2026-11-18", "--kind", "poem", "--json"])
    assert done.exit_code == 1
    assert "goal_progress" in json.loads(done.stdout)["fix"]


@pytest.mark.usefixtures("home")
def test_a_goal_nothing_was_written_about_is_an_error_and_a_week_without_texts_is_not() -> None:
    assert run(app, ["narrative", "7", "--week", "2026-11-18"]).exit_code == 1
    done = run(app, ["narrative", "--week", "2026-01-05", "--kind", "all"])
    assert done.exit_code == 0
    assert "Nothing was written in the week of 2026-01-05" in done.output


@pytest.mark.usefixtures("home")
def test_without_a_model_nothing_would_be_sent() -> None:
    assert "Nothing would be sent" in _said("1000", "--explain-payload")
    assert json.loads(_said("1000", "--explain-payload", "--json")) == {"is_sent": False, "body": None}


@pytest.fixture
def asked(home: TableStore, database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A home with a model, whose last sync was in the week."""
    monkeypatch.setenv("ASANA_INTEL_PG_URL", postgres_url)
    monkeypatch.setenv("ASANA_INTEL_LLM__TOKENS_PER_DAY", "5000")
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, requests, rows_added, rows_changed,"
            " rows_deleted, unavailable) VALUES ('1', 'http://127.0.0.1', %s, 1, 1, 1, 1, '{}')",
            (AT,),
        )
    goal = {"goal_gid": "1000", "name": "Ship [it]", "is_closed": False, "due_on": date(2026, 12, 31)}
    odds = {"as_of_on": WEEK, "as_of_at": AT, "goal_gid": "1000", "kind": "flow", "p_attain": 0.48}
    known = {"status": "assessed", "due_on": date(2026, 12, 31), "elapsed_pct": 0.5}
    _put(home, "marts/dim_goal", goal)
    _put(home, "staging/goals", goal | {"privacy_setting": "public_to_workspace"})
    _put(home, "forecasts/goal_attainment", odds | known)
    return database


@pytest.mark.usefixtures("asked")
def test_the_payload_is_printed_to_the_byte_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer() as server:
        monkeypatch.setenv("ASANA_INTEL_LLM_MODEL", "openai/any")
        monkeypatch.setenv("ASANA_INTEL_LLM__API_BASE", server.url)
        monkeypatch.setenv("ASANA_INTEL_LLM__API_KEY", "k")
        assert "there is nothing to choose" in _said("1000", "--explain-payload")  # the one text that can be written
        monkeypatch.setenv("ASANA_INTEL_LLM__MODE", "slots")
        done = run(app, ["narrative", "1000", "--week", "2026-11-18", "--explain-payload"])
        assert done.exit_code == 0, done.output
        body = json.loads(done.stdout_bytes)
        assert {"model", "messages"} <= body.keys()
        assert "Ship" not in done.stdout  # aggregates only, as the settings say by default
        as_json = json.loads(_said("1000", "--explain-payload", "--json"))
        assert as_json["body"].encode() == done.stdout_bytes
        assert server.received == []


@pytest.mark.usefixtures("asked")
def test_a_payload_needs_one_subject_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASANA_INTEL_LLM_MODEL", "openai/any")
    for arguments in ([], ["77"], ["1000", "--kind", "all"]):
        done = run(app, ["narrative", *arguments, "--week", "2026-11-18", "--explain-payload", "--json"])
        assert done.exit_code == 1
        assert json.loads(done.stdout)["fix"]


def test_a_payload_is_had_by_the_gid_that_the_listing_takes(
    asked: Database, home: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked
    monkeypatch.setenv("ASANA_INTEL_LLM_MODEL", "openai/any")
    monkeypatch.setenv("ASANA_INTEL_LLM__MODE", "prose")
    week = {"person_gid": "71", "assigned_hours": 48.0, "available_hours": 40.0, "p_over_110": 0.7}
    zeros = {c.name: 0.0 for c in CONTRACTS["forecasts/person_load"].columns if c.dtype == pl.Float64}
    shared = zeros | {"as_of_on": WEEK, "as_of_at": AT} | week
    weeks = [date(2026, 11, 23), date(2026, 11, 30)]
    _put(home, "forecasts/person_load", *(shared | {"week_on": monday} for monday in weeks))
    _put(home, "marts/dim_person", {"person_gid": "71", "name": "Sarah Lee"})

    def body(subject: str) -> str:
        told = json.loads(_said(subject, "--kind", "capacity_cause", "--explain-payload", "--json"))["body"]
        assert told
        return told

    assert body("71") == body("71:2026-11-23") != body("71:2026-11-30")


def test_what_models_took_stands_beside_the_caps(asked: Database) -> None:
    rows = [("old", "now() - interval '40 days'", 900, 0.5), ("new", "now()", 300, 0.25), ("new", "now()", None, None)]
    with asked.transaction() as connection, connection.cursor() as cursor:
        for run_id, at, tokens, usd in rows:
            cursor.execute(
                "INSERT INTO model_call (run_id, at, model, name, prompt_version, reserved_tokens, input_tokens,"
                f" output_tokens, usd) VALUES (%s, {at}, 'm', 'goal', '1', 1000, %s, 0, %s)",
                (run_id, tokens, usd),
            )
    newest, day, month = json.loads(_said("--spent", "--json"))
    assert [s["stretch"] for s in (newest, day, month)] == ["run", "day", "month"]
    assert (newest["requests"], newest["tokens"], newest["usd"]) == (2, 1300, 0.25)
    assert newest["has_unknown_price"]
    assert (day["tokens"], day["tokens_cap"], month["tokens_cap"]) == (1300, 5000, None)


@pytest.mark.usefixtures("asked")
def test_where_no_model_was_asked_nothing_was_spent() -> None:
    assert [(s["requests"], s["tokens"], s["usd"]) for s in json.loads(_said("--spent", "--json"))] == [(0, 0, 0.0)] * 3


@pytest.mark.usefixtures("asked")
def test_the_digest_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    def wrote(*arguments: str) -> dict[str, Any]:
        done = run(app, ["digest", "--week", "2026-11-18", "--json", *arguments])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert sorted(wrote()) == ["eml", "html", "txt"]
    assert (tmp_path / "reports" / "2026-11-16-digest.eml").exists()
    (only,) = wrote("--format", "txt", "--out", str(tmp_path / "letter.txt")).values()
    assert only["file"] == str(tmp_path / "letter.txt")
    assert "Ship [it]" in (tmp_path / "letter.txt").read_text()
    assert list(wrote("--format", "html", "--out", str(tmp_path / "out"))) == ["html"]
    assert (tmp_path / "out" / "2026-11-16-digest.html").stat().st_mode & 0o077 == 0
