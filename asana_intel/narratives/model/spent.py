"""What models took so far, for people: the newest run, today and this month, beside the caps. It reserves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database

_SPENT = """
    WITH now AS (SELECT date_trunc('day', clock_timestamp(), 'UTC') AS today,
                        date_trunc('month', clock_timestamp(), 'UTC') AS this_month),
         newest AS (SELECT run_id FROM model_call ORDER BY at DESC, call_id DESC LIMIT 1),
         counted AS (
             SELECT 'run' AS stretch, model_call.* FROM model_call JOIN newest USING (run_id)
             UNION ALL SELECT 'day', model_call.* FROM model_call, now WHERE at >= today
             UNION ALL SELECT 'month', model_call.* FROM model_call, now WHERE at >= this_month)
    SELECT stretch, count(*), sum(counted_tokens), sum(counted_usd), bool_or(counted_usd IS NULL)
    FROM counted GROUP BY stretch
    """
_STRETCHES = ("run", "day", "month")


@dataclass(frozen=True)
class Stretch:
    """What one run, day (UTC) or month (UTC) took; requests whose cost is not known count as what was reserved.

    Args:
        stretch: run (the newest), day or month.
        requests: Requests that were sent.
        tokens: Read and written.
        tokens_cap: Most that it may take; None = no cap.
        usd: US dollars, without requests of no known price.
        usd_cap: Most that it may cost; None = no cap.
        has_unknown_price: Whether there are requests of no known price.
    """

    stretch: str
    requests: int
    tokens: int
    tokens_cap: int | None
    usd: Decimal
    usd_cap: float | None
    has_unknown_price: bool


def spent(database: Database, settings: LlmSettings) -> Sequence[Stretch]:
    """The newest run, today and this month, in this order; zeros where nothing was asked."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(_SPENT)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    return [_stretch(name, found.get(name, (0, 0, None, False)), settings) for name in _STRETCHES]


def _stretch(name: str, row: tuple, settings: LlmSettings) -> Stretch:
    requests, tokens, usd, has_unknown_price = row
    caps = getattr(settings, f"tokens_per_{name}"), getattr(settings, f"usd_per_{name}")
    return Stretch(name, requests, int(tokens), caps[0], usd or Decimal(0), caps[1], has_unknown_price)
