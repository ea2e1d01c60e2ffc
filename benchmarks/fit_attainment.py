"""Fits the constants of the attainment models on the open series that are not sealed, and writes them down.

Run: python benchmarks/fit_attainment.py. Writes asana_intel/forecasts/models/attainment.json and prints the Brier score
before and after each search. Searches are coarse (a factor between steps of a grid) and keep a constant that does not
gain: what is fitted here must hold on other series. `--folds` prints what the fit of commitments scores on teams that
were left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from open_goals import AS_OF, CUTS, ROOT, SPRINT_CUTS, Frames, at_cut, flow_goals, level_goals, sprint_goals
from scipy.optimize import minimize

from asana_intel.forecasts.commitment import (
    FEATURES,
    HISTORIES,
    LATE,
    Commitment,
    features,
    predict_log_odds,
    team_history,
)
from asana_intel.forecasts.constants import attainment_constants
from asana_intel.forecasts.evidence import Evidence, gather_evidence
from asana_intel.forecasts.level import fit_level
from asana_intel.forecasts.pace import fit_pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from asana_intel.forecasts.ensemble import Outlook

MODELS = ROOT / "asana_intel" / "forecasts" / "models" / "attainment.json"
LEAST_GAIN = 0.0003
"""Brier score a step of the search must gain."""
RIDGE = 3.0
"""Penalty on standardised coefficients: as much as three sprints say."""
GRIDS: dict[str, dict[str, list[float]]] = {
    "flow": {
        "past_decay": [0.9, 0.95, 0.975, 1.0],
        "own_decay": [0.5, 0.7, 1.0],
        "prior_weeks": [4.0, 6.0, 9.0],
        "past_share": [0.8, 0.9, 1.0],
        "dispersion_weeks": [1.5, 3.0, 6.0],
        "dispersion": [0.5, 1.0, 2.0],
    },
    "cohort": {
        "own_decay": [0.7, 0.85, 1.0],
        "prior_weeks": [3.0, 6.0, 12.0],
        "past_share": [0.25, 0.5, 0.75],
        "dispersion": [0.5, 1.0, 2.0],
        "saturation": [0.6, 1.2, 1.8],
    },
    "level": {
        "drift_decay": [0.6, 0.7, 0.8],
        "damping": [0.5, 0.65, 0.8],
        "spread_decay": [0.85, 0.92, 0.96],
    },
}
"""What is searched. The constants of a rise are set by hand between what suits the earlier and the later goals: the 43
open ones are too few for a search."""
TAUGHT = ("team", "team, spans", "alone")
"""Whose history the coefficients of commitments are fitted with; a project mixes several teams."""
Snapshot = tuple[Evidence, np.ndarray]


def snapshots(frames: Frames, wanted: pl.Expr) -> list[Snapshot]:
    """Evidence and outcome of the open goals at each cut."""
    goals, history = frames
    found = []
    for cut in CUTS:
        moved, values = at_cut(goals.filter(wanted & ~pl.col("is_sealed")), history, cut)
        evidence = gather_evidence(moved, values, AS_OF)
        is_level = pl.col("kind") == "level"
        rows = evidence.goals.select(is_level | (pl.col("position") < 1)).to_series().arg_true().to_numpy()
        found.append((evidence.take(rows), moved["attained"].to_numpy()[rows]))
    return found


def search(name: str, found: list[Snapshot], fit: Callable[[Evidence], Outlook]) -> None:
    """Coordinate descent over the grid of one kind, from the middle of the grid."""
    constants = attainment_constants()[name]
    constants.update({key: grid[len(grid) // 2] for key, grid in GRIDS[name].items()})

    def score() -> float:
        return float(np.mean([np.mean((fit(e).survival(e.column("rest_weeks")) - y) ** 2) for e, y in found]))

    best = score()
    print(f"{name}: {best:.5f}")
    for _ in range(2):
        for key, grid in GRIDS[name].items():
            kept = constants[key]
            for value in grid:
                constants[key] = value
                now = score()
                if now < best - LEAST_GAIN:
                    best, kept = now, value
            constants[key] = kept
    print(f"{name}: {best:.5f}  {constants}")


def commitments(past: str | None, *, with_goals: bool) -> pl.DataFrame:
    """Features, clock, outcome and group of every open commitment at each cut, under one kind of history."""
    parts = []
    for pct in SPRINT_CUTS:
        goals, history = sprint_goals(pct, past)
        goals = goals if with_goals else goals.filter(pl.col("steps") > 0)
        evidence = gather_evidence(goals, history, AS_OF)
        rows = goals.select(pl.col("steps") > 0).to_series().arg_true().to_numpy()
        team = team_history(evidence, rows)
        mine = evidence.take(rows)
        seen = features(mine.column("position"), team)
        frame = pl.DataFrame(seen, schema=list(FEATURES)).with_columns(
            *goals[rows]
            .select("attained", "is_sealed", "order", "real_series", "source", "final", "target_value")
            .get_columns(),
            pl.Series("history", team.history),
            pl.Series("position", mine.column("position")),
            pct=pl.lit(pct),
        )
        parts.append(frame.filter(pl.col("position") < 1))
    return pl.concat(parts)


def fit_coefficients(frame: pl.DataFrame) -> list[list[float]]:
    """Ridge logistic regression whose coefficients are lines in the clock and never negative between its ends."""
    seen, attained = frame.select(FEATURES).to_numpy(), frame["attained"].to_numpy()
    share = np.minimum(frame["pct"].to_numpy() / 100, LATE) / LATE
    scale = np.where(seen.std(axis=0) > 1e-6, seen.std(axis=0), np.inf)  # what never varies has no slope
    full = np.column_stack([np.ones(len(seen)), (seen - seen.mean(axis=0)) / scale])
    design = np.column_stack([full * (1 - share)[:, None], full * share[:, None]])
    width = full.shape[1]
    penalty = np.tile([0.0] + [RIDGE] * (width - 1), 2)

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        z = design @ b
        value = (np.logaddexp(0, z) - attained * z).sum() + 0.5 * (penalty * b**2).sum()
        return value, design.T @ (1 / (1 + np.exp(-z)) - attained) + penalty * b

    bounds = ([(None, None)] + [(0.0, None)] * (width - 1)) * 2
    ends = minimize(loss, np.zeros(2 * width), jac=True, method="L-BFGS-B", bounds=bounds).x.reshape(2, width)
    ends[:, 1:] /= scale
    ends[:, 0] -= ends[:, 1:] @ seen.mean(axis=0)
    at_start, at_end = ends
    return [[round(float(x), 4) for x in row] for row in (at_start, (at_end - at_start) / LATE)]


def training(frame: pl.DataFrame) -> dict[str, list]:
    """Coefficients for each kind of history."""
    return {
        name: fit_coefficients(frame.filter(pl.col("history") == index))
        for index, name in enumerate(HISTORIES)
        if (frame["history"] == index).any()
    }


def said(frame: pl.DataFrame, constants: dict) -> np.ndarray:
    """Probabilities of the rows of a frame."""
    log_odds = predict_log_odds(
        frame.select(FEATURES).to_numpy(),
        np.minimum(frame["pct"].to_numpy() / 100, LATE),
        frame["history"].to_numpy(),
        constants,
    )
    return 1 / (1 + np.exp(-log_odds))


def all_commitments() -> dict[str, pl.DataFrame]:
    """Every way in which the history of the sprints can be known; those of `TAUGHT` are learned from."""
    ways = {
        "team": ("team", True),
        "project": ("project", True),
        "team, spans": ("team", False),
        "project, spans": ("project", False),
        "alone": (None, False),
    }
    return {name: commitments(past, with_goals=goals) for name, (past, goals) in ways.items()}


def fit_commitments(ways: dict[str, pl.DataFrame]) -> None:
    """Coefficients from all teams that are not sealed, and the shape of what is still to come."""
    frame = pl.concat(ways[name] for name in TAUGHT).filter(~pl.col("is_sealed"))
    constants = attainment_constants()["commitment"]
    constants.update(training(frame))
    constants["stays"], constants["shape"] = fit_gain(frame, constants)
    print(f"commitment: {constants}")


def fit_gain(frame: pl.DataFrame, constants: dict) -> tuple[list[float], float]:
    """How often nothing more comes, and the shape of what does.

    Of the commitments that were missed: the share that brought nothing more, a line in the time elapsed. The shape is
    the one whose band covers nearest to 80 %, among those whose pinball loss of the 10, 50 and 90 % quantiles is within
    1 % of the smallest.
    """
    late = frame.filter(pl.col("history") == 0)
    final = (late["final"] / late["target_value"]).to_numpy()
    p, done, clock = said(late, constants), late["position"].to_numpy(), late["pct"].to_numpy() / 100
    missed = late["attained"].to_numpy() < 1
    with_time, at_start = np.polyfit(clock[missed], final[missed] <= done[missed], 1)
    stays = [round(float(at_start), 3), round(float(with_time), 3)]
    ones = np.ones_like(p)
    tried = []
    for shape in (2.0, 2.5, 3.0, 3.5, 4.0, 5.0):
        gain = Commitment(done, np.log(p / (1 - p)), at_start + with_time * clock, shape * ones, ones, ones)
        values = {q: gain.quantile(ones, q) for q in (0.1, 0.5, 0.9)}
        loss = sum(np.mean(np.maximum(q * (final - v), (q - 1) * (final - v))) for q, v in values.items())
        covered = np.mean((values[0.1] <= final) & (final <= values[0.9]))
        tried.append((shape, float(loss), abs(float(covered) - 0.8)))
        print(f"shape {shape}: loss {loss:.4f}, covers {covered:.3f}")
    least = min(loss for _, loss, _ in tried)
    return stays, min((off, shape) for shape, loss, off in tried if loss <= 1.01 * least)[1]


def print_folds(ways: dict[str, pl.DataFrame]) -> None:
    """Brier scores: fitted on the first 60 % and on other teams, judged on the rest; never on sealed teams."""
    for name, frame in ways.items():
        open_rows = frame.filter(~pl.col("is_sealed"))
        train = pl.concat(ways[name] for name in TAUGHT).filter(~pl.col("is_sealed") & (pl.col("order") <= 0.6))
        late = open_rows.filter(pl.col("order") > 0.6)
        by_time = _brier_by_cut(late, said(late, training(train)))
        print(f"{name:16} later sprints {by_time}")
        teams = open_rows["real_series"].unique().sort().to_list()
        left_out = []
        for fold in range(6):
            out = pl.col("real_series").is_in(teams[fold::6])
            others = pl.concat(ways[name] for name in TAUGHT).filter(~pl.col("is_sealed") & ~out)
            rows = open_rows.filter(out)
            left_out.append(rows.with_columns(p=said(rows, training(others))))
        rows = pl.concat(left_out)
        print(f"{name:16} other teams   {_brier_by_cut(rows, rows['p'].to_numpy())}")


def _brier_by_cut(frame: pl.DataFrame, p: np.ndarray) -> str:
    squares = frame.with_columns(square=(pl.Series(p) - pl.col("attained")) ** 2)
    return " ".join(f"{squares.filter(pl.col('pct') == pct)['square'].mean():.4f}" for pct in SPRINT_CUTS)


def main() -> None:
    """Fit everything, in the order of the kinds, and write the file."""
    ways = all_commitments()
    if "--folds" in sys.argv:
        print_folds(ways)
        return
    fit_commitments(ways)
    flows, levels = flow_goals(), level_goals()
    for kind in ("flow", "cohort"):
        search(kind, snapshots(flows, pl.col("kind") == kind), lambda evidence, kind=kind: fit_pace(evidence, kind))
    search("level", snapshots(levels, pl.col("source") != "vax"), fit_level)
    Path(MODELS).write_text(_text(attainment_constants()))


def _text(constants: dict) -> str:
    """JSON with one line per constant."""
    kinds = []
    for kind, values in constants.items():
        lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in values.items())
        kinds.append(f"  {json.dumps(kind)}: {{\n{lines}\n  }}")
    return "{\n" + ",\n".join(kinds) + "\n}\n"


if __name__ == "__main__":
    main()
