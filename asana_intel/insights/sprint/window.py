"""When the next sprint is; what is in it is not known here."""

from datetime import date, datetime, timedelta

from asana_intel.insights.handed_in import checked_as_of
from asana_intel.work_settings import SprintSettings


def sprint_days(as_of: datetime, settings: SprintSettings) -> tuple[date, date]:
    """First and last day of the sprint that begins next, today included."""
    today = checked_as_of(as_of).date()
    starts_on = today + timedelta(days=(settings.starts_weekday - today.isoweekday()) % 7)
    return starts_on, starts_on + timedelta(days=settings.days - 1)
