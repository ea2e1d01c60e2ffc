"""The commands `audit show`, `sign`, `verify` and `export`, as somebody runs them on a ledger of one applied plan."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from asana_intel.changes import audit, heads
from asana_intel.changes.review import reject
from asana_intel.cli.main import app
from asana_intel_tests.conftest import NOW

UPDATE = {
    "kind": "status_update", "field": "weekly_status", "position": 1,
    "new_value": '{"status_type":"at_risk","text":"Half way.","title":"T"}',
}  # fmt: skip
WEEK = NOW + timedelta(weeks=1)
ELSEWHERE = {"target_gid": "2", "evidence_gids": ["2"]}


@pytest.fixture
def home(database, postgres_url, tmp_path, monkeypatch):
    """A home on the ledger of the tests."""
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ASANA_INTEL_PG_URL", postgres_url)
    return tmp_path / "home"


@pytest.fixture
def written(home, approved, applied):
    """A plan of a field and a status update of goal 1, approved by ada and written by the bot."""
    plan = approved({}, UPDATE)
    applied(plan)
    return plan


@pytest.fixture
def exported(written, home):
    """The chain of `written`, signed and exported; with the public key that was kept elsewhere."""
    run("sign")
    file, key = home.parent / "audit.jsonl", home.parent / "kept.pub"
    run("export", file)
    key.write_bytes((home / "audit" / heads.PUBLIC_KEY).read_bytes())
    return file, key


def run(*arguments):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


def told(*arguments):
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def refused(*arguments):
    done = run(*arguments)
    assert done.exit_code == 1, done.output
    return " ".join(done.output.split())


def events(*arguments):
    return [entry["event"] for entry in told("show", *arguments)]


def tamper(database, statement):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)


def test_the_story_of_a_created_object_is_told_from_plan_to_receipt(written):
    row = written.rows[1]
    said = run("show", "--row", row.row_key).output
    for part in (
        written.plan_id, written.plan_hash, "by planner, mode propose, now applied",
        "status_update goal 1 weekly_status", '"text":"Half way."', "The odds are 62 %.",
        "changes/plan, 2 rows: passed", "approved by ada",
        "bot  row sending", "read back and equal", "The tables say what the chain says",
    ):  # fmt: skip
        assert part in said
    (story,) = told("show", "--row", row.row_key)
    assert story["created"]["marker"] in said
    assert story["created"]["result_gid"] == story["receipt"]["result_gid"]
    assert [entry["event"] for entry in story["entries"]] == [
        "plan_proposed", "plan_approved", "apply_started", "row_sending", "row_sent", "row_done", "apply_ended"
    ]  # fmt: skip
    assert story["contradictions"] == []


def test_the_story_of_a_row_that_was_refused_has_neither_receipt_nor_marker(home, database, stored):
    plan = stored({"old_value": "0.5"}, gate=False)
    reject(database, plan.plan_id, "ada", NOW)
    said = run("show", "--row", plan.rows[0].row_key).output
    assert "0.5 → 0.62" in said
    assert "never judged" in said
    assert "rejected by ada" in said
    assert "marker" not in said


def test_a_row_that_two_plans_hold_is_told_of_each_unless_one_is_named(home, stored):
    first, second = stored({}), stored({}, ELSEWHERE, now=NOW + timedelta(minutes=1))
    key = first.rows[0].row_key
    assert [story["plan"]["plan_id"] for story in told("show", "--row", key)] == [first.plan_id, second.plan_id]
    assert [s["plan"]["plan_id"] for s in told("show", "--row", key, "--plan", second.plan_id)] == [second.plan_id]
    assert events("--plan", second.plan_id) == ["plan_proposed", "plan_superseded"]  # it took the first one's place


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE plan_row SET new_value = '0.99' WHERE position = 0", "tells of another new value than the row"),
        ("UPDATE plan_row SET reason = 'Trust me.'", "are not those that its hash stands for"),
        ("UPDATE plan SET plan_hash = repeat('0', 64)", "tells of another hash of the plan"),
        ("UPDATE write_receipt SET new_value = '0.99'", "the receipt tells of another new value"),
    ],
)
def test_a_table_that_was_changed_behind_the_chain_is_shown_to_contradict_it(database, written, statement, said):
    tamper(database, statement)
    assert said in refused("show", "--row", written.rows[0].row_key)


def test_what_a_person_wrote_into_our_field_stands_in_the_row_and_not_on_the_chain(
    database, asana, written, approved, applied
):
    asana.add_goal("1", ai_confidence_score=0.13)
    plan = approved({"old_value": "0.13", "new_value": "0.7", "as_of_on": WEEK.date(), "as_of_at": WEEK})
    assert applied(plan).counts == {"overridden": 1}
    assert "a person set it to 0.13" in run("show", "--row", plan.rows[0].row_key).output
    (entry,) = told("show", "--event", "row_overridden")
    assert entry["body"]["error"] == "a person changed it"
    with audit.reading(database) as entries:
        assert not any("0.13" in entry.line() for entry in entries)


def test_entries_are_found_by_plan_object_event_and_time_and_the_newest_come_last(database, written, approved):
    other = approved(ELSEWHERE)
    assert events("--plan", other.plan_id) == ["plan_proposed", "plan_approved"]
    assert "plan_superseded" not in events("--object", "1")
    assert events("--object", "2") == ["plan_approved"]
    created = told("show", "--row", written.rows[1].row_key)[0]["created"]["result_gid"]
    assert events("--object", created) == ["row_sent", "row_done"]
    assert events("--event", "row_done") == ["row_done", "row_done"]
    assert events("--object", "1", "--event", "plan_approved") == ["plan_approved"]
    assert events("--since", "2026-11-21") == []
    assert len(events("--since", "2026-11-20T08:00:00Z")) == audit.length(database)
    assert events("--last", "1") == ["plan_approved"]


def test_the_list_says_who_did_what_to_which_field_and_that_older_entries_are_left_out(written):
    said = run("show", "--last", "9").output
    assert "Older ones are left out: --last 18 shows more" in said
    (line,) = [line for line in said.splitlines() if "row done" in line and "set_field" in line]
    assert "bot" in line
    assert "set_field goal 1 ai_confidence_score: 0.62" in line
    assert "hash" not in said
    assert "left out" not in run("show", "--last", "10").output


def test_what_is_not_there_is_said_so(written):
    assert "There is no plan p-00000000" in refused("show", "--plan", "p-00000000")
    assert "There is no row ffff" in refused("show", "--row", "ffff")
    assert f"Plan {written.plan_id} has no row ffff" in refused("show", "--row", "ffff", "--plan", written.plan_id)
    assert "narrow it with --plan alone" in refused("show", "--row", "ffff", "--event", "row_done")
    assert "'yesterday' is no date" in refused("show", "--since", "yesterday")
    assert "Events on the chain: apply_ended, apply_started, plan_approved" in run("show", "--event", "x").output


def test_the_chain_is_signed_and_verified_and_a_second_signature_is_not_made(written, home):
    assert told("sign") == told("sign")
    assert len((home / "audit" / heads.HEADS).read_bytes().splitlines()) == 1
    assert "10 entries, chain intact, signed up to entry 10" in run("verify").output
    assert told("verify")["intact"] is True


def test_an_empty_chain_has_nothing_to_sign_and_nothing_wrong(home):
    assert "nothing to sign" in run("sign").output
    assert "0 entries, chain intact, not signed yet" in run("verify").output
    assert "No entry is like that. Events on the chain: none yet" in run("show").output


def test_the_heads_lie_where_the_settings_say(written, home, monkeypatch):
    monkeypatch.setenv("ASANA_INTEL_AUDIT__HEADS", str(home.parent / "far"))
    run("sign")
    assert (home.parent / "far" / heads.KEY).stat().st_mode & 0o777 == 0o600
    assert not (home / "audit").exists()
    assert "signed up to entry 10" in run("verify").output


def test_heads_and_key_that_were_replaced_together_are_found_with_the_key_kept_elsewhere(exported, home, database):
    _, kept = exported
    for file in (home / "audit").iterdir():
        file.unlink()
    tamper(database, "DELETE FROM audit WHERE seq > 8")
    run("sign")
    assert "chain intact" in run("verify").output
    assert "the heads were replaced" in refused("verify", "--public-key", kept)


def test_an_exported_file_is_checked_without_home_or_database(exported, monkeypatch, tmp_path):
    file, kept = exported
    monkeypatch.setenv("ASANA_INTEL_PG_URL", "postgresql://127.0.0.1:9/nothing")
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path / "nowhere"))
    assert (
        "10 entries, chain intact, signed up to entry 10" in run("verify", "--file", file, "--public-key", kept).output
    )
    assert not (tmp_path / "nowhere").exists()


def test_an_exported_file_signed_with_another_key_is_refused(exported, written, home):
    _, kept = exported
    for file in (home / "audit").iterdir():
        file.unlink()
    run("sign")
    run("export", home / "forged.jsonl")
    assert "the heads were replaced" in refused("verify", "--file", home / "forged.jsonl", "--public-key", kept)


def test_part_of_the_chain_can_be_exported_and_is_checked_from_there_on(exported, home):
    _, kept = exported
    part = home / "part.jsonl"
    assert told("export", part, "--from-seq", "4")["entries"] == 7
    assert "7 entries, chain intact" in run("verify", "--file", part, "--public-key", kept, "--from-seq", "4").output
    assert "Entry 1 is missing" in refused("verify", "--file", part, "--public-key", kept)


def test_an_export_that_is_not_signed_to_its_end_says_so_and_one_without_heads_proves_nothing(exported, home, approved):
    _, kept = exported
    bare, more = home / "bare.jsonl", home / "more.jsonl"
    approved(ELSEWHERE)
    assert "after 10 are not signed yet" in " ".join(run("export", more).output.split())
    assert "signed up to entry 10" in run("verify", "--file", more, "--public-key", kept).output
    assert "not the 2 after it" in run("verify", "--file", more, "--public-key", kept).output
    (home / "audit" / heads.HEADS).unlink()
    run("export", bare)
    assert "no signed head at all" in refused("verify", "--file", bare, "--public-key", kept)


def test_heads_that_were_kept_elsewhere_are_found_again_line_by_line(exported, home):
    file, _ = exported
    kept = (home / "audit" / heads.HEADS).read_bytes().splitlines()
    assert set(kept) <= set(file.read_bytes().splitlines())


def test_an_export_is_readable_by_its_owner_alone_and_never_written_over(exported):
    file, _ = exported
    before = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "exists already" in refused("export", file)
    assert file.read_bytes() == before


def test_files_that_are_missing_or_no_key_are_refused_in_words(exported, home):
    file, kept = exported
    assert "proves nothing without the public key" in refused("verify", "--file", file)
    assert "cannot be read" in refused("verify", "--file", file, "--public-key", home / "none.pub")
    assert "cannot be read" in refused("verify", "--file", home / "none.jsonl", "--public-key", kept)
    assert "not an Ed25519 key" in refused("verify", "--file", file, "--public-key", file)
    assert "cannot be written" in refused("export", home / "no" / "folder.jsonl")
    assert "checked from entry 1" in refused("verify", "--from-seq", "2")


def test_a_chain_that_was_rewritten_and_signed_again_with_the_stolen_key_is_found_by_a_copy_of_the_heads(
    exported, home, database, approved, monkeypatch
):
    _, kept = exported
    copy = home.parent / "copy"
    copy.mkdir()
    (copy / heads.HEADS).write_bytes((home / "audit" / heads.HEADS).read_bytes())
    tamper(database, "DELETE FROM audit WHERE seq > 8")
    approved(ELSEWHERE)
    (home / "audit" / heads.HEADS).unlink()
    run("sign")
    assert "chain intact" in run("verify", "--public-key", kept).output
    monkeypatch.setenv("ASANA_INTEL_AUDIT__HEADS", str(copy))
    assert "Entry 10 is not the one that was signed" in refused("verify", "--public-key", kept)
