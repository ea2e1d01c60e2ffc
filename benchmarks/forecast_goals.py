"""How good the odds of goals are on real work histories, next to other methods on the same rows; fits nothing.

Run: python benchmarks/forecast_goals.py [flows] [levels] [sprints] [anomalies]; all without a name. Needs the open data
folder `shared/data` beside the repository, and for AutoETS statsforecast in an environment of its own
(STATSFORECAST_PYTHON, or ../.peers/statsforecast-2.1.1).

Two parts are reported. *Later*: the last 40 % by start of the series that the constants were chosen on. *Sealed*: one
series in five, at all times, that no constant was chosen on. The base rate is that of the first 60 %.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from open_goals import AS_OF, CUTS, ROOT, SPRINT_CUTS, Frames, at_cut, flow_goals, level_goals, sprint_goals
from rich.console import Console
from rich.table import Table
from scipy.special import gammaincc, ndtr

from asana_intel.forecasts.anomalies import detect_anomalies
from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.baselines import forecast_linear_pace
from asana_intel.forecasts.evidence import Evidence, gather_evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RESULT = ROOT / "benchmarks" / "results" / "forecast_goals.json"
STATSFORECAST = Path(
    os.environ.get("STATSFORECAST_PYTHON", ROOT.parent / ".peers" / "statsforecast-2.1.1" / "bin" / "python")
)
TRAIN_SHARE = 0.6
ETS_GOALS = 300
PROPHET_GOALS = 40
"""Rows per cut and part on which the slow methods are run; drawn once."""
UNIONS = ("flows and cohorts",)
"""Families on which the slow methods are not run again."""
DRAWS = 2000
SEED = 7
_UPPER = 1.2816  # the normal 90 % point: AutoETS gives 80 % bounds
PARTS = {
    "later": ~pl.col("is_sealed") & (pl.col("order") > TRAIN_SHARE),
    "sealed": pl.col("is_sealed"),
}


def monte_carlo(evidence: Evidence, *, with_history: bool) -> Floats:
    """Resample weeks 2,000 times: what throughput tools do."""
    rng = np.random.default_rng(SEED)
    past = evidence.past if with_history else np.full_like(evidence.past, np.nan)
    steps = np.concatenate([evidence.own, past], axis=1)
    position, rest = evidence.column("position"), evidence.column("rest_weeks") / evidence.column("step_weeks")
    said = np.empty(position.size)
    for row in range(position.size):
        known = steps[row][~np.isnan(steps[row])]
        draws = rng.integers(0, max(known.size, 1), (DRAWS, round(rest[row])))
        gains = known[draws].sum(axis=1) if known.size else np.zeros(DRAWS)
        said[row] = (position[row] + gains >= 1 - 1e-9).mean()
    return said


def monte_carlo_sprints(evidence: Evidence, teams: list[Floats]) -> Floats:
    """Resample what the team delivered before, for the share of the time that remains."""
    position = evidence.column("position")
    length = evidence.column("elapsed_weeks") + evidence.column("rest_weeks")
    share = evidence.column("rest_weeks") / np.maximum(length, 1e-9)
    said = [
        np.mean(done + left * known >= 1 - 1e-9) if known.size else np.nan
        for done, left, known in zip(position, share, teams, strict=True)
    ]
    return np.array(said)


def reference_gamma(evidence: Evidence) -> Floats:
    """The shrunk gamma model of the forecasting reference, section 2, as it stands there."""
    done, own, rest, total = (
        evidence.column(name) for name in ("position", "elapsed_weeks", "rest_weeks", "total_weeks")
    )
    is_past, is_own = ~np.isnan(evidence.past), ~np.isnan(evidence.own)
    weeks = is_past.sum(axis=1)
    past = np.where(is_past, evidence.past, 0.0)
    past_mean = past.sum(axis=1) / np.maximum(weeks, 1)
    prior = np.where(weeks > 0, 0.8 * past_mean + 0.2 / total, 1 / total)
    mean = np.maximum((done + 4 * prior) / (own + 4), 1e-9)
    squares = (is_past * (past - past_mean[:, None]) ** 2).sum(axis=1)
    own_mean = np.nansum(evidence.own, axis=1) / np.maximum(is_own.sum(axis=1), 1)
    squares += np.nansum((evidence.own - own_mean[:, None]) ** 2, axis=1)
    variance = (squares + 6 * 2 * mean * np.maximum(mean, prior)) / (weeks + is_own.sum(axis=1) + 6)
    spread = rest * variance + rest**2 * variance / (own + 4)
    with np.errstate(all="ignore"):
        open_p = gammaincc((rest * mean) ** 2 / spread, np.maximum(1 - done, 0) / (spread / (rest * mean)))
    return np.where(done >= 1 - 1e-9, 1.0, np.nan_to_num(open_p))


def curves(evidence: Evidence) -> list[Floats]:
    """The known curve of each goal in shares of the way, oldest first, history included."""
    steps = np.concatenate([evidence.own, evidence.past], axis=1)
    found = []
    for row, position in zip(steps, evidence.column("position"), strict=True):
        known = row[~np.isnan(row)]
        found.append(position - np.concatenate([[0.0], np.cumsum(known)])[::-1])
    return found


def auto_ets(evidence: Evidence) -> Floats | None:
    """AutoETS of statsforecast on the curve; normal between its bounds. None where statsforecast is not installed."""
    if not STATSFORECAST.exists():
        return None
    steps = np.maximum((evidence.column("rest_weeks") / evidence.column("step_weeks")).round(), 1).astype(int)
    mean, deviation = auto_ets_ahead(curves(evidence), steps)
    return ndtr((mean - 1) / np.maximum(deviation, 1e-9))


def auto_ets_ahead(series: list[Floats], steps: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of AutoETS for each series, so many steps ahead."""
    past = pl.DataFrame({"unique_id": range(len(series)), "y": [list(values) for values in series]}).explode("y")
    past = past.with_columns(ds=pl.int_range(pl.len()).over("unique_id"))
    with tempfile.TemporaryDirectory() as folder:
        given, said = Path(folder) / "past.parquet", Path(folder) / "forecast.parquet"
        past.write_parquet(given)
        script = ROOT / "benchmarks" / "peers" / "statsforecast_goals.py"
        subprocess.run([str(STATSFORECAST), str(script), str(given), str(said), str(steps.max())], check=True)
        frame = pl.read_parquet(said).sort("unique_id", "ds")
    shape = (len(series), int(steps.max()))
    mean, upper = (frame[name].to_numpy().reshape(shape) for name in ("AutoETS", "AutoETS-hi-80"))
    at = np.arange(len(series)), steps - 1
    return mean[at], (upper[at] - mean[at]) / _UPPER


def plain_prophet(evidence: Evidence) -> Floats:
    """Prophet's defaults on the curve, share of predictive samples at or beyond the target."""
    import pandas as pd
    from prophet import Prophet

    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).disabled = True  # a level would be set back by the first fit
    np.random.seed(SEED)  # Prophet draws its samples from the global generator
    step_days = (evidence.column("step_weeks") * 7).round()
    rest_days = (evidence.column("rest_weeks") * 7).round()
    said = []
    for curve, step, rest in zip(curves(evidence), step_days, rest_days, strict=True):
        days = pd.Timestamp(AS_OF) + pd.to_timedelta(step * np.arange(1 - curve.size, 1), unit="D")
        model = Prophet(daily_seasonality=False, weekly_seasonality=False, n_changepoints=min(25, curve.size - 2))
        model.fit(pd.DataFrame({"ds": days, "y": curve}), seed=SEED)
        due = pd.DataFrame({"ds": [pd.Timestamp(AS_OF) + pd.Timedelta(days=rest)]})
        said.append((model.predictive_samples(due)["yhat"] >= 1).mean())
    return np.array(said)


def brier(p: Floats, attained: Floats) -> float:
    """Mean squared error of probabilities."""
    return round(float(np.mean((p - attained) ** 2)), 4)


def expected_calibration_error(p: Floats, attained: Floats, bins: int = 10) -> float:
    """Mean distance between what was said and what happened, over ten bins of what was said."""
    bin_of = np.minimum((p * bins).astype(int), bins - 1)
    parts = [
        abs((p - attained)[bin_of == number].mean()) * (bin_of == number).mean()
        for number in range(bins)
        if (bin_of == number).any()
    ]
    return round(float(sum(parts)), 3)


def difference_interval(rows: pl.DataFrame, ours: Floats, theirs: Floats) -> list[float]:
    """95 % interval of our Brier score minus theirs, by bootstrap over whole series."""
    attained = rows["attained"].to_numpy()
    frame = rows.select("real_series").with_columns(
        pl.Series("d", (ours - attained) ** 2 - (theirs - attained) ** 2), n=pl.lit(1.0)
    )
    sums = frame.group_by("real_series", maintain_order=True).sum()
    d, n = sums["d"].to_numpy(), sums["n"].to_numpy()
    draw = np.random.default_rng(SEED).integers(0, d.size, (DRAWS, d.size))
    return [round(float(q), 4) for q in np.quantile(d[draw].sum(axis=1) / n[draw].sum(axis=1), [0.025, 0.975])]


def scores(rows: pl.DataFrame, said: dict[str, Floats]) -> dict:
    """Brier score of every method, and how far ours is from each."""
    attained = rows["attained"].to_numpy()
    entry: dict = {"n": rows.height} | {name: brier(p, attained) for name, p in said.items()}
    for name, p in said.items():
        if name not in ("ours", "base rate"):
            entry[f"ours - {name}"] = difference_interval(rows, said["ours"], p)
    entry["ECE of ours"] = expected_calibration_error(said["ours"], attained)
    entry["80 % band covers"] = round(
        rows.select(pl.col("final").is_between("value_p10", "value_p90").mean()).item(), 2
    )
    return entry


def asked(goals: pl.DataFrame, history: pl.DataFrame) -> tuple[pl.DataFrame, Evidence]:
    """Goals still open with what we say and the pace rule, and the evidence of the same rows."""
    ours = forecast_attainment(goals, history, AS_OF).drop("goal_gid")
    pace = forecast_linear_pace(goals, history, AS_OF).drop("goal_gid")
    evidence = gather_evidence(goals, history, AS_OF)
    rows = pl.concat([goals, ours, pace, evidence.goals.select("position")], how="horizontal").with_row_index("row")
    is_open = (pl.col("steps") > 0) & pl.col("p_attain").is_not_null()
    # What accumulated to its target is met; a level or a sprint can still lose it.
    is_met = pl.col("kind").is_in(["flow", "cohort"]) & (pl.col("position") >= 1 - 1e-9)
    rows = rows.filter(is_open & ~is_met)
    return rows.drop("row"), evidence.take(rows["row"].to_numpy().astype(np.intp))


def family_reports(frames: Frames, families: dict[str, pl.Expr]) -> dict:
    """Scores by family, part and cut; a family is a choice of rows."""
    report: dict = {family: {part: {} for part in PARTS} for family in families}
    for cut in CUTS:
        rows, evidence = asked(*at_cut(*frames, cut))
        said = _quick_methods(rows, evidence)
        for family, is_of in families.items():
            train = rows.filter(is_of & ~pl.col("is_sealed") & (pl.col("order") <= TRAIN_SHARE))
            for part, is_in in PARTS.items():
                places = rows.select(is_of & is_in).to_series().arg_true().to_numpy().astype(np.intp)
                if places.size:
                    base = {"base rate": np.full(places.size, train["attained"].mean())}
                    some = base | {name: p[places] for name, p in said.items()}
                    entry = scores(rows[places], some)
                    if family not in UNIONS:
                        entry |= _slow_methods(rows[places], evidence.take(places))
                    report[family][part][f"{cut:.0%}"] = entry
    return report


def _quick_methods(rows: pl.DataFrame, evidence: Evidence) -> dict[str, Floats]:
    said = {
        "pace rule": rows["baseline_p"].to_numpy(),
        "Monte Carlo, own weeks": monte_carlo(evidence, with_history=False),
        "Monte Carlo + history": monte_carlo(evidence, with_history=True),
    }
    if rows["kind"][0] != "level":
        said["gamma, shrunk"] = reference_gamma(evidence)
    return said | {"ours": rows["p_attain"].to_numpy()}


def _slow_methods(rows: pl.DataFrame, evidence: Evidence) -> dict:
    """AutoETS and Prophet on rows drawn once, beside ours on the same."""
    order = np.random.default_rng(SEED).permutation(rows.height).astype(np.intp)
    entry = {}
    for name, method, most in (("AutoETS", auto_ets, ETS_GOALS), ("plain Prophet", plain_prophet, PROPHET_GOALS)):
        some = np.sort(order[:most])
        p = method(evidence.take(some))
        if p is not None:
            found = scores(rows[some], {name: p, "ours": rows["p_attain"].to_numpy()[some]})
            entry[f"on some: {name}"] = {key: found[key] for key in ("n", name, "ours", f"ours - {name}")}
    return entry


def sprint_report(past: str | None) -> dict:
    """Scores of sprint commitments by part and cut, with the history of the team, the project, or none."""
    report: dict = {part: {} for part in PARTS}
    for pct in SPRINT_CUTS:
        goals, history = sprint_goals(pct, past)
        rows, evidence = asked(goals, history)
        over = goals.filter(pl.col("steps") == 0).select("series_gid", before="final")
        teams = rows.select("series_gid", "target_value").join(
            over.group_by("series_gid").agg("before"), on="series_gid", how="left", maintain_order="left"
        )
        known = [
            np.array(before if before is not None else []) / target
            for target, before in teams.select("target_value", "before").iter_rows()
        ]
        rate = rows.filter(~pl.col("is_sealed") & (pl.col("order") <= TRAIN_SHARE))["attained"].mean()
        for part, is_in in PARTS.items():
            places = rows.select(is_in).to_series().arg_true().to_numpy().astype(np.intp)
            some, mine = rows[places], evidence.take(places)
            base = np.full(some.height, rate)
            said = {"base rate": base, "pace rule": some["baseline_p"].to_numpy()}
            if past is not None:
                carlo = monte_carlo_sprints(mine, [known[place] for place in places])
                said["Monte Carlo + history"] = np.where(np.isnan(carlo), base, carlo)
                ets = _ets_sprints(mine, [known[place] for place in places])
                said |= {} if ets is None else {"AutoETS": np.where(np.isnan(ets), base, ets)}
            report[part][f"{pct} %"] = scores(some, said | {"ours": some["p_attain"].to_numpy()})
    return report


def _ets_sprints(evidence: Evidence, teams: list[Floats]) -> Floats | None:
    """AutoETS on what the team delivered per sprint, for the share of the time that remains; NaN below four sprints."""
    if not STATSFORECAST.exists():
        return None
    enough = [row for row, known in enumerate(teams) if known.size >= 4]
    mean, deviation = auto_ets_ahead([teams[row][::-1] for row in enough], np.ones(len(enough), dtype=np.int64))
    length = evidence.column("elapsed_weeks") + evidence.column("rest_weeks")
    left = (evidence.column("rest_weeks") / np.maximum(length, 1e-9))[enough]
    said = np.full(len(teams), np.nan)
    missing = 1 - evidence.column("position")[enough]
    said[enough] = ndtr((left * mean - missing) / np.maximum(np.sqrt(left) * deviation, 1e-9))
    return said


def anomaly_report(frames: dict[str, Frames]) -> dict:
    """How often goals in the middle of their time are called odd, and how those goals ended.

    Nothing in these histories was recorded wrongly, so every jump and drop is a false alarm. A stall, and a green that
    is called red, are false alarms where the goal was met in the end. Every goal counts as reported green.
    """
    report: dict = {}
    for name, (goals, history) in frames.items():
        for cut in CUTS:
            moved, values = at_cut(goals, history, cut)
            green = moved.select("goal_gid", status=pl.lit("green"))
            found = detect_anomalies(moved, values, AS_OF, green).join(
                moved.select("goal_gid", "attained"), on="goal_gid"
            )
            report[f"{name}, {cut:.0%}"] = {"goals": moved.height} | {
                anomaly: {"alarms": rows.height, "met in the end": round(float(rows["attained"].mean()), 3)}  # pyright: ignore[reportArgumentType]
                for (anomaly,), rows in sorted(found.partition_by("anomaly", as_dict=True).items())
            }
    return report


def flow_reports() -> dict:
    """Goals on accumulating work, together and by kind."""
    kind = pl.col("kind")
    families = {"flows and cohorts": pl.lit(value=True), "flows": kind == "flow", "cohorts": kind == "cohort"}
    return family_reports(flow_goals(), families)


def level_reports() -> dict:
    """Goals on levels: noisy ones and steady ones."""
    is_steady = pl.col("source") == "vax"
    return family_reports(level_goals(), {"backlogs": ~is_steady, "vaccination pace": is_steady})


def sprint_reports() -> dict:
    """Sprints under each kind of history."""
    return {
        "sprints, history of the team": sprint_report("team"),
        "sprints, history of the project": sprint_report("project"),
        "sprints, each alone": sprint_report(None),
    }


REPORTS = {
    "flows": flow_reports,
    "levels": level_reports,
    "sprints": sprint_reports,
    "anomalies": lambda: {
        "anomalies": {"all": anomaly_report({"flows and cohorts": flow_goals(), "levels": level_goals()})}
    },
}


def show(console: Console, title: str, report: dict) -> None:
    """Print one part of one family as a table, methods down, cuts across."""
    cuts = list(report)
    table = Table("", *cuts, title=title)
    for row in dict.fromkeys(key for cut in cuts for key in report[cut]):
        table.add_row(row, *(_cell(report[cut].get(row, "")) for cut in cuts))
    console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key} {_cell(entry)}" for key, entry in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def main(*names: str) -> None:
    """Run the reports that are named, or all; print them, and keep what is new in the result file."""
    console = Console(width=170)
    kept = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    for name in names or REPORTS:
        found = REPORTS[name]()
        for title, parts in found.items():
            for part, figures in parts.items():
                show(console, f"{title}: {part}", figures)
        kept |= found
        RESULT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
