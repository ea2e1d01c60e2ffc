"""What odds of goals cost: CPU seconds per 1,000 goals of ours, of a plain Prophet loop, and of AutoETS.

Run: python benchmarks/forecast_speed.py. Needs the open data folder `shared/data`, and for AutoETS an environment with
statsforecast (see `forecast_goals`). Ours is the third call of a process, on a mix of all kinds, features included.
Prophet runs on a sample, its child processes counted; both slow methods are scaled up to 1,000 goals.
"""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from forecast_goals import auto_ets, plain_prophet
from open_goals import AS_OF, ROOT, Frames, at_cut, flow_goals, level_goals, sprint_goals
from rich.console import Console

from asana_intel.forecasts.anomalies import detect_anomalies
from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.drivers import explain_attainment
from asana_intel.forecasts.evidence import gather_evidence

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = ROOT / "benchmarks" / "results" / "forecast_speed.json"
GOALS = 1000
PROPHET_GOALS = 20
ETS_GOALS = 200
SEED = 7
CONTRACT = ("goal_gid", "kind", "series_gid", "start_on", "due_on", "initial_value", "target_value")


def many_goals(count: int, kind: str | None = None) -> Frames:
    """Goals in the middle of their time, of one kind or in the shares of the open data, repeated until they suffice."""
    parts = [at_cut(*flow_goals(), 0.5), at_cut(*level_goals(), 0.5), sprint_goals(50)]
    goals = pl.concat(part.filter(pl.col("steps") > 0).select(CONTRACT) for part, _ in parts)
    goals = goals.filter(pl.lit(value=kind is None) | (pl.col("kind") == (kind or "")))
    copies = pl.int_range(pl.lit(-(-count // goals.height))).implode().alias("copy")
    chosen = goals.with_columns(copies).explode("copy").sample(count, seed=SEED, shuffle=True)
    values = pl.concat(part for _, part in parts).join(
        chosen.select("series_gid", "copy").unique(), on="series_gid", maintain_order="left_right"
    )
    named = pl.format("{}#{}", "series_gid", "copy").alias("series_gid")
    return (
        chosen.with_columns(named, pl.format("{}#{}", "goal_gid", "copy").alias("goal_gid")).drop("copy"),
        values.with_columns(named).drop("copy"),
    )


def cpu_seconds(call: Callable[[], object]) -> float:
    """CPU seconds of this process and its children during a call."""
    before = _cpu()
    call()
    return _cpu() - before


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def warm(call: Callable[[], object]) -> float:
    """CPU seconds of the third call."""
    call()
    call()
    return cpu_seconds(call)


def speed_report() -> dict[str, float]:
    """CPU seconds per 1,000 goals of every method."""
    goals, history = many_goals(GOALS)
    many, longer = many_goals(10 * GOALS)
    report = {
        "ours: odds of 1,000 goals": warm(lambda: forecast_attainment(goals, history, AS_OF)),
        "ours: what would change them": warm(lambda: explain_attainment(goals, history, AS_OF)),
        "ours: what is odd": warm(lambda: detect_anomalies(goals, history, AS_OF)),
        "ours: odds of 10,000 goals": warm(lambda: forecast_attainment(many, longer, AS_OF)),
    }
    for kind in ("flow", "cohort", "level", "commitment"):
        some, values = many_goals(GOALS, kind)
        report[f"ours: 1,000 of kind {kind}"] = warm(lambda some=some, v=values: forecast_attainment(some, v, AS_OF))
    flows, weeks = at_cut(*flow_goals(), 0.5)
    evidence = gather_evidence(flows, weeks, AS_OF)
    sample = np.random.default_rng(SEED).permutation(flows.height)
    few, more = (evidence.take(sample[:count].astype(np.intp)) for count in (PROPHET_GOALS, ETS_GOALS))
    report["plain Prophet loop"] = cpu_seconds(lambda: plain_prophet(few)) * GOALS / PROPHET_GOALS
    report["AutoETS (statsforecast, imports included)"] = cpu_seconds(lambda: auto_ets(more)) * GOALS / ETS_GOALS
    return {name: round(seconds, 3) for name, seconds in report.items()}


def main() -> None:
    """Run it, print it, and write the result file."""
    report = speed_report()
    for name, seconds in report.items():
        Console().print(f"{name:45} {seconds:9.3f} CPU s")
    RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
