"""What is said on tasks of edits that break something: a comment a task and breach. Pure; nothing is checked here.

Everybody who reads a task reads its comments. So the comment speaks of the task; what it says of a person's load in
numbers stands in the reason alone, which is the reviewer's to read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from asana_intel.changes.backlog import Backlog, Row
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import PlanInputs, Week

FIELD = "edit_check"
_MADE_BY = "live_check"


@dataclass(frozen=True)
class Breach:
    """Something that an edit of a task's assignee or dates breaks.

    Args:
        task_gid: The task that was edited.
        about: What makes it this breach and no other of the task: seen again with the same words, it is no news.
        said: What the comment says of it: sentences without a word on a person's load.
        reason: One sentence for the reviewer.
        tells_of: Other objects that the comment tells something of.
        person_gid: Assignee; None = nobody.
        confidence: How sure we are, 0..1.
    """

    task_gid: str
    about: str
    said: str
    reason: str
    tells_of: tuple[str, ...] = ()
    person_gid: str | None = None
    confidence: float = 1.0


def edit_comments(inputs: PlanInputs, week: Week, breaches: Iterable[Breach]) -> Iterator[Row]:
    """A comment for each breach that is news, on tasks that everybody may read; it mentions the assignee.

    A breach whose comment would tell of an object that not everybody may read is left out.
    """
    known, backlog = inputs.known_markers(), Backlog.of(inputs)
    for breach in breaches:
        if breach.task_gid not in backlog.tasks or not backlog.told.issuperset(breach.tells_of):
            continue
        body = {"text": f"{breach.said} (Seen {week.today.day} {week.today:%b %Y}.)", "period": breach.about}
        if breach.person_gid is not None:
            body["mentions"] = breach.person_gid
        row = week.row(
            "comment", "capacity", ("task", breach.task_gid), FIELD, canonical_object(body), breach.reason,
            evidence=[breach.task_gid, *breach.tells_of], confidence=breach.confidence, made_by=_MADE_BY,
        )  # fmt: skip
        if row_marker(row, week.as_of_on, week.as_of_at) not in known:
            yield row
