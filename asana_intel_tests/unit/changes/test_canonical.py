from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.changes.canonical import TEXT_LIMIT, canonical, canonical_number, parsed, shortened
from asana_intel.changes.fields import BY_NAME, REGISTRY
from asana_intel.errors import PermanentError

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


@pytest.mark.fault("F28")
@given(FINITE, st.integers(0, 6))
def test_a_number_written_and_read_back_is_the_same_number(value, decimals):
    once = canonical_number(value, decimals)
    assert canonical_number(parsed(once), decimals) == once
    assert "e" not in once.lower()
    assert once != "-0"


@pytest.mark.fault("F28")
@given(TEXT)
def test_a_text_written_and_read_back_is_the_same_text(value):
    once = canonical(value, "text")
    assert canonical(parsed(once), "text") == once


@pytest.mark.fault("F28")
@given(st.dates())
def test_a_day_is_the_same_as_a_date_a_text_and_asanas_object(day):
    spellings = (day, day.isoformat(), {"date": day.isoformat()}, datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
    assert len({canonical(s, "date") for s in spellings}) == 1


@pytest.mark.fault("F28")
@given(st.sampled_from(REGISTRY), st.data())
def test_every_field_reads_back_what_it_sends(spec, data):
    value = data.draw({"number": st.floats(0, 1000), "date": st.dates(), "text": TEXT}[spec.value_type])
    wanted = spec.canonical(value)
    if wanted is not None:
        assert spec.live({f"{spec.value_type}_value": spec.wire(wanted)}) == wanted


def test_a_percentage_keeps_the_two_digits_that_asana_shows():
    assert BY_NAME["ai_confidence_score"].canonical(0.8734) == "0.87"
    assert BY_NAME["ai_confidence_score"].canonical(0.875) == "0.88"


@pytest.mark.fault("F28")
def test_text_differs_neither_by_unicode_form_nor_by_trailing_blanks():
    assert canonical("Cafe\u0301  \r\nbar ", "text") == canonical("Café\nbar", "text")


def test_empty_is_empty_however_it_is_spelled():
    assert {canonical(v, t) for v, t in ((None, "number"), (float("nan"), "number"), ("  ", "text"), ("", "date"))} == {
        None
    }


@pytest.mark.parametrize(("value", "kind"), [("many", "number"), (float("inf"), "number"), ("soon", "date")])
def test_a_value_of_another_type_is_refused_by_name(value, kind):
    with pytest.raises(PermanentError, match="is not a"):
        canonical(value, kind)


@given(st.text(max_size=3000))
def test_a_long_text_is_cut_to_what_a_field_holds(text):
    assert len(shortened(text)) <= TEXT_LIMIT


def test_a_cut_text_ends_at_a_word_with_an_ellipsis():
    assert shortened("one two three", 9) == "one two…"
    assert canonical(date(2026, 1, 2), "date") == '"2026-01-02"'
