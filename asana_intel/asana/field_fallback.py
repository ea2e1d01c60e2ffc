"""Asking without the fields that the plan or the server refuses, and remembering which those were."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from typing import Any

from asana_intel.asana.session import AsanaSession
from asana_intel.errors import PermanentError, SkippableError

# What Asana's plans withhold, as reference of the API says; dropped in this order where a 402 names no field.
PAID_FIELDS = ("dependencies", "dependents", "actual_time_minutes", "custom_fields", "custom_field_settings")
_REFUSALS = (": 400 ", ": 402 ", ": 403 ")
_log = logging.getLogger(__name__)


class FieldFallback:
    """In front of a session: a read that is refused because of a field is repeated without it.

    A field counts as refused when the refusal names it, or, for a 402 that names none, when the read succeeds without
    it. It is not asked for again in reads of the same kind.

    Args:
        session: Where to ask.
    """

    def __init__(self, session: AsanaSession) -> None:
        self._session = session
        self._dropped: dict[str, set[str]] = {}
        self._unexplained: set[str] = set()
        self._lock = threading.Lock()

    def dropped(self) -> dict[str, list[str]]:
        """Kind of read (its path, gids left out) -> fields that are not asked for any more."""
        with self._lock:
            return {kind: sorted(fields) for kind, fields in self._dropped.items()}

    def get(self, resource_path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Like `AsanaSession.get`; errors are those of the read with all fields."""
        asked = dict(params or {})
        kind = re.sub(r"/[0-9]+(?=/|\Z)", "/{gid}", resource_path)
        with self._lock:
            without = set(self._dropped.get(kind, ()))
        first_refusal: SkippableError | PermanentError | None = None
        while True:
            try:
                body = self._session.get(resource_path, _lacking(asked, without))
            except (SkippableError, PermanentError) as refusal:
                first_refusal = first_refusal or refusal
                field = _blamed(refusal.message, str(_lacking(asked, without).get("opt_fields", "")))
            else:
                if first_refusal:
                    self._note(kind, without, first_refusal)
                return body
            if field is None or kind in self._unexplained:
                if ": 402 " in first_refusal.message and kind not in self._dropped:
                    self._unexplained.add(kind)  # no field was the reason: the next refusal costs one request
                raise first_refusal
            without.add(field)

    def _note(self, kind: str, without: set[str], refusal: SkippableError | PermanentError) -> None:
        with self._lock:
            new = without - self._dropped.setdefault(kind, set())
            self._dropped[kind] |= new
        if new:
            _log.warning("GET %s goes on without %s: %s", kind, ", ".join(sorted(new)), refusal.message)


def _blamed(message: str, opt_fields: str) -> str | None:
    """The field to leave out next; None where none is left to blame."""
    if not opt_fields or not any(code in message for code in _REFUSALS):
        return None
    names = opt_fields.split(",")
    said = message.split(": ", 1)[-1]  # not the path, which names resources
    named = [n for n in names if re.search(rf"(?<![\w.]){re.escape(n)}(?![\w.]*\w)", said)]
    roots = [n.split(".")[0] for n in names if "." in n]
    named += [r for r in roots if re.search(rf"(?<![\w.]){re.escape(r)}(?!\w)", said)]
    if named:
        return max(named, key=len)
    if ": 402 " not in message:
        return None
    asked_roots = {n.split(".")[0] for n in names}
    return next((field for field in PAID_FIELDS if field in asked_roots), None)


def _lacking(params: Mapping[str, str | int], without: set[str]) -> dict[str, str | int]:
    if not without or "opt_fields" not in params:
        return dict(params)
    kept = [
        n for n in str(params["opt_fields"]).split(",") if not any(n == f or n.startswith(f"{f}.") for f in without)
    ]
    return {**params, "opt_fields": ",".join(kept)} if kept else {k: v for k, v in params.items() if k != "opt_fields"}
