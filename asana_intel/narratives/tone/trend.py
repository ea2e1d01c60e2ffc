"""Whether a project or team sounds different from its own past; never who. How urgent its work is: `urgency`.

A mean is shown only where at least 20 comments of at least three people make it, in both stretches of time, and nobody
wrote more than half of them.
"""

from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.storage.contracts import CONTRACTS

TREND = "narratives/tone_trend"
READS = ("staging/stories", "staging/task_section_intervals", "staging/projects")
RECENT, USUAL = timedelta(weeks=4), timedelta(weeks=22)
LEAST_COMMENTS, LEAST_AUTHORS, MOST_OF_ONE = 20, 3, 0.5

_SCOPE = ["scope_type", "scope_gid"]
_RECENT, _USUAL = "recent", "usual"
_IN = {_RECENT: "in the last four weeks", _USUAL: "in the 22 weeks before"}


def tone_trend(
    comments: pl.DataFrame, places: pl.DataFrame, projects: pl.DataFrame, week_on: date, as_of: datetime
) -> pl.DataFrame:
    """The week's rows of narratives/tone_trend: one per project and team with a comment in half a year.

    Args:
        comments: As `read_comments` makes them; later ones than `as_of` are left out.
        places: staging/task_section_intervals: a comment counts where its task stood when it was written.
        projects: staging/projects.
        week_on: Week, a Monday.
        as_of: Last instant it may know anything of.
    """
    rows = _by_window(_scoped(comments.filter(pl.col("tone").is_not_null()), places, projects), as_of)
    measured = {window: _measured(rows.filter(pl.col("window") == window)) for window in _IN}
    both = (
        rows.select(_SCOPE)
        .unique()
        .join(measured[_RECENT], on=_SCOPE, how="left")
        .join(measured[_USUAL], on=_SCOPE, how="left", suffix=f"_{_USUAL}")
    )
    reason = pl.coalesce(_shortfalls(_RECENT, ""), _shortfalls(_USUAL, f"_{_USUAL}"))
    said = both.with_columns(reason=reason, confidence=_confidence(both))
    is_said = pl.col("reason").is_null()
    tone, usual_tone = pl.col("tone").round(2), pl.col("tone_usual").round(2)
    return (
        said.select(
            *_SCOPE,
            pl.col("comments").fill_null(0),
            pl.col("authors").fill_null(0),
            pl.col("reason"),
            as_of_on=pl.lit(week_on),
            as_of_at=pl.lit(as_of),
            tone=pl.when(is_said).then(tone),
            usual_tone=pl.when(is_said).then(usual_tone),
            change=pl.when(is_said).then((tone - usual_tone).round(2)),
            confidence=pl.when(is_said).then(pl.col("confidence").round(3)),
            status=pl.when(is_said).then(pl.lit("assessed")).otherwise(pl.lit("not_assessed")),
        )
        .select(pl.col(n).cast(t) for n, t in CONTRACTS[TREND].schema.items())
        .sort(_SCOPE)
    )


def _scoped(comments: pl.DataFrame, places: pl.DataFrame, projects: pl.DataFrame) -> pl.DataFrame:
    """Each comment once per project its task stood in, and once per team that holds one of them.

    A private project counts for itself alone: readers of the team's row need not know of it. Where the privacy is
    unknown, it is private.
    """
    is_there = (pl.col("valid_from") <= pl.col("created_at")) & (
        pl.col("valid_to").is_null() | (pl.col("created_at") < pl.col("valid_to"))
    )
    placed = (
        comments.join(
            places.select("task_gid", "project_gid", "valid_from", "valid_to"),
            left_on="target_gid",
            right_on="task_gid",
        )
        .filter(is_there)
        .join(projects.select("project_gid", "team_gid", "privacy_setting"), on="project_gid")
    )
    kept = ["story_gid", "target_gid", "author_gid", "created_at", "tone"]
    is_open = (pl.col("privacy_setting") != "private").fill_null(value=False) & pl.col("team_gid").is_not_null()
    by_project = placed.select(*kept, scope_type=pl.lit("project"), scope_gid="project_gid")
    by_team = placed.filter(is_open).select(*kept, scope_type=pl.lit("team"), scope_gid="team_gid")
    return pl.concat([by_project, by_team]).unique(["story_gid", *_SCOPE])


def _by_window(rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    at = pl.col("created_at")
    window = (
        pl.when(at > as_of).then(None)
        .when(at > as_of - RECENT).then(pl.lit(_RECENT))
        .when(at > as_of - RECENT - USUAL).then(pl.lit(_USUAL))
    )  # fmt: skip
    return rows.with_columns(window=window).filter(pl.col("window").is_not_null())


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each scope: how much was written by how many, its mean, and how sure the mean is."""
    by_author = rows.group_by(*_SCOPE, "author_gid").agg(written=pl.len())
    return (
        rows.group_by(_SCOPE)
        .agg(comments=pl.len(), authors=pl.col("author_gid").n_unique(), tone=pl.col("tone").mean())
        .join(by_author.group_by(_SCOPE).agg(most_of_one=pl.col("written").max()), on=_SCOPE)
        .join(_spread(rows, "target_gid", "thread"), on=_SCOPE)
        .join(_spread(rows, "author_gid", "author"), on=_SCOPE)
    )


def _spread(rows: pl.DataFrame, cluster: str, name: str) -> pl.DataFrame:
    """Variance of the mean where the comments of one cluster go together, and the number of clusters."""
    clusters = rows.with_columns(off=pl.col("tone") - pl.col("tone").mean().over(_SCOPE))
    summed = clusters.group_by(*_SCOPE, cluster).agg(off=pl.col("off").sum(), written=pl.len())
    many = pl.len() / (pl.len() - 1)
    return summed.group_by(_SCOPE).agg(
        (many * (pl.col("off") ** 2).sum() / pl.col("written").sum() ** 2).alias(f"variance_{name}"),
        pl.len().alias(f"clusters_{name}"),
    )


def _shortfalls(window: str, suffix: str) -> pl.Expr:
    """Why a stretch of time may not be shown; null where it may."""
    comments, authors, most = (
        pl.col(f"{name}{suffix}").fill_null(0) for name in ("comments", "authors", "most_of_one")
    )
    return (
        pl.when(comments < LEAST_COMMENTS).then(pl.lit(f"Fewer than {LEAST_COMMENTS} English comments {_IN[window]}."))
        .when(authors < LEAST_AUTHORS).then(pl.lit(f"Fewer than three people wrote {_IN[window]}."))
        .when(most > MOST_OF_ONE * comments).then(pl.lit(f"One person wrote more than half of it {_IN[window]}."))
    )  # fmt: skip


def _confidence(both: pl.DataFrame) -> pl.Series:
    """Probability that the change has the sign it shows: Welch's t, on threads and on authors, the lower of the two."""
    change = (both["tone"] - both["tone_usual"]).abs()
    found = [_one_sided(both, change, name) for name in ("thread", "author")]
    return pl.DataFrame({"a": found[0], "b": found[1]}).min_horizontal()


def _one_sided(both: pl.DataFrame, change: pl.Series, name: str) -> pl.Series:
    from scipy.stats import t

    pairs = [(both[f"variance_{name}{end}"], both[f"clusters_{name}{end}"]) for end in ("", f"_{_USUAL}")]
    total = pairs[0][0] + pairs[1][0]
    freedom = total**2 / sum(variance**2 / (clusters - 1) for variance, clusters in pairs)
    steps = change / total.sqrt()
    odds = pl.Series(t.cdf(steps.to_numpy(), freedom.to_numpy()))
    return pl.select(
        pl.when(change == 0).then(0.5).when(total == 0).then(1.0).otherwise(odds.fill_nan(None))
    ).to_series()
