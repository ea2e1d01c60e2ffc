"""Settings given from outside, by file or by request, checked against their model. The models are elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from asana_intel.errors import ConfigError
from asana_intel.sandbox.rejections import ApiError, invalid

Model = TypeVar("Model")


def checked(model: type[Model], given: Any) -> Model:
    """Read settings that a request gives.

    Args:
        model: A pydantic model or dataclass.
        given: Decoded JSON.

    Returns:
        The settings.

    Raises:
        ApiError: 400 that names the first member that is unknown or does not fit.
    """
    try:
        return TypeAdapter(model).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        member = ".".join(str(part) for part in first["loc"]) or "body"
        raise invalid(member, first["msg"]) from error


def from_file(model: type[Model], path: Path) -> Model:
    """Read settings from a JSON file.

    Raises:
        ConfigError: If the file cannot be read, or a member is unknown or does not fit.
    """
    try:
        return checked(model, orjson.loads(path.read_bytes()))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", fix="name a JSON file that can be read") from error
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{path}: not JSON ({error})", fix="write one JSON object") from error
    except ApiError as error:
        raise ConfigError(f"{path}: {error.message}", fix="see docs/sandbox.md for what may stand there") from error
