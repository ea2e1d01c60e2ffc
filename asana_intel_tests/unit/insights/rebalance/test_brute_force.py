"""Small cases against trying everything: no smaller set exists, and what is said to block does block."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, assume, given, settings

from asana_intel.insights.rebalance.case import CONSTRAINTS, TIME, Rules
from asana_intel.insights.rebalance.options import possible_moves
from asana_intel.insights.rebalance.problem import NOBODY, Problem
from asana_intel.insights.rebalance.solve import solve
from asana_intel_tests.unit.insights.rebalance.worlds import World

MOST_CHOICES = 20_000
NOTHING = -1


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two or three people, up to four tasks, often too many of them."""
    rules = Rules(
        weeks=3,
        watched_weeks=2,
        may_delay=draw(st.booleans()),
        may_split=draw(st.booleans()),
        most_delay_weeks=draw(st.integers(1, 2)),
    )
    world = World(rules)
    people = ["a", "b", "c"][: draw(st.integers(2, 3))]
    for person in people:
        world.person(person, off=draw(st.sampled_from([(), (), (0,), (1,)])), hours=draw(st.sampled_from([3.0, 8.0])))
    for number in range(draw(st.integers(2, 4))):
        owner = draw(st.sampled_from(people)) if number else "a"
        gid = f"t{number}"
        dates = draw(st.sampled_from(["week", "two weeks", "undated", "due", "overdue"])) if number else "week"
        week = draw(st.integers(0, 1)) if number else 0
        hours = draw(st.sampled_from([8.0, 20.0, 31.0])) if number else 52.5
        world.task(
            gid, owner, hours, week=None if dates == "undated" else week,
            logged_hours=draw(st.sampled_from([0.0, 0.0, 2.0])), score=draw(st.sampled_from([10.0, 90.0])),
            slack_days=draw(st.sampled_from([None, 5.0])), keeps_person=draw(st.integers(0, 5)) == 0,
            keeps_dates=draw(st.integers(0, 5)) == 0,
        )  # fmt: skip
        task = world.tasks[-1]
        if dates == "two weeks":
            task["due_on"] += timedelta(weeks=1)
        elif dates in ("due", "overdue"):
            task["start_on"] = None
            task["due_on"] -= timedelta(weeks=5 if dates == "overdue" else 0)
        for person in people:
            if person != owner and draw(st.integers(0, 2)):
                world.can(gid, person, fit=draw(st.sampled_from([0.2, 0.9])), is_able=draw(st.integers(0, 3)) > 0)
        if number and draw(st.integers(0, 2)) == 0:
            world.waits(gid, f"t{draw(st.integers(0, number - 1))}")
    return world


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Numbers as they come: two or three people, up to six tasks with up to four options each."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    people, weeks, count = draw(st.integers(2, 3)), 3, draw(st.integers(2, 6))
    owner = rng.integers(0, people, count)
    task = np.repeat(np.arange(count), rng.integers(0, 5, count))
    size = len(task)
    to = np.where(rng.random(size) < 0.6, (owner[task] + rng.integers(1, people, size)) % people, NOBODY)
    hours = rng.integers(1, 5, (size, 1)) * 60
    own = np.where((to == NOBODY)[:, None], rng.integers(-2, 3, (size, weeks)) * hours, -hours * [1, 1, 0])
    links = np.array([(b, a) for a in range(count) for b in range(a + 1, count) if rng.random() < 0.15])
    links = links.reshape(-1, 2).astype(np.int64)
    return Problem(
        before=rng.integers(0, 12, (people, weeks)) * 60,
        limit=rng.integers(4, 9, (people, weeks)) * 60,
        watched=2,
        owner=owner,
        task=task,
        to=to,
        own=own,
        theirs=np.where((to == NOBODY)[:, None], 0, hours * rng.integers(0, 2, (size, weeks))),
        cost=rng.integers(0, 500, size),
        end=np.where(to == NOBODY, rng.integers(-1, 2, size) * 7, 0),
        basis=np.where(to == NOBODY, rng.integers(-1, 2, size) * 7, 0),
        links=links,
        room=rng.integers(0, 8, len(links)),
        is_shift=to == NOBODY,
    )


class Everything:
    """Every allowed set of options of a problem, counted out; what is none of a task's options stays as it is."""

    def __init__(self, problem: Problem) -> None:
        ways = [[NOTHING, *np.flatnonzero(problem.task == task).tolist()] for task in range(len(problem.owner))]
        assume(np.prod([len(way) for way in ways]) <= MOST_CHOICES)
        sets = np.array(list(product(*ways)), dtype=np.int64)
        changes = np.zeros((len(problem.task) + 1, *problem.before.shape), dtype=np.int64)  # the last: nothing
        end, basis, cost = np.zeros((3, len(problem.task) + 1), dtype=np.int64)
        for option, task in enumerate(problem.task):
            changes[option, problem.owner[task]] += problem.own[option]
            if problem.to[option] != NOBODY:
                changes[option, problem.to[option]] += problem.theirs[option]
        end[:-1], basis[:-1], cost[:-1] = problem.end, problem.basis, problem.cost
        hours = problem.before + changes[sets].sum(axis=1)
        allowed = (hours <= np.maximum(problem.before, problem.limit)).all(axis=(1, 2))
        for (waiting, blocker), room in zip(problem.links.tolist(), problem.room.tolist(), strict=True):
            allowed &= end[sets[:, blocker]] - basis[sets[:, waiting]] <= room
        over = np.maximum(hours - problem.limit, 0)[:, :, : problem.watched]
        self.over = over[allowed]
        self.moves = (sets != NOTHING).sum(axis=1)[allowed]
        self.cost = cost[sets].sum(axis=1)[allowed]

    def best(self) -> tuple[int, int, int]:
        """Least excess, then fewest moves, then least disturbance."""
        excess = self.over.sum(axis=(1, 2))
        return min(zip(excess.tolist(), self.moves.tolist(), self.cost.tolist(), strict=True))


@settings(max_examples=100, deadline=None)
@given(problems())
def test_no_allowed_set_leaves_less_or_moves_fewer_tasks_or_disturbs_less(problem: Problem) -> None:
    best = Everything(problem).best()
    found = solve(problem)
    cost = int(problem.cost[list(found.chosen)].sum())
    assert (int(found.excess.sum()), len(found.chosen), cost) == best
    assert (found.least_excess, found.gap) == (best[0], 0)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(worlds())
def test_the_named_constraint_is_the_first_without_which_the_week_could_be_mended(world: World) -> None:
    case = world.case()
    _, problem = possible_moves(case)
    assume((problem.before > problem.limit)[:, : problem.watched].any())
    everything = Everything(problem)
    proposal = world.propose()
    assert round(proposal.limits["cut_hours"].sum() * 60) == everything.best()[0]
    persons = case.work.time.persons.to_list()
    excess = np.zeros((len(persons), case.rules.watched_weeks), dtype=np.int64)
    for person, week_on, _, hours in proposal.limits.iter_rows():
        excess[persons.index(person), case.work.mondays.index(week_on)] = round(hours * 60)
    for person, week_on, constraint, _ in proposal.limits.iter_rows():
        cell = persons.index(person), case.work.mondays.index(week_on)
        assert constraint == first_that_helps(world, cell, excess)


def first_that_helps(world: World, cell: tuple[int, int], excess: np.ndarray) -> str:
    """The first constraint without which a week is mended and no more is left to those who share work."""
    for relaxed in CONSTRAINTS[:-1]:
        _, problem = possible_moves(world.case(relaxed))
        people = sharing(problem, cell[0])
        over = Everything(problem).over[:, people]
        others = excess[people].sum() - excess[cell]
        if (over[:, people.index(cell[0]), cell[1]] == 0)[over.sum(axis=(1, 2)) <= others].any():
            return relaxed
    return TIME


def sharing(problem: Problem, person: int) -> list[int]:
    """Somebody and all whose work is bound up with theirs."""
    for options in problem.parts(np.arange(len(problem.task))):
        given = problem.to[options]
        people = {*problem.owner[problem.task[options]].tolist(), *given[given != NOBODY].tolist()}
        if person in people:
            return sorted(people)
    return [person]
