"""What became of a sprint, by hand: who was in it, what was promised and done, why not, where it stuck."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from asana_intel.clock import end_of_week
from asana_intel.errors import ConfigError
from asana_intel.insights.retro.retro import Retro, look_back
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.work_settings import RetroSettings
from asana_intel_tests.unit.insights.tables import Tables

SETTINGS = RetroSettings()  # pyright: ignore[reportCallIssue]
PLANNED = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)  # a Monday
LAST_WEEK = dt.date(2026, 3, 9)
LONG_AGO = PLANNED - dt.timedelta(days=90)


def days(n: float) -> dt.datetime:
    """So many days after the planning."""
    return PLANNED + dt.timedelta(days=n)


class World(Tables):
    """Project p of team t with the sections Backlog, Review and Sprint 1."""

    def __init__(self, *, sprint: str = "Sprint 1") -> None:
        super().__init__()
        self._stories = 0
        self.project("p")
        for gid, name in (("back", "Backlog"), ("review", "Review"), ("s1", sprint)):
            self.put("staging/sections", {"section_gid": gid, "project_gid": "p", "name": name})

    def project(self, gid: str, **values: Any) -> World:
        row = {"project_gid": gid, "name": gid, "team_gid": "t", "is_archived": False, "is_completed": False,
               "privacy_setting": "public_to_workspace"}  # fmt: skip
        self.put("staging/projects", row | values)
        return self

    def task(self, gid: str, *, done: dt.datetime | None = None, due: dt.date | None = None, **values: Any) -> World:
        at = {"task_gid": gid, "valid_from": LONG_AGO, "source": "record"}
        self.put("staging/tasks", {"task_gid": gid, "created_at": LONG_AGO, "is_completed": bool(done)} | values)
        self.put("staging/task_lifetimes", at)
        self.put("staging/task_completion_intervals", at | {"is_completed": False, "valid_to": done})
        if done:
            self.put("staging/task_completion_intervals", at | {"is_completed": True, "valid_from": done})
        self.put("staging/task_date_intervals", at | {"due_on": due})
        return self

    def stay(self, gid: str, section: str | None, since: dt.datetime, until: dt.datetime | None = None,
             project: str = "p") -> World:  # fmt: skip
        self.put("staging/task_section_intervals", {"task_gid": gid, "project_gid": project, "section_gid": section,
                 "valid_from": since, "valid_to": until, "source": "story"})  # fmt: skip
        return self

    def say(self, gid: str, author: str, text: str, at: dt.datetime) -> World:
        self._stories += 1
        self.put("staging/stories", {"story_gid": f"{self._stories:03d}", "target_gid": gid, "author_gid": author,
                                     "created_at": at, "subtype": "comment_added", "text": text})  # fmt: skip
        return self

    def look(self, week_on: dt.date = LAST_WEEK, as_of: dt.datetime | None = None) -> Retro:
        """What is told on the Monday after a week."""
        seen = look_back(self.read, week_on + dt.timedelta(days=7), as_of or end_of_week(week_on), SETTINGS)
        return Retro(
            conform(CONTRACTS["insights/sprint_retro"], seen.sprints),
            conform(CONTRACTS["insights/sprint_retro_tasks"], seen.tasks),
        )

    def causes(self) -> dict[str, str | None]:
        return dict(self.look().tasks.select("task_gid", "cause").iter_rows())


def planned(*gids: str, **worlds: Any) -> World:
    """Tasks that came into Sprint 1 when it was planned."""
    world = World()
    for gid in gids:
        world.task(gid, **worlds.get(gid, {})).stay(gid, "s1", PLANNED)
    return world


def test_what_is_in_it_on_the_planning_day_is_promised_and_what_comes_later_is_added() -> None:
    world = planned("a", "b", "c", a={"done": days(3), "effort_hours": 4.0}, b={"effort_hours": 8.0})
    world.task("d", done=days(5)).stay("d", "s1", days(4)).task("e").stay("e", "s1", days(20))
    (row,) = world.look().sprints.to_dicts()
    assert (row["sprint"], row["starts_on"], row["ends_on"]) == ("Sprint 1", dt.date(2026, 3, 2), dt.date(2026, 3, 15))
    assert [row[f"{what}_tasks"] for what in ("committed", "done", "added", "rolled")] == [3, 2, 1, 2]
    assert (row["committed_hours"], row["done_hours"]) == (12.0, 4.0)
    tasks = {t["task_gid"]: (t["was_committed"], t["was_done"]) for t in world.look().tasks.to_dicts()}
    assert tasks == {"a": (True, True), "b": (True, False), "c": (True, False), "d": (False, True)}


def test_a_sprint_is_told_in_the_week_after_it_ended_and_in_no_other() -> None:
    world = planned("a", "b")
    weeks = [dt.date(2026, 2, 23) + dt.timedelta(days=7 * n) for n in range(6)]
    assert [world.look(week).sprints.height for week in weeks] == [0, 0, 1, 0, 0, 0]
    assert world.look(as_of=days(10)).sprints.is_empty()  # it still runs


def test_a_sprint_lasts_as_long_as_those_before_it() -> None:
    world = World()
    for n in range(4):
        world.put("staging/sections", {"section_gid": f"w{n}", "project_gid": "p", "name": f"Sprint {n + 20}"})
        world.task(f"t{n}").stay(f"t{n}", f"w{n}", days(7 * n - 21))
    (row,) = world.look(dt.date(2026, 3, 2)).sprints.to_dicts()
    assert (row["sprint"], row["ends_on"]) == ("Sprint 23", dt.date(2026, 3, 8))


def test_a_project_that_is_a_sprint_has_its_own_dates() -> None:
    world = World().project("x", name="Iteration 7", start_on=dt.date(2026, 3, 3), due_on=dt.date(2026, 3, 11))
    world.task("a", done=days(2)).stay("a", None, LONG_AGO, project="x")
    world.task("b").stay("b", None, days(6), project="x")
    (row,) = world.look().sprints.to_dicts()
    assert (row["sprint"], row["ends_on"]) == ("Iteration 7", dt.date(2026, 3, 11))
    assert (row["committed_tasks"], row["added_tasks"], row["done_tasks"]) == (1, 1, 1)


def test_two_sprints_of_one_name_in_a_team_are_told_apart() -> None:
    world = planned("a").project("q")
    world.put("staging/sections", {"section_gid": "s1q", "project_gid": "q", "name": "Sprint 1"})
    world.task("b").stay("b", "s1q", PLANNED, project="q")
    assert world.look().sprints["sprint"].to_list() == ["Sprint 1 (p)", "Sprint 1 (q)"]


def test_a_team_that_gave_up_sprints_has_blocks_of_two_weeks() -> None:
    world = planned("a").task("b", done=days(60)).stay("b", "back", LONG_AGO)
    mondays = [LAST_WEEK + dt.timedelta(days=7 * n) for n in range(9)]
    names = [name for monday in mondays for name in world.look(monday).sprints["sprint"]]
    assert names == ["Sprint 1", "two weeks to 3 May 2026"]


@pytest.mark.parametrize("name", ["Sprint backlog", "Motorcycle 3", "Next"])
def test_other_sections_are_no_sprints_and_the_team_has_blocks_of_two_weeks(name) -> None:
    world = World(sprint=name).task("a").stay("a", "s1", PLANNED)
    world.task("due", due=dt.date(2026, 3, 5), done=days(2)).stay("due", "back", LONG_AGO)
    world.task("later", due=dt.date(2026, 3, 20)).stay("later", "back", LONG_AGO)
    world.task("by", done=days(2)).stay("by", "back", LONG_AGO)
    rows = [row for week in (LAST_WEEK, dt.date(2026, 3, 2)) for row in world.look(week).sprints.to_dicts()]
    assert len(rows) == 1  # every second week
    (row,) = rows
    assert row["sprint"] == f"two weeks to {row['ends_on'].day} Mar 2026"
    assert (row["committed_tasks"], row["added_tasks"], row["done_tasks"], row["rolled_tasks"]) == (1, 1, 2, 0)


def test_what_was_promised_for_a_block_stays_promised_when_its_date_is_moved_out() -> None:
    world = World(sprint="Next").task("a").stay("a", "back", LONG_AGO)
    at = {"task_gid": "a", "source": "story"}
    world._rows["staging/task_date_intervals"] = []
    world.put("staging/task_date_intervals", at | {"due_on": dt.date(2026, 3, 6), "valid_from": LONG_AGO,
              "valid_to": days(2)}, at | {"due_on": dt.date(2026, 5, 6), "valid_from": days(2)})  # fmt: skip
    rows = [row for week in (LAST_WEEK, dt.date(2026, 3, 2)) for row in world.look(week).sprints.to_dicts()]
    assert [(row["committed_tasks"], row["rolled_tasks"]) for row in rows] == [(1, 1)]


def test_the_ratio_is_the_median_of_logged_over_estimated_hours() -> None:
    done = {"done": days(3), "effort_hours": 4.0}
    hours = {"a": 4.0, "b": 8.0, "c": 20.0}
    tasks = {gid: done | {"actual_hours": took} for gid, took in hours.items()}
    world = planned(*"abcd", **tasks, d={"effort_hours": 9.0, "actual_hours": 1.0})
    (row,) = world.look().sprints.to_dicts()
    assert (row["estimate_ratio"], row["estimated_tasks"]) == (2.0, 3)
    told = dict(world.look().tasks.select("task_gid", "actual_hours").iter_rows())
    assert told == hours | {"d": None}  # goes on: how many of its hours are of this sprint is not known


def test_each_missed_task_has_the_first_cause_that_holds() -> None:
    gids = ("blocked", "grown", "stuck", "worked", "silent", "fine")
    world = planned(*gids, fine={"done": days(3)}, worked={"actual_hours": 3.0})
    world.task("other").stay("other", "back", LONG_AGO)
    world.put("staging/task_dependencies", {"task_gid": "blocked", "depends_on_gid": "other"})
    estimate = {"task_gid": "grown", "field_gid": "f", "field_name": "Estimated Hours", "source": "story"}
    world.put("staging/task_field_intervals", estimate | {"number_value": 4.0, "valid_from": LONG_AGO,
              "valid_to": days(4)}, estimate | {"number_value": 9.0, "valid_from": days(4)})  # fmt: skip
    world.project("board")
    for section in ("Review", "In progress"):
        world.put("staging/sections", {"section_gid": section, "project_gid": "board", "name": section})
    world.stay("stuck", "Review", days(1), days(9), project="board")
    world.stay("worked", "In progress", days(1), days(9), project="board")
    world.task("late").stay("late", "s1", days(10))
    assert world.causes() == {
        "blocked": "blocked",
        "grown": "re-estimated",
        "stuck": "waited in Review",
        "worked": "unknown",
        "silent": "no time logged",
        "late": "came late",
        "fine": None,
    }


def test_a_blocker_that_was_done_early_or_linked_late_is_no_cause() -> None:
    world = planned("a", "b").task("early", done=days(2)).task("late")
    for waiting, blocker in (("a", "early"), ("b", "late")):
        world.put("staging/task_dependencies", {"task_gid": waiting, "depends_on_gid": blocker})
    world.put("staging/stories", {"story_gid": "l", "target_gid": "b", "dependency_gid": "late",
              "subtype": "dependency_added", "created_at": days(12)})  # fmt: skip
    assert world.causes() == {"a": "unknown", "b": "unknown"}


def test_the_bottleneck_is_where_the_open_tasks_stood_longest_and_never_the_sprint_itself() -> None:
    gids = ("a", "b", "c")
    world = planned(*gids).project("board")
    for section in ("Review", "Build", "Done"):
        world.put("staging/sections", {"section_gid": section, "project_gid": "board", "name": section})
    for gid, until in zip(gids, (4, 5, 9), strict=True):
        world.stay(gid, "Build", days(1), days(2), "board").stay(gid, "Review", days(2), days(until), "board")
        world.stay(gid, "Done", days(until), None, "board")
    (row,) = world.look().sprints.to_dicts()
    assert (row["bottleneck"], row["bottleneck_hours"]) == ("Review", 72.0)


def test_sections_of_projects_that_not_everybody_may_see_are_not_named() -> None:
    world = planned("a", "b", "c").project("board", privacy_setting="private")
    world.put("staging/sections", {"section_gid": "r", "project_gid": "board", "name": "Secret"})
    for gid in ("a", "b", "c"):
        world.stay(gid, "r", days(1), days(9), "board")
    (row,) = world.look().sprints.to_dicts()
    assert row["bottleneck"] is None
    assert "No bottleneck: no section held 3 of its tasks open." in row["reason"]
    assert set(world.causes().values()) == {"unknown"}


def test_themes_come_from_comments_of_the_sprint_that_everybody_may_read() -> None:
    world = planned("a", "b", "c")
    for gid, author in zip("abc", "xyz", strict=True):
        world.say(gid, author, "The test server is down again.", days(2))
        world.say(gid, author, "The old printer is broken.", days(30))
    (row,) = world.look().sprints.to_dicts()
    assert row["themes"] == ["test server"]
    world.project("hidden", privacy_setting="private")
    hidden = World()
    hidden._rows["staging/projects"][0]["privacy_setting"] = "private"
    for gid, author in zip("abc", "xyz", strict=True):
        hidden.task(gid).stay(gid, "s1", PLANNED).say(gid, author, "The test server is down again.", days(2))
    assert hidden.look().sprints["themes"].to_list() == [None]


def test_the_first_hours_of_a_week_look_back_already() -> None:
    monday = LAST_WEEK + dt.timedelta(days=7)
    early = dt.datetime.combine(monday, dt.time(1), dt.UTC)
    assert planned("a", "b").look(as_of=early).sprints.height == 1


def test_what_comes_later_changes_nothing() -> None:
    world = planned("a", "b", "c", a={"done": days(3), "effort_hours": 4.0, "actual_hours": 5.0})
    before, as_of = world.look(), end_of_week(LAST_WEEK)
    later = as_of + dt.timedelta(hours=1)
    for n in range(9):
        world.task(f"n{n}").stay(f"n{n}", "s1", later)
    world.put("staging/sections", {"section_gid": "s2", "project_gid": "p", "name": "Sprint 2"})
    world.stay("n0", "s2", later).say("a", "x", "later words", later)
    world.put("staging/stories", {"story_gid": "l", "target_gid": "b", "dependency_gid": "c", "created_at": later,
              "subtype": "dependency_added"})  # fmt: skip
    world.put("staging/task_dependencies", {"task_gid": "b", "depends_on_gid": "c"})
    world.put("staging/task_field_intervals", {"task_gid": "b", "field_gid": "f", "field_name": "Estimated Hours",
              "number_value": 9.0, "valid_from": later, "source": "story"})  # fmt: skip
    after = world.look()
    assert after.sprints.equals(before.sprints)
    assert after.tasks.equals(before.tasks)


def test_nothing_promised_is_said_and_no_rows_make_no_sprint() -> None:
    world = World(sprint="Next").task("a", done=PLANNED).stay("a", "back", LONG_AGO)
    rows = [row for week in (LAST_WEEK, dt.date(2026, 3, 2)) for row in world.look(week).sprints.to_dicts()]
    assert rows[0]["reason"].startswith("Nothing was promised: no task was due in these two weeks")
    assert World().look().sprints.is_empty()
    assert look_back(Tables().read, LAST_WEEK, PLANNED, SETTINGS).sprints.is_empty()


def test_a_pattern_that_does_not_compile_is_named() -> None:
    with pytest.raises(ConfigError, match=r"retro\.pattern: .* no regular expression"):
        load_settings(retro={"pattern": "("})
