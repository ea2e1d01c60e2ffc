"""The asana__ models: the columns that users of fivetran/dbt_asana know, with right answers; all worked by hand.

Four tasks, seen on 7 January at 6:00. A took ten days, five of them Ada's. B was done on the day it came, by Ben.
C is open, nobody's, in a project without sections and without a team. D is open, Ada's, in two projects of a team.
"""

from __future__ import annotations

from typing import Any

import pytest

from asana_intel_tests.unit.marts.worlds import Rows, at, day, intervals, mart, marts_of

MODELS = ("task", "project", "user", "team", "tag", "daily_metrics")
Built = dict[str, Rows]
DONE_A, DONE_B = at(-1), at(2, 14)

COMPANY: dict[str, Rows] = {
    "users": [
        {"person_gid": "ada", "name": "Ada", "email": "ada@example.com"},
        {"person_gid": "ben", "name": "Ben"},
        {"person_gid": "eve", "name": "Eve"},
    ],
    "teams": [{"team_gid": "web", "name": "Web"}, {"team_gid": "core", "name": "Core"}],
    "projects": [
        {"project_gid": "P1", "name": "Site", "team_gid": "web", "owner_gid": "ada", "current_status_update_gid": "s2"},
        {"project_gid": "P2", "name": "Ideas", "notes": "What may come.", "modified_at": at(5),
         "privacy_setting": "public_to_workspace"},
        {"project_gid": "P3", "name": "Old", "team_gid": "web", "owner_gid": "ada", "is_archived": True},
    ],
    "status_updates": [
        {"status_update_gid": "s1", "parent_gid": "P1", "created_at": at(1), "status_type": "on_track", "title": "On"},
        {"status_update_gid": "s2", "parent_gid": "P1", "created_at": at(5), "status_type": "at_risk", "title": "Late"},
    ],
    "sections": [
        {"section_gid": "todo", "project_gid": "P1", "name": "To do"},
        {"section_gid": "none", "project_gid": "P1", "name": "(no section)"},
    ],
    "tasks": [
        {"task_gid": "A", "name": "Plan", "assignee_gid": "ada", "created_at": at(-11), "is_completed": True,
         "completed_at": DONE_A, "completed_by_gid": "ben"},
        {"task_gid": "B", "assignee_gid": "ben", "created_at": at(2, 8), "is_completed": True, "completed_at": DONE_B},
        {"task_gid": "C", "name": "Look", "assignee_gid": None, "created_at": at(3, 6), "due_at": at(20)},
        {"task_gid": "D", "name": "Build", "assignee_gid": "ada", "created_at": at(4, 6), "parent_gid": "C",
         "start_on": day(5), "due_on": day(9), "like_count": 2, "permalink_url": "https://example.com/D"},
    ],
    "task_projects": [
        {"task_gid": "A", "project_gid": "P1", "section_gid": "todo"},
        {"task_gid": "B", "project_gid": "P1", "section_gid": "none"},
        {"task_gid": "C", "project_gid": "P2"},
        {"task_gid": "D", "project_gid": "P1", "section_gid": "todo"},
        {"task_gid": "D", "project_gid": "P3"},
    ],
    "tags": [{"tag_gid": "t1", "name": "urgent"}, {"tag_gid": "t2", "name": "web"}, {"tag_gid": "t3", "name": "idle"}],
    "task_tags": [{"task_gid": gid, "tag_gid": tag} for gid, tag in zip("ABCD", ("t2", "t2", "t1", "t2"), strict=True)],
    "task_followers": [{"task_gid": "D", "person_gid": person} for person in ("ben", "ada", "gone")],
    "stories": [
        {"story_gid": "3", "target_gid": "D", "author_gid": "gone", "created_at": at(6, 10), "subtype": "comment_added",
         "text": "Yes."},
        {"story_gid": "2", "target_gid": "D", "author_gid": "ada", "created_at": at(5, 9), "subtype": "comment_added",
         "text": "Shall we?"},
        {"story_gid": "1", "target_gid": "D", "author_gid": "ben", "created_at": at(4, 7), "subtype": "assigned"},
        {"story_gid": "0", "target_gid": "D", "created_at": at(4, 6), "subtype": "added_to_project"},
    ],
    "task_lifetimes": [
        {"task_gid": gid, "valid_from": at(*when)}
        for gid, when in (("A", (-11,)), ("B", (2, 8)), ("C", (3, 6)), ("D", (4, 6)))
    ],
    "task_completion_intervals": [
        *intervals("A", "is_completed", (at(-11), False), (DONE_A, True)),
        *intervals("B", "is_completed", (at(2, 8), False), (DONE_B, True)),
        *intervals("C", "is_completed", (at(3, 6), False)),
        *intervals("D", "is_completed", (at(4, 6), False)),
    ],
    "task_assignee_intervals": [
        *intervals("A", "assignee_gid", (at(-11), None), (at(-6), "ada")),
        *intervals("B", "assignee_gid", (at(2, 8), "ben")),
        *intervals("C", "assignee_gid", (at(3, 6), None)),
        *intervals("D", "assignee_gid", (at(4, 6), None), (at(5, 6), "ada")),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def built() -> Built:
    """All asana__ models over the four tasks, by the last part of their names."""
    marts = marts_of([f"asana__{model}" for model in MODELS], COMPANY)
    return {model: marts[f"asana__{model}"] for model in MODELS}


def only(rows: Rows, **key: Any) -> dict[str, Any]:
    (row,) = (row for row in rows if key.items() <= row.items())
    return row


def shown(built: Built, model: str, key: str, *columns: str) -> dict[str, tuple[Any, ...]]:
    return {row[key]: tuple(row[column] for column in columns) for row in built[model]}


# What dbt_asana 1.3.0 answers over tasks like these: 690, 688, 0, 3, 0, one project, null and null, six days too many.


def test_1_a_task_that_was_closed_after_ten_days_was_open_for_ten(built: Built) -> None:
    assert only(built["task"], task_id="A")["days_open"] == 10


def test_2_the_mean_closing_time_of_a_project_is_that_of_its_closed_tasks(built: Built) -> None:
    assert only(built["project"], project_id="P1")["avg_close_time_days"] == 5  # 10 and 0 days


def test_3_tasks_count_as_completed_on_their_last_day(built: Built) -> None:
    completed = {r["date_day"]: r["number_of_tasks_completed"] for r in built["daily_metrics"]}
    assert {on: n for on, n in completed.items() if n} == {day(-1): 1, day(2): 1}


def test_4_a_task_that_was_closed_on_its_first_day_was_created_too(built: Built) -> None:
    assert sum(r["number_of_tasks_created"] for r in built["daily_metrics"]) == 4
    assert only(built["daily_metrics"], date_day=day(2))["number_of_tasks_created"] == 1


def test_5_open_tasks_with_a_tag_are_counted(built: Built) -> None:
    counts = shown(built, "tag", "tag_name", "number_of_open_tasks", "number_of_assigned_open_tasks")
    assert counts == {"urgent": (1, 0), "web": (1, 1), "idle": (0, 0)}


def test_6_a_project_without_a_team_is_a_project(built: Built) -> None:
    assert shown(built, "project", "project_id", "team_name") == {"P1": ("Web",), "P2": (None,), "P3": ("Web",)}


def test_7_a_task_without_a_section_is_in_its_project(built: Built) -> None:
    row = only(built["task"], task_id="C")
    assert (row["project_names"], row["projects_sections"], row["number_of_projects"]) == ("Ideas", "Ideas", 1)


def test_8_the_days_end_with_the_last_sync(built: Built) -> None:
    days = [r["date_day"] for r in built["daily_metrics"]]
    assert (days[0], days[-1], len(days)) == (day(-11), day(7), 19)


def test_days_and_hours_of_a_task_run_to_its_end_or_to_the_last_sync(built: Built) -> None:
    times = shown(built, "task", "task_id", "days_open", "hours_open", "net_hours_open", "times_reopened")
    assert times == {
        "A": (10, 240, 240, 0),
        "B": (0, 6, 6, 0),
        "C": (4, 96, 96, 0),
        "D": (3, 72, 72, 0),
    }


def test_assignments_of_a_task_are_read_from_its_history(built: Built) -> None:
    columns = ("is_currently_assigned", "has_been_assigned", "first_assigned_at", "last_assigned_at",
               "days_since_last_assignment", "hours_since_last_assignment")  # fmt: skip
    assert shown(built, "task", "task_id", *columns) == {
        "A": (True, True, at(-6), at(-6), 5, 120),
        "B": (True, True, at(2, 8), at(2, 8), 0, 6),
        "C": (False, False, None, None, None, None),
        "D": (True, True, at(5, 6), at(5, 6), 2, 48),
    }


def test_a_task_that_went_from_hand_to_hand_counts_from_its_first_and_from_its_last() -> None:
    held = intervals("1", "assignee_gid", (at(1), "ada"), (at(2), None), (at(4), "ben"), (at(4, 18), None))
    tasks = [{"task_gid": "1", "created_at": at(1), "is_completed": True, "completed_at": at(5)}]
    (row,) = mart("asana__task", tasks=tasks, task_assignee_intervals=held)
    assert (row["days_since_first_assignment"], row["days_since_last_assignment"]) == (4, 1)
    assert (row["hours_since_first_assignment"], row["hours_since_last_assignment"]) == (96, 24)
    assert (row["is_currently_assigned"], row["has_been_assigned"]) == (False, True)


def test_an_assignment_after_the_task_was_done_took_no_time_at_all() -> None:
    held = intervals("1", "assignee_gid", (at(1), None), (at(4), "ada"))
    tasks = [{"task_gid": "1", "assignee_gid": "ada", "created_at": at(1), "is_completed": True, "completed_at": at(2)}]
    marts = marts_of(
        ["asana__task", "asana__user"], tasks=tasks, task_assignee_intervals=held, users=[{"person_gid": "ada"}]
    )
    (task,), (user,) = marts["asana__task"], marts["asana__user"]
    assert (task["last_assigned_at"], task["days_since_last_assignment"]) == (at(4), None)
    assert (user["number_of_tasks_completed"], user["avg_close_time_days"]) == (1, None)


def test_a_task_shows_all_that_hangs_on_it(built: Built) -> None:
    row = only(built["task"], task_id="D")
    assert row["conversation"] == "2026-01-05 09:00 Ada: Shall we?\n2026-01-06 10:00 unknown: Yes."
    assert (row["number_of_comments"], row["first_modifier_user_id"], row["first_modifier_name"]) == (2, "ben", "Ben")
    assert (row["followers"], row["number_of_followers"]) == ("Ada, Ben", 3)
    assert (row["tags"], row["number_of_tags"]) == ("web", 1)
    assert (row["project_ids"], row["project_names"]) == ("P3, P1", "Old, Site")
    assert (row["projects_sections"], row["number_of_projects"]) == ("Old, Site: To do", 2)
    assert (row["is_subtask"], row["parent_task_id"], row["parent_task_name"]) == (True, "C", "Look")
    assert (row["parent_due_date"], row["parent_created_at"]) == (day(20), at(3, 6))
    assert (row["assignee_name"], row["assignee_email"]) == ("Ada", "ada@example.com")
    assert (row["start_date"], row["due_date"], row["number_of_likes"]) == (day(5), day(9), 2)
    assert row["task_link"] == "https://example.com/D"


def test_a_task_with_nothing_on_it_is_a_row_too() -> None:
    (row,) = mart("asana__task", tasks=[{"task_gid": "1"}])
    empty = ("conversation", "followers", "tags", "project_ids", "parent_task_id", "first_modifier_name", "due_date")
    assert [row[column] for column in empty] == [None] * len(empty)
    counts = [row[f"number_of_{what}"] for what in ("comments", "followers", "tags", "projects")]
    assert (counts, row["is_subtask"], row["has_been_assigned"]) == ([0, 0, 0, 0], False, False)
    assert row["task_link"] == "https://app.asana.com/0/0/1"


def test_a_project_counts_its_tasks(built: Built) -> None:
    columns = ("number_of_open_tasks", "number_of_assigned_open_tasks", "number_of_tasks_completed")
    assert shown(built, "project", "project_id", *columns) == {"P1": (1, 1, 2), "P2": (1, 0, 0), "P3": (1, 1, 0)}


def test_closing_times_of_a_project_in_days_and_hours(built: Built) -> None:
    row = only(built["project"], project_id="P1")  # A: 240 h, 120 h of them assigned; B: 6 h and 6 h
    assert row["avg_close_time_assigned_days"] == 2.5
    assert (row["avg_close_time_hours"], row["median_close_time_hours"]) == (123, 123)
    assert row["p85_close_time_hours"] == pytest.approx(6 + 0.85 * 234)
    assert row["median_close_time_assigned_hours"] == 63
    assert row["p85_close_time_assigned_hours"] == pytest.approx(6 + 0.85 * 114)
    assert only(built["project"], project_id="P2")["avg_close_time_days"] is None


def test_a_project_whose_tasks_all_closed_on_their_first_day_took_no_days_not_null() -> None:
    tasks = [{"task_gid": "1", "created_at": at(2, 8), "is_completed": True, "completed_at": at(2, 14)}]
    (row,) = mart("asana__project", tasks=tasks, projects=[{"project_gid": "P"}],
        task_projects=[{"task_gid": "1", "project_gid": "P"}],
    )  # fmt: skip
    assert (row["avg_close_time_days"], row["avg_close_time_hours"]) == (0, 6)
    assert row["avg_close_time_assigned_days"] is None  # nobody had it


def test_a_project_shows_its_people_sections_and_status(built: Built) -> None:
    rows = {r["project_id"]: r for r in built["project"]}
    assert rows["P1"]["users_involved"] == "Ada as owner, Ada as task assignee, Ben as task assignee"
    assert {gid: r["number_of_users_involved"] for gid, r in rows.items()} == {"P1": 2, "P2": 0, "P3": 1}
    assert (rows["P1"]["sections"], rows["P2"]["sections"]) == ("To do", None)
    assert (rows["P1"]["current_status"], rows["P1"]["current_status_type"]) == ("Late", "at_risk")
    assert (rows["P2"]["notes"], rows["P2"]["last_modified_at"]) == ("What may come.", at(5))
    assert (rows["P1"]["is_public"], rows["P2"]["is_public"]) == (None, True)
    assert rows["P2"]["project_link"] == "https://app.asana.com/0/P2/P2"


def test_a_task_in_two_projects_of_a_team_is_one_task_of_the_team(built: Built) -> None:
    columns = ("number_of_open_tasks", "number_of_assigned_open_tasks", "number_of_tasks_completed",
               "number_of_active_projects", "active_projects", "number_of_archived_projects")  # fmt: skip
    assert shown(built, "team", "team_name", *columns) == {
        "Web": (1, 1, 2, 1, "Site", 1),
        "Core": (0, 0, 0, 0, None, 0),
    }


def test_closing_times_of_a_team_are_means_over_tasks(built: Built) -> None:
    row = only(built["team"], team_id="web")
    assert (row["avg_close_time_days"], row["avg_close_time_assigned_days"]) == (5, 2.5)
    assert (row["avg_close_time_hours"], row["median_close_time_hours"]) == (123, 123)
    assert row["p85_close_time_hours"] == pytest.approx(6 + 0.85 * 234)


def test_a_person_counts_the_tasks_that_are_theirs(built: Built) -> None:
    columns = ("number_of_open_tasks", "number_of_tasks_completed", "avg_close_time_days", "avg_close_time_hours",
               "median_close_time_hours", "p85_close_time_hours")  # fmt: skip
    assert shown(built, "user", "user_name", *columns) == {
        "Ada": (1, 1, 5, 120, 120, 120),
        "Ben": (0, 1, 0, 6, 6, 6),
        "Eve": (0, 0, None, None, None, None),
    }


def test_projects_of_a_person_are_those_that_still_run(built: Built) -> None:
    columns = ("number_of_projects_owned", "number_of_projects_currently_assigned_to", "projects_working_on")
    assert shown(built, "user", "user_name", *columns) == {
        "Ada": (1, 1, "Site"),
        "Ben": (0, 0, None),  # B is done
        "Eve": (0, 0, None),
    }


def test_a_tag_shows_how_long_its_tasks_took(built: Built) -> None:
    row = only(built["tag"], tag_name="web")  # A and B are done, D is not
    assert (row["number_of_tasks_completed"], row["avg_days_open"], row["avg_days_assigned"]) == (2, 5, 2.5)
    assert (row["avg_hours_open"], row["median_hours_open"]) == (123, 123)
    assert row["p85_hours_open"] == pytest.approx(6 + 0.85 * 234)
    assert only(built["tag"], tag_name="urgent")["avg_days_open"] is None
