"""What counts as an answer: one JSON object that fits, however it is wrapped; jsonschema is the witness."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.narratives.model.reading import MalformedError, read_answer, violations

WORDS = st.sampled_from(["a", "b", "cc", "", "7", "a1"])
STRINGS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "enum": st.lists(WORDS, min_size=1, max_size=3),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 3),
        "pattern": st.sampled_from(["^[^0-9]*$", "^a", "c$"]),
    },
)
PLAIN = st.sampled_from([{"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {"enum": ["a", "b"]}])


def arrays(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"type": st.just("array"), "items": items},
        optional={"minItems": st.integers(0, 2), "maxItems": st.integers(0, 3), "uniqueItems": st.booleans()},
    )


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda properties, required: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & properties.keys()),
            "additionalProperties": False,
        },
        st.dictionaries(WORDS, values, max_size=3),
        st.sets(WORDS, max_size=3),
    )


SCHEMAS = st.recursive(STRINGS | PLAIN, lambda inner: arrays(inner) | objects(inner), max_leaves=4)
DATA = st.recursive(
    WORDS | st.integers(-2, 2) | st.booleans() | st.none() | st.just(1.5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Data that often fits a schema."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | DATA
    if schema["type"] == "array":
        return st.lists(fitting(schema["items"]), max_size=3) | DATA
    if schema["type"] == "object":
        return st.fixed_dictionaries({name: fitting(of) for name, of in schema["properties"].items()}) | DATA
    return {"string": WORDS, "boolean": st.booleans()}.get(schema["type"], st.integers(-2, 2)) | DATA


@settings(max_examples=200)
@given(data=st.data())
def test_data_fits_a_schema_exactly_where_jsonschema_says_so(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    said = data.draw(fitting(schema))
    is_valid = jsonschema.Draft202012Validator(schema).is_valid(said)
    assert (not list(violations(said, schema))) == is_valid


@given(said=DATA)
def test_whatever_is_read_is_an_object_that_fits(said: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    fits = isinstance(said, dict) and (not said or (said.keys() == {"a"} and isinstance(said["a"], str)))
    if fits:
        assert read_answer(json.dumps(said), schema) == said
    else:
        with pytest.raises(MalformedError):
            read_answer(json.dumps(said), schema)


ANY = {"type": "object", "properties": {"text": {"type": "string"}}}


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "x"}',
        '\n\n  {"text": "x"}  \n',
        '```json\n{"text": "x"}\n```',
        '```\n{"text": "x"}\n```',
        'Here it is:\n```json\n{"text": "x"}\n```\nAnything else?',
        '<think>\nIs {"text": "y"} better?\n</think>\n\n{"text": "x"}',
        '<thinking>a</thinking><think>b</think>```json\n{"text": "x"}\n```',
    ],
)
def test_wrapping_is_taken_off(text: str) -> None:
    assert read_answer(text, ANY) == {"text": "x"}


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"text": "x"}\n```\nor\n```json\n{"text": "y"}\n```',
        '{"text": "x"} {"text": "y"}',
        'The answer is {"text": "x"}.',
        "{'text': 'x'}",
        '{"text": "x",}',
        '{"text": NaN}',
        '{"text": "\\u0000"}',
        '{"text": "\\ud83d"}',
        '{"text": "' + "x" * 64_000 + '"}',
        "[" * 5000,
        " ",
    ],
)
def test_nothing_else_is_repaired(text: str) -> None:
    with pytest.raises(MalformedError) as wrong:
        read_answer(text, ANY)
    assert "xxx" not in str(wrong.value)


def test_a_schema_that_cannot_be_checked_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="oneOf"):
        read_answer('{"text": "x"}', {**ANY, "oneOf": []})
