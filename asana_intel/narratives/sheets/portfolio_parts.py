"""Which portfolios are reported on and what is public in each; what is told of it is the sheets'."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl

from asana_intel.narratives.audience import public_projects

WORKSPACE = "workspace"


@dataclass(frozen=True)
class Part:
    """A portfolio, or the workspace.

    Args:
        gid: Of the portfolio; `WORKSPACE` for everything.
        name: Name, if it has one.
        goal_gids: Goals in it, and those its projects support directly: what they support through sub-goals alone also
            hangs on work elsewhere.
        project_gids: Public projects in it.
        team_gids: Teams of these projects.
    """

    gid: str
    name: str | None
    goal_gids: Collection[str]
    project_gids: Collection[str]
    team_gids: Collection[str]


def parts_with_content(
    portfolios: pl.DataFrame,
    items: pl.DataFrame,
    bridge: pl.DataFrame,
    projects: pl.DataFrame,
    goals: Collection[str],
) -> Iterator[Part]:
    """Portfolios, nested ones flattened, that hold a goal or a public project, by gid; then the workspace.

    Args:
        portfolios: staging/portfolios.
        items: staging/portfolio_items.
        bridge: marts/bridge_goal_project.
        projects: staging/projects.
        goals: Gids of the goals that count.
    """
    public = public_projects(projects)
    teams = dict(projects.select("project_gid", "team_gid").iter_rows())
    supports = bridge.filter(pl.col("depth") == 0)

    def part(gid: str, name: str | None, goal_gids: Collection[str], project_gids: Collection[str]) -> Part:
        return Part(gid, name, goal_gids, project_gids, {teams[p] for p in project_gids} - {None})

    for gid, name in portfolios.select("portfolio_gid", "name").sort("portfolio_gid").iter_rows():
        held = held_items(items, gid)
        own = held.get("project", set()) & public
        supported = set(supports.filter(pl.col("project_gid").is_in(list(own)))["goal_gid"])
        if own or (held.get("goal", set()) & set(goals)):
            yield part(gid, name, (held.get("goal", set()) | supported) & set(goals), own)
    if goals or public:
        yield part(WORKSPACE, None, goals, public)


def held_items(items: pl.DataFrame, portfolio_gid: str) -> dict[str, set[str]]:
    """Gids in a portfolio and in those nested in it, by type; portfolios that hold each other end the search.

    Args:
        items: staging/portfolio_items.
        portfolio_gid: The outermost portfolio.
    """
    held, front = {"portfolio": {portfolio_gid}}, [portfolio_gid]
    while front:
        inside = items.filter(pl.col("portfolio_gid") == front.pop())
        for gid, item_type in inside.select("item_gid", "item_type").iter_rows():
            if item_type == "portfolio" and gid not in held["portfolio"]:
                front.append(gid)
            held.setdefault(item_type, set()).add(gid)
    return held
