"""How early a missed goal or an overload was warned of, and how often a warning was false; no forecasting."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

from asana_intel.settings import OVERLOAD_ODDS, OVERLOAD_WEEKS
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.workload.load import OVERLOADS

WARN_BELOW = 1 / 3
"""Odds below which a goal counts as warned of."""
EARLY_WEEKS = 2
"""Weeks ahead from which an alert says more than what stands in the week already."""
# Source -> column of its probability, and below which it warns: a rule or an owner that is not sure warns.
SOURCES = {"ours": ("p_attain", WARN_BELOW), "pace rule": ("baseline_p", 0.5), "owner": ("owner_p", 0.9)}


@dataclass(frozen=True)
class Warned:
    """What one source's warnings were worth.

    Args:
        source: ours, pace rule or owner.
        missed: Goals that were missed.
        warned: Missed goals of which it warned before they were due.
        lead_days: Median days from its first warning to the due date over all missed goals; 0 where it never warned.
        alarms: Goals of which it warned, attained ones too.
        false_alarms: Share of them that were attained; None without any.
    """

    source: str
    missed: int
    warned: int
    lead_days: float | None
    alarms: int
    false_alarms: float | None


def first_warnings(scores: pl.DataFrame) -> pl.DataFrame:
    """Find the first warning of each source for each goal.

    Args:
        scores: goal_gid, as_of_on, due_on, attained, p_attain, baseline_p, owner_p; one row per scored forecast.

    Returns:
        goal_gid, due_on, attained, and per source the days from its first warning to the due date (null: none).
    """
    days = (pl.col("due_on") - pl.col("as_of_on")).dt.total_days()
    # The last due date counts: what was said of an earlier one belongs to it, too.
    return (
        scores.sort("as_of_on")
        .group_by("goal_gid", maintain_order=True)
        .agg(
            pl.col("due_on", "attained").last(),
            *(days.filter(pl.col(p) < limit).first().alias(source) for source, (p, limit) in SOURCES.items()),
        )
        .sort("goal_gid")
    )


def judge_warnings(scores: pl.DataFrame) -> list[Warned]:
    """Sum up the warnings of each source; see `first_warnings`."""
    goals = first_warnings(scores)
    return [_warned(source, goals.select("attained", days=source)) for source in SOURCES]


def _warned(source: str, goals: pl.DataFrame) -> Warned:
    missed = goals.filter(~pl.col("attained"))
    alarms = goals.filter(pl.col("days").is_not_null())
    false_share = alarms["attained"].cast(pl.Float64).mean()
    lead = missed["days"].fill_null(0).median()
    return Warned(
        source=source,
        missed=missed.height,
        warned=missed["days"].count(),
        lead_days=None if lead is None else float(lead),  # pyright: ignore[reportArgumentType]
        alarms=alarms.height,
        false_alarms=None if false_share is None else float(false_share),  # pyright: ignore[reportArgumentType]
    )


def warnings_table(shown: pl.DataFrame, rebuilt: pl.DataFrame) -> pl.DataFrame:
    """The warnings of forecasts that were shown and of rebuilt ones (contract forecasts/early_warnings)."""
    rows = [
        {"basis": basis, **asdict(warned)}
        for basis, scores in (("shown", shown), ("rebuilt", rebuilt))
        if scores.height
        for warned in judge_warnings(scores)
    ]
    return pl.DataFrame(rows, schema=CONTRACTS["forecasts/early_warnings"].schema)


def in_words(warned: list[Warned]) -> str:
    """One sentence for people."""
    by_source = {one.source: one for one in warned}
    ours = by_source["ours"]
    if not ours.missed or ours.lead_days is None:
        return "No goal was missed, so there was nothing to warn of."
    other = by_source["owner"] if by_source["owner"].alarms else by_source["pace rule"]
    earlier = ours.lead_days - (other.lead_days or 0.0)
    share = "no false alarm" if not ours.false_alarms else f"{ours.false_alarms:.0%} false alarms"
    than = {"owner": "the owners' own status", "pace rule": "the pace rule"}[other.source]
    compared = f"{abs(earlier):.0f} days {'earlier' if earlier >= 0 else 'later'} than by {than}"
    return (
        f"You would have been warned {ours.lead_days:.0f} days before a missed goal was due, {compared}, with {share} "
        f"({ours.warned} of {ours.missed} missed goals warned of)."
    )


def overload_alerts(load: pl.DataFrame) -> pl.DataFrame:
    """What alerts of overload were worth, by how early they came (contract forecasts/overload_alerts).

    An alert says of one of the weeks that reviews look at that a load above 110 % is at least as likely as not. It is
    sent once for a person's week: the first time. It is confirmed where the week, as it stood when the week before
    ended, held more than 110 % of the person's hours: work that was moved away in time makes a false alarm. What is
    said within the week is held to the week itself.

    Args:
        load: forecasts/person_load of many weeks.
    """
    ahead = (pl.col("week_on") - pl.col("as_of_on")).dt.total_days() // 7
    is_over = (pl.col("load_pct") > OVERLOADS[0]).fill_null(value=False)
    rows = load.select(
        "person_gid", "week_on", "p_over_110", "load_pct", weeks_ahead=ahead, held_at=ahead.clip(0, 1), is_over=is_over
    )
    held = rows.select("person_gid", "week_on", "is_over", held_at="weeks_ahead")
    likely = (pl.col("p_over_110") >= OVERLOAD_ODDS) & pl.col("load_pct").is_not_null()
    judged = (
        rows.filter(pl.col("weeks_ahead").is_between(0, OVERLOAD_WEEKS - 1))
        .drop("is_over")
        .join(held, on=["person_gid", "week_on", "held_at"])
        .with_columns(is_alert=likely)
    )
    earliest = pl.col("weeks_ahead").filter("is_alert").max().over("person_gid", "week_on")
    is_sent = pl.col("is_alert") & (pl.col("weeks_ahead") == earliest)
    return (
        judged.with_columns(is_sent=is_sent.fill_null(value=False))
        .group_by("weeks_ahead")
        .agg(
            weeks=pl.len(),
            overloaded=pl.col("is_over").sum(),
            alerts=pl.col("is_alert").sum(),
            confirmed=(pl.col("is_alert") & pl.col("is_over")).sum(),
            sent=pl.col("is_sent").sum(),
            first_warned=(pl.col("is_sent") & pl.col("is_over")).sum(),
            brier=((pl.col("p_over_110") - pl.col("is_over").cast(pl.Float64)) ** 2).mean(),
        )
        .sort("weeks_ahead")
        .select(pl.col(name).cast(dtype) for name, dtype in CONTRACTS["forecasts/overload_alerts"].schema.items())
    )


def alerts_in_words(alerts: pl.DataFrame) -> str:
    """Lead of the alerts that were sent, and precision of the early ones; of forecasts/overload_alerts.

    What is said in the week or a week ahead is held to nearly itself, so that no share is told of it.
    """
    sent, early = int(alerts["sent"].sum()), alerts.filter(pl.col("weeks_ahead") >= EARLY_WEEKS)
    if not sent:
        return "No alert of overload was sent that could be judged yet."
    lead = alerts.select(pl.col("weeks_ahead").repeat_by("sent").explode().drop_nulls()).to_series().median()
    told, true = int(early["sent"].sum()), int(early["first_warned"].sum())
    return (
        f"{sent} alerts of overload were sent, in the median {lead:.0f} weeks ahead; of {told} sent at least "
        f"{EARLY_WEEKS} weeks ahead {true} came true."
    )
