"""What the words of one comment say, and that the page says how often that is right."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.narratives.tone import lexicon
from asana_intel.narratives.tone.tone import cleaned, label_of, read_comment

ROOT = Path(__file__).resolve().parents[3]


def said(text: str) -> str:
    return label_of(read_comment(text).tone)


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tone_benchmark", ROOT / "benchmarks" / "tone.py")
    assert spec
    assert spec.loader
    tone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tone)
    return tone


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("LGTM", "positive"),
        ("Looks good to me, ship it!", "positive"),
        ("We got the green-light from legal.", "positive"),
        ("Fixed the crash bug in the importer.", "positive"),
        ("The memory leak has been resolved.", "positive"),
        ("The launch is slipping.", "negative"),
        ("We are blocked by the vendor.", "negative"),
        ("It is on the critical path for June.", "neutral"),
        ("Kill the process before you restart the worker.", "neutral"),
        ("Could you please send the invoice?", "neutral"),
    ],
)
def test_words_of_project_work_are_heard_as_project_work(text: str, label: str) -> None:
    assert said(text) == label


@pytest.mark.parametrize(
    ("plain", "turned"),
    [
        ("This is blocked.", "This is no longer blocked."),
        ("There are blockers.", "There are no blockers."),
        ("There are several delays.", "We finished without any delays."),
        ("The bug crashes the page.", "The bug that crashes the page is fixed."),
    ],
)
def test_trouble_that_is_absent_or_mended_is_good_news(plain: str, turned: str) -> None:
    assert (read_comment(plain).tone or 0) < (read_comment(turned).tone or 0)
    assert said(turned) != "negative"


@pytest.mark.parametrize(
    ("plain", "turned"),
    [
        ("It works now.", "It no longer works."),
        ("The bug is fixed.", "The bug is not fixed."),
        ("It is approved.", "It was never approved."),
    ],
)
def test_good_news_that_is_denied_is_not_good(plain: str, turned: str) -> None:
    assert said(plain) == "positive"
    assert said(turned) == "negative"


def test_a_question_for_trouble_is_no_trouble() -> None:
    assert said("Let me know if there are any issues.") == "neutral"


@pytest.mark.parametrize(
    "foreign",
    [
        "```\nraise TerribleError('disaster')\n```",
        "`is_broken_disaster`",
        "https://example.com/this/is/a/disaster/broken",
        "> this is a disaster, everything is broken",
        "    disaster = broken\n    worst = True",
        '"a disaster, everything is broken"',
        "On Monday Ann wrote: what a disaster",
        "@broken Disaster",
        "angry@disaster.example.com",
    ],
)
def test_code_quotes_links_and_mentions_are_not_the_authors_words(foreign: str) -> None:
    plain, beside = (
        read_comment("I moved it to the next sprint."),
        read_comment(f"I moved it to the next sprint.\n{foreign}"),
    )
    assert beside == plain
    assert beside.tone == 0.0


def test_a_line_of_code_does_not_swallow_what_follows_it() -> None:
    assert said("    x = 1\n> quoted\nWe are blocked.") == "negative"


def test_our_own_posts_are_not_read() -> None:
    ours = "The odds fell, a great success, thank you.\n\nref AIW-U75VRVH3L5IE"
    assert read_comment(ours).tone is None
    assert cleaned(ours) is None


@pytest.mark.parametrize(
    "text",
    [
        "Die Tests sind fertig, danke.",
        "Das war die Hölle, wir sind blockiert.",
        "Merci pour le fichier, je regarde demain.",
        "Gracias, está muy bien.",
        "Obrigado, ficou ótimo.",
        "Dat is klaar, dank je wel.",
        "Rechnung bezahlt",
        "テストが失敗しました",
        "Тест упал, это катастрофа",
        "测试失败 blocked",
        "",
        "   \n",
        "https://example.com",
    ],
)
def test_what_is_not_english_abstains(text: str) -> None:
    reading = read_comment(text)
    assert reading.tone is None
    assert not reading.is_urgent


@pytest.mark.parametrize("text", ["Done", "LGTM", "+1", "José and Zoë are on it, the file is ready."])
def test_short_english_and_foreign_names_are_read(text: str) -> None:
    assert read_comment(text).tone is not None


@pytest.mark.parametrize(
    ("text", "is_urgent"),
    [
        ("Please review asap.", True),
        ("We need the figures today.", True),
        ("The site is down!", True),
        ("This is not urgent, no rush.", False),
        ("It was merged today.", False),
        ("There is no longer a blocker, take your time.", False),
    ],
)
def test_haste_is_heard_and_its_denial_too(text: str, is_urgent: bool) -> None:
    assert read_comment(text).is_urgent is is_urgent


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*lexicon.LEXICON, "not", "but", "!", ",", "fixed", "no"])).map(" ".join)
)
def test_any_text_is_read_the_same_twice_and_within_bounds(text: str) -> None:
    reading = read_comment(text)
    assert reading == read_comment(text)
    assert reading.tone is None or -1 <= reading.tone <= 1


def test_the_lexicon_is_large_and_in_lower_case() -> None:
    assert sum(value != 0 for value in lexicon.LEXICON.values()) >= 80
    assert all(phrase == phrase.lower() and -4 <= value <= 4 for phrase, value in lexicon.LEXICON.items())


def test_the_page_states_the_figures_that_the_labelled_comments_give(benchmark: ModuleType) -> None:
    page = (ROOT / "docs" / "tone.md").read_text()
    tables = [benchmark.tone_table("holdout"), benchmark.tone_table("dev"), benchmark.urgent_table()]
    for made in [*tables, benchmark.gain("holdout")]:
        assert made in page, f"docs/tone.md should say:\n{made}"


def test_the_holdout_is_large_labelled_in_full_and_shares_no_comment_with_what_was_tuned_on(
    benchmark: ModuleType,
) -> None:
    dev, holdout = benchmark.labelled("dev"), benchmark.labelled("holdout")
    assert len(dev) >= 80
    assert len(holdout) >= 100
    assert {row["tone"] for row in holdout} == set(benchmark.TONES)
    assert {row["is_urgent"] for row in dev + holdout} == {"yes", "no"}
    assert not {row["text"] for row in dev} & {row["text"] for row in holdout}


def test_the_tone_on_unseen_comments_does_not_fall_below_its_floor(benchmark: ModuleType) -> None:
    rows = benchmark.labelled("holdout")
    true, texts = np.array([row["tone"] for row in rows]), [row["text"] for row in rows]
    found, raw = benchmark.ours(texts), benchmark.raw_vader(texts)
    assert benchmark.accuracy(found, true) >= max(0.5, benchmark.accuracy(raw, true))
    assert benchmark.precision(found, true) >= 0.65
    assert benchmark.recall(found, true) >= 0.2
    assert benchmark.macro_f1(found, true) >= 0.45
