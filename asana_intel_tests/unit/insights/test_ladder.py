"""The usual ways to write a priority stand in order without being told; other words stand in none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.insights.ladder import LEVEL_OF, in_order

LADDERS = [
    ["Trivial", "Minor", "Major", "Critical", "Blocker"],
    ["Lowest", "Low", "Medium", "High", "Highest"],
    ["Low", "Normal", "High", "Urgent"],
    ["No priority", "Low priority", "Medium priority", "High priority"],
    ["Won't have", "Could have", "Should have", "Must have"],
    ["P0", "P1", "P2", "P3", "P4"],
    ["1", "2", "3", "4", "5", "10"],
    ["1 - Critical", "2 - High", "3 - Moderate", "4 - Low"],
    ["P0 (Urgent)", "P1 (High)", "P2 (Medium)"],
    ["Sev 1", "Sev 2", "Severity 3"],
    ["-1", "0", "2"],
]


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder[0])
@given(data=st.data())
def test_a_usual_ladder_is_known_in_any_order_and_selection(ladder: list[str], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(ladder), min_size=1, unique=True))
    assert in_order(some) == [value for value in ladder if value in some]


@pytest.mark.parametrize(
    "values", [["bug", "feature"], ["High", "bug"], ["1. Invoices", "2. Refunds"], ["P1", "High"], ["--", "P1"], [""]]
)
def test_other_words_have_no_order(values: list[str]) -> None:
    assert in_order(values) is None


def test_a_word_further_up_never_means_less() -> None:
    assert list(LEVEL_OF.values()) == sorted(LEVEL_OF.values())
