"""What the ledger itself refuses: modes, changes off the list, unknown objects, limits, too few approvals, roles."""

from datetime import timedelta

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.changes import audit, ownership
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import REGISTRY
from asana_intel.changes.inputs import RISKS
from asana_intel.changes.ledger import load_plan, store_plan
from asana_intel.changes.policy import Bar, Scope, clear_rule, demote, evidence, rules, set_limits, set_rule
from asana_intel.changes.review import approve, reject, set_kill_switch
from asana_intel.changes.scope import note_objects
from asana_intel.changes.stopping import stop_check
from asana_intel.errors import ConfigError, RefusedError
from asana_intel.settings import Mode
from asana_intel_tests.conftest import NOW

STATUS = {
    "kind": "status_update",
    "field": "weekly_status",
    "risk": "high",
    "new_value": canonical_object({"status_type": "at_risk", "title": "Week", "text": "Half way."}),
}
LOW_BAR = Bar(days=0, decided=1)


def comment(text):
    return {"kind": "comment", "field": "odds_fell", "risk": "medium", "new_value": canonical_object({"text": text})}


def outcomes(report):
    return [(row.outcome, row.error) for row in report.outcomes]


def events(database):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT actor, event, body FROM audit ORDER BY seq")
        return cursor.fetchall()


# What may be written to


@pytest.mark.parametrize(
    "row",
    [
        {"field": "name"},
        {"kind": "delete_goal"},
        {"target_type": "task"},
        {"kind": "set_metric", "target_type": "project", "field": "current_value", "new_value": "3"},
    ],
)
def test_a_change_that_is_not_on_the_list_is_never_sent_whoever_approved_it(asana, approved, applied, row):
    report = applied(approved(row))
    assert asana.writes == []
    assert [row.outcome for row in report.outcomes] != ["done"]


def test_an_object_that_the_reader_never_saw_is_never_written_to(asana, approved, applied):
    report = applied(approved(seen=False))
    assert outcomes(report) == [("waiting", "goal 1 was not seen in the workspace")]
    assert asana.writes == []


def test_an_object_seen_only_before_the_plans_data_is_not_written_to(asana, database, approved, applied, make_plan):
    long_ago = make_plan()["as_of_at"][0] - timedelta(days=1)
    note_objects(database, [("goal", "1")], long_ago)
    assert outcomes(applied(approved(seen=False)))[0][0] == "waiting"
    assert asana.writes == []


def test_an_object_of_another_type_than_the_row_says_is_not_written_to(asana, database, approved, applied, make_plan):
    note_objects(database, [("project", "1")], make_plan()["as_of_at"][0])
    assert outcomes(applied(approved(seen=False)))[0][0] == "waiting"
    assert asana.writes == []


def test_the_list_in_the_ledger_allows_every_field_of_the_registry_and_every_kind_has_a_risk(database):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kind, target_type, field FROM allowed_change")
        allowed = set(cursor.fetchall())
    assert {("set_field", spec.target_type, spec.name) for spec in REGISTRY} <= allowed
    assert {("create_custom_field", "workspace", spec.name) for spec in REGISTRY} <= allowed
    assert {kind for kind, _, _ in allowed} <= set(RISKS)


# Modes


def test_a_rule_of_mode_observe_holds_one_capability_back_and_the_others_go_on(asana, database, approved, applied):
    set_rule(database, Scope("goals", field="ai_confidence_score"), Mode.observe, "not yet", "lead", NOW)
    report = applied(approved({}, STATUS))
    assert [row.outcome for row in report.outcomes] == ["waiting", "done"]
    assert "mode observe" in (report.outcomes[0].error or "")
    clear_rule(database, Scope("goals", field="ai_confidence_score"), "lead", NOW)
    assert [row.outcome for row in applied(load_plan(database, report.plan_id)).outcomes] == ["done"]


def test_a_rule_made_after_approval_still_stops_the_row(asana, database, approved, applied):
    plan = approved()
    set_rule(database, Scope("goals"), Mode.observe, "too early", "lead", NOW)
    assert outcomes(applied(plan))[0][0] == "waiting"
    assert asana.writes == []


def test_a_person_must_decide_in_mode_auto_as_long_as_no_rule_says_otherwise(asana, stored):
    assert {row.decision for row in stored(mode=Mode.auto).rows} == {"pending"}


def test_mode_auto_by_a_rule_writes_without_a_person_and_the_audit_says_in_whose_name(asana, database, stored, applied):
    grant(database, Scope("goals"))
    plan = stored(mode=Mode.auto)
    assert [(row.decision, row.decided_by) for row in plan.rows] == [("approved", "policy")]
    assert [row.outcome for row in applied(plan, mode=Mode.auto).outcomes] == ["done"]
    assert ("policy", "rows_approved_by_policy") in {(actor, event) for actor, event, _ in events(database)}


def test_a_rule_taken_back_stops_what_the_policy_had_approved(asana, database, stored, applied):
    grant(database, Scope("goals"))
    plan = stored(mode=Mode.auto)
    set_rule(database, Scope("goals"), Mode.propose, "second thoughts", "lead", NOW)
    assert outcomes(applied(plan, mode=Mode.auto)) == [
        ("waiting", "ai_confidence_score of goals is in mode propose, in which a person decides")
    ]
    assert asana.writes == []


def test_automatic_never_exceeds_the_mode_of_the_program(database, stored):
    grant(database, Scope("goals"))
    assert {row.decision for row in stored(mode=Mode.propose).rows} == {"pending"}


def test_shadow_writes_private_fields_only(asana, database, stored, applied):
    plan = stored({}, {"target_gid": "2"}, STATUS, mode=Mode.shadow)
    entry = next(e for e in asana.goals["1"]["custom_fields"] if e["name"] == "AI Confidence Score")
    entry["privacy_setting"] = "private"
    approve(database, plan.plan_id, "ada", NOW)
    report = applied(plan, mode=Mode.shadow)
    assert [(row.target_gid, row.outcome) for row in report.outcomes] == [
        ("1", "done"), ("2", "waiting"), ("1", "waiting"),
    ]  # fmt: skip
    assert len(asana.writes) == 1


@pytest.fixture(scope="session")
def ledger(_migrated):
    """The ledger for tests that leave nothing in it."""
    return _migrated


_VALUES = st.sampled_from(["goals", "*"]), st.sampled_from(["7", "*"]), st.sampled_from(["ai_summary", "*"])


@given(
    st.dictionaries(st.tuples(*_VALUES), st.sampled_from(list(Mode)), max_size=8),
    st.sampled_from(list(Mode)),
)
def test_the_most_specific_rule_speaks_of_equals_the_most_cautious_and_none_exceeds_the_ceiling(
    ledger, rules_of, ceiling
):
    with ledger.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM policy")
        for (capability, team, field), mode in rules_of.items():
            cursor.execute(
                "INSERT INTO policy VALUES (%s, %s, %s, %s, 'why', 'lead', now())",
                (capability, team, field, mode.value),
            )
        cursor.execute("SELECT mode_of('goals', '7', 'ai_summary', %s)", (ceiling.value,))
        ((held,),) = cursor.fetchall()
        connection.rollback()
    order = list(Mode)
    width = {scope: sum(part != "*" for part in scope) for scope in rules_of}
    narrowest = [rules_of[scope] for scope in rules_of if width[scope] == max(width.values())]
    wanted = min(narrowest, key=order.index) if narrowest else min(ceiling, Mode.propose, key=order.index)
    assert Mode(held) is min(wanted, ceiling, key=order.index)


def grant(database, scope):
    """Give a rule of mode auto without the evidence that it would need."""
    set_rule(database, scope, Mode.auto, "a test", "lead", NOW, Bar(days=0, decided=0, accepted=0.0))


# Promotion and demotion


def test_automatic_is_refused_without_evidence_and_says_what_is_missing(database):
    with pytest.raises(RefusedError, match=r"0 of 30 days .*0 of 200 decided rows"):
        set_rule(database, Scope("goals"), Mode.auto, "please", "lead", NOW)
    assert rules(database) == []


def test_a_rule_needs_a_reason_and_a_capability_that_exists(database):
    with pytest.raises(ConfigError, match="reason"):
        set_rule(database, Scope("goals"), Mode.observe, " ", "lead", NOW)
    with pytest.raises(ConfigError, match="no capability 'goal'"):
        set_rule(database, Scope("goal"), Mode.observe, "why", "lead", NOW)


def test_evidence_counts_what_people_decided_and_what_became_of_it(database, approved, applied):
    plan = approved({}, {"target_gid": "2"}, {"target_gid": "3", "capability": "priority"})
    reject(database, plan.plan_id, "ada", NOW, [plan.rows[1].row_key])
    applied(plan)
    found = evidence(database, Scope("goals"))
    assert (found.decided, found.approved, found.written, found.overridden) == (2, 1, 1, 0)
    assert "2 of 200 decided rows" in found.lacking(NOW)[1]
    assert found.lacking(NOW, LOW_BAR) == ["50.0% of them approved, 95% needed"]


def test_automatic_writing_is_taken_back_when_a_value_reads_back_differently(database, asana, stored, applied):
    grant(database, Scope("goals"))
    asana.set_custom_field = lambda *where: asana._write(lambda: {"gid": "1"}, "swallowed", *where)
    applied(stored(mode=Mode.auto), mode=Mode.auto)
    assert demote(database, NOW) == [Scope("goals")]
    (rule,) = rules(database)
    assert (rule.mode, rule.set_by, rule.reason) == (Mode.propose, "asana-intel", "1 rows read back differently")
    assert demote(database, NOW) == []


@pytest.mark.parametrize(("changed", "is_demoted"), [(1, False), (2, True)])
def test_automatic_writing_is_taken_back_when_people_change_more_than_a_twentieth(
    database, asana, stored, applied, changed, is_demoted
):
    grant(database, Scope("goals"))
    for gid in range(1, 31):
        asana.add_goal(str(gid))
    applied(stored(*({"target_gid": str(gid)} for gid in range(1, 31)), mode=Mode.auto), mode=Mode.auto)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE field_owner SET owner = 'human' WHERE target_gid = ANY(%s)", ([str(n + 1) for n in range(changed)],)
        )
    assert bool(demote(database, NOW)) is is_demoted


def test_a_broken_chain_takes_every_automatic_rule_back(database):
    grant(database, Scope("goals"))
    grant(database, Scope("priority", "7"))
    assert demote(database, NOW, chain_holds=True) == []
    assert len(demote(database, NOW, chain_holds=False)) == 2
    assert {rule.mode for rule in rules(database)} == {Mode.propose}


# Limits


def test_automatic_changes_stop_at_the_limit_of_the_day_and_go_on_the_next(asana, database, stored, applied):
    grant(database, Scope("goals"))
    set_limits(database, "lead", NOW, automatic_a_day=2)
    plan = stored({}, {"target_gid": "2"}, {"target_gid": "3"}, mode=Mode.auto)
    assert [row.outcome for row in applied(plan, mode=Mode.auto).outcomes] == ["done", "done", "waiting"]
    assert len(asana.writes) == 2
    later = applied(plan, NOW + timedelta(hours=25), mode=Mode.auto)
    assert [row.outcome for row in later.outcomes] == ["done"]


def test_what_people_approved_is_not_limited_by_the_day(asana, database, approved, applied):
    set_limits(database, "lead", NOW, automatic_a_day=0)
    assert [row.outcome for row in applied(approved()).outcomes] == ["done"]


def test_an_object_gets_so_many_comments_a_week(asana, database, approved, applied, another_comment_is_allowed):
    set_limits(database, "lead", NOW, comments=1)
    first, second = approved(comment("Fell.")), approved(comment("Rose.") | {"field": another_comment_is_allowed})
    assert [row.outcome for row in applied(first).outcomes] == ["done"]
    assert outcomes(applied(second)) == [("waiting", "goal 1 has its 1 comments of the week")]
    assert len(asana.writes) == 1


@pytest.fixture
def another_comment_is_allowed(database):
    """A second purpose for which goals may be commented on, and its name."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO allowed_change VALUES ('comment', 'goal', 'odds_rose')")
    yield "odds_rose"
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM allowed_change WHERE field = 'odds_rose'")


# Approvals


def test_a_row_of_a_large_plan_waits_for_a_second_person(asana, database, stored, applied):
    plan = stored(approvals_needed=2)
    first = approve(database, plan.plan_id, "ada", NOW)
    assert (first.plan_state, first.needs_another) == ("proposed", True)
    assert approve(database, plan.plan_id, " Ada ", NOW).needs_another
    with pytest.raises(RefusedError, match="not approved"):
        applied(plan)
    second = approve(database, plan.plan_id, "grace", NOW)
    assert (second.plan_state, second.needs_another) == ("approved", False)
    assert [row.outcome for row in applied(plan).outcomes] == ["done"]


def test_the_first_approval_is_void_after_a_rejection(database, stored):
    plan = stored({}, {"target_gid": "2"}, approvals_needed=2)
    key = plan.rows[0].row_key
    approve(database, plan.plan_id, "ada", NOW)
    reject(database, plan.plan_id, "grace", NOW, [key])
    approve(database, plan.plan_id, "grace", NOW)
    decisions = {row.row_key: row.decision for row in load_plan(database, plan.plan_id).rows}
    assert decisions == {key: "rejected", plan.rows[1].row_key: "approved"}


def test_the_ledger_refuses_a_row_that_was_marked_approved_without_an_approval(asana, database, stored, applied):
    plan = stored()
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE plan_row SET decision = 'approved', decided_by = 'ada'")
        cursor.execute("UPDATE plan SET state = 'approved'")
    assert "too few approvals" in (outcomes(applied(plan))[0][1] or "")
    assert asana.writes == []


@pytest.mark.parametrize("who", ["planner", "asana-intel", "policy", " Asana-Intel "])
def test_neither_the_author_nor_a_program_approves_and_the_attempt_stays_on_record(database, stored, who):
    plan = stored()
    with pytest.raises(RefusedError):
        approve(database, plan.plan_id, who, NOW)
    actor, event, body = events(database)[-1]
    assert (actor, event, body["plan_id"]) == (who, "decision_refused", plan.plan_id)
    assert load_plan(database, plan.plan_id).state == "proposed"


def test_strangers_other_hashes_and_lapsed_plans_are_refused_on_record(database, stored):
    plan = stored()
    with pytest.raises(RefusedError, match="list of approvers"):
        approve(database, plan.plan_id, "mallory", NOW, approvers=["ada"])
    with pytest.raises(RefusedError, match="not the one that was looked at"):
        approve(database, plan.plan_id, "ada", NOW, plan_hash="0" * 64)
    with pytest.raises(RefusedError, match="expired"):
        approve(database, plan.plan_id, "ada", NOW + timedelta(hours=73))
    assert [event for _, event, _ in events(database)].count("decision_refused") == 3
    assert audit.verify(database) is None


# Stops


def test_a_file_stops_the_next_request(asana, approved, applied, tmp_path):
    plan = approved({}, {"target_gid": "2"})
    asana.before_write = lambda: (tmp_path / "STOP").touch()
    with pytest.raises(RefusedError, match="STOP"):
        applied(plan, may_send=stop_check(tmp_path))
    assert len(asana.writes) == 1
    (tmp_path / "STOP").unlink()
    asana.before_write = lambda: None
    assert applied(plan, may_send=stop_check(tmp_path)).written == 1


def test_a_variable_stops_every_request(asana, approved, applied, tmp_path, monkeypatch):
    monkeypatch.setenv("ASANA_INTEL_STOP", "1")
    with pytest.raises(RefusedError, match="ASANA_INTEL_STOP"):
        applied(approved(), may_send=stop_check(tmp_path))
    assert asana.writes == []


# Roles

_APPROVAL = "INSERT INTO approval (plan_id, plan_hash, approver, decision, row_keys, at)"
_GATE = "INSERT INTO gate_result (plan_hash, table_key, passed, row_count, failed, evaluated_at)"
DENIED = [
    ("planner", f"{_APPROVAL} VALUES ('p', 'h', 'ada', 'approved', '{{}}', now())"),
    ("planner", "UPDATE plan_row SET state = 'done'"),
    ("planner", "UPDATE policy SET mode = 'auto'"),
    ("planner", "INSERT INTO allowed_change VALUES ('a', 'b', 'c')"),
    ("worker", "UPDATE plan_row SET decision = 'approved'"),
    ("worker", f"{_APPROVAL} VALUES ('p', 'h', 'ada', 'approved', '{{}}', now())"),
    ("worker", f"{_GATE} VALUES ('h', 't', true, 1, '{{}}', now())"),
    ("worker", "UPDATE control SET kill_switch = false"),
    ("worker", "INSERT INTO known_object VALUES ('1', 'goal', now())"),
    ("worker", "UPDATE audit SET actor = 'ada'"),
    ("approver", "UPDATE plan_row SET state = 'sending'"),
    ("approver", "INSERT INTO policy VALUES ('goals', '*', '*', 'auto', 'why', 'ada', now())"),
    ("approver", "INSERT INTO plan_row (plan_id) VALUES ('p')"),
    ("auditor", "INSERT INTO audit VALUES (1, now(), 'a', 'b', '{}', 'c', 'd')"),
    ("auditor", "UPDATE plan SET state = 'approved'"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "statement"), DENIED)
def test_each_role_may_do_its_own_work_only(database, stored, role, statement):
    stored()
    assert database.has_roles()
    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
        database.transaction(role) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_kill_switch_is_asked_under_the_workers_role(asana, database, approved, applied):
    plan = approved()
    set_kill_switch(database, stopped=True, actor="ada", now=NOW)
    with pytest.raises(RefusedError, match="kill switch"):
        applied(plan)
    assert asana.writes == []


def test_a_plan_without_rows_needs_no_approvals(database, make_plan):
    assert store_plan(database, make_plan().clear(), "planner", Mode.auto, NOW, approvals_needed=2) is None


@pytest.mark.parametrize("field", ["priority", "assignee", "dates", "section", "sprint_section"])
def test_what_people_decide_of_a_task_is_automatic_only_where_a_rule_names_that_field(database, field):
    def mode(of):
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT mode_of('priority', '7', %s, 'auto')", (of,))
            return cursor.fetchone()[0]

    columns = "capability, team_gid, field, mode, reason, set_by, set_at"
    put = f"INSERT INTO policy ({columns}) VALUES (%s, %s, %s, %s, '', '', now())"
    assert mode(field) == "propose"
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(put, ("priority", "*", "*", "auto"))
    assert (mode(field), mode("ai_priority_score")) == ("propose", "auto")
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(put, ("priority", "7", field, "auto"))
    assert mode(field) == "auto"


def test_only_a_suggestion_that_a_person_approved_in_an_earlier_week_and_that_still_stands_counts(database, stored):
    row = {"target_type": "task", "field": "suggested_priority", "new_value": '"1"', "capability": "priority"}
    plan = stored(*(row | {"target_gid": gid} for gid in ("5", "6", "7")))
    approve(database, plan.plan_id, "ada", NOW)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # as if they had been written
        cursor.execute("UPDATE plan_row SET state = 'done'")
        cursor.execute("UPDATE plan_row SET decided_by = 'policy' WHERE target_gid = '6'")
        for gid, value in (("5", '"1"'), ("6", '"1"'), ("7", '"2"')):
            ownership.wrote(connection, gid, "suggested_priority", value, NOW)
    week = plan.as_of_on
    assert ownership.approved_suggestions(database, week) == {}, "the same week asks nobody twice"
    assert ownership.approved_suggestions(database, week + timedelta(weeks=1)) == {"5": '"1"'}
    assert ownership.approved_suggestions(database, week + timedelta(weeks=9)) == {}, "long ago"
