"""The week's report on a portfolio as a status update there: wanted or not, once a week, with its evidence."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.identity import row_marker, with_marker
from asana_intel.changes.inputs import PlanRules
from asana_intel.changes.plan import build_plan
from asana_intel.changes.scope import objects_seen
from asana_intel.quality.evaluate import evaluate
from asana_intel.settings import Settings
from asana_intel_tests.unit.changes.conftest import AS_OF_AT, AS_OF_ON

ON = PlanRules(portfolio_status="status_update")


def rows_of(inputs, rules=ON, week_on=AS_OF_ON, at=AS_OF_AT):
    return build_plan(inputs, week_on, at, rules).filter(pl.col("target_type") == "portfolio").to_dicts()


def test_nothing_is_written_on_portfolios_unless_it_is_switched_on(inputs):
    assert Settings().review.portfolio_status == PlanRules().portfolio_status == "off"
    assert rows_of(inputs, PlanRules()) == []


def test_a_portfolio_that_stands_in_the_workspace_gets_its_report_and_the_workspace_none(inputs):
    (row,) = rows_of(inputs)
    assert (row["kind"], row["target_gid"], row["field"]) == ("status_update", "60", "portfolio_status")
    assert (row["risk"], row["made_by"]) == ("high", "template")
    body = parsed(row["new_value"])
    assert body["status_type"] == "at_risk"
    assert body["title"] == "Week of 16 Nov 2026: at risk"
    assert body["text"].startswith("Of 4 goals, 1 is on track.\n\n")
    assert body["text"].endswith("Sentences by rule; every number is from your data.")


def test_it_links_to_what_proves_the_report_and_to_nothing_else(inputs):
    of_report = inputs.sentences.with_columns(kind=pl.lit("portfolio_report"), subject_id=pl.lit("60"))
    (row,) = rows_of(replace(inputs, sentences=of_report))
    links = [f"https://app.asana.com/0/0/{gid}" for gid in ("1", "20", "301")]
    assert f"Evidence: {' '.join(links)}\n" in parsed(row["new_value"])["text"]
    assert "Evidence" not in parsed(rows_of(inputs)[0]["new_value"])["text"]


def test_it_is_told_once_a_week_whatever_the_words(inputs, make_frame):
    (row,) = rows_of(inputs)
    posted = with_marker("Other words.", row_marker(row, AS_OF_ON, AS_OF_AT))
    update = {"status_update_gid": "8", "parent_gid": "60", "created_at": AS_OF_AT, "text": posted}
    told = replace(inputs, status_updates=make_frame("staging/status_updates", update))
    assert rows_of(told) == []
    assert len(rows_of(told, week_on=AS_OF_ON + timedelta(days=7), at=AS_OF_AT + timedelta(days=7))) == 1


def test_the_plan_with_it_passes_its_suite_and_the_ledger_lets_the_portfolio_be_written_to(inputs, database):
    plan = build_plan(inputs, AS_OF_ON, AS_OF_AT, ON)
    assert evaluate("changes/plan", plan).passed
    assert ("portfolio", "60") in set(objects_seen(inputs, plan["target_gid"]))
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT target_type, field FROM allowed_change WHERE kind = 'status_update' ORDER BY 1")
        assert cursor.fetchall() == [("goal", "weekly_status"), ("portfolio", "portfolio_status")]


@pytest.mark.parametrize("name", ["<b>@everyone</b>", "https://evil.example/x", "ref AIW-AAAAAAAAAAAA"])
def test_what_a_report_quotes_is_published_without_orders(inputs, name):
    said = inputs.portfolio_reports.with_columns(text=pl.lit(f"Ask what holds up {name}."))
    (row,) = rows_of(replace(inputs, portfolio_reports=said))
    text = parsed(row["new_value"])["text"]
    assert not [bad for bad in ("<b>", "@everyone", "evil.example", "AIW-") if bad in text]
