"""What a report on a portfolio says of capacity: hours that come late, where, and goals that lose by it. Groups only.

Which teams may be told of is decided where the tables are made: a team that is not in them is not named here, and its
hours are in those of everybody alone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from asana_intel.narratives.facts import MOST_SOURCES, Fact, FactKind, Unit
from asana_intel.narratives.wording import day, plural, short_name
from asana_intel.settings import OVERLOAD_ODDS

LEAST_HOURS = 0.5
"""Hours that are worth a word: they round to one."""

LATE_HOURS = FactKind("late_hours", Unit.hours, "hours of open work that come late in the coming weeks")
ASKED_HOURS = FactKind("asked_hours", Unit.hours, "hours that open work takes in the coming weeks")
TIME_HOURS = FactKind("time_hours", Unit.hours, "hours that there are for it")
BOTTLENECK_TEAM = FactKind("bottleneck_team", Unit.entity, "the team most likely above 110 % of its hours in a week")
BOTTLENECK_FROM = FactKind("bottleneck_from", Unit.day, "the first week in which that is likely")
GOALS_HURT = FactKind("goals_hurt", Unit.tally, "goals that lose odds because work comes late")


@dataclass(frozen=True)
class Capacity:
    """Capacity of the teams of a part, or of everybody.

    Args:
        utilisation: insights/team_utilisation of the week.
        cost: insights/capacity_cost of the week.
        names: Team gid -> its name.
    """

    utilisation: pl.DataFrame
    cost: pl.DataFrame
    names: Mapping[str, str | None]

    def shown_teams(self) -> pl.DataFrame:
        """Teams that may be told of: team_gid."""
        return self.cost.select("team_gid").drop_nulls().unique()

    def facts(self, teams: Collection[str], goals: Collection[str], *, is_everybody: bool) -> Iterator[Fact]:
        """The facts on some teams.

        Args:
            teams: Gids; of those that may not be shown only everybody's sum tells.
            goals: Gids of goals that may be told of.
            is_everybody: Whether the sum is everybody's, and not that of the teams.
        """
        of_teams = pl.col("team_gid").is_in(list(teams))
        cost = self.cost.filter(pl.col("team_gid").is_null() if is_everybody else of_teams)
        if cost.is_empty():
            return
        gids = tuple(sorted(teams))[:MOST_SOURCES]
        late, asked, time = (float(cost[f"{name}_hours"].sum()) for name in ("late", "assigned", "available"))
        if late < LEAST_HOURS:
            yield Fact(ASKED_HOURS, asked, plural(asked, "hour"), gids)
            yield Fact(TIME_HOURS, time, plural(time, "hour"), gids)
            return
        yield Fact(LATE_HOURS, late, plural(late, "hour"), gids)
        hurt = [gid for gid in cost["goal_gids"].explode().drop_nulls().unique().sort() if gid in goals]
        if hurt:
            yield Fact(GOALS_HURT, len(hurt), plural(len(hurt), "goal"), tuple(hurt[:MOST_SOURCES]))
        yield from self._bottleneck(self.utilisation.filter(of_teams))

    def _bottleneck(self, weeks: pl.DataFrame) -> Iterator[Fact]:
        full = weeks.filter(~pl.col("is_past"), pl.col("p_bottleneck") >= OVERLOAD_ODDS)
        if full.is_empty():
            return
        gid = full.sort("p_bottleneck", "team_gid", descending=[True, False])["team_gid"][0]
        first = full.filter(team_gid=gid)["week_on"].min()
        name = short_name(self.names.get(gid) or "") or "Unnamed team"
        yield Fact(BOTTLENECK_TEAM, name, name, (gid,))
        yield Fact(BOTTLENECK_FROM, first, day(first), (gid,))  # pyright: ignore[reportArgumentType]
