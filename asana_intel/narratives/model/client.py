"""Asks a model: cache, caps, breaker, ladder, retries, a checked answer; how a call is made stands in wire.py."""

import time
import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any

from asana_intel.errors import RetriableError
from asana_intel.narratives.model import answers, ladder
from asana_intel.narratives.model.call import Call, FailedError, Reply, Retry
from asana_intel.narratives.model.ledger import NOTHING, UNKNOWN, Estimate, Ledger, Spent
from asana_intel.narratives.model.prices import Price, estimated_input_tokens, price_of
from asana_intel.narratives.model.reading import MalformedError, read_answer
from asana_intel.narratives.model.request import Answer, Reason, Request, Unanswered, Usage
from asana_intel.narratives.model.wire import send
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database

__all__ = ["Answer", "ModelClient", "Request", "Unanswered", "Usage"]

_FAILURES_TO_STOP = 3
_LIMITS = {"budget", "time", "breaker"}  # ours, not the model's failures
_FIRST_PAUSE_S = 1.0


class ModelClient:
    """Asks the configured model within its limits; one client is one run.

    Args:
        settings: Model, address, key and limits.
        database: Holds the ledger, the answers and what was learnt of endpoints.
        run_id: Name of the run in the ledger; one is made up otherwise.
        wait: Waits so many seconds.
        clock: Seconds from some moment on.
    """

    def __init__(
        self,
        settings: LlmSettings,
        database: Database,
        *,
        run_id: str | None = None,
        wait: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.usage = Usage()
        self._settings = settings
        self._database = database
        self._wait = wait
        self._clock = clock
        self._ledger = Ledger(database, settings, run_id or uuid.uuid4().hex)
        self._endpoint = ladder.endpoint_of(settings)
        self._rung: ladder.Rung | None = None
        self._is_cool = True  # whether temperature 0 is asked for
        self._spent_s = 0.0
        self._failures = 0
        self._stopped_by: Reason | None = None

    def ask(self, request: Request) -> Answer:
        """The model's answer, valid under the request's schema.

        Raises:
            Unanswered: There is none; nothing else is ever raised, and it carries no trace of what a server said.
        """
        began = self._clock()
        outcome = self._outcome(request, began)
        self._spent_s += self._clock() - began
        if isinstance(outcome, Answer):
            return outcome
        self._count(outcome)
        cause = outcome.cause if isinstance(outcome, Unanswered) else None
        raise Unanswered(outcome.reason, outcome.note, cause)

    def _outcome(self, request: Request, began: float) -> Answer | Unanswered | FailedError:
        import psycopg2

        try:
            question = answers.question_of(self._settings, request)
            if (found := answers.find(self._database, question, request)) is not None:
                self.usage.cached += 1
                return Answer(found, is_cached=True)
            data = self._asked(request, began)
            answers.keep(self._database, question, data)
        except (Unanswered, FailedError) as why:
            return why
        except (RetriableError, psycopg2.Error):
            return Unanswered("budget", "the ledger does not answer")
        except Exception as wrong:  # noqa: BLE001 - a model must not end a run, whatever breaks
            return Unanswered("unsupported", f"a fault of the program: {type(wrong).__name__}")
        self._failures = 0
        return Answer(data)

    def _count(self, why: Unanswered | FailedError) -> None:
        """Note an unanswered question; open the breaker where the next would fare no better."""
        counts = self.usage.unanswered
        counts[why.reason] = counts.get(why.reason, 0) + 1
        if why.note and why.note not in self.usage.notes:
            self.usage.notes.append(why.note)
        if why.reason in _LIMITS:
            return
        self._failures += 1
        if self._failures >= _FAILURES_TO_STOP or (isinstance(why, FailedError) and why.is_final):
            self._stopped_by = why.reason

    def _asked(self, request: Request, began: float) -> dict[str, Any]:
        """Ask until there is an answer, or no hope of one."""
        if self._stopped_by:
            note = f"not asked again in this run, after '{self._stopped_by}'"
            raise Unanswered("breaker", note, self._stopped_by)
        price = self._price
        rung = first_rung = self._first_rung()
        failures: list[FailedError] = []
        while True:
            if (left_s := self._left_s(began)) <= 0:
                raise failures[-1] if failures else Unanswered("time", "llm.run_seconds is used up")
            try:
                data = self._tried(request, rung, price, min(left_s, self._settings.timeout_s))
            except FailedError as failed:
                failures.append(failed)
            else:
                self._learn(first_rung, rung, failures)
                return data
            next_rung = self._next_rung(rung, failures, began)
            if next_rung is None:
                raise failures[-1]
            rung = next_rung

    def _next_rung(self, rung: ladder.Rung, failures: list[FailedError], began: float) -> ladder.Rung | None:
        """How to ask again, after a pause where one is due; None = not at all."""
        failed, so_far = failures[-1], len(failures)
        if so_far >= self._settings.attempts:
            return None
        if failed.retry is Retry.warmer and self._is_cool:
            self._is_cool = False
            return rung
        is_second = so_far > 1 and failures[-2].retry is Retry.later_or_plainer
        if failed.retry is Retry.plainer or (failed.retry is Retry.later_or_plainer and is_second):
            return rung.plainer
        if failed.retry not in {Retry.later, Retry.later_or_plainer}:
            return None
        pause_s = _FIRST_PAUSE_S * 2 ** (so_far - 1) if failed.retry_after_s is None else max(failed.retry_after_s, 0.0)
        if pause_s >= self._left_s(began):
            return None
        self._wait(pause_s)
        return rung

    def _tried(self, request: Request, rung: ladder.Rung, price: Price | None, seconds: float) -> dict[str, Any]:
        """Ask once, within the caps, and write down what it cost."""
        tokens = estimated_input_tokens(request, rung)
        usd = price.of(tokens, request.max_tokens) if price else None
        call_id = self._ledger.reserve(Estimate(tokens + request.max_tokens, usd), request.name, request.prompt_version)
        call, spent, outcome = Call(seconds), UNKNOWN, "asked"
        try:
            reply = self._sent(request, rung, call)
            spent = _cost(reply, price)
            data = _read(reply, request)
            outcome = "answered"
        except FailedError as failed:
            outcome, spent = failed.reason, NOTHING if failed.is_free else spent
            raise
        finally:
            self._ledger.settle(call_id, spent, outcome)
            self._add(spent, is_sent=bool(call.sent))
        return data

    def _sent(self, request: Request, rung: ladder.Rung, call: Call) -> Reply:
        try:
            return send(self._settings, request, rung, call, is_cool=self._is_cool)
        except FailedError as failed:
            if failed.retry is not Retry.warmer or call.sent:
                raise
        self._is_cool = False  # litellm knows that the model takes no temperature, and sent nothing
        return send(self._settings, request, rung, call, is_cool=False)

    def _add(self, spent: Spent, *, is_sent: bool) -> None:
        usage = self.usage
        usage.requests += is_sent
        usage.input_tokens += spent.input_tokens or 0
        usage.output_tokens += spent.output_tokens or 0
        usage.usd = None if usage.usd is None or spent.usd is None else usage.usd + float(spent.usd)

    @cached_property
    def _price(self) -> Price | None:
        return price_of(self._settings)

    def _first_rung(self) -> ladder.Rung:
        if self._rung is None:
            self._rung = ladder.remembered(self._database, self._endpoint)
        return self._rung

    def _learn(self, first: ladder.Rung, rung: ladder.Rung, failures: list[FailedError]) -> None:
        """Ask this way from now on; in later runs too, if the endpoint itself said no to the other."""
        if rung is first:
            return
        self._rung = rung
        said_no = [failed for failed in failures if failed.retry is Retry.plainer and failed.reason != "malformed"]
        broke = [failed for failed in failures if failed.retry is Retry.later_or_plainer]
        if said_no or len(broke) > 1:
            ladder.remember(self._database, self._endpoint, rung)

    def _left_s(self, began: float) -> float:
        return self._settings.run_seconds - self._spent_s - (self._clock() - began)


def _cost(reply: Reply, price: Price | None) -> Spent:
    if reply.input_tokens is None or reply.output_tokens is None:
        return UNKNOWN
    usd = price.of(reply.input_tokens, reply.output_tokens) if price else None
    return Spent(reply.input_tokens, reply.output_tokens, usd)


def _read(reply: Reply, request: Request) -> dict[str, Any]:
    """The answer in a reply.

    Raises:
        FailedError: The model would not answer, was cut off, or answered something else.
    """
    if reply.is_refusal:
        raise FailedError("refused", "the model or its filter would not answer")
    if reply.finish_reason == "length":
        raise FailedError("malformed", f"cut off after {request.max_tokens} tokens")
    try:
        return read_answer(reply.text, request.schema)
    except MalformedError as wrong:
        raise FailedError("malformed", str(wrong), Retry.plainer) from None
