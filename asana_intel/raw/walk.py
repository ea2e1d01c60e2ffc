"""Reading streams on several threads and keeping account of what was listed, refused and needed. Merges nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from asana_intel.asana.pagination import PAGE_SIZE, Page, PageKeeper
from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import path
from asana_intel.errors import RetriableError, SkippableError
from asana_intel.raw.drift import DriftWatch
from asana_intel.raw.fan_out import FanOut
from asana_intel.raw.records import Record, Row, gid_in, portfolio_item, row_of
from asana_intel.raw.streams import ASSIGNED_TASKS, CONTAINERS, PORTFOLIO_ITEMS, Stream

# So many parents in a row without one answer: the endpoint itself is missing, not the objects.
GIVE_UP_AFTER = 20


class Question(NamedTuple):
    """One list to read: a stream, for one parent."""

    stream: Stream
    parent_gid: str


class Fact(NamedTuple):
    """What the crawl needs of a listed record once its row is made.

    Args:
        gid: The record's.
        record: The record itself, of projects, portfolios, their items, and goals only.
        subtasks: How many a task has.
        parent_gid: Task that a task is below.
        waits_for: Tasks that it depends on.
        is_loose: A task in no project and under no task: only its assignee's list shows it.
    """

    gid: str
    record: Record | None = None
    subtasks: int = 0
    parent_gid: str | None = None
    waits_for: tuple[str, ...] = ()
    is_loose: bool = False


class Listed(NamedTuple):
    """One complete list, or one object that was asked for alone."""

    question: Question
    rows: list[Row]
    facts: list[Fact]


@dataclass
class Account:
    """How the reading of one stream went.

    Args:
        resource: Raw table that it fills.
        is_needed: Without it, what is missing elsewhere may be here.
        lists: Lists read to their end.
        records: Records in them.
        minimum: Requests that these lists need at least, at 100 records a page.
        skipped: Lists that were not there (404, 402, 451, 501).
        refused: Lists that were refused for another reason.
        unanswered: Lists that had no answer after all repeats.
        reason: Of the latest failure.
    """

    resource: str
    is_needed: bool = True
    lists: int = 0
    records: int = 0
    minimum: int = 0
    skipped: int = 0
    refused: int = 0
    unanswered: int = 0
    reason: str = ""

    @property
    def failed(self) -> int:
        """Lists that were not read."""
        return self.skipped + self.refused + self.unanswered

    @property
    def is_unavailable(self) -> bool:
        """Every list failed."""
        return self.lists == 0 and self.failed > 0

    @property
    def is_hopeless(self) -> bool:
        """Enough lists failed to stop asking."""
        return self.lists == 0 and self.failed >= GIVE_UP_AFTER


class Walk:
    """Reads lists, and remembers per stream how that went.

    Args:
        reader: Asana.
        fan_out: Threads.
        workspace_gid: Filled into parameters that ask for it.
        on_progress: Told a stream's label and its records so far, after each list.
        keeper: Where pages are kept, so that an interrupted crawl can go on.
        drift: Compares what comes with what was asked for.

    Attributes:
        accounts: Label of each stream -> how its reading went.
        workspace_gid: As given.
    """

    def __init__(
        self,
        reader: AsanaReader,
        fan_out: FanOut,
        workspace_gid: str,
        on_progress: Callable[[str, int], None] | None,
        keeper: PageKeeper | None = None,
        drift: DriftWatch | None = None,
    ) -> None:
        self.accounts: dict[str, Account] = {}
        self._reader = reader
        self._fan_out = fan_out
        self.workspace_gid = workspace_gid
        self._on_progress = on_progress
        self._keeper = keeper
        self._drift = drift

    def lists(self, questions: Iterable[Question]) -> Iterator[Listed]:
        """Yield the lists that could be read, in the order of the questions.

        Raises:
            RetriableError: Several lists in a row had no answer: Asana is down.
            ConfigError: The token is not valid any more.
        """
        for question, outcome in self._fan_out.each(self._worth_asking(questions), self._read):
            account = self._account(question.stream)
            if isinstance(outcome, Listed):
                account.lists += 1
                account.records += len(outcome.rows)
                account.minimum += _pages_needed(outcome)
                if self._on_progress:
                    self._on_progress(question.stream.label, account.records)
                yield outcome
                continue
            account.reason = str(outcome)
            if isinstance(outcome, SkippableError):
                account.skipped += 1
            elif isinstance(outcome, RetriableError):
                account.unanswered += 1
            else:
                account.refused += 1

    def forget(self, label: str) -> None:
        """Drop the account of a stream that is read in another way instead."""
        del self.accounts[label]

    def failed(self, resource: str) -> bool:
        """Whether any list for this raw table was not read."""
        return any(a.failed for a in self.accounts.values() if a.resource == resource and a.is_needed)

    @property
    def is_answered(self) -> bool:
        """Every list had an answer, be it a refusal."""
        return not any(account.unanswered for account in self.accounts.values())

    def unavailable(self) -> dict[str, str]:
        """Streams of which no list could be read -> why."""
        return {label: account.reason for label, account in self.accounts.items() if account.is_unavailable}

    def incomplete(self) -> dict[str, str]:
        """Streams of which some lists could not be read -> how many, and why; objects that vanished are not counted."""
        return {
            label: f"{missing} of {account.lists + missing} lists: {account.reason}"
            for label, account in self.accounts.items()
            if (missing := account.refused + account.unanswered) and not account.is_unavailable
        }

    def minimum_requests(self, without: Collection[str] = ()) -> int:
        """Requests that would have been needed for what was found; `without`: labels that are left out."""
        counted = (account for label, account in self.accounts.items() if label not in without)
        return sum(max(1, account.minimum) for account in counted)

    def _searched(self, question: Question) -> list[Record]:
        """What a search finds, all of it kept as one page: it has no offset to go on from.

        A server that does not know `null` shows other tasks first, or among these: the lists show those.
        """
        stream, workspace_gid = question
        for page in self._keeper.kept(_search_key(stream)) if self._keeper else ():
            return page.records
        found = self._reader.search_tasks(workspace_gid, stream.fields, filters=stream.params)
        records = [*takewhile(_is_loose, found)]
        if self._keeper:
            self._keeper.keep(_search_key(stream), Page(records, None))
        return records

    def _worth_asking(self, questions: Iterable[Question]) -> Iterator[Question]:
        for question in questions:
            if not self._account(question.stream).is_hopeless:
                yield question

    def _account(self, stream: Stream) -> Account:
        return self.accounts.setdefault(stream.label, Account(stream.resource, not stream.is_search))

    def _read(self, question: Question) -> Listed:
        stream, parent_gid = question
        path("{}", parent_gid)
        if stream.is_search:
            return listed_of(question, self._searched(question))
        params = {name: value.format(workspace=self.workspace_gid) for name, value in stream.params.items()}
        if stream.param:
            params[stream.param] = parent_gid
        where = path(stream.path, parent_gid) if "{}" in stream.path else stream.path
        records = [*self._reader.list(where, params, stream.fields, self._keeper)]
        if self._drift:
            self._drift.observe(stream.resource, stream.fields, records)
        return listed_of(question, [_owned(question, record) for record in records])


def _search_key(stream: Stream) -> str:
    return f"{stream.label} {sorted(stream.params.items())} {stream.fields}"


def listed_of(question: Question, records: Sequence[Record]) -> Listed:
    """Make rows and facts of what was read."""
    resource = question.stream.resource
    rows = [row_of(resource, record) for record in records]
    return Listed(question, rows, [_fact(resource, record) for record in records])


def _owned(question: Question, record: Record) -> Record:
    stream, parent_gid = question
    if stream is PORTFOLIO_ITEMS:
        return portfolio_item(parent_gid, record)
    if stream.owner and not record.get(stream.owner[0]):
        record[stream.owner[0]] = {"gid": parent_gid, "resource_type": stream.owner[1]}
    return record


def _fact(resource: str, record: Record) -> Fact:
    if resource in CONTAINERS or resource == "portfolio_items":
        return Fact(record["gid"], record)
    if resource != "tasks":
        return Fact(record["gid"])
    return Fact(
        record["gid"],
        subtasks=int(record.get("num_subtasks") or 0),
        parent_gid=gid_in(record, "parent"),
        waits_for=tuple(other["gid"] for other in record.get("dependencies") or ()),
        is_loose=_is_loose(record),
    )


def _is_loose(task: Record) -> bool:
    return not task.get("projects") and not task.get("parent")


def _pages_needed(listed: Listed) -> int:
    """Pages of a list; an assignee's list is needed only for the tasks that no other list shows."""
    if listed.question.stream.label == ASSIGNED_TASKS.label:
        wanted = sum(fact.is_loose for fact in listed.facts)
    else:
        wanted = len(listed.rows)
    return max(1, -(-wanted // PAGE_SIZE))
