"""Suggested assignees: who fits, who has the time, and why; nobody is judged by how much they finished."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.insights.sprint.weekly import sprint_week
from asana_intel.settings import load_settings
from asana_intel_tests.unit.insights.sprint.worlds import AS_OF, LONG_AGO, WEEK_ON, World, company

FRIDAY = date(2026, 3, 6)
EARLIER = LONG_AGO + timedelta(days=3)


def suggested(world: World) -> dict[str, dict[str, Any]]:
    frames = sprint_week(world.read, world.read_week, WEEK_ON, AS_OF, load_settings())
    return {row["task_gid"]: row for row in frames["task_assignment"].iter_rows(named=True)}


def finished(world: World, person: str, *names: str, project: str = "project", done_at: Any = EARLIER) -> None:
    """Work that somebody finished."""
    for name in names:
        world.task(f"{person}: {name}", project, person=person, name=name, done_at=done_at, score=None, hours=None)


def two_kinds() -> World:
    """Ana has drawn logos, Bo has mended invoices."""
    world = company()
    finished(world, "ana", "Draw the logo")
    finished(world, "bo", "Mend the invoice import")
    return world


def test_a_task_of_nobody_goes_to_who_finished_work_like_it_and_names_that_work() -> None:
    world = two_kinds()
    world.task("a", name="Mend the invoice export")
    row = suggested(world)["a"]
    assert (row["kind"], row["person_gid"], row["next_gid"]) == ("nobody", "bo", "ana")
    assert row["reason"] == "Bo: finished “Mend the invoice import”, which is like it, 54 h free until 22 Mar"
    assert row["next_reason"].startswith("Ana: ")
    assert row["free_hours"] == 54.0  # three weeks of 20 h, a tenth kept free


def test_how_much_somebody_finished_plays_no_part() -> None:
    world = two_kinds()
    finished(world, "ana", *(f"Draw picture {n}" for n in range(50)))
    world.task("a", name="Mend the invoice export")
    assert suggested(world)["a"]["person_gid"] == "bo"


def test_a_named_skill_is_needed_and_told() -> None:
    world = two_kinds()
    world.task("a", name="Mend the invoice export")
    world.field("a", "task", "Required Skills", "SQL")
    row = suggested(world)["a"]
    assert (row["person_gid"], row["next_gid"], row["next_reason"]) == ("ana", None, None)
    assert row["reason"].startswith("Ana: has the skill SQL")
    assert row["fit"] >= 0.5


def test_an_assignee_who_lacks_the_skill_is_told_who_has_it() -> None:
    world = two_kinds()
    world.task("a", person="bo")
    world.field("a", "task", "Required Skills", "design")
    row = suggested(world)["a"]
    assert (row["kind"], row["person_gid"]) == ("no_skill", "ana")


def test_an_assignee_without_time_before_the_due_day_is_told_who_has_it() -> None:
    world = two_kinds()
    # Until Friday Ana has 9 h and Bo 18 h of the running week.
    world.task("a", person="ana", hours=6.0, due_on=FRIDAY, score=9.0)
    world.task("b", person="ana", hours=6.0, due_on=FRIDAY, score=1.0)
    rows = suggested(world)
    assert list(rows) == ["b"]
    assert (rows["b"]["kind"], rows["b"]["person_gid"], rows["b"]["free_hours"]) == ("no_time", "bo", 18.0)


def test_time_promised_for_later_is_not_free_earlier() -> None:
    world = two_kinds()
    world.task("later", person="bo", hours=36.0, due_on=date(2026, 3, 13))  # all of Bo's two weeks
    world.task("a", name="Mend the invoice export", hours=2.0, due_on=FRIDAY)
    assert suggested(world)["a"]["person_gid"] == "ana"


def test_suggestions_take_their_hours() -> None:
    world = two_kinds()
    for gid, score in (("a", 9.0), ("b", 5.0), ("c", 1.0)):
        world.task(gid, name="Mend the invoice export", hours=9.0, due_on=FRIDAY, score=score)
    rows = suggested(world)
    assert {gid: row["person_gid"] for gid, row in rows.items()} == {"a": "bo", "b": "bo", "c": "ana"}


def test_overdue_work_is_due_in_a_week() -> None:
    world = two_kinds()
    world.task("a", name="Mend the invoice export", due_on=date(2026, 1, 10))
    assert "until 11 Mar" in suggested(world)["a"]["reason"]


def test_nobody_is_suggested_where_nothing_is_known() -> None:
    world = company()
    world.task("a", name="Mend the invoice export")
    assert suggested(world) == {}


def test_nobody_is_suggested_where_nobody_has_the_time() -> None:
    world = two_kinds()
    world.task("a", name="Mend the invoice export", hours=500.0)
    assert suggested(world) == {}


def test_people_of_other_teams_are_not_suggested() -> None:
    world = two_kinds()
    world.person("cy", "Cy", "other")
    finished(world, "cy", "Mend the invoice export")
    world.task("a", name="Mend the invoice export")
    assert "cy" not in (suggested(world)["a"]["person_gid"], suggested(world)["a"]["next_gid"])


def test_the_category_counts_where_words_do_not_tell() -> None:
    world = company()
    for person, category in (("ana", "Art"), ("bo", "Books")):
        finished(world, person, f"{person} things")
        _category(world, f"{person}: {person} things", category)
    world.task("a", name="Something new")
    _category(world, "a", "Books")
    assert suggested(world)["a"]["person_gid"] == "bo"


def _category(world: World, gid: str, value: str) -> None:
    world.add(
        "staging/task_field_intervals",
        task_gid=gid,
        field_gid="category",
        field_name="Category",
        text_value=value,
        valid_from=LONG_AGO,
    )


def test_work_finished_later_teaches_nothing() -> None:
    world = company()
    finished(world, "bo", "Mend the invoice import", done_at=AS_OF + timedelta(hours=1))
    world.task("a", name="Mend the invoice export")
    assert suggested(world) == {}


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 20)), min_size=1, max_size=8))
def test_what_is_suggested_to_a_person_by_a_day_fits_their_time_until_then(tasks: list[tuple[int, int]]) -> None:
    world = two_kinds()
    for n, (hours, days) in enumerate(tasks):
        world.task(f"t{n}", hours=float(hours), due_on=AS_OF.date() + timedelta(days=days), score=float(n))
    doer = {gid: row["person_gid"] for gid, row in suggested(world).items()}
    for person, weekly in (("ana", 10.0), ("bo", 20.0)):
        for until in range(21):
            promised = sum(h for n, (h, days) in enumerate(tasks) if days <= until and doer.get(f"t{n}") == person)
            assert promised <= 0.9 * _hours(weekly, AS_OF.date() + timedelta(days=until)) + 1e-6


def _hours(weekly: float, last_on: date) -> float:
    """Hours from today on: those of the running week are left for its three last working days."""
    days = [AS_OF.date() + timedelta(days=n) for n in range((last_on - AS_OF.date()).days + 1)]
    return sum(weekly / (3 if day < date(2026, 3, 9) else 5) for day in days if day.isoweekday() <= 5)
