"""Which tasks are followed: all that changed since the last sync, none of before it, and none where they are many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from asana_intel.raw.followed import MOST_TASKS, Following

SYNCED_AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def event(gid: str, minutes: int, action: str = "changed", **more: Any) -> dict[str, Any]:
    resource = {"gid": gid, "resource_type": "task"}
    return {"created_at": (SYNCED_AT + minutes * MINUTE).isoformat(), "resource": resource, "action": action} | more


def test_tasks_of_earlier_ticks_are_followed_again_until_a_sync_has_read_them() -> None:
    following = (
        Following().heard([event("1", 1), event("2", 5, "deleted")], SYNCED_AT).heard([event("3", 7)], SYNCED_AT)
    )
    assert set(following.tasks) == {"1", "2", "3"}
    assert set(following.heard([], SYNCED_AT + 4 * MINUTE).tasks) == {"2", "3"}
    assert not following.heard([], SYNCED_AT + 9 * MINUTE).is_small


def test_a_story_is_about_its_task_and_a_goal_about_none() -> None:
    said = {"resource": {"gid": "9", "resource_type": "story"}, "parent": {"gid": "4", "resource_type": "task"}}
    goal = {"resource": {"gid": "8", "resource_type": "goal"}}
    following = Following().heard([event("1", 1), event("", 2) | said, event("", 3) | goal], SYNCED_AT)
    assert (set(following.tasks), following.spoken) == ({"1", "4"}, {"4"})
    said["resource"]["resource_subtype"] = "due_date_changed"
    assert Following().heard([event("", 2) | said], SYNCED_AT).spoken == set()
    said["resource"]["resource_subtype"] = "comment_added"
    assert Following().heard([event("", 2) | said], SYNCED_AT).spoken == {"4"}


def test_many_tasks_are_not_followed_and_not_all_remembered() -> None:
    many = [event(str(number), number) for number in range(200)]
    following = Following().heard(many[:MOST_TASKS], SYNCED_AT)
    assert following.is_small
    following = following.heard(many, SYNCED_AT)
    assert (following.is_small, len(following.tasks)) == (False, MOST_TASKS + 1)
    assert "199" in following.tasks
