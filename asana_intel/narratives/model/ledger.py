"""What models were asked and what it cost, reserved before and settled after, under caps that hold across processes.

A request whose cost is not known keeps its reservation in every sum. The database's clock says what day it is.
"""

from dataclasses import dataclass
from decimal import Decimal

from asana_intel.narratives.model.request import Unanswered
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database

_USED = """
    SELECT count(*) FILTER (WHERE run_id = %(run)s),
           coalesce(sum(counted_tokens) FILTER (WHERE run_id = %(run)s), 0),
           coalesce(sum(counted_tokens) FILTER (WHERE at >= today), 0),
           coalesce(sum(counted_tokens) FILTER (WHERE at >= this_month), 0),
           coalesce(sum(counted_usd) FILTER (WHERE run_id = %(run)s), 0),
           coalesce(sum(counted_usd) FILTER (WHERE at >= today), 0),
           coalesce(sum(counted_usd) FILTER (WHERE at >= this_month), 0)
    FROM (SELECT date_trunc('day', clock_timestamp(), 'UTC') AS today,
                 date_trunc('month', clock_timestamp(), 'UTC') AS this_month) AS now
    LEFT JOIN model_call ON run_id = %(run)s OR at >= this_month
    """
_RESERVE = """
    INSERT INTO model_call (run_id, model, name, prompt_version, reserved_tokens, reserved_usd)
    VALUES (%s, %s, %s, %s, %s, %s) RETURNING call_id
    """
_SETTLE = """
    UPDATE model_call SET input_tokens = %s, output_tokens = %s, usd = %s, outcome = %s
    WHERE call_id = %s AND outcome = 'asked'
    """


@dataclass(frozen=True)
class Spent:
    """What a call cost; None = unknown, which is not 0."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    usd: Decimal | None = None


NOTHING = Spent(0, 0, Decimal(0))
UNKNOWN = Spent()


@dataclass(frozen=True)
class Estimate:
    """What a call may cost at most, as a rule.

    Args:
        tokens: Read and written.
        usd: US dollars; None = the model's price is not known.
    """

    tokens: int
    usd: Decimal | None


class Ledger:
    """The requests of a run among those of all runs.

    Args:
        database: Where they stand.
        settings: The caps, and the model.
        run_id: Name of the run.
    """

    def __init__(self, database: Database, settings: LlmSettings, run_id: str) -> None:
        self._database = database
        self._settings = settings
        self._run_id = run_id

    def reserve(self, estimate: Estimate, name: str, prompt_version: str) -> int:
        """Reserve a call, all caps kept; returns its number.

        Raises:
            Unanswered: A cap would be passed, or money is capped and the price is not known (reason budget).
        """
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('asana_intel.model_call'))")
            cursor.execute(_USED, {"run": self._run_id})
            ((calls, *used),) = cursor.fetchall()
            self._check(int(calls), [Decimal(amount) for amount in used], estimate)
            model = self._settings.model or ""
            row = (self._run_id, model, name, prompt_version, estimate.tokens, estimate.usd)
            cursor.execute(_RESERVE, row)
            ((call_id,),) = cursor.fetchall()
        return call_id

    def settle(self, call_id: int, spent: Spent, outcome: str) -> None:
        """Say what became of a call; once only."""
        row = (spent.input_tokens, spent.output_tokens, spent.usd, outcome, call_id)
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(_SETTLE, row)

    def _check(self, calls: int, used: list[Decimal], estimate: Estimate) -> None:
        """Refuse what would pass a cap; `used`: tokens of the run, day and month, then money of the same."""
        caps = self._settings
        if calls >= caps.max_calls_per_run:
            raise Unanswered("budget", f"llm.max_calls_per_run = {caps.max_calls_per_run} is reached")
        money = {"usd_per_run": caps.usd_per_run, "usd_per_day": caps.usd_per_day, "usd_per_month": caps.usd_per_month}
        if estimate.usd is None and any(cap is not None for cap in money.values()):
            raise Unanswered(
                "budget",
                f"money is capped and the price of {caps.model} is not known: "
                "set llm.usd_per_million_input and llm.usd_per_million_output",
            )
        tokens = {
            "tokens_per_run": caps.tokens_per_run,
            "tokens_per_day": caps.tokens_per_day,
            "tokens_per_month": caps.tokens_per_month,
        }
        more = [Decimal(estimate.tokens)] * len(tokens) + [estimate.usd or Decimal(0)] * len(money)
        for (name, cap), so_far, next_one in zip((tokens | money).items(), used, more, strict=True):
            if cap is not None and so_far + next_one > Decimal(str(cap)):
                raise Unanswered("budget", f"llm.{name} = {cap}: {so_far:f} used, {next_one:f} more may be needed")
