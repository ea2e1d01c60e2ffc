"""How good the forecasts are on real work histories: ours and the naive methods, side by side on the same rows.

Run: python benchmarks/forecasts.py. Needs the open data folder `shared/data` beside the repository. Prints tables and
writes benchmarks/results/forecasts.json. Everything is split by time: what is learned (a base rate) comes from the
first 60 % of the goals by start, every figure from the last 40 %.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from asana_intel.forecasts import capacity
from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.baselines import forecast_linear_pace
from asana_intel.forecasts.capacity import DECILES, forecast_person_weeks

ROOT = Path(__file__).resolve().parents[1]
OPEN_DATA = ROOT.parent / "shared" / "data"
RESULT = ROOT / "benchmarks" / "results" / "forecasts.json"
AS_OF = dt.date(2030, 1, 6)
"""Goals are moved in time so that all of them stand at one cut on this day: one call then forecasts them together."""
CUTS = (0.25, 0.5, 0.75)
TRAIN_SHARE = 0.6
PROPHET_GOALS = 60
HORIZON = 8
SEED = 7


def flow_goals() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Goals on accumulating work, and their cumulative series at the ends of weeks."""
    goals = pl.read_parquet(OPEN_DATA / "attainment_goals.parquet").with_columns(pl.col("start", "due").dt.date())
    weeks = (
        pl.read_parquet(OPEN_DATA / "attainment_weekly.parquet")
        .join(goals.select("goal", "start"), on="goal")
        .sort("goal", "week")
        .select(
            pl.col("goal").alias("series_gid"),
            (pl.col("start") + pl.duration(days=7 * pl.col("week").cast(pl.Int64) + 6)).alias("on"),
            pl.col("done").cast(pl.Float64).cum_sum().over("goal").alias("value"),
        )
    )
    eve = weeks.group_by("series_gid").agg(pl.col("on").min() - pl.duration(days=7)).with_columns(value=pl.lit(0.0))
    kind = pl.when(pl.col("kind") == "jira_cohort").then(pl.lit("cohort")).otherwise(pl.lit("flow"))
    return _as_goals(goals, kind, pl.lit(0.0), (pl.col("days") // 7).cast(pl.Int64)), pl.concat([weeks, eve])


def level_goals() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Goals on a level, and its values: backlogs by the week, vaccination pace every two days."""
    goals = pl.read_parquet(OPEN_DATA / "level_goals.parquet").with_columns(pl.col("start", "due").dt.date())
    step_days = ((pl.col("due") - pl.col("start")).dt.total_days() // pl.col("steps")).alias("step_days")
    values = (
        pl.read_parquet(OPEN_DATA / "level_values.parquet")
        .join(goals.select("goal", "start", step_days), on="goal")
        .select(
            pl.col("goal").alias("series_gid"),
            (pl.col("start") + pl.duration(days=pl.col("step").cast(pl.Int64) * pl.col("step_days"))).alias("on"),
            pl.col("level").cast(pl.Float64).alias("value"),
        )
    )
    return _as_goals(goals, pl.lit("level"), pl.col("start_value"), pl.col("steps")), values


def sprint_goals(pct: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sprints with people's own commitment, standing at `pct` percent of their time on `AS_OF`."""
    sprints = pl.read_parquet(OPEN_DATA / "jira_sprints.parquet").filter(
        pl.col("keep")
        & (pl.col("pct_elapsed") == pct)
        & (pl.col("committed_now") > 0)
        & pl.col("planned_days").is_between(3, 60)
    )
    elapsed = (pl.col("planned_days") * pct / 100).round().cast(pl.Int64)
    start = pl.lit(AS_OF) - pl.duration(days=elapsed - 1)
    goals = sprints.with_columns(
        pl.concat_str(pl.lit("s"), "row").alias("goal"),
        pl.col("project").alias("series"),
        pl.lit("sprint").alias("kind"),
        start.alias("start"),
        (start + pl.duration(days=pl.col("planned_days") - 1)).alias("due"),
        pl.col("committed_now").cast(pl.Float64).alias("target"),
        pl.col("delivered").cast(pl.Float64).alias("final"),
    )
    order = (pl.col("sprint").rank() / pl.len()).over("project")
    eve = goals.select(series_gid="goal", on=pl.col("start") - pl.duration(days=1), value=pl.lit(0.0))
    now = goals.select(series_gid="goal", on=pl.lit(AS_OF), value=pl.col("vel_done").cast(pl.Float64))
    framed = _as_goals(goals.with_columns(order.alias("order")), pl.lit("commitment"), pl.lit(0.0), pl.lit(100))
    return framed.with_columns(goals.select(order.alias("order"))["order"]), pl.concat([eve, now])


def _as_goals(goals: pl.DataFrame, kind: pl.Expr, initial: pl.Expr, steps: pl.Expr) -> pl.DataFrame:
    """The columns a forecast reads, and behind them the truth and how the goals are ordered and grouped."""
    return goals.select(
        pl.col("goal").alias("goal_gid"),
        kind.alias("kind"),
        pl.col("goal").alias("series_gid"),
        pl.col("start").alias("start_on"),
        pl.col("due").alias("due_on"),
        initial.alias("initial_value"),
        pl.col("target").alias("target_value"),
        pl.col("attained").cast(pl.Float64),
        "final",
        steps.cast(pl.Int64).alias("steps"),
        pl.col("kind").alias("source"),
        pl.col("series").alias("real_series"),
        (pl.col("start").rank() / pl.len()).over("kind").alias("order"),
    )


def at_cut(goals: pl.DataFrame, history: pl.DataFrame, cut: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Move every goal in time so that `cut` of its steps is over at `AS_OF`."""
    step_days = ((pl.col("due_on") - pl.col("start_on")).dt.total_days() + 1) // pl.col("steps")
    over = (pl.col("steps") * cut).round().cast(pl.Int64) * step_days
    last_day = pl.when(pl.col("kind") == "level").then(0).otherwise(1)  # a level's step ends on a start day
    shift = goals.select(
        series_gid="goal_gid", shift=pl.lit(AS_OF) - pl.col("start_on") - pl.duration(days=over - last_day)
    )
    moved = goals.join(shift, on="series_gid", maintain_order="left").with_columns(
        pl.col("start_on", "due_on") + pl.col("shift")
    )
    values = history.join(shift, on="series_gid").with_columns(pl.col("on") + pl.col("shift"))
    return moved.drop("shift"), values.drop("shift")


def weekly_steps(goals: pl.DataFrame, history: pl.DataFrame) -> dict[str, np.ndarray]:
    """Own weekly steps up to `AS_OF` of each goal, for the methods that know nothing else."""
    own = history.join(goals.select(series_gid="goal_gid", start_on="start_on"), on="series_gid").filter(
        pl.col("on").is_between(pl.col("start_on") - pl.duration(days=1), pl.lit(AS_OF))
    )
    grouped = own.sort("on").group_by("series_gid", maintain_order=True).agg("value")
    return {gid: np.diff(np.array(values)) for gid, values in grouped.iter_rows()}


def monte_carlo(goals: pl.DataFrame, history: pl.DataFrame) -> np.ndarray:
    """Resample the goal's own weeks 2,000 times: what throughput tools do."""
    rng = np.random.default_rng(SEED)
    steps = weekly_steps(goals, history)
    said = []
    for gid, due_on, target in goals.select("goal_gid", "due_on", "target_value").iter_rows():
        own, rest = steps[gid], round((due_on - AS_OF).days / 7)
        paths = own[rng.integers(0, own.size, (2000, rest))].sum(axis=1) if own.size else np.zeros(2000)
        said.append((own.sum() + paths >= target).mean())
    return np.array(said)


def plain_prophet(goals: pl.DataFrame, history: pl.DataFrame) -> np.ndarray:
    """Prophet's defaults on the cumulative curve, share of predictive samples at or above the target."""
    import pandas as pd
    from prophet import Prophet

    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).disabled = True  # a level would be set back by the first fit
    np.random.seed(SEED)  # Prophet draws its samples from the global generator
    steps = weekly_steps(goals, history)
    said = []
    for gid, due_on, target in goals.select("goal_gid", "due_on", "target_value").iter_rows():
        curve = np.concatenate([[0.0], steps[gid].cumsum()])
        ends = pd.to_datetime([AS_OF - dt.timedelta(weeks=back) for back in range(curve.size - 1, -1, -1)])
        model = Prophet(weekly_seasonality=False, daily_seasonality=False, n_changepoints=min(25, curve.size - 1))
        model.fit(pd.DataFrame({"ds": ends, "y": curve}), seed=SEED)
        samples = model.predictive_samples(pd.DataFrame({"ds": [pd.Timestamp(due_on)]}))["yhat"]
        said.append((samples >= target).mean())
    return np.array(said)


def brier(p: np.ndarray, attained: np.ndarray) -> float:
    """Mean squared error of probabilities."""
    return round(float(((p - attained) ** 2).mean()), 4)


def difference_interval(goals: pl.DataFrame, ours: np.ndarray, theirs: np.ndarray) -> list[float]:
    """95 % interval of our Brier score minus theirs, by bootstrap over whole series."""
    attained = goals["attained"].to_numpy()
    frame = goals.select("real_series").with_columns(
        pl.Series("d", (ours - attained) ** 2 - (theirs - attained) ** 2), n=pl.lit(1.0)
    )
    sums = frame.group_by("real_series", maintain_order=True).sum()
    d, n = sums["d"].to_numpy(), sums["n"].to_numpy()
    draw = np.random.default_rng(SEED).integers(0, d.size, (2000, d.size))
    return [round(float(q), 4) for q in np.quantile(d[draw].sum(axis=1) / n[draw].sum(axis=1), [0.025, 0.975])]


def score_cut(goals: pl.DataFrame, history: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, np.ndarray], dict]:
    """Open test goals at one cut: their rows, what each method said, and our extra figures."""
    started = time.process_time()
    ours = forecast_attainment(goals, history, AS_OF)
    seconds = time.process_time() - started
    base = forecast_linear_pace(goals, history, AS_OF)
    now = pl.col("predicted_on").is_not_null() & (pl.col("predicted_on") <= AS_OF)
    is_open = pl.col("p_attain").is_not_null() & ((pl.col("kind") == "level") | ~now.fill_null(value=False))
    rows = pl.concat([goals, ours.drop("goal_gid"), base.drop("goal_gid")], how="horizontal").filter(is_open)
    train, test = (rows.filter((pl.col("order") <= TRAIN_SHARE) == early) for early in (True, False))
    said = {
        "base rate": np.full(test.height, train["attained"].mean()),
        "pace rule": test["baseline_p"].to_numpy(),
        "ours": test["p_attain"].to_numpy(),
    }
    in_band = pl.col("final").is_between("value_p10", "value_p90")
    extra = {
        "cpu_s_per_1000_goals": round(1000 * seconds / goals.height, 3),
        "coverage_80": round(test.select(in_band.mean()).item(), 3),
        "n": test.height,
    }
    return test, said, extra


def attainment_report(name: str, goals: pl.DataFrame, history: pl.DataFrame) -> dict:
    """Brier scores of one family of goals at the three cuts."""
    report = {}
    for cut in CUTS:
        moved, values = at_cut(goals, history, cut)
        test, said, extra = score_cut(moved, values)
        if name == "flow":
            said["monte carlo, own weeks"] = monte_carlo(test, values)
        attained = test["attained"].to_numpy()
        entry = {method: brier(p, attained) for method, p in said.items()} | extra
        for method in ("pace rule", "monte carlo, own weeks"):
            if method in said:
                entry[f"ours minus {method}, 95 %"] = difference_interval(test, said["ours"], said[method])
        if name == "flow":
            sample = test.sample(PROPHET_GOALS, seed=SEED)
            entry["prophet sample"] = {
                "n": sample.height,
                "plain prophet": brier(plain_prophet(sample, values), sample["attained"].to_numpy()),
                "ours": brier(sample["p_attain"].to_numpy(), sample["attained"].to_numpy()),
                "pace rule": brier(sample["baseline_p"].to_numpy(), sample["attained"].to_numpy()),
            }
        report[f"{cut:.0%}"] = entry
    return report


def sprint_report() -> dict:
    """Brier scores of sprint commitments at 30, 50 and 80 % of their time."""
    report = {}
    for pct in (30, 50, 80):
        test, said, extra = score_cut(*sprint_goals(pct))
        report[f"{pct}%"] = {method: brier(p, test["attained"].to_numpy()) for method, p in said.items()} | extra
    return report


def pinball(actual: np.ndarray, deciles: np.ndarray) -> np.ndarray:
    """CRPS from nine deciles: twice the mean pinball loss; deciles have shape (n, 9)."""
    q = np.array(DECILES) / 100
    error = actual[:, None] - deciles
    return 2 * np.maximum(q * error, (q - 1) * error).mean(axis=1)


def person_windows() -> pl.DataFrame:
    """All persons' weeks, and which half of the calendar they fall in, by source."""
    return (
        pl.read_parquet(OPEN_DATA / "person_week_activity.parquet")
        .select(
            pl.concat_str("source", "unit", separator="/").alias("group"),
            pl.col("person").alias("person_gid"),
            pl.col("week").dt.date().alias("week_on"),
            "value",
        )
        .with_columns(
            pl.col("week_on").cast(pl.Int32).quantile(TRAIN_SHARE).over("group").cast(pl.Date).alias("cut_on")
        )
    )


def person_forecasts(weeks: pl.DataFrame) -> pl.DataFrame:
    """Forecasts from origins every eight weeks beside what happened: one row per person, origin and week or total."""
    parts = []
    for group in weeks.partition_by("group"):
        first, last, cut_on = group["week_on"].min(), group["week_on"].max(), group["cut_on"][0]
        origin = first + dt.timedelta(weeks=26)
        while origin + dt.timedelta(weeks=HORIZON - 1) <= last:
            parts.append(_one_origin(group, origin).with_columns(is_test=pl.lit(origin >= cut_on)))
            origin += dt.timedelta(weeks=HORIZON)
    return pl.concat(parts)


def _one_origin(group: pl.DataFrame, origin: dt.date) -> pl.DataFrame:
    before, after = group.filter(pl.col("week_on") < origin), group.filter(pl.col("week_on") >= origin)
    known = (
        before.sort("week_on")
        .group_by("person_gid")
        .agg(
            pl.col("value").tail(8).mean().alias("mean_8"),
            pl.col("value").tail(26).mean().alias("mean_26"),
            pl.col("value").diff().abs().mean().alias("scale"),
            pl.len().alias("weeks"),
            pl.col("week_on").max().alias("last_on"),
        )
    )
    window = after.filter(pl.col("week_on") < origin + dt.timedelta(weeks=HORIZON))
    whole = window.group_by("person_gid").agg(pl.len(), pl.col("value").sum()).filter(pl.col("len") == HORIZON)
    actual = pl.concat(
        [
            window.select("person_gid", "week_on", "value"),
            whole.select("person_gid", pl.lit(None, dtype=pl.Date).alias("week_on"), "value"),
        ]
    )
    in_service = known.filter(
        (pl.col("weeks") >= 26) & (pl.col("last_on") == origin - dt.timedelta(weeks=1)) & (pl.col("mean_26") > 0)
    )
    return (
        forecast_person_weeks(before, origin, HORIZON)
        .join(in_service, on="person_gid")
        .join(whole.select("person_gid"), on="person_gid", how="semi")
        .join(actual, on=["person_gid", "week_on"], nulls_equal=True)
    )


def person_report(weeks: pl.DataFrame) -> dict:
    """Error and coverage of ours, of the mean of eight weeks, and of ours without the drawn level change."""
    report: dict = {}
    sigma = capacity.LEVEL_SIGMA
    for name, level in (("ours", sigma), ("ours without level change", 0.0)):
        capacity.LEVEL_SIGMA = level
        rows = person_forecasts(weeks)
        report[name] = {
            part: _person_figures(rows.filter(pl.col("is_test") == is_test))
            for part, is_test in (("test", True), ("train", False))
        }
    capacity.LEVEL_SIGMA = sigma
    test = rows.filter("is_test", pl.col("week_on").is_not_null() & (pl.col("scale") > 0))
    error = (pl.col("value") - pl.col("mean_8")).abs() / pl.col("scale")
    report["speed"] = {"cpu_s_per_1000_persons": capacity_seconds(weeks)}
    report["mean of last 8"] = {"test": {"mase": round(test.select(error.mean()).item(), 3)}}
    return report


def capacity_seconds(weeks: pl.DataFrame, persons: int = 1000) -> float:
    """CPU seconds for one call that forecasts `persons` persons, who repeat the busiest source's histories."""
    group = weeks.filter(pl.col("group") == "cesaw/hours")
    names = group["person_gid"].unique().sort()
    copies = [
        group.filter(pl.col("person_gid") == names[number % len(names)]).with_columns(person_gid=pl.lit(f"p{number}"))
        for number in range(persons)
    ]
    crowd, as_of = pl.concat(copies), group["cut_on"][0]
    started = time.process_time()
    forecast_person_weeks(crowd, as_of + dt.timedelta(days=-as_of.weekday() % 7), HORIZON)
    return round(time.process_time() - started, 2)


def _person_figures(rows: pl.DataFrame) -> dict:
    deciles = [f"p{decile}" for decile in DECILES]
    figures: dict = {}
    for part, is_total in (("week", False), ("total", True)):
        some = rows.filter((pl.col("week_on").is_null() == is_total) & (pl.col("scale") > 0))
        scale = (HORIZON * some["mean_26"] if is_total else some["mean_26"]).to_numpy()
        actual, said = some["value"].to_numpy(), some.select(deciles).to_numpy()
        figures[f"{part}_scrps"] = round(float((pinball(actual, said) / scale).mean()), 3)
        figures[f"{part}_coverage_80"] = round(float(((actual >= said[:, 0]) & (actual <= said[:, -1])).mean()), 3)
        if is_total:
            figures["windows"] = some.height
        else:
            figures["mase"] = round(float((np.abs(actual - said[:, 4]) / some["scale"].to_numpy()).mean()), 3)
    return figures


def show(console: Console, title: str, report: dict) -> None:
    """Print one family as a table, methods down, cuts across."""
    cuts = list(report)
    table = Table("", *cuts, title=title)
    for row in dict.fromkeys(key for cut in cuts for key in report[cut]):
        table.add_row(row, *(str(report[cut].get(row, "")) for cut in cuts))
    console.print(table)


def main() -> None:
    """Run everything, print it, and write the result file."""
    console = Console(width=150)
    goals, history = flow_goals()
    levels, values = level_goals()
    report = {
        "flow": attainment_report("flow", goals, history),
        "flow without cohorts": attainment_report("subset", goals.filter(pl.col("kind") == "flow"), history),
        "cohort": attainment_report("subset", goals.filter(pl.col("kind") == "cohort"), history),
        "level: backlog": attainment_report("level", levels.filter(pl.col("source") != "vax"), values),
        "level: vaccination": attainment_report("level", levels.filter(pl.col("source") == "vax"), values),
        "sprint commitment": sprint_report(),
        "person weeks": person_report(person_windows()),
    }
    for title, part in report.items():
        show(console, title, part)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
