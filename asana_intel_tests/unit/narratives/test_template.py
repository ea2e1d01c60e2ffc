"""The template is checked like any other text: an unsound sentence is left out, and the text is never empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.gate.check import check_text
from asana_intel.narratives.narrate import TemplateWriter
from asana_intel.narratives.outlines.goal import OUTLINE
from asana_intel.narratives.outlines.outline import Claim, Outline, always

Sheets = Callable[..., FactSheet]


def with_claims(*wrong: tuple[str, str], only: bool = False) -> Outline:
    """The outline of goals with heavy claims that are false, or with those only."""
    heavy = tuple(Claim(f"wrong_{part}", part, ("odds",), always, lambda _, t=text: t, 99) for part, text in wrong)
    return replace(OUTLINE, claims=heavy if only else (*heavy, *OUTLINE.claims))


@pytest.mark.parametrize("p_attain", [0.0, 0.004, 0.1, 0.35, 0.62, 0.7, 0.95, 1.0])
def test_templates_pass_the_check(sheet: Sheets, p_attain: float) -> None:
    built = sheet(odds={"p_attain": p_attain}, values=(16, 18, 19, 21, 22), projects=(("Web shop", 2, 5.5, 1, 3, 1),))
    narrative = TemplateWriter().write(built, OUTLINE)
    assert (narrative.written_by, narrative.refusals) == ("template", ())
    assert check_text(narrative.text, built, OUTLINE).passed


@pytest.mark.parametrize(
    ("part", "text", "rule"),
    [("state", "The odds are 97 %.", "number"), ("cause", "The odds are 13 %.", "number")],
)
def test_a_sentence_that_is_not_sound_is_left_out_and_another_takes_its_place(
    sheet: Sheets, part: str, text: str, rule: str
) -> None:
    built = sheet(values=(16, 18, 19, 21, 22), projects=(("Web shop", 2, 5.5, 1, 3, 1),))
    narrative = TemplateWriter().write(built, with_claims((part, text)))
    assert narrative.text == TemplateWriter().write(built, OUTLINE).text
    assert (narrative.written_by, narrative.refusals) == ("template", (rule,))


def test_where_nothing_is_sound_the_text_says_nothing_but_is_not_empty(sheet: Sheets) -> None:
    false = [("state", "The odds are 97 %."), ("action", "Next: wait for 3 vendors.")]
    narrative = TemplateWriter().write(sheet(), with_claims(*false, only=True))
    assert narrative.text
    assert not any(character.isdigit() for character in narrative.text)
    assert narrative.fact_ids == []
    assert set(narrative.refusals) >= {"number", "empty"}
