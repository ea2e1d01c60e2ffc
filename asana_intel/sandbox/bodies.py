"""The body of a request as it is understood: JSON, a form, or parts. What its members mean is the operations' own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import orjson

from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.uploads import multipart_data
from asana_intel.sandbox.world import Fields

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_OPTION = "opt_"
_MEMBERS = frozenset({"data", "options"})
_NAME = re.compile(r"^([^\[\]]+)(?:\[([^\[\]]*)\])?$")


def parsed_body(raw: bytes, content_type: str) -> Fields:
    """Read a request's body.

    Args:
        raw: As it came; may be empty.
        content_type: The `Content-Type` header; without one it is taken for JSON.

    Returns:
        `{"data": …, "options": …}`.

    Raises:
        ApiError: 400 if it cannot be read, or is no object.
    """
    if not raw:
        return {}
    if content_type.partition(";")[0].strip().lower() == _FORM:
        return _form(raw)
    if content_type.lower().startswith(_MULTIPART):
        return {"data": multipart_data(raw, content_type)}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "Could not parse request data, invalid JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Could not parse request data, expected an object")
    for name in body:
        if name not in _MEMBERS:  # a client that forgot to wrap its data would wait for an effect in vain
            raise invalid(name, 'Not a recognized member; expected {"data": {…}, "options": {…}}')
    return body


def _form(raw: bytes) -> Fields:
    """Read a form: `opt_fields` and its like are options; `a[b]=c` is an object, `a[]=c` and repeated `a` a list.

    The word `null` clears. All else stays text: what is a number or a yes is the operations' to tell.
    """
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise ApiError(400, "Could not parse request data, invalid form") from error
    body: Fields = {"data": {}, "options": {}}
    for name, text in pairs:
        value = None if text == "null" else text
        if name.startswith(_OPTION):
            body["options"][name.removeprefix(_OPTION)] = value
        else:
            _enter(body["data"], name, value)
    return body


def _enter(data: Fields, name: str, value: Any) -> None:
    match = _NAME.match(name)
    if match is None:
        raise ApiError(400, f"{name}: Could not parse request data, invalid form")
    head, inner = match.groups()
    if inner:
        known = data.setdefault(head, {})
        if not isinstance(known, dict):
            raise ApiError(400, f"{head}: Could not parse request data, given twice")
        known[inner] = value
    elif inner == "" or head in data:
        known = data.setdefault(head, [])
        data[head] = [*(known if isinstance(known, list) else [known]), value]
    else:
        data[head] = value
