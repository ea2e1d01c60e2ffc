from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asana_intel.raw.touched import TABLES, touched_by

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def event(
    kind: str, gid: str, action: str = "changed", minute: int = 0, parent: tuple[str, str] | None = None, **change: Any
) -> dict[str, Any]:
    return {
        "resource": {"gid": gid, "resource_type": kind},
        "action": action,
        "created_at": (NOON + timedelta(minutes=minute)).isoformat(),
        "parent": {"resource_type": parent[0], "gid": parent[1]} if parent else None,
        **({"change": change} if change else {}),
    }


def test_a_changed_task_is_read_once_however_many_streams_told_of_it():
    change = event("task", "1", minute=3, field="name", action="changed")
    touched = touched_by({"10": [change], "11": [change, event("task", "1", minute=1)]})
    assert touched.tasks == {"1": NOON + timedelta(minutes=3)}
    assert not touched.moved


def test_a_task_that_was_moved_is_known_to_be_so_since_its_time_of_change_does_not_tell():
    assert touched_by({"10": [event("task", "1", field="memberships", action="changed")]}).moved == {"1"}
    assert touched_by({"10": [event("task", "1", "removed", parent=("project", "10"))]}).moved == {"1"}


def test_a_comment_touches_its_task_and_a_goal_with_a_comment_is_asked_for_its_stories():
    touched = touched_by({"10": [event("story", "5", "added", parent=("task", "1"))]})
    assert list(touched.tasks) == ["1"]
    assert touched_by({"20": [event("story", "6", "added", parent=("goal", "20"))]}).stories_of == {"20"}


def test_a_deleted_task_is_not_read_and_keeps_the_moment_of_its_deletion():
    touched = touched_by({"10": [event("task", "1", minute=1), event("task", "1", "deleted", minute=2)]})
    assert not touched.tasks
    assert touched.deleted["tasks"] == {"1": NOON + timedelta(minutes=2)}


def test_a_task_that_came_back_is_read():
    told = [event("task", "1", "deleted", minute=1), event("task", "1", "undeleted", minute=2)]
    touched = touched_by({"10": told})
    assert list(touched.tasks) == ["1"]
    assert not touched.deleted["tasks"]


def test_of_one_moment_the_deletion_is_the_last():
    told = [event("task", "1", "deleted"), event("task", "1", "removed", parent=("project", "10"))]
    assert touched_by({"10": told}).deleted["tasks"] == {"1": NOON}
    assert touched_by({"10": told[::-1]}).deleted["tasks"] == {"1": NOON}


def test_the_task_above_is_read_when_a_subtask_comes_or_goes():
    assert "1" in touched_by({"10": [event("task", "2", "added", parent=("task", "1"))]}).tasks
    told = event("task", "2", field="parent", action="changed", new_value={"gid": "3", "resource_type": "task"})
    touched = touched_by({"10": [told]})
    assert touched.tasks.keys() == {"2", "3"}
    assert touched.reparented == {"2"}  # the one above before is known to the tables alone


def test_what_hangs_on_a_project_is_listed_where_its_stream_told_of_it():
    assert touched_by({"10": [event("section", "7")]}).sections == {"7"}
    assert ("sections", "10") in touched_by({"10": [event("section", "7", "added", parent=("project", "10"))]}).lists
    update = event("project", "10", field="current_status_update", action="changed")
    assert ("status_updates", "10") in touched_by({"10": [update]}).lists
    members = event("project", "10", field="members", action="added")
    assert ("project_memberships", "10") in touched_by({"10": [members]}).lists


def test_an_event_of_an_unknown_kind_touches_the_task_it_is_in_and_nothing_else():
    assert list(touched_by({"10": [event("attachment", "8", "added", parent=("task", "1"))]}).tasks) == ["1"]
    assert touched_by({"10": [event("sticker", "9", "added")]}) == touched_by({})
    assert touched_by({"10": [{"action": "changed"}, {"resource": None}]}) == touched_by({})


_EVENTS = st.builds(
    event,
    st.sampled_from([*TABLES, "attachment", "nonsense"]),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["added", "changed", "removed", "deleted", "undeleted"]),
    st.integers(0, 5),
    st.none() | st.tuples(st.sampled_from(["task", "project", "goal"]), st.sampled_from(["1", "4"])),
)


@given(st.dictionaries(st.sampled_from(["10", "20"]), st.lists(_EVENTS, max_size=12)))
def test_every_task_told_of_is_read_or_gone_and_never_both(streams: dict[str, list[dict[str, Any]]]):
    touched = touched_by(streams)
    told = {
        e["resource"]["gid"] for stream in streams.values() for e in stream if e["resource"]["resource_type"] == "task"
    }
    assert told <= touched.tasks.keys() | touched.deleted["tasks"].keys()
    assert not touched.tasks.keys() & touched.deleted["tasks"].keys()
    assert touched.moved <= touched.tasks.keys()


@given(st.lists(_EVENTS, max_size=12), st.randoms())
def test_the_order_and_the_number_of_deliveries_change_nothing(told: list[dict[str, Any]], random: Any):
    apart = {e["created_at"]: e for e in told}  # events of one moment have no order among them
    again = [*apart.values(), *apart.values()]
    random.shuffle(again)
    assert touched_by({"10": again}) == touched_by({"10": [*apart.values()]})
