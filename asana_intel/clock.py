"""Weeks and instants, computed from an `as_of` that is handed in; nothing here asks the machine for the time."""

from datetime import UTC, date, datetime, time, timedelta

WEEK = timedelta(days=7)


def monday_of(moment: date | datetime) -> date:
    """The Monday of the week that holds `moment` (datetimes are read in UTC)."""
    day = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    return day - timedelta(days=day.weekday())


def end_of_week(week_on: date) -> datetime:
    """The last instant (UTC) of the week that starts on the Monday `week_on`."""
    return datetime.combine(week_on + WEEK, time.min, UTC) - timedelta(microseconds=1)


def as_of_for_week(week_on: date, last_synced_at: datetime) -> datetime:
    """What was known in the week of `week_on`: up to its end, or up to the last sync where that is earlier."""
    return min(end_of_week(week_on), last_synced_at.astimezone(UTC))


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date or instant as UTC; a bare date is its first moment."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
