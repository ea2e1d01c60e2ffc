"""What a run, a day and a month may cost, how often is asked again, and when a model is left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from asana_intel.narratives.model.client import ModelClient, Unanswered
from asana_intel.narratives.model.ledger import NOTHING, UNKNOWN, Estimate, Ledger, Spent
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database
from asana_intel_tests.model_server import ModelServer, answer, reset, status
from asana_intel_tests.unit.narratives.model.questions import GOOD, KEY, end_of, question

Clients = Callable[..., ModelClient]
Rows = Callable[[str], list[tuple[Any, ...]]]
BUSY, AWAY = status(429), status(503)
PRICED = {"usd_per_million_input": 2.0, "usd_per_million_output": 8.0}


def reasons(asked: ModelClient, numbers: range) -> list[str]:
    ends = [end_of(asked, question(n)) for n in numbers]
    return [end.reason if isinstance(end, Unanswered) else "answered" for end in ends]


def reserved_or_none(ledger: Ledger, estimate: Estimate) -> int | None:
    """The call's number, or None where a cap forbids it."""
    try:
        return ledger.reserve(estimate, "name", "")
    except Unanswered:
        return None


# What is written down


def test_a_call_is_written_down_with_what_it_cost_and_without_a_word_of_it(
    client: Clients, ledger: Rows, server: ModelServer
) -> None:
    asked = client(**PRICED)
    asked.ask(question(prompt_version="select-1"))
    ((model, name, version, read, written, usd, outcome),) = ledger(
        "model, name, prompt_version, input_tokens, output_tokens, usd, outcome"
    )
    assert (model, name, version, read, written, outcome) == ("openai/any", "choice", "select-1", 100, 11, "answered")
    assert usd == Decimal("0.000288") == Decimal(str(asked.usage.usd))
    kept = str(ledger("model_call.*"))
    assert not [word for word in ("claims", "Offered", "odds", KEY) if word in kept]


def test_a_price_of_litellm_counts_before_the_settings_and_a_deployment_has_its_base_models(
    client: Clients, server: ModelServer
) -> None:
    for options, usd in (
        ({"model": "openai/gpt-4o", **PRICED}, 100 * 2.5e-6 + 11 * 10e-6),
        ({"model": "azure/mine", "base_model": "azure/gpt-4o", "api_base": server.root, "api_version": "1"}, 3.6e-4),
        ({"model": "ollama_chat/any", "api_base": server.root}, 0.0),
    ):
        asked = client(**options)
        end_of(asked, question(len(server.received)))
        assert asked.usage.usd in (pytest.approx(usd), None if usd == 0 else usd)


def test_what_is_unknown_is_null_and_keeps_its_reservation(client: Clients, server: ModelServer, ledger: Rows) -> None:
    asked = client(**PRICED, attempts=1)
    for number, reply in enumerate([answer(GOOD, usage=None), AWAY, reset, status(401)]):
        server.script = [reply]
        end_of(asked, question(number))
    rows = ledger("outcome, input_tokens, usd, counted_tokens = reserved_tokens, counted_usd = reserved_usd")
    unknown = (None, None, True, True)
    assert rows == [
        ("answered", *unknown), ("server", *unknown), ("unreachable", *unknown), ("key", 0, 0, False, False)
    ]  # fmt: skip
    assert asked.usage.usd is None
    assert client().usage.usd == 0


# Caps


@pytest.mark.parametrize("cap", ["tokens_per_run", "tokens_per_day", "tokens_per_month"])
def test_tokens_are_capped(cap: str, client: Clients, server: ModelServer) -> None:
    asked = client(**{cap: 500})
    assert reasons(asked, range(6)) == ["answered"] * 3 + ["budget"] * 3
    assert len(server.received) == 3
    assert asked.usage.unanswered == {"budget": 3}
    assert asked.usage.notes == [f"llm.{cap} = 500: 333 used, 169 more may be needed"]


@pytest.mark.parametrize("cap", ["usd_per_run", "usd_per_day", "usd_per_month"])
def test_money_is_capped(cap: str, client: Clients, server: ModelServer) -> None:
    asked = client(**{cap: 0.002}, **PRICED)
    assert reasons(asked, range(6)) == ["answered"] * 4 + ["budget"] * 2
    assert 0.001 < (asked.usage.usd or 0) <= 0.002


def test_calls_are_capped_retries_included(client: Clients, server: ModelServer) -> None:
    server.script = [BUSY, answer(GOOD)]
    asked = client(max_calls_per_run=3)
    assert reasons(asked, range(4)) == ["answered", "answered", "budget", "budget"]
    assert len(server.received) == 3
    assert reasons(client(max_calls_per_run=0), range(9, 10)) == ["budget"]


def test_under_a_cap_on_money_a_model_without_a_price_is_not_asked(client: Clients, server: ModelServer) -> None:
    asked = client(usd_per_month=100.0)
    assert reasons(asked, range(2)) == ["budget", "budget"]
    assert server.received == []
    assert "price of openai/any is not known: set llm.usd_per_million_input" in asked.usage.notes[0]


@pytest.mark.parametrize(("cap", "unit"), [("tokens_per_day", "day"), ("tokens_per_month", "month")])
def test_days_and_months_end_and_other_runs_count_within_them(
    cap: str, unit: str, client: Clients, database: Database
) -> None:
    def spent_at(when: str) -> None:
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(f"UPDATE model_call SET at = {when}")

    start = f"date_trunc('{unit}', clock_timestamp(), 'UTC')"
    assert reasons(client(), range(3)) == ["answered"] * 3
    spent_at(start)
    assert reasons(client(**{cap: 500}), range(3, 4)) == ["budget"]
    assert reasons(client(tokens_per_run=500), range(4, 5)) == ["answered"]
    spent_at(f"{start} - interval '1 second'")
    assert reasons(client(**{cap: 500}), range(5, 6)) == ["answered"]


STEP = st.tuples(
    st.integers(0, 1),  # which run
    st.sampled_from(["reserve", "answered", "unknown", "free"]),
    st.integers(1, 60),  # tokens
    st.floats(0, 1),  # share of the reservation that was used
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25), cap=st.integers(0, 200))
def test_no_order_of_reserving_and_settling_passes_a_cap(
    steps: list[tuple[int, str, int, float]], cap: int, database: Database
) -> None:
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM model_call")
    caps = LlmSettings(model="m", tokens_per_day=cap, usd_per_month=cap / 100, tokens_per_run=max(cap - 50, 0))
    runs = [Ledger(database, caps, run) for run in ("one", "other")]
    held: list[tuple[int, int]] = []
    sums = {"all": 0, "one": 0, "other": 0}
    owners: dict[int, str] = {}
    for which, step, tokens, share in steps:
        if step == "reserve":
            run = ("one", "other")[which]
            call = reserved_or_none(runs[which], Estimate(tokens, Decimal(tokens) / 100))
            if call is None:
                assert sums["all"] + tokens > cap or sums[run] + tokens > max(cap - 50, 0)
                continue
            held.append((call, tokens))
            owners[call] = run
            change = tokens
        elif held:
            call, reserved = held.pop()
            used = int(reserved * share)
            spent = {"answered": Spent(used, 0, Decimal(used) / 100), "unknown": UNKNOWN, "free": NOTHING}[step]
            runs[which].settle(call, spent, step)
            run = owners[call]
            change = {"answered": used, "unknown": reserved, "free": 0}[step] - reserved
        else:
            continue
        sums["all"] += change
        sums[run] += change
        assert sums["all"] <= cap
        assert max(sums["one"], sums["other"]) <= max(cap - 50, 0)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(counted_tokens), 0), coalesce(sum(counted_usd), 0) FROM model_call")
        assert cursor.fetchall() == [(sums["all"], Decimal(sums["all"]) / 100)]


def test_two_runs_at_once_cannot_both_spend_the_last_cent(database: Database) -> None:
    caps = LlmSettings(model="m", usd_per_day=1.0)
    start = threading.Barrier(4)
    got: list[int | None] = []

    def run(name: str) -> None:
        ledger = Ledger(database, caps, name)
        start.wait()
        got.extend([reserved_or_none(ledger, Estimate(1, Decimal("0.15"))) for _ in range(5)])

    threads = [threading.Thread(target=run, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([call for call in got if call is not None]) == 6  # 0.90 of 1.00


def test_a_call_is_settled_once(database: Database, ledger: Rows) -> None:
    book = Ledger(database, LlmSettings(model="m"), "run")
    call = book.reserve(Estimate(50, None), "n", "")
    book.settle(call, Spent(20, 5, None), "answered")
    book.settle(call, NOTHING, "busy")
    assert ledger("outcome, counted_tokens, usd") == [("answered", 25, None)]


def test_without_a_ledger_nothing_is_asked(server: ModelServer) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:9/none")
    asked = ModelClient(LlmSettings(model="openai/any", api_base=server.url), nowhere)
    assert reasons(asked, range(1)) == ["budget"]
    assert server.received == []


# Asking again


def test_pauses_grow_and_a_server_may_ask_for_longer_ones(
    client: Clients, server: ModelServer, waited: list[float]
) -> None:
    server.script = [AWAY, AWAY, AWAY, answer(GOOD)]
    assert reasons(client(attempts=4), range(1)) == ["answered"]
    assert waited == [1, 2, 4]
    del waited[:]
    date = {"date": "Sun, 29 Nov 2026 10:00:00 GMT", "retry_after": "Sun, 29 Nov 2026 10:00:45 GMT"}
    server.script = [status(429, retry_after="7"), status(503, **date), answer(GOOD)]
    assert reasons(client(), range(1, 2)) == ["answered"]
    assert waited == [7, 45]


def test_no_pause_is_longer_than_the_time_that_is_left(
    client: Clients, server: ModelServer, waited: list[float]
) -> None:
    server.script = [status(429, retry_after="31")]
    assert reasons(client(run_seconds=30.0), range(1)) == ["busy"]
    assert (waited, len(server.received)) == ([], 1)


def test_a_run_spends_no_more_time_than_it_may(server: ModelServer, database: Database) -> None:
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    server.script = [status(429, retry_after="20"), answer(GOOD)]
    options = LlmSettings(model="openai/any", api_base=server.url, api_key=SecretStr(KEY), run_seconds=50)
    asked = ModelClient(options, database, wait=wait, clock=lambda: now[0])
    assert reasons(asked, range(2)) == ["answered"] * 2
    server.script = [status(429, retry_after="29"), answer(GOOD)]
    assert reasons(asked, range(2, 3)) == ["answered"]
    now[0] += 1000  # what is done between questions is not the model's time
    assert reasons(asked, range(3, 4)) == ["answered"]
    server.script = [lambda received, wire: (wait(1), AWAY(received, wire))[1]]
    assert reasons(asked, range(4, 7)) == ["server", "time", "time"]
    assert reasons(asked, range(2)) == ["answered"] * 2  # known before


# Leaving a model alone


@pytest.mark.parametrize("code", [401, 403, 404, 402])
def test_what_will_not_pass_is_not_asked_again(code: int, client: Clients, server: ModelServer) -> None:
    server.script = [status(code), answer(GOOD)]
    asked = client()
    (first,) = reasons(asked, range(1))
    assert first in {"key", "quota", "unsupported"}
    rest = [end_of(asked, question(n)) for n in range(1, 5)]
    assert [(end.reason, end.cause) for end in rest if isinstance(end, Unanswered)] == [("breaker", first)] * 4
    assert len(server.received) == 1
    assert asked.usage.notes[-1] == f"not asked again in this run, after '{first}'"


def test_a_model_that_fails_three_times_in_a_row_is_left_alone(client: Clients, server: ModelServer) -> None:
    server.script = [AWAY]
    asked = client()
    assert reasons(asked, range(6)) == ["server"] * 3 + ["breaker"] * 3
    assert len(server.received) == 9
    assert asked.usage.unanswered == {"server": 3, "breaker": 3}


def test_an_answer_between_failures_starts_the_count_anew(client: Clients, server: ModelServer) -> None:
    asked, told = client(attempts=1), []
    for number, reply in enumerate([AWAY, BUSY, answer(GOOD), AWAY, AWAY, answer(GOOD)]):
        server.script = [reply]
        told += reasons(asked, range(number, number + 1))
    assert told == ["server", "busy", "answered", "server", "server", "answered"]


def test_our_own_limits_are_no_failures_of_the_model(client: Clients, server: ModelServer) -> None:
    asked = client(tokens_per_run=150)
    assert reasons(asked, range(4)) == ["budget"] * 4
