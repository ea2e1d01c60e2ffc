"""The evidence pack is complete: what tells of people is claimed, and what is claimed is there."""

import json
import re
from pathlib import Path

from pydantic import SecretStr
from typer.testing import CliRunner

from asana_intel.cli.main import app
from asana_intel.protection.features import FEATURES, person_columns
from asana_intel.protection.pack import evidence_pack, pack_json, pack_markdown
from asana_intel.settings import AlertSettings, load_settings
from asana_intel.storage.contracts import CONTRACTS

CLAIMED = {(table, c) for feature in FEATURES for table, names in feature.tables.items() for c in names.split()}
MIGRATIONS = Path(__file__).resolve().parents[3] / "asana_intel" / "storage" / "migrations"
# Columns of the ledger that hold who somebody is, by what they are called.
WHO = re.compile(r"^\s+(actor|approver|author|\w*_by|person_gid|user_gid|changed_by)\s+text\b", re.MULTILINE)


def test_every_column_that_tells_of_people_is_claimed_by_a_feature() -> None:
    personal = {(key, name) for key, contract in CONTRACTS.items() for name in person_columns(contract)}
    assert personal - CLAIMED == set()


def test_every_column_that_is_claimed_is_there_and_tells_of_people() -> None:
    assert {table for table, _ in CLAIMED} <= CONTRACTS.keys()
    assert CLAIMED - {(key, name) for key, contract in CONTRACTS.items() for name in person_columns(contract)} == set()


def test_every_table_of_the_ledger_that_says_who_is_claimed_and_every_claimed_one_is_made() -> None:
    sql = "\n".join(path.read_text() for path in sorted(MIGRATIONS.glob("*.sql")))
    tables = dict(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)\n\);", sql, re.DOTALL))
    claimed = {table for feature in FEATURES for table in feature.ledger}
    assert claimed <= tables.keys()
    assert {name for name, columns in tables.items() if WHO.search(columns)} - claimed == set()


def test_every_feature_says_all_that_is_asked() -> None:
    pack = evidence_pack(load_settings())
    for feature in pack["features"]:
        for asked in (
            "purpose",
            "source",
            "retention",
            "audience",
            "named_or_counted",
            "leaves_the_company",
            "objection",
        ):
            assert feature[asked], (feature["name"], asked)
    near = {feature["name"] for feature in pack["features"] if feature["near_annex_iii_4b"]}
    assert {"Load and likely overload", "Sprint proposals and assignments", "Check of edits"} <= near
    assert {"capacity.alerts", "capacity.moves", "capacity.breach_odds"} <= pack["settings"].keys()
    assert "Capacity for leaders" in {feature["name"] for feature in pack["features"]}


def test_both_files_tell_the_same_and_hold_no_secret() -> None:
    secret = "https://hooks.example.test/T0/B0/secret"
    settings = load_settings(alerts=AlertSettings(webhook_url=SecretStr(secret)))
    pack = evidence_pack(settings)
    page = pack_markdown(pack)
    assert json.loads(pack_json(pack)) == pack
    assert "secret" not in page + pack_json(pack)
    assert "| `alerts to a chat` | yes |" in page
    assert "no legal advice" in page
    for feature in FEATURES:
        assert f"## {feature.name}\n" in page
    for line in pack["not_done"]:
        assert f"- {line}" in page
    assert page == pack_markdown(evidence_pack(settings))


def test_the_command_writes_both(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(app, ["evidence-pack", "-o", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert said["features"] == len(FEATURES)
    assert Path(said["markdown"]).read_text().startswith("# Evidence pack")
    assert json.loads(Path(said["json"]).read_text())["not_done"]
