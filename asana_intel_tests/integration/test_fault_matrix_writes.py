"""Every row of the second table of docs/faults.md, done to single requests and to an approved plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest

from asana_intel import errors
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes import audit
from asana_intel.changes.apply import ApplyReport
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.ledger import StoredPlan, load_plan
from asana_intel.changes.review import approve
from asana_intel.errors import AsanaIntelError, ConfigError
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import SPRING, Company, Fault, promised, rule, running_company
from asana_intel_tests.integration.write_desk import BOT, NOW, Desk

WEEK = {"as_of_on": date(2026, 3, 9), "as_of_at": SPRING - timedelta(hours=6)}
THREE_MINUTES = timedelta(seconds=181)
LOOK_AGAIN = timedelta(seconds=31)  # lists may lag: what is created is looked for twice before it is sent again
FIELD = BY_NAME["ai_confidence_score"]
COLUMNS: tuple[str, ...] = ("raised", "row", "again", "later", "effects")

# What happens to the first of the requests that a test writes; `WRITE` stands for which those are.
CASES: dict[str, Fault] = {
    "500 before the effect": Fault([rule("status", status=500)]),
    "500 after the effect": Fault([rule("status", status=500, when="after")]),
    "the connection breaks before the effect": Fault([rule("drop")]),
    "the connection breaks after the effect": Fault([rule("drop", when="after")]),
    "the connection breaks during the answer": Fault([rule("drop", when="during")]),
    "the answer is cut short": Fault([rule("truncate", bytes=20)]),
    "the answer is not whole JSON": Fault([rule("truncate", bytes=20, length="cut")]),
    "HTML with 502 before the effect": Fault([rule("html", status=502)]),
    "HTML with 200 after the effect": Fault([rule("html", status=200, when="after")]),
    "an answer slower than our timeout": Fault([rule("latency", ms=700)], timeout_s=0.4),
    "504, and the effect comes a moment later": Fault([rule("late", after_requests=1)]),
    "504, and the effect comes two minutes later": Fault([rule("late", after_s=120)]),
    "no answer, and the effect comes two minutes later": Fault(
        [rule("late", after_s=120, answer="timeout")], timeout_s=0.4
    ),
    "429": Fault([rule("retry_after", value="30")]),
    "a redirect before the effect": Fault([rule("redirect")]),
    "a redirect after the effect": Fault([rule("redirect", when="after")]),
    "a proxy's 403 after the effect": Fault([rule("html", status=403, when="after")]),
    "the object is gone meanwhile": Fault([rule("status", status=404)]),
    "the token expires": Fault([rule("expire_token")]),
}
PROMISED = {name: dict(zip(COLUMNS, cells, strict=True)) for name, cells in promised("Writes").items()}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with running_company(tmp_path_factory.mktemp("company")) as running:
        yield running


@pytest.fixture
def desk(company: Company, database: Database) -> Iterator[Desk]:
    company.begin_anew()
    workspace = company.read("/workspaces")[0]["gid"]
    goal = company.read(f"/goals?workspace={workspace}")[0]["gid"]
    field = company.write("POST", "/custom_fields", {**FIELD.definition(), "workspace": workspace})["gid"]
    company.write("POST", f"/goals/{goal}/addCustomFieldSetting", {"custom_field": field})
    yield Desk(company, database, goal, field)
    company.heal()


@pytest.fixture
def plan(desk: Desk, stored: Callable[..., StoredPlan]) -> StoredPlan:
    """An approved plan: a value, a status update and a comment."""
    target = {**WEEK, "target_gid": desk.goal}
    update = canonical_object({"status_type": "at_risk", "title": "Week", "text": "Half way."})
    comment = canonical_object({"text": "The odds fell."})
    made = stored(
        target,
        target | {"kind": "status_update", "field": "weekly_status", "new_value": update},
        target | {"kind": "comment", "field": "odds_fell", "new_value": comment},
    )
    approve(desk.database, made.plan_id, "ada", NOW)
    return made


def test_every_row_is_tried() -> None:
    assert list(PROMISED) == list(CASES)


WRITES: dict[str, Callable[[AsanaWriter, Desk], Any]] = {
    "PUT": lambda writer, desk: writer.set_custom_field("goal", desk.goal, desk.field, 0.62),
    "POST": lambda writer, desk: writer.create_comment("goal", desk.goal, "The odds fell."),
}


@pytest.mark.fault("F45")
@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("name", CASES)
def test_a_write_is_one_request_with_at_most_one_effect_and_its_error_says_what_may_have_happened(
    name: str, method: str, desk: Desk
) -> None:
    fault = CASES[name]
    desk.break_first(fault, method=method)
    writer = desk.writer(fault.timeout_s)
    with pytest.raises(AsanaIntelError) as raised:
        WRITES[method](writer, desk)
    writer.close()
    assert type(raised.value) is getattr(errors, PROMISED[name]["raised"])
    assert BOT not in f"{raised.value!r} {raised.value}"
    assert not desk.company.not_met()
    assert len(desk.sent()) == 1
    desk.let_it_arrive(fault)
    desk.company.sandbox.set_clock(SPRING + timedelta(minutes=3))
    assert sum(desk.effects().values()) <= 1
    if PROMISED[name]["row"] in {"failed", "retry", "ConfigError"}:
        assert not desk.effects()


KINDS = {"PUT": "/goals/{goal}", "POST": "/status_updates", "POST comment": "/goals/{goal}/stories"}


@pytest.mark.fault("F3", "F4", "F5", "F6", "F7", "F8", "F10", "F26", "F44")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_an_approved_change_is_neither_doubled_nor_lost(name: str, kind: str, desk: Desk, plan: StoredPlan) -> None:
    fault, promise, place = CASES[name], PROMISED[name], list(KINDS).index(kind)
    desk.break_first(fault, method=kind.split()[0], path=KINDS[kind])
    told = applied(desk, plan, timedelta(), fault.timeout_s)
    assert outcome_of(plan, place, told) == promise["row"]
    assert not desk.company.not_met()
    at_most_once(desk)

    desk.let_it_arrive(fault)
    for after, column in ((timedelta(seconds=60), "again"), (THREE_MINUTES, "later")):
        if promise[column] != "–":
            told = applied(desk, plan, after)
            if column == "later" and outcome_of(plan, place, told) == "unknown":
                told = applied(desk, plan, after + LOOK_AGAIN)
            assert outcome_of(plan, place, told) == promise[column]
            at_most_once(desk)

    count = len(desk.sent())
    applied(desk, plan, THREE_MINUTES * 2)
    assert len(desk.sent()) == count
    states = [row.state for row in load_plan(desk.database, plan.plan_id).rows]
    assert states == ["failed" if n == place and promise["effects"] == "0" else "done" for n in range(3)]
    assert sum(desk.effects().values()) == 2 + int(promise["effects"])
    assert audit.verify(desk.database) is None


def applied(desk: Desk, plan: StoredPlan, after: timedelta, timeout_s: float = 10.0) -> ApplyReport | ConfigError:
    try:
        return desk.apply(plan, after, timeout_s)
    except ConfigError as stopped:
        return stopped


def outcome_of(plan: StoredPlan, place: int, told: ApplyReport | ConfigError) -> str:
    if isinstance(told, ConfigError):
        return "ConfigError"
    return [row.outcome for row in told.outcomes if row.row_key == plan.rows[place].row_key][-1]


def at_most_once(desk: Desk) -> None:
    assert set(desk.effects().values()) <= {1}


# -- people


@pytest.mark.fault("F34")
def test_a_persons_change_before_our_look_stays(desk: Desk, plan: StoredPlan) -> None:
    edit = rule("human_edit", fields={"custom_fields": {desk.field: 0.1}})
    desk.break_first(Fault([edit]), method="GET", path="/goals/{goal}")
    assert desk.apply(plan, timedelta()).counts == {"done": 2, "stale": 1}
    assert desk.score() == 0.1


@pytest.mark.fault("F20")
def test_a_persons_change_while_our_request_is_lost_stays(desk: Desk, plan: StoredPlan) -> None:
    desk.break_first(CASES["500 before the effect"], method="PUT")
    desk.apply(plan, timedelta())
    desk.company.heal()
    desk.set_score(0.1)
    assert desk.apply(plan, THREE_MINUTES).counts == {"done": 2, "overridden": 1}
    assert desk.score() == 0.1


def test_what_a_person_changes_beside_our_field_stays_even_at_the_same_moment(desk: Desk, plan: StoredPlan) -> None:
    edit = rule("human_edit", fields={"name": "A better name"})
    desk.break_first(Fault([edit]), method="PUT", path="/goals/{goal}")
    assert desk.apply(plan, timedelta()).counts == {"done": 3}
    assert desk.company.write("PUT", f"/goals/{desk.goal}", {})["name"] == "A better name"
    assert desk.score() == 0.62


@pytest.mark.fault("F26")
def test_an_object_that_vanishes_between_our_look_and_our_request_fails_its_row_alone(
    desk: Desk, plan: StoredPlan
) -> None:
    desk.company.write("POST", f"/goals/{desk.goal}/stories", {"text": "A first word"})
    gone = rule("vanish", gid=desk.goal)
    desk.break_first(Fault([gone]), method="GET", path="/goals/{goal}/stories")
    assert desk.apply(plan, timedelta()).counts == {"done": 2, "failed": 1}
    assert not desk.effects()[f"POST /goals/{desk.goal}/stories"]


def test_a_refusal_that_cannot_be_looked_into_is_unknown_and_then_settled(desk: Desk, plan: StoredPlan) -> None:
    refusal = rule("html", {"method": "PUT", "nth": 1}, status=403, when="after")
    blindness = rule("drop", {"method": "GET", "path": "/goals/{goal}", "after_requests": 2, "times": 6})
    desk.company.break_down(Fault([refusal, blindness]))
    assert desk.apply(plan, timedelta()).outcomes[0].outcome == "unknown"
    desk.company.heal()
    assert desk.apply(plan, timedelta(seconds=1)).counts == {"done": 3}
    at_most_once(desk)


# -- anything


@pytest.mark.parametrize("seed", range(6))
def test_faults_one_after_another_neither_double_nor_lose_a_change(seed: int, desk: Desk, plan: StoredPlan) -> None:
    kinds = [r["do"] for case in CASES.values() for r in case.rules if not case.timeout_s < 1]
    lasting = [do for do in kinds if do["kind"] not in {"redirect", "expire_token"} and do.get("status") != 404]
    fired = 0
    for tick in range(4):
        some = [lasting[(seed * 7 + tick * 5 + n * 3) % len(lasting)] for n in range(3)]
        rules = [{"match": {"method": "POST", "probability": 0.5}, "do": do} for do in some]
        rules += [{"match": {"method": "PUT", "probability": 0.5}, "do": some[0]}]
        desk.company.break_down(Fault(rules), seed=seed)
        with suppress(AsanaIntelError):
            desk.apply(plan, THREE_MINUTES * tick)
        at_most_once(desk)
        fired += len(rules) - len(desk.company.not_met())
    assert fired
    desk.company.heal()
    for n in range(4):
        desk.apply(plan, THREE_MINUTES * 5 + LOOK_AGAIN * n)
    assert {row.state for row in load_plan(desk.database, plan.plan_id).rows} <= {"done", "noop"}
    assert sum(desk.effects().values()) == 3
