"""What a synthetic company is like."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from asana_intel.errors import ConfigError
from asana_intel.sandbox.generate import generate_world


def records(folder: Path, resource: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress((folder / f"{resource}.jsonl.gz").read_bytes()).splitlines()]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(company_dir: Path, tmp_path: Path) -> None:
    size: dict[str, Any] = {"people": 9, "projects": 4, "tasks": 140, "goals": 30, "weeks": 36}
    generate_world(tmp_path / "again", seed=7, start_on=date(2025, 7, 1), **size)
    generate_world(tmp_path / "other", seed=8, start_on=date(2025, 7, 1), **size)
    names = sorted(path.name for path in company_dir.iterdir())
    same = [(company_dir / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names]
    assert all(same)
    assert (company_dir / "tasks.jsonl.gz").read_bytes() != (tmp_path / "other" / "tasks.jsonl.gz").read_bytes()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("large")
    counts = generate_world(out, seed=3, people=24, projects=8, tasks=1200, goals=80)
    assert (counts["tasks"], counts["goals"], counts["users"], counts["projects"]) == (1200, 80, 24, 8)
    return out


def test_every_progress_source_and_every_closed_status_occurs(large: Path) -> None:
    goals = records(large, "goals")
    assert {goal["metric"]["progress_source"] for goal in goals} == {
        "manual", "external", "subgoal_progress", "project_task_completion", "project_milestone_completion",
        "task_completion",
    }  # fmt: skip
    assert {"achieved", "partial", "missed"} <= {goal["status"] for goal in goals}
    assert {goal["metric"]["unit"] for goal in goals} == {"none", "percentage", "currency"}


def test_the_value_of_a_flow_goal_is_the_tasks_its_project_completed(large: Path) -> None:
    tasks, history = records(large, "tasks"), records(large, "goal_metric_history")
    links = records(large, "goal_relationships")
    supporters = {link["supported_goal"]["gid"]: link["supporting_resource"]["gid"] for link in links}
    checked = 0
    for goal in records(large, "goals"):
        if ": complete " not in goal["name"]:
            continue
        for row in (row for row in history if row["goal"] == goal["gid"]):
            done = sum(
                1
                for task in tasks
                if task["completed_at"]
                and goal["start_on"] < task["completed_at"] <= row["at"]
                and supporters[goal["gid"]] in {project["gid"] for project in task["projects"]}
            )
            assert row["current_number_value"] == done
            checked += 1
    assert checked > 50


def test_people_slip_nest_wait_and_share_as_real_ones_do(large: Path) -> None:
    tasks = records(large, "tasks")
    by_gid = {task["gid"]: task for task in tasks}

    def depth(task: dict[str, Any]) -> int:
        return 1 + depth(by_gid[task["parent"]["gid"]]) if task["parent"] else 0

    slips = Counter(sum("due_on" in change["fields"] for change in task.get("x_changes", ())) for task in tasks)
    assert slips[0] > slips[1] > slips[3] > 0
    assert max(depth(task) for task in tasks) >= 2
    assert all(depth(task) <= 3 for task in tasks)
    assert any(task["dependencies"] for task in tasks)
    assert any(len(task["projects"]) == 2 for task in tasks)
    assert all(task["projects"] or task["parent"] or task["assignee"] for task in tasks)
    estimated = sum(any(f["name"] == "Estimated Hours" for f in t["custom_fields"]) for t in tasks if t["projects"])
    assert 0.5 < estimated / sum(bool(task["projects"]) for task in tasks) < 0.7
    stories = Counter(story["resource_subtype"] for story in records(large, "stories"))
    assert {"comment_added", "due_date_changed", "section_changed", "marked_complete", "assigned"} <= set(stories)


def test_nobody_works_while_away_or_on_holidays(large: Path) -> None:
    away = {
        (entry["user"]["gid"], date.fromordinal(day).isoformat())
        for entry in records(large, "ooo_entries")
        for day in range(
            date.fromisoformat(entry["start_date"]).toordinal(), date.fromisoformat(entry["end_date"]).toordinal() + 1
        )
    }
    for entry in records(large, "time_tracking_entries"):
        assert (entry["created_by"]["gid"], entry["entered_on"]) not in away
        assert date.fromisoformat(entry["entered_on"]).weekday() < 5
        assert entry["entered_on"][5:] != "12-25"


def test_a_size_too_small_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="people is 0"):
        generate_world(tmp_path, seed=1, people=0, projects=1, tasks=1, goals=1)


def test_the_smallest_company_is_possible(tmp_path: Path) -> None:
    counts = generate_world(tmp_path, seed=1, people=1, projects=1, tasks=0, goals=1, weeks=4)
    assert (counts["users"], counts["goals"]) == (1, 1)
