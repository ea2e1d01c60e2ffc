"""Moments as the API writes them: ISO strings in UTC with milliseconds, which sort as text. No clock reading here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_EARLIEST, _LATEST = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"
ALWAYS = ""  # sorts before every moment: the birth of records that carry no creation time


def to_iso(moment: datetime) -> str:
    """Write a moment as Asana does, e.g. `2026-03-01T06:00:00.000Z`; a naive moment counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_iso(text: str) -> datetime:
    """Read an ISO date or timestamp; a date is its midnight, a missing offset means UTC.

    Raises:
        ValueError: If the text is not ISO 8601.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stated_iso(text: str) -> str:
    """Bring a date or timestamp that a client states into the API's form.

    Raises:
        ValueError: If the text is not ISO 8601, or lies outside the years 1 to 9999 in UTC.
    """
    try:
        return to_iso(from_iso(text))
    except OverflowError as error:
        raise ValueError(f"out of range: {text}") from error


def normal_iso(text: str) -> str:
    """Bring a world's ISO date or timestamp into the API's form; what looks normal is returned as it is, unread."""
    return text if not text or (len(text) == 24 and text[-1] == "Z") else to_iso(from_iso(text))


def plus_ms(text: str, milliseconds: int) -> str:
    """Move a moment of the API's form by some milliseconds (may be negative), within the years 1 to 9999."""
    try:
        return to_iso(from_iso(text) + timedelta(milliseconds=milliseconds))
    except OverflowError:
        return _EARLIEST if milliseconds < 0 else _LATEST


def http_date(text: str) -> str:
    """Write a moment of the API's form as an HTTP `Date` header (seconds)."""
    return format_datetime(from_iso(text).replace(microsecond=0), usegmt=True)
