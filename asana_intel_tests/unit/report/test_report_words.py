"""What was written and what proves it: links of sentences, facts behind them, who wrote, the week in words."""

import re
from dataclasses import replace

import polars as pl
import pytest

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.render import render_report
from asana_intel.report.sections.evidence import PROOFS_SHOWN, Evidence
from asana_intel.report.sections.goals import goals_section
from asana_intel.report.sections.load import load_section
from asana_intel.report.sections.projects import projects_section
from asana_intel.report.sections.words import words_section


def test_a_sentence_links_to_the_objects_that_prove_it_and_counts_the_rest(full_inputs: ReportInputs) -> None:
    card = goals_section(full_inputs).cards[0]
    assert card.told is not None
    first, second, *_ = card.told.sentences
    assert [(p.number, p.object.url) for p in first.proofs] == [(1, "https://app.asana.com/0/0/1000")]
    assert [p.number for p in second.proofs] == [2, 3, 4]
    assert [p.object.name for p in second.proofs] == ["Billing rewrite", "Editor", "Enterprise push"]
    assert second.more == 6 - PROOFS_SHOWN


def test_an_object_keeps_its_number_within_a_text(full_inputs: ReportInputs) -> None:
    card = goals_section(full_inputs).cards[0]
    assert card.told is not None
    _, second, third = card.told.sentences
    assert [p.number for p in third.proofs] == [p.number for p in second.proofs]


def test_sentences_together_are_the_text_of_the_narrative(full_inputs: ReportInputs) -> None:
    texts = dict(full_inputs.narratives.select("goal_gid", "text").iter_rows())
    for card in goals_section(full_inputs).cards:
        assert card.told is not None
        assert " ".join(said.text for said in card.told.sentences) == texts[card.line.gid]


def test_only_facts_that_the_text_states_stand_behind_it(full_inputs: ReportInputs) -> None:
    only_odds = full_inputs.sentences.filter(pl.col("position") == 1)
    card = goals_section(replace(full_inputs, sentences=only_odds)).cards[0]
    assert card.told is not None
    assert [(f.meaning, f.value) for f in card.told.facts] == [("odds now", "48 %")]


def test_a_long_text_is_a_list_of_its_sentences(full_inputs: ReportInputs) -> None:
    evidence, row = Evidence(full_inputs), {"text": "", "written_by": "template"}
    assert not evidence.of("portfolio_report", "workspace", row).is_list
    more = [full_inputs.sentences.with_columns(position=pl.col("position") + 10 * n) for n in range(3)]
    long = replace(full_inputs, sentences=pl.concat(more))
    assert Evidence(long).of("portfolio_report", "workspace", row).is_list
    assert '<ul class="sentences"><li dir="auto">Five of eight goals' in render_report(long)


def test_the_proofs_of_a_sentence_stand_in_the_order_of_their_numbers(full_inputs: ReportInputs) -> None:
    mixed = (
        pl.when(pl.col("position") == 2).then(pl.lit(pl.Series([["3000", "1000"]])).first()).otherwise("source_gids")
    )
    told = Evidence(replace(full_inputs, sentences=full_inputs.sentences.with_columns(source_gids=mixed)))
    second = told.of("portfolio_report", "workspace", {"text": "", "written_by": "template"}).sentences[1]
    assert [proof.number for proof in second.proofs] == [1, 2]


def test_a_narrative_without_sentences_in_the_tables_is_shown_whole(full_inputs: ReportInputs) -> None:
    card = goals_section(replace(full_inputs, sentences=full_inputs.sentences.clear())).cards[0]
    assert card.told is not None
    assert [said.text for said in card.told.sentences] == full_inputs.narratives.filter(
        pl.col("goal_gid") == card.line.gid
    )["text"].to_list()
    assert card.told.sentences[0].proofs == []


def test_a_person_and_a_source_that_is_no_gid_are_no_proof(full_inputs: ReportInputs) -> None:
    sources = pl.lit(pl.Series([["2004", "workspace", "1/../evil", "3000"]])).first()
    odd = full_inputs.sentences.with_columns(source_gids=sources)
    card = goals_section(replace(full_inputs, sentences=odd)).cards[0]
    assert card.told is not None
    assert [p.object.name for p in card.told.sentences[0].proofs] == ["Billing rewrite"]


@pytest.mark.parametrize(
    ("written_by", "refusals", "said"),
    [
        ("template", [], "sentences by rule"),
        ("select", [], "a model chose, wording by rule"),
        ("slots", [], "a model phrased, checked"),
        ("prose", [], "a model phrased, checked"),
        ("fallback", ["word", "number", "word"], "by rule, the model's text was refused (number, word)"),
        ("fallback", ["budget"], "by rule, the model gave no answer (budget)"),
        ("fallback", ["number", "timeout"], "by rule, the model's text was refused (number, timeout)"),
        ("fallback", [], "by rule, the model's text was refused"),
    ],
)
def test_a_text_says_who_wrote_it(full_inputs: ReportInputs, written_by: str, refusals: list[str], said: str) -> None:
    row = {"text": "All is well.", "written_by": written_by, "refusals": refusals}
    assert Evidence(full_inputs).of("goal_progress", "1000", row).by == said
    assert Evidence(full_inputs).of("goal_progress", "none", row).by == said


def test_the_workspace_comes_first_and_all_that_was_written_is_on_the_page(full_inputs: ReportInputs) -> None:
    words = words_section(full_inputs)
    assert [report.portfolio.name for report in words.reports] == ["Nordlys", "Growth bets"]
    assert [(note.subject.name, note.subject_type) for note in words.notes] == [("Hardening", "project")]
    assert [back.name for back in words.retrospectives] == ["Q3 2026"]
    page = render_report(full_inputs)
    assert 'href="#words"' in page
    assert "Looking back on Q3 2026" in page


def test_a_portfolio_of_which_the_same_is_told_as_of_the_workspace_is_not_told_again(full_inputs: ReportInputs) -> None:
    about = full_inputs.sentences.filter(pl.col("kind") == "portfolio_report")
    whole = about.filter(pl.col("subject_id") == "workspace")
    twice = pl.concat([whole, whole.with_columns(subject_id=pl.lit("6000"))])
    words = words_section(replace(full_inputs, sentences=twice))
    assert [report.portfolio.name for report in words.reports] == ["Nordlys"]
    assert words.reports_total == 1


def test_a_quarter_is_headed_as_its_text_calls_it(full_inputs: ReportInputs) -> None:
    subject = full_inputs.retrospectives["quarter_on"][0].isoformat()
    named = full_inputs.facts.filter(
        pl.col("kind") == "quarter_retrospective", pl.col("subject_id") == subject, pl.col("fact_id") == "odds"
    ).with_columns(fact_id=pl.lit("quarter"), value=pl.lit("Q1 FY27"))
    words = words_section(replace(full_inputs, facts=pl.concat([full_inputs.facts, named])))
    assert [back.name for back in words.retrospectives] == ["Q1 FY27"]


def test_nothing_written_is_no_section_and_no_link_to_one(empty_inputs: ReportInputs) -> None:
    assert 'id="words"' not in (page := render_report(empty_inputs))
    assert "#words" not in page


def test_a_full_week_says_why_where_it_was_written(full_inputs: ReportInputs) -> None:
    told = [(over.name, over.told) for over in load_section(full_inputs).overloads]
    assert [(name, said.text) for name, written in told if written for said in written.sentences] == [
        ("Eli Fox", "Eli's week is full because of three design reviews.")
    ]
    assert any(written is None for _, written in told)


def test_tone_is_shown_where_it_was_assessed_and_urgency_where_something_presses(full_inputs: ReportInputs) -> None:
    section = projects_section(full_inputs)
    assert [(t.scope.name, t.moved, t.change, t.comments) for t in section.tones] == [
        ("Billing rewrite", "cooler", "\u22120.19", 31)
    ]
    assert [u.project.name for u in section.urgent] == [
        "Billing rewrite", "Editor", "Enterprise push", "Hardening", "Nordics"
    ]  # fmt: skip
    assert section.urgent[1].why == "4 tasks overdue, 1 blocked, 12 days without a word, 2 due dates pushed"
    page = render_report(full_inputs)
    assert "31 comments" in page


def test_no_signal_is_no_strip(full_inputs: ReportInputs) -> None:
    calm = replace(full_inputs, urgency=full_inputs.urgency.clear(), tone_trend=full_inputs.tone_trend.clear())
    assert 'class="signals"' in render_report(full_inputs)
    assert 'class="signals"' not in render_report(calm)


def test_the_page_shows_numbers_titles_and_facts(full_inputs: ReportInputs) -> None:
    page = render_report(full_inputs)
    assert re.search(
        r'<a href="https://app\.asana\.com/0/0/3000"[^>]*title="Billing rewrite"><span[^>]*>[^<]*</span>\[2\]', page
    )
    assert "+ 3 more" in page
    assert "overdue tasks: <b>11 tasks</b>" in page
