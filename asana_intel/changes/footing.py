"""What the writes about people's load and about priorities rest on: where a rule of it is broken, nothing is written.

The suites of these tables stop nobody from reading. Before something is written from one, every rule of it must hold,
and of the tables that it was computed from; the rest of the plan goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from asana_intel.changes.inputs import PlanInputs
from asana_intel.quality.evaluate import CheckOutcome, evaluate
from asana_intel.quality.suites import suite

_NAMED = 3


@dataclass(frozen=True)
class Footing:
    """What some writes rest on.

    Args:
        capability: Of the writes.
        name: Input of the plan that they are made from.
        tables: Tables that must hold; of the first it is the rows.
    """

    capability: str
    name: str
    tables: tuple[str, ...]


FOOTINGS = (
    Footing("capacity", "person_load", ("forecasts/person_load", "forecasts/load_causes")),
    Footing(
        "capacity",
        "rebalance_moves",
        ("insights/rebalance_moves", "insights/rebalance_weeks", "forecasts/person_load", "forecasts/load_causes"),
    ),
    Footing("priority", "task_priority", ("insights/task_priority", "insights/task_effort", "insights/task_goal_gain")),
    Footing("priority", "task_triage", ("insights/task_triage",)),
    Footing("priority", "sprint_proposal", ("insights/sprint_proposal", "insights/sprint_capacity")),
    Footing("priority", "task_assignment", ("insights/task_assignment",)),
)


@dataclass(frozen=True)
class Sound:
    """The inputs without what must not be written from.

    Args:
        inputs: With no rows where a rule is broken.
        outcomes: Capability -> how the tables came out that its writes rest on; all of them passed.
        problems: Table, rule, columns and rows (by id), and what mends it.
    """

    inputs: PlanInputs
    outcomes: dict[str, list[CheckOutcome]]
    problems: tuple[str, ...]


def sound_inputs(inputs: PlanInputs, read: Callable[[str], pl.DataFrame], capabilities: Sequence[str]) -> Sound:
    """Judge what the writes of some capabilities rest on.

    Args:
        inputs: Frames of the week.
        read: Reads the rows of the week of a weekly table by key.
        capabilities: Those of which something may be written.
    """
    passed: dict[str, list[CheckOutcome]] = {}
    problems: list[str] = []
    for footing in FOOTINGS:
        if footing.capability not in capabilities:
            continue
        outcomes = _judged(footing, inputs, read)
        found = [problem for outcome in outcomes for problem in _problems(outcome, footing.tables[0])]
        if found:
            problems += found
            inputs = replace(inputs, **{footing.name: getattr(inputs, footing.name).clear()})
        else:
            passed.setdefault(footing.capability, []).extend(outcomes)
    return Sound(inputs, passed, tuple(problems))


def _judged(footing: Footing, inputs: PlanInputs, read: Callable[[str], pl.DataFrame]) -> list[CheckOutcome]:
    given = {
        "forecasts/load_causes": inputs.load_causes,
        footing.tables[0]: getattr(inputs, footing.name),
        "staging/tasks": inputs.tasks,
    }
    frames = {table: given[table] if table in given else read(table) for table in footing.tables}
    return [evaluate(table, frame, related=given | frames) for table, frame in frames.items()]


def _problems(outcome: CheckOutcome, source: str) -> list[str]:
    columns = {rule.name: rule.columns for rule in suite(outcome.table)}
    return [
        f"{outcome.table}: {check.name} is not true of {check.failed_count} row(s)"
        f"{': ' if check.sample_keys else ''}{', '.join(check.sample_keys[:_NAMED])}"
        f" (column {', '.join(columns.get(check.name, (check.name,)))}). Nothing is written from {source}."
        f" Materialize {outcome.table} of the week again; where it stays, mend what it is computed from."
        for check in outcome.failed
    ]
