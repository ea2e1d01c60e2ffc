"""Answers that were given before, by question; only valid ones are kept, and none for longer than a quarter.

At disclosure `full` an answer may hold names.
"""

import hashlib
from typing import Any

import orjson

from asana_intel.narratives.model.reading import MalformedError, read_answer
from asana_intel.narratives.model.request import Request
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database

_KEPT_DAYS = 92


def question_of(settings: LlmSettings, request: Request) -> str:
    """Name of a question: what is asked, and of which model where; a hash, since addresses may hold passwords."""
    named = orjson.dumps([request.cache_key, settings.model, settings.base_model, settings.api_base])
    return hashlib.blake2b(named, digest_size=16).hexdigest()


def find(database: Database, question: str, request: Request) -> dict[str, Any] | None:
    """The answer given before, if it fits the schema of today."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM model_answer WHERE question = %s", (question,))
        row = cursor.fetchone()
    try:
        return read_answer(row[0], request.schema) if row else None
    except MalformedError:
        return None


def keep(database: Database, question: str, data: dict[str, Any]) -> None:
    """Keep an answer; a newer one replaces an older one."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO model_answer (question, answer) VALUES (%s, %s)"
            " ON CONFLICT (question) DO UPDATE SET answer = excluded.answer, at = clock_timestamp()",
            (question, orjson.dumps(data).decode()),
        )
        cursor.execute("DELETE FROM model_answer WHERE at < clock_timestamp() - %s * interval '1 day'", (_KEPT_DAYS,))
