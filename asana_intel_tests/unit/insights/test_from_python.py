"""What the page on priority says of Python runs as it stands there, on frames as somebody would hand them in."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

PAGE = Path(__file__).resolve().parents[3] / "docs" / "priority.md"


def test_the_lines_of_the_page_run() -> None:
    found = re.search(r"## From Python.*?```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    history = pl.DataFrame(
        {
            "task_gid": range(40),
            "name": [f"fix login {row % 7}" for row in range(40)],
            "category": ["bug", "feature"] * 20,
            "actual": [1.0 + row % 5 for row in range(40)],
            "completed_at": ["2026-02-01T09:00:00Z"] * 40,
        }
    )
    frames: dict[str, Any] = {
        "pl": pl,
        "as_of": datetime(2026, 3, 2),  # noqa: DTZ001  read as UTC
        "history": history,
        "tasks": pl.DataFrame({"task_gid": [900], "name": ["fix login"]}),
        "work": pl.DataFrame({"task_gid": [1, 2], "due_on": ["2026-03-06", None]}),
        "goals": pl.DataFrame({"goal_gid": ["g"], "p_attain": [0.4]}),
        "supports": pl.DataFrame({"goal_gid": ["g"], "task_gid": [1]}),
        "links": pl.DataFrame({"task_gid": [2], "depends_on_gid": [1]}),
        "ranked_tasks": pl.DataFrame({"task_gid": [1], "team_gid": ["t"], "score": [20.0], "hours": [4.0]}),
        "people": pl.DataFrame({"person_gid": ["p"], "hours": [10.0]}),
    }
    exec(found[1], frames)
    assert frames["hours"]["p50"].item() > 0
    assert frames["points"]["p50"].item() in history["actual"]
    assert frames["said"]["value"].item() in {"bug", "feature"}
    assert frames["ranked"]["task_gid"].to_list() == ["1", "2"]
    assert frames["sprint"]["person_gid"].to_list() == ["p"]
