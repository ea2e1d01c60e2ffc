"""The commands narrative and digest: every kind, evidence with links, what a model would be shown, files."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from asana_intel.cli.main import app
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

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
    monkeypatch.setenv("COLUMNS", "200")
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
