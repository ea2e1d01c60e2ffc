"""What the weekly triage table holds, from the tables it is made of."""

import datetime as dt

import polars as pl
import pytest

from asana_intel.insights.triage.weekly import task_triage
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.contracts.contract import empty_frame
from asana_intel.work_settings import TriageSettings
from asana_intel_tests.unit.insights.triage.examples import AS_OF, made_tasks

FIELDS = "staging/task_field_intervals"
MONDAY = dt.date(2026, 3, 2)
PAST = made_tasks(80).with_columns(created_at=pl.col("created_at") - pl.duration(days=40))
NEW = made_tasks(6, seed=1, first=5000)
DOERS = {"web": "wanda", "app": "abe"}
EFFORT = pl.DataFrame(
    {
        "task_gid": NEW["task_gid"],
        "p10_hours": [0.5, 5.0, 20.0, 1.0, 0.0, 2.0],
        "p50_hours": [1.0, 8.0, 40.0, 4.0, 0.0, 4.5],
        "p90_hours": [2.0, 12.0, 80.0, 16.0, 0.0, 10.0],
    }
)


def intervals(frame, **columns):
    return frame.select("task_gid", valid_from="created_at", **columns).with_columns(
        valid_to=pl.lit(None, pl.Datetime("us", "UTC"))
    )


def table(key, rows):
    contract = CONTRACTS[key]
    return pl.concat([empty_frame(contract), rows.select(pl.all())], how="diagonal_relaxed").select(
        contract.schema.names()
    )


def company(past=PAST, new=NEW):
    """Past tasks, all finished, with a category; new ones, open, without; who works on what follows the project."""
    both = pl.concat([past.with_columns(done=True), new.with_columns(done=False)])
    options = {name: f"o{i}" for i, name in enumerate(["bug", "feature", "question"])}
    chosen = past.with_columns(option_gid=pl.col("category").replace_strict(options))
    rows = {
        "staging/tasks": both.select("task_gid", "name", "notes", "created_at", created_by_gid="requester_gid"),
        "staging/task_lifetimes": intervals(both),
        "staging/task_completion_intervals": intervals(both, is_completed="done"),
        "staging/task_assignee_intervals": intervals(past, assignee_gid=pl.col("project_gid").replace_strict(DOERS)),
        "staging/task_projects": both.select("task_gid", "project_gid"),
        "staging/task_field_intervals": intervals(chosen, option_gid="option_gid").with_columns(
            field_gid=pl.lit("f"), field_name=pl.lit("Category")
        ),
        "staging/custom_field_values": chosen.select(
            "option_gid", object_gid="task_gid", display_value="category", object_type=pl.lit("task")
        ),
        "staging/projects": pl.DataFrame({"project_gid": ["web", "app"], "team_gid": ["t1", "t2"]}),
        "staging/team_memberships": pl.DataFrame({"team_gid": ["t1", "t2"], "person_gid": ["wanda", "abe"]}),
    }
    return lambda key: table(key, rows[key]) if key in rows else empty_frame(CONTRACTS[key])


def week(read=None, effort=EFFORT, as_of=AS_OF, **changed):
    return task_triage(read or company(), effort, TriageSettings(**changed), MONDAY, as_of)


def test_new_tasks_get_category_size_and_assignee_with_evidence():
    found = week()
    assert found["task_gid"].to_list() == NEW["task_gid"].to_list()
    assert found["category"].to_list() == NEW["category"].to_list()
    assert found["person_gid"].to_list() == NEW["project_gid"].replace_strict(DOERS).to_list()
    assert found["complexity"].to_list() == ["S", "M", "L", None, "S", None]
    assert found["complexity_p"].null_count() == 0
    assert (found["evidence_gids"].list.len() == 3).all()


def test_what_cannot_be_said_is_left_open_with_the_reason():
    found = week()
    assert found["priority"].null_count() == found.height
    assert found["reason"].str.contains("priority: no past task has 'priority'").all()


@pytest.mark.parametrize("called", ["Priority", "priority", "Priority (1 is highest)"])
def test_a_priority_field_is_found_with_and_without_words_in_brackets(called):
    numbers = PAST.with_columns(number=pl.col("category").replace_strict({"bug": 1.0, "feature": 3.0, "question": 2.0}))
    given = intervals(numbers, number_value="number").with_columns(field_gid=pl.lit("p"), field_name=pl.lit(called))
    read = company()

    def with_numbers(key):
        return table(key, pl.concat([read(key), given], how="diagonal_relaxed")) if key == FIELDS else read(key)

    found = week(with_numbers)
    assert dict(found.select("task_gid", "priority").iter_rows()) == {
        gid: {"bug": "1", "feature": "3", "question": "2"}[kind]
        for gid, kind in NEW.select("task_gid", "category").iter_rows()
    }


def test_of_two_fields_the_one_with_the_very_name_counts():
    named = {"field_gid": pl.lit("z"), "field_name": pl.lit("Category (2)")}
    other = intervals(PAST, text_value=pl.lit("x")).with_columns(**named)
    read = company()

    def with_other(key):
        return table(key, pl.concat([other, read(key)], how="diagonal_relaxed")) if key == FIELDS else read(key)

    assert week(with_other).equals(week(read))


def test_without_effort_there_is_no_size():
    assert week(effort=EFFORT[:0])["complexity"].null_count() == NEW.height


def test_somebody_who_finished_nothing_for_a_quarter_is_not_suggested():
    old = PAST.with_columns(created_at=pl.col("created_at") - pl.duration(days=100))
    assert week(company(past=old))["person_gid"].null_count() == NEW.height


def test_tasks_of_other_weeks_are_looked_at_as_long_as_they_have_no_category():
    later = AS_OF + dt.timedelta(days=60)
    assert week(as_of=later).height == NEW.height
    assert week(as_of=later, category_field="Kind").height == 0


def test_a_repeated_request_is_pointed_at():
    again = NEW[:1].with_columns(task_gid=pl.lit("7000"), created_at=pl.lit(AS_OF - dt.timedelta(hours=1)))
    found = week(company(new=pl.concat([NEW, again])))
    assert dict(found.select("task_gid", "duplicate_of_gid").iter_rows())["7000"] == NEW["task_gid"][0]


def test_only_the_newest_are_looked_at_where_there_are_too_many():
    assert week(most_tasks=2)["task_gid"].to_list() == NEW["task_gid"].to_list()[-2:]


def test_the_same_inputs_give_the_same_table():
    assert week().equals(week())


def test_small_must_be_below_large():
    with pytest.raises(ValueError, match="small_hours must be below large_hours"):
        TriageSettings(small_hours=16, large_hours=4)
