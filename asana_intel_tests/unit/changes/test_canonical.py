from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.changes.canonical import TEXT_LIMIT, canonical, canonical_number, parsed, shortened
from asana_intel.changes.fields import BY_NAME, FieldSpec
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


GIDS = st.from_regex(r"\A[1-9][0-9]{0,18}\Z", fullmatch=True)
VALUES = {
    "number": st.floats(0, 1000),
    "date": st.dates(),
    "text": TEXT,
    "enum": GIDS,
    "multi_enum": st.lists(GIDS, max_size=5),
    "people": st.lists(GIDS, max_size=5),
}
TAGS = FieldSpec("tags", "Tags", "task", "multi_enum", "Several of a list.", options=("Risk", "Debt"))
SPECS = (*BY_NAME.values(), TAGS)


def as_read(spec, wire):
    """The entry by which Asana shows a value that was written, as the API's document has it."""
    if spec.value_type in {"multi_enum", "people"}:
        members = [{"gid": gid, "name": f"N{gid}"} for gid in reversed(wire)]  # in the order of its own list
        return {"multi_enum_values" if spec.value_type == "multi_enum" else "people_value": members}
    if spec.value_type == "enum":
        return {"enum_value": {"gid": wire, "name": "any"}}
    return {f"{spec.value_type}_value": wire}


@pytest.mark.fault("F28")
@given(st.sampled_from(SPECS), st.data())
def test_every_field_reads_back_what_it_sends(spec, data):
    wanted = spec.canonical(data.draw(VALUES[spec.value_type]))
    if wanted is not None:
        assert spec.live(as_read(spec, spec.wire(wanted))) == wanted


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("ai_health", 0.1 + 0.2, 0.3),
        ("ai_health", 33.333, 33.3),
        ("ai_confidence_score", 0.1 + 0.2, 0.30),
        ("ai_confidence_score", 0.62345, 0.62),
        ("ai_summary", "Cafe\u0301\r\nbar  ", "Café\nbar"),
        ("ai_summary", "odds:\t62 % ", "odds:\t62 %"),
    ],
)
@pytest.mark.fault("F28")
def test_what_asana_rounds_and_tidies_is_the_same_value(name, written, read):
    spec = BY_NAME[name]
    assert spec.canonical(written) == spec.live({f"{spec.value_type}_value": read})


@given(st.permutations(["7", "12", "9"]))
@pytest.mark.fault("F28")
def test_neither_people_nor_options_have_an_order(gids):
    for spec in (TAGS, BY_NAME["recommended_assignee"]):
        assert spec.canonical([*gids, gids[0]]) == '["12", "7", "9"]'


@pytest.mark.fault("F28")
def test_an_option_is_its_gid_by_whatever_name_it_is_called():
    options = {"12": "Hoch", "13": "Größe"}
    spec = BY_NAME["suggested_priority"]
    spellings = ("12", "hoch", " Hoch ", {"gid": "12", "name": "renamed since"})
    assert {spec.canonical(s, options) for s in spellings} == {'"12"'}
    assert spec.canonical("GRO\u0308ßE", options) == '"13"'
    assert spec.live({"enum_value": {"gid": "12", "name": "renamed since"}}) == '"12"'
    assert TAGS.canonical(["Größe", "12"], options) == '["12", "13"]'


@pytest.mark.parametrize("value", ["Middle", "12/../1", "１２", "12\n", ""])
def test_an_option_that_does_not_exist_is_refused_with_those_that_do(value):
    if value:
        with pytest.raises(PermanentError, match="is not a"):
            BY_NAME["suggested_priority"].canonical(value)
        with pytest.raises(PermanentError, match="is not an option") as refused:
            BY_NAME["suggested_priority"].canonical(value, {"9": "High", "8": "Low"})
        assert "High, Low" in str(refused.value)
    else:
        assert BY_NAME["suggested_priority"].canonical(value) is None


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
