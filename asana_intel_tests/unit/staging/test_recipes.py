"""Making several staging tables in one go."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from asana_intel.staging.clean import Cleaned
from asana_intel.staging.recipes import staged
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

_TASK = {
    "gid": "1",
    "name": "Write the brief",
    "completed": False,
    "created_at": "2026-01-01T08:00:00.000Z",
    "memberships": [{"project": {"gid": "9"}, "section": {"gid": "8"}}],
    "followers": [{"gid": "5"}],
    "custom_fields": [{"gid": "7", "name": "Effort", "resource_subtype": "number", "number_value": 3}],
}


def test_tables_made_in_one_go_are_those_made_one_by_one(
    raw: Callable[..., pl.DataFrame], stage: Callable[..., Cleaned]
) -> None:
    tasks = raw(_TASK)
    made: dict[str, pl.DataFrame] = {}

    def scan(key: str) -> pl.LazyFrame:
        area, name = key.split("/")
        if area == "staging":
            return made[name].lazy()
        return tasks.lazy() if name == "tasks" else empty_frame(CONTRACTS[key]).lazy()

    chosen = ["task_section_intervals", "task_field_intervals", "custom_field_values", "tasks", "task_followers"]
    for name, cleaned in staged(scan, [*chosen, "unheard_of"]):
        made[name] = conform(CONTRACTS[f"staging/{name}"], cleaned.frame)

    assert sorted(made) == sorted(chosen)
    for name, frame in made.items():
        assert frame.height == 1, name
        assert_frame_equal(frame, stage(name, tasks=tasks).frame)
