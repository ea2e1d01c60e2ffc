"""In which ways JSON can be asked for, from the strictest to the plainest, and which one an endpoint takes."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import orjson

from asana_intel.narratives.model.request import Request
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database

_REMEMBERED_DAYS = 30
_UNENFORCED = {"minLength", "maxLength", "uniqueItems"}  # OpenAI refuses a strict schema with these; reading.py checks


class Rung(StrEnum):
    """A way to ask."""

    json_schema = "json_schema"  # the provider holds the model to the schema
    json_object = "json_object"  # the provider holds it to JSON, and may read the schema
    prompt = "prompt"  # only the prompt asks

    @property
    def plainer(self) -> "Rung | None":
        """The next plainer way."""
        rungs = list(Rung)
        place = rungs.index(self) + 1
        return rungs[place] if place < len(rungs) else None


def messages(request: Request, rung: Rung) -> list[dict[str, str]]:
    """The chat; below the first rung it states the schema itself."""
    system = request.system
    if rung is not Rung.json_schema:
        schema = orjson.dumps(request.schema).decode()
        system = f"{system}\n\nAnswer with one JSON object that fits this JSON schema, and nothing else:\n{schema}"
    return [{"role": "system", "content": system}, {"role": "user", "content": request.user}]


def response_format(request: Request, rung: Rung) -> dict[str, Any] | None:
    """What `response_format` must be, or None where it must be left out."""
    if rung is Rung.json_schema:
        named = {"name": request.name, "strict": True, "schema": _closed(request.schema)}
        return {"type": "json_schema", "json_schema": named}
    return {"type": "json_object", "schema": _closed(request.schema)} if rung is Rung.json_object else None


def endpoint_of(settings: LlmSettings) -> str:
    """Name of a model at an address; a hash, since addresses may hold passwords."""
    named = orjson.dumps([settings.model, settings.api_base, settings.api_version])
    return hashlib.blake2b(named, digest_size=16).hexdigest()


def remembered(database: Database, endpoint: str) -> Rung:
    """The way that worked last; the strictest where nothing is known, or for too long."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT rung FROM model_endpoint WHERE endpoint = %s"
            " AND learnt_at > clock_timestamp() - make_interval(days => %s)",
            (endpoint, _REMEMBERED_DAYS),
        )
        row = cursor.fetchone()
    return Rung(row[0]) if row else Rung.json_schema


def remember(database: Database, endpoint: str, rung: Rung) -> None:
    """Note the way that works."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO model_endpoint (endpoint, rung) VALUES (%s, %s)"
            " ON CONFLICT (endpoint) DO UPDATE SET rung = excluded.rung, learnt_at = clock_timestamp()",
            (endpoint, rung),
        )


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as providers want it: objects say that they hold nothing else."""
    out = {name: value for name, value in schema.items() if name not in _UNENFORCED}
    if out.get("type") == "object":
        out["properties"] = {name: _closed(of) for name, of in out.get("properties", {}).items()}
        out["additionalProperties"] = False
    if isinstance(out.get("items"), Mapping):
        out["items"] = _closed(out["items"])
    return out
