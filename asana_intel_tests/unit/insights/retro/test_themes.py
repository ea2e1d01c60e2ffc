"""Key phrases of comments: what several people say about several tasks, and nobody's name."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.insights.retro.themes import LEAST_PEOPLE, LEAST_TASKS, themes_of


def said(*texts: str) -> list[tuple[str, str, str]]:
    """Each text by a person of its own on a task of its own."""
    return [(f"task{i}", f"person{i}", text) for i, text in enumerate(texts)]


def test_a_phrase_needs_three_tasks_and_three_people() -> None:
    text = "the staging server is slow"
    assert "staging server" in themes_of(said(text, text, text), [], [])
    assert themes_of([(f"t{i}", f"p{i % 2}", text) for i in range(9)], [], []) == []
    assert themes_of([(f"t{i % 2}", f"p{i}", text) for i in range(9)], [], []) == []


def test_what_is_said_everywhere_weighs_less() -> None:
    texts = ["we have a missing licence, please review"] * 3
    found = themes_of(said(*texts), ["please review"] * 50, [])
    assert found == ["missing licence", "review"]


def test_a_longer_phrase_stands_for_its_parts() -> None:
    assert themes_of(said(*["red review board meets"] * 3), [], []) == ["red review board"]


def test_names_of_people_in_the_workspace_are_in_no_phrase() -> None:
    texts = ["waiting for miller and the api key", "ask miller about the api key", "miller has the api key"]
    assert themes_of(said(*texts), [], ["Ann-Kristin Miller"]) == ["api key"]


def test_a_word_that_is_written_with_a_capital_may_be_a_name() -> None:
    texts = ["Schmidt has not answered", "again no answer from Schmidt, he has not answered", "Has Schmidt answered?"]
    assert themes_of(said(*texts), [], []) == ["answered"]


def test_addresses_are_no_words() -> None:
    texts = ["see https://example.org/secret or mail jo.doe@example.org, @jodoe, the budget is gone"] * 3
    words = {word for phrase in themes_of(said(*texts), [], []) for word in phrase.split()}
    assert "budget" in words
    assert not {"secret", "doe", "jodoe"} & words


_WORDS = st.sampled_from(["server", "Schmidt", "slow", "the", "api", "key", "Down", "down", "miller", ".", "\n"])
_COMMENTS = st.lists(
    st.tuples(
        st.sampled_from(["t1", "t2", "t3", "t4"]), st.sampled_from(["p1", "p2", "p3", "p4"]),
        st.lists(_WORDS, max_size=8).map(" ".join),
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_COMMENTS, st.lists(st.lists(_WORDS, max_size=6).map(" ".join), max_size=6))
def test_every_theme_is_common_enough_and_names_nobody(comments, elsewhere) -> None:
    found = themes_of(comments, elsewhere, ["Max Miller"])
    assert found == themes_of(comments, elsewhere, ["Max Miller"])
    for phrase in found:
        holding = [c for c in comments if phrase in " ".join(c[2].lower().replace("\n", " ").split())]
        assert len({task for task, _, _ in holding}) >= LEAST_TASKS
        assert len({person for _, person, _ in holding}) >= LEAST_PEOPLE
        assert not {"miller", "schmidt"} & set(phrase.split())


def test_a_name_that_is_written_small_now_and_then_is_still_a_name() -> None:
    texts = ["ask Schmidt, then ask Schmidt again", "the budget of schmidt", "the budget is with Schmidt"]
    assert themes_of(said(*texts, *texts), [], []) == ["budget"]
