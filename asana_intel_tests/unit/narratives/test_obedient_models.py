"""A model that keeps to what it was told is always published: one that repeats the example, one that picks anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.model.request import Request
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.outlines.outline import Outline
from asana_intel.narratives.writers import ModelWriter
from asana_intel.settings import Disclosure, LlmMode, LlmSettings
from asana_intel_tests.answering import Answering, told
from asana_intel_tests.unit.narratives import quarters
from asana_intel_tests.unit.narratives import test_alignment_notes as alignment
from asana_intel_tests.unit.narratives import test_capacity_narratives as capacity
from asana_intel_tests.unit.narratives import test_portfolio_reports as portfolio
from asana_intel_tests.unit.narratives import test_priority_rationales as priority
from asana_intel_tests.unit.narratives.gate import goal_sheets

Sheets = list[tuple[FactSheet, Outline]]
OUTLINES = {str(narrated.outline.kind): narrated.outline for narrated in NARRATED}


@pytest.fixture(scope="module")
def sheets() -> Sheets:
    """Sheets of every kind, of many sorts."""
    return [(sheet, OUTLINES.get(str(sheet.kind), priority.OUTLINE)) for sheet in _sheets()]


def _sheets() -> Iterator[FactSheet]:
    yield from goal_sheets.SHEETS.values()
    for worst in ("overdue", "slow_project", "blocked"):
        for odds in (0.02, 0.5, 0.8):
            for recent in (0.0, 2.0):
                yield goal_sheets.goal_sheet(worst=worst, odds=odds, recent=recent, change=0)
                yield goal_sheets.goal_sheet("On track", worst=worst, odds=odds, gained=3.0, project="v2.0 (beta)")
    for tasks in range(5):
        yield capacity.sheet_of(*capacity.REVIEWS[:tasks])
    yield priority.sheet_of()
    for size in range(1, 7):
        goals = [
            portfolio.Goal(f"Goal {n}", p=n / size, change=[None, -0.2, 0.1][n % 3], is_stalled=n == 2, levers={})
            for n in range(size)
        ]
        work = [portfolio.Project(f"Work {n}", 2.0, 6.0, n, overdue=n, blocked=n % 2) for n in range(size)]
        yield portfolio.sheet_of(*goals, projects=work)
    lonely = [alignment.Goal(f"Goal {n}", p=0.3, weeks_left=[None, 4][n % 2]) for n in range(4)]
    yield from alignment.sheets_of(alignment.inputs_of(lonely, [alignment.Project("Shop", 40, 90)])).values()
    late = {date(2026, 3, 2): 0.3}
    for met in range(1, 4):
        done = [quarters.goal(str(n), (*quarters.STEADY[:-1], 41.0)) for n in range(met)]
        yield quarters.sheet_of(*done, quarters.goal("9", quarters.STEADY), quarters.odds("9", late))


def answers(sheet: FactSheet, outline: Outline, mode: str, disclosure: str, reply: Callable[[Request], Any]) -> Any:
    client = Answering(reply)
    more: Any = {"mode": LlmMode(mode), "disclosure": Disclosure(disclosure)}
    settings = LlmSettings(model="openai/any", **more)
    return ModelWriter(client, settings).write(sheet, outline)


def the_example(request: Request) -> dict[str, Any]:
    """What the prompt says would be accepted."""
    content = told(request)
    if "claims" in content:
        return {"claims": content["if_unsure_answer_with"]}
    return {"text": content["text_that_would_pass"]}


@pytest.mark.parametrize("disclosure", list(Disclosure))
@pytest.mark.parametrize("mode", ["select", "slots", "prose"])
def test_a_model_that_repeats_the_example_is_always_published(sheets: Sheets, mode: str, disclosure: str) -> None:
    refused = []
    for sheet, outline in sheets:
        narrative = answers(sheet, outline, mode, disclosure, the_example)
        if narrative.written_by != "template" and (narrative.written_by == "fallback" or narrative.refusals):
            refused.append((sheet.subject_id, outline.kind.value, narrative.refusals, narrative.text))
    assert refused == []


def test_a_model_that_picks_any_valid_claims_is_always_published(sheets: Sheets) -> None:
    chance = random.Random(7)

    def picks(request: Request) -> dict[str, Any]:
        """Any choice that keeps to the limits, the words and what must be stated, as the prompt tells them."""
        content = told(request)
        for _ in range(300):
            chosen = list[dict[str, Any]]()
            for part, limit in content["parts"].items():
                fitting = [claim for claim in content["claims"] if claim["part"] == part]
                count = chance.randint(limit["least"], min(limit["most"], len(fitting)))
                chosen += chance.sample(fitting, count)
            stated = {fact for claim in chosen for fact in claim.get("must", ())}
            is_short = sum(claim["words"] for claim in chosen) <= content["most_words"]
            if is_short and stated >= set(content["must_state"]) and len(chosen) >= content["least_sentences"]:
                return {"claims": [claim["id"] for claim in chosen]}
        return the_example(request)

    refused = []
    for sheet, outline in sheets:
        for _ in range(5):
            narrative = answers(sheet, outline, "select", "aggregate", picks)
            if narrative.written_by != "template" and (narrative.written_by == "fallback" or narrative.refusals):
                refused.append((sheet.subject_id, outline.kind.value, narrative.refusals, narrative.text))
    assert refused == []
