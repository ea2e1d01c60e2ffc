"""From a model's text to JSON that fits a schema, or a refusal; knows no provider and repairs nothing but wrapping.

Schemas may use: type (object, array, string, integer, number, boolean), properties, required, items, enum, minItems,
maxItems, uniqueItems, minLength, maxLength, pattern; title and description say nothing here. An object holds no
property but those named, and `additionalProperties: false` may be written out.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

MOST_BYTES = 64_000
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool
}  # fmt: skip
_KNOWN = {
    "type", "properties", "required", "items", "enum", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength",
    "pattern", "additionalProperties", "title", "description",
}  # fmt: skip


class MalformedError(Exception):
    """Not an answer of the schema; the text says which rule was broken, and quotes nothing of the answer."""


def read_answer(text: str | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object in a model's text.

    Args:
        text: What the model said; thoughts before and a code fence around the JSON are taken off.
        schema: What it must fit.

    Raises:
        MalformedError: It is too long, no JSON object, or does not fit.
        ValueError: The schema uses what is not known here.
    """
    if not text:
        raise MalformedError("no text")
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise MalformedError(f"more than {MOST_BYTES} bytes")
    try:
        data = orjson.loads(_unwrapped(text))
    except orjson.JSONDecodeError:
        raise MalformedError("not JSON") from None
    for wrong in violations(data, schema):
        raise MalformedError(wrong)
    if not isinstance(data, dict):
        raise MalformedError("not an object")
    return data


def violations(data: object, schema: Mapping[str, Any], where: str = "answer") -> Iterator[str]:
    """Each rule of the schema that the data breaks, in words.

    Raises:
        ValueError: The schema uses what is not known here.
    """
    if unknown := schema.keys() - _KNOWN:
        raise ValueError(f"unknown in a schema: {sorted(unknown)}")
    wanted = schema.get("type")
    if wanted is not None and not _is(data, wanted):
        yield f"{where} is not of type {wanted}"
        return
    if "enum" in schema and data not in schema["enum"]:
        yield f"{where} is none of the values allowed"
    if isinstance(data, dict):
        yield from _object(data, schema, where)
    elif isinstance(data, list):
        yield from _array(data, schema, where)
    elif isinstance(data, str):
        yield from _string(data, schema, where)


def _unwrapped(text: str) -> str:
    text = _THOUGHT.sub("", text).strip()
    fenced = _FENCED.findall(text)
    return fenced[0] if len(fenced) == 1 and not text.startswith("{") else text


def _is(data: object, wanted: str) -> bool:
    return isinstance(data, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(data, bool))


def _object(data: Mapping[str, object], schema: Mapping[str, Any], where: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    if data.keys() - properties.keys():
        yield f"{where} holds a property that is not allowed"
    yield from (f"{where} lacks {name}" for name in schema.get("required", ()) if name not in data)
    for name, of in properties.items():
        if name in data:
            yield from violations(data[name], of, f"{where}.{name}")


def _array(data: list[object], schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if len(data) < schema.get("minItems", 0):
        yield f"{where} has fewer than {schema['minItems']} items"
    if len(data) > schema.get("maxItems", len(data)):
        yield f"{where} has more than {schema['maxItems']} items"
    if schema.get("uniqueItems") and len({orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for item in data}) < len(
        data
    ):
        yield f"{where} has an item twice"
    for item in data if "items" in schema else ():
        yield from violations(item, schema["items"], f"{where}[]")


def _string(data: str, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if "\0" in data:
        yield f"{where} holds a null character"
    if not schema.get("minLength", 0) <= len(data) <= schema.get("maxLength", len(data)):
        yield f"{where} is too short or too long"
    if "pattern" in schema and not re.search(schema["pattern"], data):
        yield f"{where} does not match its pattern"
