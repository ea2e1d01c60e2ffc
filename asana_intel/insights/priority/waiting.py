"""Who waits for whom, directly or not: how many, until when, and whether all may know; points are given elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from asana_intel.storage.contracts.contract import COUNT, FLAG, NUMBER, TEXT

WAITING = {
    "task_gid": TEXT,
    "blocked_tasks": COUNT,
    "days_allowed": NUMBER,
    "urgent_for_gid": TEXT,
    "is_private_waiting": FLAG,
}


@dataclass(frozen=True)
class _Graph:
    """Tasks with a link, numbered.

    Attributes:
        gids: Of the tasks.
        after: Tasks that wait for a task directly.
        group: Tasks of one circle share a group; any other task is a group of its own.
        members: Tasks of a group.
        order: Groups, what waits before what it waits for.
        island: Tasks that no link connects lie on different islands.
        place: Number of a task on its island.
    """

    gids: Sequence[str]
    after: Mapping[int, list[int]]
    group: Sequence[int]
    members: Mapping[int, list[int]]
    order: Sequence[int]
    island: Sequence[int]
    place: Sequence[int]


def waiting_tasks(links: pl.DataFrame, work: pl.DataFrame, only: pl.Series | None = None) -> pl.DataFrame:
    """What waits for each open task that something open waits for.

    Args:
        links: task_gid, depends_on_gid; links to or from what is not in `work` do not count.
        work: Open tasks: task_gid, days_left (working days until the due day, today included; null = no due day),
            days_needed (working days its remaining effort takes), is_public.
        only: Tasks to tell of; None = all.

    Returns:
        Columns of `WAITING`: blocked_tasks, open tasks that wait for it, directly or not, itself left out;
        days_allowed, working days after which it must be finished so that all that waits for it can still be in time,
        the effort of what waits taken off (null where nothing that waits has a due day, nor has it); urgent_for_gid,
        the waiting task whose due day that is (null: its own); is_private_waiting, not everybody may read all of
        them. Of tasks that wait for each other in a circle the earliest day counts for all.
    """
    open_links = (
        links.select("task_gid", "depends_on_gid")
        .filter(pl.col("task_gid") != pl.col("depends_on_gid"))
        .join(work.select("task_gid"), on="task_gid", how="semi")
        .join(work.select(depends_on_gid="task_gid"), on="depends_on_gid", how="semi")
        .unique()
        .sort("depends_on_gid", "task_gid")
    )
    if only is not None:
        open_links = _reached(open_links, only)
    if open_links.is_empty():
        return pl.DataFrame(schema=WAITING)
    graph = _graph(open_links)
    facts = pl.DataFrame({"task_gid": graph.gids}).join(work, on="task_gid", how="left", maintain_order="left")
    count, private = _counts(graph, (~facts["is_public"].fill_null(value=False)).to_list())
    allowed, owner = _allowed(graph, facts["days_left"].to_list(), facts["days_needed"].fill_null(0.0).to_list())
    return (
        pl.DataFrame(
            {
                "task_gid": graph.gids,
                "blocked_tasks": count,
                "days_allowed": allowed,
                "urgent_for_gid": [None if o is None or o == n else graph.gids[o] for n, o in enumerate(owner)],
                "is_private_waiting": private,
            },
            schema=WAITING,
        )
        .filter(pl.col("blocked_tasks") > 0)
        .sort("task_gid")
    )


def reach(edges: Iterable[tuple[str, str]], start: Iterable[str]) -> set[str]:
    """All that can be reached from `start` along `edges` (from, to), `start` included."""
    after: dict[str, list[str]] = defaultdict(list)
    for head, tail in edges:
        after[head].append(tail)
    seen = set(start)
    front = list(seen)
    while front:
        fresh = [gid for gid in after.get(front.pop(), ()) if gid not in seen]
        seen.update(fresh)
        front += fresh
    return seen


def _reached(links: pl.DataFrame, only: pl.Series) -> pl.DataFrame:
    """The links between what waits for these tasks, directly or not."""
    seen = reach(links.select("depends_on_gid", "task_gid").iter_rows(), only)
    return links.filter(pl.col("depends_on_gid").is_in(pl.Series(sorted(seen), dtype=pl.String).implode()))


def _graph(links: pl.DataFrame) -> _Graph:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    gids = pl.concat([links["task_gid"], links["depends_on_gid"]]).unique().sort()
    number = dict(zip(gids, range(len(gids)), strict=True))
    before, behind = ([number[gid] for gid in links[name]] for name in ("depends_on_gid", "task_gid"))
    matrix = coo_array((np.ones(len(before)), (before, behind)), shape=(len(gids), len(gids))).tocsr()
    group = connected_components(matrix, connection="strong")[1].tolist()
    island = connected_components(matrix, directed=False)[1].tolist()
    after: dict[int, list[int]] = defaultdict(list)
    members: dict[int, list[int]] = defaultdict(list)
    for head, tail in zip(before, behind, strict=True):
        after[head].append(tail)
    for n, own in enumerate(group):
        members[own].append(n)
    place = pl.Series(island).to_frame("island").select(pl.int_range(pl.len()).over("island")).to_series().to_list()
    return _Graph(gids.to_list(), after, group, members, _last_first(after, group, members), island, place)


def _last_first(after: Mapping[int, list[int]], group: list[int], members: Mapping[int, list[int]]) -> list[int]:
    """Groups in an order in which what waits comes before what it waits for."""
    ahead: dict[int, set[int]] = defaultdict(set)
    open_ends = dict.fromkeys(members, 0)
    for head, tails in after.items():
        for tail in tails:
            if group[head] != group[tail] and group[head] not in ahead[group[tail]]:
                ahead[group[tail]].add(group[head])
                open_ends[group[head]] += 1
    order = [own for own, ends in open_ends.items() if not ends]
    for own in order:  # grows while it is walked
        for head in ahead.get(own, ()):
            open_ends[head] -= 1
            if not open_ends[head]:
                order.append(head)
    return order


def _counts(graph: _Graph, is_private: list[bool]) -> tuple[list[int], list[bool]]:
    """How many wait for each, and whether a private one is among them.

    Each group holds the set of what waits for it as the bits of one whole number; a set is let go once all that the
    group waits for have taken it over, so that a long chain needs no more memory than a short one.
    """
    secret: dict[int, int] = defaultdict(int)
    for n, hidden in enumerate(is_private):
        secret[graph.island[n]] |= hidden << graph.place[n]
    takers = _takers(graph)
    held: dict[int, int] = {}
    count, is_hidden = [0] * len(graph.gids), [False] * len(graph.gids)
    for own in graph.order:
        behind = {graph.group[tail] for n in graph.members[own] for tail in graph.after.get(n, ())} - {own}
        bits = 0
        for n in graph.members[own]:
            bits |= 1 << graph.place[n]
        for group in sorted(behind):
            bits |= held[group]
            takers[group] -= 1
            if not takers[group]:
                del held[group]
        for n in graph.members[own]:
            others = bits & ~(1 << graph.place[n])
            count[n], is_hidden[n] = others.bit_count(), bool(others & secret[graph.island[n]])
        if takers.get(own):
            held[own] = bits
    return count, is_hidden


def _takers(graph: _Graph) -> dict[int, int]:
    """How many other groups wait for each group's set: those whose tasks its tasks wait for."""
    pairs = {(graph.group[t], graph.group[n]) for n, tails in graph.after.items() for t in tails}
    takers: dict[int, int] = defaultdict(int)
    for behind, ahead in pairs:
        takers[behind] += behind != ahead
    return takers


def _allowed(
    graph: _Graph, days_left: list[float | None], days_needed: list[float]
) -> tuple[list[float | None], list[int | None]]:
    """Working days each task may take until it is finished, and the task whose due day says so."""
    allowed: list[float | None] = [None] * len(graph.gids)
    owner: list[int | None] = [None] * len(graph.gids)
    for own in graph.order:
        best, best_owner = None, None
        for n in graph.members[own]:
            ends: list[tuple[float | None, int | None]] = [(days_left[n], n)]
            for tail in graph.after.get(n, ()):
                day = allowed[tail] if graph.group[tail] != own else None
                ends.append((None if day is None else day - days_needed[tail], owner[tail]))
            for day, whose in ends:
                if day is not None and (best is None or day < best):
                    best, best_owner = day, whose
        for n in graph.members[own]:
            allowed[n], owner[n] = best, best_owner
    return allowed, owner
