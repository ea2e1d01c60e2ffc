"""Whatever a server or its model does, what is published is true, says who wrote it, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.gate.check import check_text
from asana_intel.narratives.model.client import ModelClient
from asana_intel.narratives.model.request import Reason
from asana_intel.narratives.narrate import TemplateWriter
from asana_intel.narratives.outlines.goal import OUTLINE
from asana_intel.narratives.writers import ModelWriter
from asana_intel.settings import Disclosure, LlmMode, LlmSettings
from asana_intel_tests.model_server import ModelServer, answer
from asana_intel_tests.unit.narratives.model.questions import GOOD, KEY
from asana_intel_tests.unit.narratives.model.test_model_misbehaviour import CASES

MODES = ("select", "slots", "prose")
TEXT = (
    "At {current}, the odds of reaching {target} by {due} fell from {odds_before} to {odds}. "
    "{slow_project} finished {slow_recent} tasks a week over the last {window}, against {slow_usual} usually. "
    "Next: find out with its owner why {slow_project} has slowed down."
)
WELL: dict[str, dict[str, Any]] = {
    "select": {"claims": ["gain_and_odds_moved", "project_slowed", "raise_pace"]},
    "slots": {"text": TEXT},
    "prose": {"text": TEXT},
}
LIES = {
    "another number": TEXT.replace("{odds}.", "ninety-seven percent."),
    "an invented cause": TEXT + " The vendor was late.",
    "praise": TEXT + " The team did an excellent job.",
    "the other direction": TEXT.replace("fell", "rose"),
    "the same again and again": " ".join([TEXT] * 9),
    "markup": f"<b>{TEXT}</b>",
    "a link": TEXT + " See https://evil.example.",
    "look-alike letters": TEXT.replace("odds of", "оdds of"),
    "letters that cannot be seen": TEXT.replace("owner", "ow\u200bner"),
    "another language": "Die Chance liegt bei {odds}.",
    "a slot that is none": TEXT.replace("{odds}", "{chance}"),
    "no fact": "The goal needs attention.",
    "nothing": "",
    "spaces": " \n ",
    "half a sentence": TEXT[:30],
    "an apology": "I am sorry, I cannot help with that.",
}


@pytest.fixture
def slow(sheet: Callable[..., FactSheet]) -> FactSheet:
    return sheet(values=(16, 18, 19, 21, 22), projects=(("Web shop", 2.0, 5.5, 1, 3, 1),))


def filled(text: str, sheet: FactSheet) -> str:
    for fact in sheet:
        text = text.replace(f"{{{fact.fact_id}}}", fact.text)
    return text


def well(mode: str, sheet: FactSheet) -> dict[str, Any]:
    said = WELL[mode]
    return said if mode != "prose" else {"text": filled(said["text"], sheet)}


def published(client: ModelClient, mode: str, sheet: FactSheet) -> tuple[str, tuple[str, ...]]:
    """Who wrote it and why nobody else did; the text has passed the check."""
    told = LlmSettings(model="openai/any", mode=LlmMode(mode), disclosure=Disclosure.full)
    narrative = ModelWriter(client, told).write(sheet, OUTLINE)
    assert check_text(narrative.text, sheet, OUTLINE).passed, narrative.text
    assert KEY not in repr(narrative)
    if narrative.written_by == "fallback":
        assert narrative.text == TemplateWriter().write(sheet, OUTLINE).text
    return narrative.written_by, narrative.refusals


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_a_server_that_misbehaves_costs_no_narrative(
    case: str, mode: str, slow: FactSheet, server: ModelServer, client: Callable[..., ModelClient]
) -> None:
    told = CASES[case]
    is_well = told.end == GOOD  # as an answer to their question; here the same server answers ours
    server.script = (*told.script[:-1], answer(well(mode, slow))) if is_well else told.script
    written_by, refusals = published(client(**told.settings), mode, slow)
    assert (written_by, len(refusals)) == ((mode, 0) if is_well else ("fallback", 1))
    assert set(refusals) <= set(get_args(Reason))


@pytest.mark.parametrize("is_mended", [True, False])
@pytest.mark.parametrize("mode", ["slots", "prose"])
@pytest.mark.parametrize("lie", LIES)
def test_a_model_that_lies_is_asked_again_once(
    lie: str, mode: str, is_mended: bool, slow: FactSheet, server: ModelServer, client: Callable[..., ModelClient]
) -> None:
    wrong = answer({"text": LIES[lie] if mode == "slots" else filled(LIES[lie], slow)})
    server.script = (wrong, answer(well(mode, slow)) if is_mended else wrong)
    written_by, refusals = published(client(), mode, slow)
    assert written_by == (mode if is_mended else "fallback")
    assert refusals
    assert len(server.received) == 2


@pytest.mark.parametrize("claims", [[], ["raise_pace"], ["gain_and_odds_moved", "project_slowed", "tasks_blocked"]])
def test_a_model_that_chooses_badly_is_asked_again_once(
    claims: list[str], slow: FactSheet, server: ModelServer, client: Callable[..., ModelClient]
) -> None:
    server.script = (answer({"claims": claims}), answer(well("select", slow)))
    assert published(client(), "select", slow) == ("select", ("choice",))
    assert len(server.received) == 2
