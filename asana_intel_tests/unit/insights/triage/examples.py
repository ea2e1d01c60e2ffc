"""Made-up tasks whose category their words tell, more or less clearly. Nothing is asserted here."""

import datetime as dt

import numpy as np
import polars as pl

AS_OF = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
WORDS = {
    "bug": ["crash", "error", "broken", "fails", "wrong"],
    "feature": ["add", "support", "allow", "export", "option"],
    "question": ["how", "why", "where", "explain", "meaning"],
}
COMMON = ["login", "page", "report", "invoice", "search", "mobile", "button", "user", "price", "table"]


def made_tasks(count: int, *, seed: int = 0, noise: float = 0.0, first: int = 0) -> pl.DataFrame:
    """Tasks in order of time, the last one a day before `AS_OF`; a share `noise` has a category drawn by lot."""
    chance = np.random.default_rng(seed)
    rows = []
    for index in range(count):
        told = str(chance.choice(list(WORDS)))
        name = " ".join([str(chance.choice(WORDS[told])), *map(str, chance.choice(COMMON, 3))])
        category = str(chance.choice(list(WORDS))) if chance.random() < noise else told
        rows.append(
            {
                "task_gid": str(1000 + first + index),
                "name": name,
                "notes": f"about the {chance.choice(COMMON)}",
                "project_gid": str(chance.choice(["web", "app"])),
                "requester_gid": str(chance.choice(["ann", "bob", "cy"])),
                "created_at": AS_OF - dt.timedelta(days=1, hours=count - index),
                "category": category,
            }
        )
    return pl.DataFrame(rows)
