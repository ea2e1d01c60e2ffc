"""How much a token may ask: calls a minute, calls in flight, cost. Counting and refusing; nothing of HTTP."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from asana_intel.sandbox.catalogue import Key, catalogue
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.world import Fields

MINUTE_S = 60.0
_TICK_S = 1e-6  # moments nearer to each other than this are the same: floating-point dust is no reason to wait
REASONS = ("minute", "concurrency", "cost", "search", "jobs", "task_counts")
_SEARCHES = frozenset({"searchTasksForWorkspace", "searchProjectsForWorkspace"})
_JOBS = frozenset(
    {
        "duplicateTask", "duplicateProject", "duplicatePortfolio", "instantiateTask", "instantiateProject",
        "projectSaveAsTemplate", "createGraphExport", "createResourceExport", "createOrganizationExport",
    }
)  # fmt: skip
_TOO_MANY = "You have made too many requests recently. Please, be chill."
_TOO_MANY_AT_ONCE = "You have too many requests in flight. Please wait for some of them to finish."
_TOO_MANY_JOBS = "You have too many jobs in progress. Please wait for one of them to finish."


class Limits(BaseModel):
    """What one token may ask; None is without limit.

    Attributes:
        requests_per_minute: Calls within any 60 s; refused ones count, too.
        search_per_minute: Searches within any 60 s, beside the above.
        task_counts_per_minute: Calls of `getTaskCountsForProject` within any 60 s, beside the above.
        concurrent_reads: GETs in flight at once.
        concurrent_writes: Other calls in flight at once.
        concurrent_jobs: Duplications, instantiations and exports that are not finished.
        cost_per_minute: Objects answered a minute. It is known only afterwards what a call costs, so the account may
            go below nothing; then calls are refused until it has filled up again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    requests_per_minute: int | None = Field(default=None, ge=1)
    search_per_minute: int | None = Field(default=None, ge=1)
    task_counts_per_minute: int | None = Field(default=None, ge=1)
    concurrent_reads: int | None = Field(default=None, ge=1)
    concurrent_writes: int | None = Field(default=None, ge=1)
    concurrent_jobs: int | None = Field(default=None, ge=1)
    cost_per_minute: int | None = Field(default=None, ge=1)


_EVERY_PLAN = {"search_per_minute": 60, "concurrent_reads": 50, "concurrent_writes": 15, "concurrent_jobs": 5}
# Asana's documented figures. It tells none for cost and for task counts, so there is none here.
PLANS: dict[str, Limits] = {
    "free": Limits(requests_per_minute=150, **_EVERY_PLAN),
    "paid": Limits(requests_per_minute=1500, **_EVERY_PLAN),
}


@dataclass(frozen=True, slots=True)
class Demand:
    """What one call asks of the limits.

    Attributes:
        writes: Whether it is no GET.
        operation: Asana's name of the operation; None where there is none.
    """

    writes: bool
    operation: str | None

    @staticmethod
    def of(method: str, key: Key | None) -> Demand:
        """Tell the demand of a request by its method and documented operation."""
        return Demand(method != "GET", catalogue()[key].operation_id if key else None)


@dataclass(slots=True)
class Ticket:
    """The right to be in flight, to be given back with `Limiter.release`."""

    token: str
    reads: int
    writes: int


@dataclass(slots=True)
class _Window:
    """Moments of the calls of the last minute."""

    moments: deque[float] = field(default_factory=deque)

    def enter(self, now: float, calls: int) -> None:
        while self.moments and self.moments[0] <= now - MINUTE_S + _TICK_S:
            self.moments.popleft()
        self.moments.extend([now] * calls)

    def wait(self, now: float, limit: int) -> float:
        """Seconds until one more call fits; the calls entered now count."""
        return self.moments[len(self.moments) - limit] + MINUTE_S - now

    def is_over(self, limit: int | None) -> bool:
        return limit is not None and len(self.moments) > limit


@dataclass(slots=True)
class _Account:
    """What one token has asked."""

    minute: _Window = field(default_factory=_Window)
    search: _Window = field(default_factory=_Window)
    task_counts: _Window = field(default_factory=_Window)
    balance: float = 0.0
    balance_at: float = 0.0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


class Limiter:
    """Admits calls, token by token.

    Args:
        limits: What each token may ask.
        clock: Seconds of real time that only go forward.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._in_flight: Counter[tuple[str, bool]] = Counter()
        self.change(limits or Limits())

    def change(self, limits: Limits) -> None:
        """Set other limits; counting begins anew, what is in flight stays."""
        self.limits = limits
        self._accounts: dict[str, _Account] = {}

    def admit(self, token: str, demands: Sequence[Demand], unfinished_jobs: Callable[[], int] = lambda: 0) -> Ticket:
        """Let calls in, all or none.

        Args:
            token: Whose they are (a fingerprint).
            demands: One for each call; a batch has several.
            unfinished_jobs: Counts the jobs of this token that are still running.

        Returns:
            A ticket to give back when the answer is sent.

        Raises:
            ApiError: 429 with `Retry-After`, in whole seconds, at least 1.
        """
        now, account = self._clock(), self._account(token)
        ticket = Ticket(token, sum(not demand.writes for demand in demands), sum(demand.writes for demand in demands))
        refusal = self._refusal(account, ticket, demands, unfinished_jobs, now)
        if refusal:
            reason, wait_s, message = refusal
            account.rejected[reason] += len(demands)
            raise ApiError(429, message, headers={"Retry-After": str(max(1, math.ceil(wait_s - _TICK_S)))})
        account.accepted += len(demands)
        self._in_flight[token, False] += ticket.reads
        self._in_flight[token, True] += ticket.writes
        return ticket

    def _refusal(
        self, account: _Account, ticket: Ticket, demands: Sequence[Demand], jobs: Callable[[], int], now: float
    ) -> tuple[str, float, str] | None:
        limits, names = self.limits, [demand.operation for demand in demands]
        for reason, window, limit, calls in (
            ("minute", account.minute, limits.requests_per_minute, len(demands)),
            ("search", account.search, limits.search_per_minute, _count(names, _SEARCHES)),
            ("task_counts", account.task_counts, limits.task_counts_per_minute, names.count("getTaskCountsForProject")),
        ):
            if limit and calls:
                window.enter(now, calls)
                if window.is_over(limit):
                    return reason, window.wait(now, limit), _TOO_MANY
        if self._balance(account, now) <= 0:
            rate = (limits.cost_per_minute or 0) / MINUTE_S
            return "cost", -account.balance / rate, _TOO_MANY
        for writes, calls, limit in (
            (False, ticket.reads, limits.concurrent_reads),
            (True, ticket.writes, limits.concurrent_writes),
        ):
            if limit and calls and self._in_flight[ticket.token, writes] + calls > limit:
                return "concurrency", 1, _TOO_MANY_AT_ONCE
        wanted = _count(names, _JOBS)
        if limits.concurrent_jobs and wanted and jobs() + wanted > limits.concurrent_jobs:
            return "jobs", 1, _TOO_MANY_JOBS
        return None

    def release(self, ticket: Ticket) -> None:
        """Take calls out of flight."""
        self._in_flight[ticket.token, False] -= ticket.reads
        self._in_flight[ticket.token, True] -= ticket.writes

    def charge(self, token: str, objects: int) -> None:
        """Deduct what a call has cost."""
        if self.limits.cost_per_minute:
            account = self._account(token)
            self._balance(account, self._clock())
            account.balance -= objects

    def _balance(self, account: _Account, now: float) -> float:
        """Fill the account up to now; without a limit there is always something in it."""
        quota = self.limits.cost_per_minute
        if not quota:
            return 1.0
        account.balance = min(quota, account.balance + (now - account.balance_at) * quota / MINUTE_S)
        account.balance_at = now
        return account.balance

    def _account(self, token: str) -> _Account:
        account = self._accounts.get(token)
        if account is None:
            full, now = float(self.limits.cost_per_minute or 0), self._clock()
            account = self._accounts[token] = _Account(balance=full, balance_at=now)
        return account

    def standing(self) -> Fields:
        """Tell the limits, and what each token (by fingerprint) was granted and refused since they were set."""
        tokens = {
            token: {
                "accepted": account.accepted,
                "rejected_by": {reason: account.rejected[reason] for reason in REASONS},
                "in_flight": {
                    "reads": self._in_flight[token, False],
                    "writes": self._in_flight[token, True],
                },
            }
            for token, account in self._accounts.items()
        }
        return {"settings": self.limits.model_dump(), "tokens": tokens}


def _count(names: Iterable[str | None], wanted: frozenset[str]) -> int:
    return sum(name in wanted for name in names)
