"""Texts that reach Asana end with what proves them and who wrote them, and still pass what we let through."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.changes.canonical import TEXT_LIMIT, parsed
from asana_intel.changes.inputs import PlanRules
from asana_intel.changes.plan import build_plan
from asana_intel.changes.published import published
from asana_intel.changes.signed import LINKS, marked, signed
from asana_intel_tests.unit.changes.conftest import AS_OF_AT, AS_OF_ON

LINK = "https://app.asana.com/0/0/"
FOOT = (
    f"Half way with a third of the time left.\n\nEvidence: {LINK}1 {LINK}20 {LINK}301\n"
    "Sentences by rule; every number is from your data."
)
WAYS = ("template", "select", "slots", "prose", "fallback")


def body_of(inputs, kind, **rules):
    plan = build_plan(inputs, AS_OF_ON, AS_OF_AT, PlanRules(**rules))
    (row,) = plan.filter(pl.col("kind") == kind).to_dicts()
    return parsed(row["new_value"])


def by(inputs, way):
    return replace(inputs, goal_progress=inputs.goal_progress.with_columns(written_by=pl.lit(way)))


@pytest.mark.parametrize(("kind", "part"), [("status_update", "text"), ("comment", "text"), ("create_task", "notes")])
def test_every_text_about_a_goal_ends_with_its_evidence_and_its_author(inputs, kind, part):
    assert body_of(inputs, kind)[part].endswith(FOOT)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("template", "Sentences by rule; every number is from your data."),
        ("select", "A language model chose among true sentences; every number is from your data."),
        ("slots", "Phrased by a language model, every number checked."),
        ("prose", "Phrased by a language model, every number checked."),
        (
            "fallback",
            "Sentences by rule, as no text of the language model passed the check; every number is from your data.",
        ),
    ],
)
def test_a_text_says_in_which_way_it_was_written(inputs, way, said):
    assert body_of(by(inputs, way), "status_update")["text"].splitlines()[-1] == said


def test_what_is_no_gid_is_no_link_and_without_proofs_the_author_alone_is_named(inputs):
    odd = inputs.sentences.with_columns(source_gids=pl.lit(pl.Series([["workspace", "1/../x", "20"]])).first())
    assert f"Evidence: {LINK}20\n" in body_of(replace(inputs, sentences=odd), "status_update")["text"]
    none = body_of(replace(inputs, sentences=inputs.sentences.clear()), "status_update")["text"]
    assert none == "Half way with a third of the time left.\n\nSentences by rule; every number is from your data."


def test_proofs_follow_the_order_of_the_sentences_whatever_the_order_of_the_table(inputs):
    backwards = replace(inputs, sentences=inputs.sentences.reverse())
    assert backwards.proofs() == inputs.proofs() == {"1": ["1", "20", "301"]}


def test_five_links_are_enough_and_the_others_are_counted():
    text = signed({"text": "All is well.", "written_by": "template"}, [str(n) for n in range(1, 9)])
    assert text.count(LINK) == LINKS == 5
    assert f"{LINK}5 + 3 more\n" in text


@given(st.lists(st.integers(1, 10**20 - 1).map(str), max_size=8), st.sampled_from(WAYS))
def test_links_into_asana_and_the_author_survive_what_is_taken_out_of_texts(gids, way):
    text = signed({"text": "At 3 of 20, the odds are 48 %.", "written_by": way}, gids)
    assert published(text) == text


@given(st.integers(0, TEXT_LIMIT + 50), st.sampled_from(WAYS))
def test_the_field_says_who_wrote_it_only_where_that_still_fits(length, way):
    text = "x" * length
    shown = marked({"text": text, "written_by": way})
    assert len(shown) <= TEXT_LIMIT
    assert shown.endswith(")") == (length + len(" (by rule)") <= TEXT_LIMIT if way in {"template", "fallback"} else
                                   length + len(" (chosen by a model)") <= TEXT_LIMIT if way == "select" else
                                   length + len(" (phrased by a model)") <= TEXT_LIMIT)  # fmt: skip


def test_the_summary_of_a_goal_is_its_text_and_how_it_was_written(inputs):
    def summary(way):
        plan = build_plan(by(inputs, way), AS_OF_ON, AS_OF_AT)
        return parsed(plan.filter(pl.col("field") == "ai_summary")["new_value"].item())

    assert summary("template") == "Half way with a third of the time left. (by rule)"
    assert summary("select") == "Half way with a third of the time left. (chosen by a model)"
