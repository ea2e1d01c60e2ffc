"""How well demand, capacity and gap of coming quarters are told, beside 'as last quarter'; fits nothing.

Run: python benchmarks/headcount.py. SiP: one company's team of 3 to 9 people over ten years, asked every 13 weeks for
the four calendar quarters after the running one. What was not finished by then counts for its estimate, what was
created later does not exist. CESAW: hours of teams of five people and more, which have no tasks, as output alone. The
constants of the model were looked at on these series: two numbers each for level and spread, so that the figures
flatter it a little. The score is twice the mean pinball loss of nine deciles, hours; of one number its absolute error.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from asana_intel.clock import WEEK, monday_of
from asana_intel.insights.headcount import quarters as q
from asana_intel.insights.headcount.forecast import next_quarters
from asana_intel.insights.headcount.history import by_week
from asana_intel.insights.headcount.people import Staff, draw_hours
from asana_intel.insights.utilisation.past import active_weeks

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULTS = Path(__file__).resolve().parent / "results" / "headcount.json"
WEEKLY_HOURS = 40.0
ATTRITION = 0.1
SHARES = (0.25, 0.5, 0.8)
DAMPED = 0.4
_DECILES = np.arange(1, 10) / 10
_TEAM = 5

Floats = NDArray[np.float64]


@dataclass
class Scores:
    """What was told of one thing, and what came."""

    ours: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)
    off: list[float] = field(default_factory=list)

    def add(self, drawn: Floats, last: float, truth: float) -> None:
        """Score a draw and the last quarter against the truth."""
        deciles = np.quantile(drawn, _DECILES)
        error = truth - deciles
        self.ours.append(float(2 * np.maximum(_DECILES * error, (_DECILES - 1) * error).mean()))
        self.last.append(abs(truth - last))
        self.inside.append(bool(deciles[0] <= truth <= deciles[-1]))
        middle = float(np.median(drawn))
        self.off.append(float(np.log(truth / middle)) if truth > 0 and middle > 0 else float("nan"))

    def row(self) -> tuple[int, float, float, float]:
        """How many, ours, as last quarter, share within the 80 % band."""
        return len(self.ours), float(np.mean(self.ours)), float(np.mean(self.last)), float(np.mean(self.inside))


def main() -> None:
    """Print the tables and write results/headcount.json."""
    found = _sip()
    found["output, CESAW teams"] = _cesaw()
    print("| | n | ours | as last quarter | in the 80 % band |\n|---|---|---|---|---|")
    for name, scores in found.items():
        count, ours, last, inside = scores.row()
        print(f"| {name} | {count} | {ours:.0f} | {last:.0f} | {inside:.2f} |")
    demand, share = found["demand"].off, found["capacity"].off
    known = ~np.isnan(demand) & ~np.isnan(share)
    together = float(np.corrcoef(np.array(demand)[known], np.array(share)[known])[0, 1])
    print(f"\nCorrelation of the errors of demand and capacity: {together:.2f}")
    rows = {name: dict(zip(("n", "ours", "last", "inside"), s.row(), strict=True)) for name, s in found.items()}
    RESULTS.write_text(json.dumps(rows | {"errors_together": together}, indent=1, sort_keys=True) + "\n")


def _sip() -> dict[str, Scores]:
    names = ("demand", "capacity", "gap, hours", *(f"demand, quarter {n}" for n in range(1, 5)))
    found = {name: Scores() for name in (*names, "demand with the slope", "demand with a season")}
    tasks, load = _world()
    last_on = tasks.select(pl.col("created_on").max()).item()
    for as_of in _mondays(tasks.select(pl.col("created_on").min()).item() + 60 * WEEK, last_on):
        asked, done, worked, people = _known(tasks, load, as_of)
        if people < 1 or not asked[-q.MIN_WEEKS :].any() or not done[-q.MIN_WEEKS :].any():
            continue
        before = asked[-q.QUARTER_WEEKS :].sum(), done[-q.QUARTER_WEEKS :].sum()
        for n, (first, last) in enumerate(next_quarters(as_of), start=1):
            if last > last_on:
                break
            ahead, weeks = (first - as_of).days / (7 * q.QUARTER_WEEKS), ((last - first).days + 1) / 7
            seed = f"{as_of}|{first}"
            luck, own = q.draw_luck(seed)
            demand = q.draw_demand(asked, weeks, ahead, luck)
            staff = [Staff(WEEKLY_HOURS * weeks)] * people
            hours, _ = draw_hours(staff, as_of, first, last, ATTRITION, SHARES, seed)
            capacity = q.draw_share(done, worked, ahead, own) * hours
            came, went = (_truth(tasks, column, first, last) for column in ("created_on", "done_on"))
            found["demand"].add(demand, before[0], came)
            found[f"demand, quarter {n}"].add(demand, before[0], came)
            found["capacity"].add(capacity, before[1], went)
            found["gap, hours"].add(demand - capacity, before[0] - before[1], came - went)
            found["demand with the slope"].add(demand * _slope(asked, n), before[0], came)
            found["demand with a season"].add(demand * _season(asked, n), before[0], came)
    return found


def _cesaw() -> Scores:
    """Output of teams whose people log hours, four quarters ahead."""
    days = pl.read_parquet(DATA / "cesaw_person_day.parquet").with_columns(day_on=pl.col("day").dt.date())
    found = Scores()
    for (_,), team in days.sort("team", "day_on").group_by("team", maintain_order=True):
        if team["person"].n_unique() < _TEAM:
            continue
        first = monday_of(team.select(pl.col("day_on").min()).item())
        until = monday_of(team.select(pl.col("day_on").max()).item())
        weekly = by_week(team["day_on"], (team["minutes"] / 60).to_list(), first, until)
        for now in range(q.MIN_WEEKS, weekly.size - q.QUARTER_WEEKS, q.QUARTER_WEEKS):
            known = weekly[:now]
            if not known[-q.MIN_WEEKS :].any():
                continue
            for n in range(4):
                ahead = weekly[now + q.QUARTER_WEEKS * n : now + q.QUARTER_WEEKS * (n + 1)]
                if ahead.size < q.QUARTER_WEEKS:
                    break
                luck, _ = q.draw_luck(f"{now}|{n}")
                drawn = q.draw_demand(known, q.QUARTER_WEEKS, float(n), luck)
                found.add(drawn, float(known[-q.QUARTER_WEEKS :].sum()), float(ahead.sum()))
    return found


def _known(tasks: pl.DataFrame, load: pl.DataFrame, as_of: date) -> tuple[Floats, Floats, Floats, int]:
    """Hours asked, done and worked a week, and people, as they were known on a Monday."""
    is_done = pl.col("done_on").is_not_null() & (pl.col("done_on") < as_of)
    there = tasks.filter(pl.col("created_on") < as_of).with_columns(
        hours=pl.when(is_done).then("actual_hours").otherwise("estimated_hours"),
        done_on=pl.when(is_done).then("done_on"),
    )
    first = max(monday_of(there.select(pl.col("created_on").min()).item()), as_of - 104 * WEEK)
    active = active_weeks(load, first, as_of)
    asked = by_week(there["created_on"], there["hours"], first, as_of)
    done = by_week(there["done_on"], there["hours"], first, as_of)
    worked = by_week(active["week_on"], [WEEKLY_HOURS] * active.height, first, as_of)
    return asked, done, worked, active.filter(pl.col("week_on") == as_of - WEEK).height


def _truth(tasks: pl.DataFrame, column: str, first: date, last: date) -> float:
    return float(tasks.filter(pl.col(column).is_between(first, last))["actual_hours"].sum())


def _slope(asked: Floats, quarters: int) -> float:
    """Growth from half year to half year, damped from quarter to quarter."""
    late, early = asked[-26:].sum(), asked[-52:-26].sum()
    if asked.size < 52 or late <= 0 or early <= 0:
        return 1.0
    growth = np.clip(np.log(late / early) / 2, -0.5, 0.5)
    return float(np.exp(growth * sum(DAMPED**n for n in range(1, quarters + 1))))


def _season(asked: Floats, quarters: int) -> float:
    """The quarter's part of the years before, from two whole years on, half shrunk to 1."""
    years = asked.size // 52
    if years < 2:
        return 1.0
    parts = asked[asked.size - 52 * years :].reshape(years, 4, q.QUARTER_WEEKS).sum(axis=2)
    logs = np.log(np.maximum(parts, 1.0)).mean(axis=0)
    return float(np.exp((logs - logs.mean())[(quarters - 1) % 4] / 2))


def _mondays(first: date, last: date) -> Iterator[date]:
    day = monday_of(first)
    while day < last - timedelta(days=90):
        yield day
        day += q.QUARTER_WEEKS * WEEK


def _world() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tasks of SiP (created_on, done_on, estimated_hours, actual_hours), and people's weeks with finished work."""
    rows = [
        (
            record["created_at"][:10],
            (record.get("completed_at") or "")[:10] or None,
            next((f["number_value"] for f in record["custom_fields"] if f["name"] == "Estimated Hours"), None),
            record["actual_time_minutes"] / 60,
            (record.get("assignee") or {}).get("gid"),
        )
        for record in _records("tasks")
    ]
    tasks = pl.DataFrame(
        rows,
        schema=["created_on", "done_on", "estimated_hours", "actual_hours", "person_gid"],
        orient="row",
        infer_schema_length=None,
    ).with_columns(
        pl.col("created_on", "done_on").str.to_date(),
        estimated_hours=pl.coalesce("estimated_hours", "actual_hours").cast(pl.Float64),
    )
    load = (
        tasks.drop_nulls(["done_on", "person_gid"])
        .group_by("person_gid", week_on=pl.col("done_on").dt.truncate("1w"))
        .agg(hours_logged=pl.col("actual_hours").sum(), tasks_completed=pl.len())
        .sort("person_gid", "week_on")
    )
    return tasks, load


def _records(name: str) -> Iterator[dict]:
    with gzip.open(DATA / "worlds" / "sip" / f"{name}.jsonl.gz") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    main()
