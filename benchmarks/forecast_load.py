"""How good the odds of overload are on a real work history: ours and the naive rules, side by side on the same rows.

Run: python benchmarks/forecast_load.py. Needs the open data folder `shared/data` beside the repository. Prints tables
and writes benchmarks/results/forecast_load.json.

Every fourth Monday from July 2005 to September 2014 the tasks that were open then (estimated before, done that day or
later) are laid into the next four weeks, knowing only what had been finished by then. What the same tasks really took,
laid into the same days, is the outcome. Tasks have no due dates in this history: once they are taken as they are, and
once each gets one by rule, 1, 2, 4 or 8 weeks after its start by its number, which says nothing about the outcome.
A week has 20 hours, about what people logged on tasks. People are split by hash: a fifth was not looked at until the
constants of `effort` and `load` stood.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from asana_intel.settings import ForecastSettings
from asana_intel.workload.effort import EffortModel, learn_effort
from asana_intel.workload.load import OPEN_TASKS, Work, forecast_load, plan_work
from asana_intel.workload.load_causes import explain_load
from asana_intel.workload.working_time import TEAM_PEOPLE, TIME_OFF, WorkingTime, working_time

ROOT = Path(__file__).resolve().parents[1]
OPEN_DATA = ROOT.parent / "shared" / "data"
RESULT = ROOT / "benchmarks" / "results" / "forecast_load.json"
FIRST, LAST, STEP = dt.date(2005, 7, 4), dt.date(2014, 9, 1), dt.timedelta(weeks=4)
HORIZON = 4
WEEKLY_HOURS = 20.0
HIDDEN_SHARE = 0.38
LIMITS = {"110": 1.1, "120": 1.2}
ONE_ERROR = 0.58
"""Log error of one estimate in the rule that knows no more: 77 % of estimates are within a factor of two."""
Metrics = dict[str, float]


def _hash(text: str) -> float:
    """A number in 0..1 that only the text decides."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64


def is_sealed(person: str) -> bool:
    """Whether a person's tasks were left out while the constants were chosen."""
    return int.from_bytes(hashlib.blake2b(person.encode()).digest()[:8], "big") % 5 == 0


def real_tasks() -> pl.DataFrame:
    """Finished tasks of one developer each: those that more than one worked on have no estimate for each."""
    tasks = pl.read_parquet(OPEN_DATA / "sip_tasks.parquet").filter(pl.col("completed_on").is_not_null())
    alone = tasks.filter(pl.len().over("task") == 1).with_columns(
        pl.col("estimate_on", "started_on", "completed_on").dt.date()
    )
    start_on = pl.max_horizontal(pl.coalesce("started_on", "estimate_on"), "estimate_on")
    return alone.select(
        pl.col("task").cast(pl.String).alias("task_gid"),
        pl.col("developer").alias("person_gid"),
        pl.col("project").alias("project_gid"),
        pl.col("estimate_on").alias("created_on"),
        pl.min_horizontal(start_on, "completed_on").alias("start_on"),
        (pl.col("estimate_on") + pl.duration(days=7 * 2 ** (pl.col("task") * 7919 // 13 % 4))).alias("ruled_due_on"),
        "completed_on",
        pl.col("hours_estimate").alias("effort_hours"),
        pl.col("developer_hours").alias("actual_hours"),
    )


def hidden(tasks: pl.DataFrame) -> pl.DataFrame:
    """The same, had nobody estimated some of them."""
    is_hidden = pl.Series([_hash(f"hide {gid}") < HIDDEN_SHARE for gid in tasks["task_gid"]])
    return tasks.with_columns(effort_hours=pl.when(~is_hidden).then("effort_hours"))


def replay(tasks: pl.DataFrame, *, dated: bool) -> pl.DataFrame:
    """One row per Monday, person and week: the forecast, what was planned, and what it really took."""
    due_on = pl.col("ruled_due_on") if dated else pl.lit(None, pl.Date)
    known = tasks.with_columns(due_on=due_on, logged_hours=pl.lit(0.0))
    mondays = [FIRST + n * STEP for n in range((LAST - FIRST) // STEP)]
    return pl.concat([rows for monday in mondays if (rows := _week_of(known, monday)) is not None])


def _week_of(tasks: pl.DataFrame, monday: dt.date) -> pl.DataFrame | None:
    model = learn_effort(tasks, monday - dt.timedelta(days=1))
    is_open = (pl.col("created_on") < monday) & (pl.col("completed_on") >= monday)
    still_open = tasks.filter(is_open)
    work = plan_work(still_open, model, _weeks(still_open, monday), HORIZON)
    took = work.tasks.join(
        still_open.select("task_gid", "actual_hours"), on="task_gid", how="left", maintain_order="left"
    )
    done = tasks.filter(pl.col("completed_on") < monday)
    planned = took["effort_hours"].fill_null(done["actual_hours"].median() or 4.0).to_numpy()
    hours = {"real": took["actual_hours"].to_numpy(), "planned": planned}
    by_person = [
        pl.DataFrame({"week_on": work.mondays}).with_columns(
            pl.lit(person).alias("person_gid"),
            *(pl.Series(name, work.shares[rows, :-1].T @ each[rows]) for name, each in hours.items()),
        )
        for person, rows in work.by_person()
    ]
    load = forecast_load(work)
    return load.join(pl.concat(by_person), on=["person_gid", "week_on"]) if by_person else None


def _weeks(people: pl.DataFrame, monday: dt.date) -> WorkingTime:
    settings = ForecastSettings(default_weekly_hours=WEEKLY_HOURS)
    nobody, never = pl.DataFrame(schema=TEAM_PEOPLE), pl.DataFrame(schema=TIME_OFF)
    return working_time(people, nobody, never, settings, monday, 7 * 60)


def odds_of(rows: pl.DataFrame, name: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The odds of each rule that the limit is passed, and whether it was."""
    from scipy.special import ndtr

    limit = LIMITS[name]
    over = (rows["real"] > limit * rows["available_hours"]).to_numpy().astype(float)
    planned = rows["planned"].to_numpy() / rows["available_hours"].to_numpy()
    spread = ONE_ERROR / np.sqrt(np.maximum(rows["open_tasks"].to_numpy(), 1))
    with np.errstate(divide="ignore"):
        one_error = ndtr(np.log(planned / limit) / spread)
    return {
        "ours": rows[f"p_over_{name}"].to_numpy(),
        "base_rate": np.full(over.size, over.mean()),
        "plan_above": (planned > limit).astype(float),
        "one_error": one_error,
    }, over


def metrics(rows: pl.DataFrame) -> Metrics:
    """Scores of the odds, of the naive rules on the same rows, and of the band."""
    found: Metrics = {"rows": rows.height, "people": rows["person_gid"].n_unique()}
    for name in LIMITS:
        rules, over = odds_of(rows, name)
        found |= {f"{rule}_brier_{name}": float(((p - over) ** 2).mean()) for rule, p in rules.items()}
        found |= {f"share_over_{name}": float(over.mean()), f"ece_{name}": _calibration_error(rules["ours"], over)}
    loaded = rows.filter(pl.col("assigned_hours") > 0)
    inside = (loaded["real"] >= loaded["p10"] - 1e-9) & (loaded["real"] <= loaded["p90"] + 1e-9)
    return found | {
        "in_80_band": float(inside.mean()),  # pyright: ignore[reportArgumentType]
        "mean_over_real": float(loaded["assigned_hours"].sum() / loaded["real"].sum()),
        "planned_over_real": float(loaded["planned"].sum() / loaded["real"].sum()),
    }


def _calibration_error(odds: np.ndarray, over: np.ndarray) -> float:
    """Mean distance of odds from frequency in tenths of the odds, weighted by their rows."""
    tenth = np.minimum((odds * 10).astype(int), 9)
    parts = [(odds[tenth == n].mean() - over[tenth == n].mean(), (tenth == n).mean()) for n in set(tenth)]
    return float(sum(abs(gap) * weight for gap, weight in parts))


def better_by(rows: pl.DataFrame, rule: str) -> tuple[float, float]:
    """95 % of the difference in Brier score (110 %) between ours and another rule, by bootstrap over people."""
    rules, over = odds_of(rows, "110")
    gain = (rules["ours"] - over) ** 2 - (rules[rule] - over) ** 2
    by_person = rows.select("person_gid", gain=gain).group_by("person_gid", maintain_order=True)
    sums, counts = by_person.agg(pl.col("gain").sum(), pl.len()).drop("person_gid").to_numpy().T
    drawn = np.random.default_rng(7).integers(0, sums.size, (2000, sums.size))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def reliability(rows: pl.DataFrame) -> list[tuple[float, float, int]]:
    """Mean odds of a load above 110 %, how often it came, and rows, by tenths of the odds."""
    over = (pl.col("real") > 1.1 * pl.col("available_hours")).cast(pl.Float64)
    tenths = rows.group_by(tenth=(pl.col("p_over_110") * 10).floor().clip(0, 9)).agg(
        pl.col("p_over_110").mean(), over.mean().alias("over"), pl.len().alias("rows")
    )
    return tenths.sort("tenth").drop("tenth").rows()


def speed(people: int = 2000, tasks_each: int = 10) -> Metrics:
    """CPU seconds of the load and its causes for a large organisation, with eight weeks."""
    monday = dt.date(2026, 3, 2)
    rng = np.random.default_rng(7)
    count = people * tasks_each
    hours, days = rng.lognormal(1.5, 1.0, count), rng.integers(1, 60, count)
    tasks = pl.DataFrame(
        {
            "task_gid": [str(n) for n in range(count)],
            "person_gid": [f"p{n % people}" for n in range(count)],
            "project_gid": [f"j{n % 300}" for n in range(count)],
            "created_on": None,
            "start_on": None,
            "due_on": [monday + dt.timedelta(days=int(n)) for n in days],
            "effort_hours": hours,
            "logged_hours": None,
        },
        schema=OPEN_TASKS,
    )
    began = time.process_time()
    work: Work = plan_work(tasks, _nothing_learned(monday), _weeks(tasks, monday), 8)
    forecast_load(work)
    loaded = time.process_time()
    explain_load(work)
    return {"load_cpu_s": loaded - began, "causes_cpu_s": time.process_time() - loaded}


def _nothing_learned(monday: dt.date) -> EffortModel:
    return learn_effort(real_tasks().clear(), monday)


def main() -> None:
    """Print and keep all figures."""
    console = Console()
    tasks = real_tasks()
    found: dict[str, Metrics] = {}
    for name, given, dated in (
        ("as recorded", tasks, False),
        ("due by rule", tasks, True),
        ("38 % without estimate", hidden(tasks), False),
        ("38 % without estimate, due by rule", hidden(tasks), True),
    ):
        rows = replay(given, dated=dated)
        sealed = pl.Series([is_sealed(person) for person in rows["person_gid"]])
        for rule in ("plan_above", "one_error"):
            console.print(f"{name}: ours less {rule}, all people: {better_by(rows, rule)}")
        for split, part in (("open", rows.filter(~sealed)), ("sealed", rows.filter(sealed))):
            found[f"{name}, {split}"] = metrics(part)
            if name == "as recorded":
                console.print(
                    f"{split}: odds, frequency, rows", [tuple(round(x, 2) for x in r) for r in reliability(part)]
                )
    columns = ["ours_brier_110", "base_rate_brier_110", "plan_above_brier_110", "one_error_brier_110", "ece_110",
               "ours_brier_120", "base_rate_brier_120", "plan_above_brier_120", "one_error_brier_120", "in_80_band",
               "mean_over_real", "planned_over_real"]  # fmt: skip
    table = Table("", "rows", *columns)
    for name, scores in found.items():
        table.add_row(name, str(scores["rows"]), *(f"{scores[column]:.3f}" for column in columns))
    console.print(table)
    found["speed"] = speed()
    console.print(found["speed"])
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
