"""The body of a request as it is understood: JSON. What its members mean is the operations' own."""

from __future__ import annotations

import orjson

from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.world import Fields


def parsed_body(raw: bytes, content_type: str) -> Fields:
    """Read a request's body.

    Args:
        raw: As it came; may be empty.
        content_type: The `Content-Type` header; without one it is taken for JSON.

    Raises:
        ApiError: 400 if it cannot be read, or is no object.
    """
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "Could not parse request data, invalid JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Could not parse request data, expected an object")
    return body
