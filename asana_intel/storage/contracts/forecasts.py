"""Contracts of the forecast tables: forecasts are overwritten one `as_of_on` week at a time, scores as a whole."""

from asana_intel.storage.contracts.contract import (
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
    Spec,
    TableContract,
    columns,
)

_AS_OF = (
    ("as_of_on!", DAY, "Monday of the week the forecast belongs to."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)
_DECILES = tuple((f"p{d}0", NUMBER, f"{d}0th percentile.") for d in range(1, 10))


def _table(name: str, grain: str, unique: tuple[str, ...], *specs: Spec, by_week: bool = True) -> TableContract:
    return TableContract("forecasts", name, grain, unique, columns(*_AS_OF, *specs), "as_of_on" if by_week else None)


FORECAST_TABLES: tuple[TableContract, ...] = (
    _table(
        "goal_attainment",
        "one row per week and open goal",
        ("as_of_on", "goal_gid"),
        ("goal_gid!", TEXT, "Goal."),
        ("kind", TEXT, "flow, level, commitment or cohort."),
        (
            "p_attain",
            NUMBER,
            "Probability of reaching the target by the due date, 0..1; null = not assessed.",
        ),
        ("value_p10", NUMBER, "10th percentile of the value at the due date."),
        ("value_p50", NUMBER, "Median."),
        ("value_p90", NUMBER, "90th percentile."),
        ("predicted_on", DAY, "Day the median path meets the target; null if too far out."),
        ("current_value", NUMBER, "Value known as of then."),
        ("target_value", NUMBER, "Target."),
        ("due_on", DAY, "Due date."),
        ("elapsed_pct", NUMBER, "Fraction of the time gone."),
        ("baseline_p", NUMBER, "What the linear pace rule says."),
        ("p_attain_change", NUMBER, "Change of p_attain since the week before, in probability."),
        ("status!", TEXT, "assessed, not_assessed or closed."),
        ("reason", TEXT, "Why it was not assessed and what would make it assessable."),
        ("method", TEXT, "Method that spoke."),
        (
            "top_blocking_project_gid",
            TEXT,
            "Supporting project whose shortfall against its past pace is largest.",
        ),
    ),
    _table(
        "goal_trajectory",
        "one row per week, open goal and future date",
        ("as_of_on", "goal_gid", "on"),
        ("goal_gid!", TEXT, "Goal."),
        ("on!", DAY, "Date on the path."),
        ("p10", NUMBER, "10th percentile."),
        ("p50", NUMBER, "Median."),
        ("p90", NUMBER, "90th percentile."),
        ("method", TEXT, "prophet or closed form."),
    ),
    _table(
        "project_pace",
        "one row per week and project with finished tasks in the last 26 weeks",
        ("as_of_on", "project_gid"),
        ("project_gid!", TEXT, "Project."),
        ("recent!", NUMBER, "Tasks finished a week, mean of the last four whole weeks."),
        ("usual!", NUMBER, "The same over the 22 weeks before."),
        ("last_week!", NUMBER, "Tasks finished in the last whole week."),
    ),
    _table(
        "person_capacity",
        "one row per week, person and future week; week_on null = the horizon's total",
        ("as_of_on", "person_gid", "week_on"),
        ("person_gid!", TEXT, "Person."),
        ("week_on", DAY, "Monday forecast; null for the total."),
        ("mean!", NUMBER, "Expected hours of work done."),
        *_DECILES,
        ("available_hours", NUMBER, "Working hours less time off."),
        ("assigned_hours", NUMBER, "Hours assigned into the week."),
        ("load_pct", NUMBER, "Assigned over available hours; null where no hour is available."),
        (
            "p_overload",
            NUMBER,
            "Probability that the assigned work takes more than the overload factor times the hours available.",
        ),
        ("status!", TEXT, "assessed or not_assessed."),
        ("reason", TEXT, "Why not assessed."),
        ("method!", TEXT, "Method that spoke."),
    ),
    _table(
        "forecast_scores",
        "one row per resolved goal and forecast that was shown",
        ("as_of_at", "goal_gid"),
        ("goal_gid!", TEXT, "Goal."),
        ("method", TEXT, "Method."),
        ("p_attain!", NUMBER, "What was said."),
        ("baseline_p!", NUMBER, "What the pace rule said."),
        ("attained!", FLAG, "What happened."),
        ("final_value", NUMBER, "Value at the due date."),
        ("elapsed_pct!", NUMBER, "Fraction of the time gone when it was said."),
        ("brier!", NUMBER, "(p - outcome) squared."),
        ("baseline_brier!", NUMBER, "The same for the pace rule."),
        ("log_loss!", NUMBER, "Negative log likelihood, natural log, clipped at 1e-6."),
        ("in_80_band", FLAG, "Final value within p10..p90."),
        ("abs_error", NUMBER, "Distance of the median from the final value."),
        ("weeks_ahead!", COUNT, "Whole weeks from forecast to due date."),
        by_week=False,
    ),
)
