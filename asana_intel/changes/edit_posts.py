"""What is said on tasks of edits that break something, each breach once. Pure; nothing is checked here.

Everybody who reads a task reads its comments. So the comment speaks of the task; what it says of a person's load in
numbers stands in the reason alone, which is the reviewer's to read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from asana_intel.changes.backlog import Backlog, Row
from asana_intel.changes.canonical import canonical_object, parsed
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import PlanInputs, Week

FIELD = "edit_check"
_MADE_BY = "live_check"
_AND = "; "


@dataclass(frozen=True)
class Breach:
    """Something that an edit of a task's assignee or dates breaks.

    Args:
        task_gid: The task that was edited.
        about: What makes it this breach and no other of the task: seen again by that name, it is no news. No semicolon.
        said: What the comment says of it, without a word on a person's load.
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
    """A comment on each task that everybody may read, with all that its edit breaks; it mentions the assignee.

    A breach whose words would tell of an object that not everybody may read is left out.
    """
    known, backlog = inputs.known_markers(), Backlog.of(inputs)
    told: dict[str, list[Breach]] = {}
    for breach in breaches:
        if breach.task_gid in backlog.tasks and backlog.told.issuperset(breach.tells_of):
            told.setdefault(breach.task_gid, []).append(breach)
    for gid, of_task in sorted(told.items()):
        row = _comment(week, gid, of_task)
        if row_marker(row, week.as_of_on, week.as_of_at) not in known:
            yield row


def said_in(new_value: str) -> list[str]:
    """`Breach.about` of all that a comment says."""
    return parsed(new_value)["period"].split(_AND)


def _comment(week: Week, gid: str, breaches: Sequence[Breach]) -> Row:
    day = f"{week.today.day} {week.today:%b %Y}"
    body = {
        "text": f"{' '.join(breach.said for breach in breaches)} (Seen {day}.)",
        "period": _AND.join(breach.about for breach in breaches),
    }
    mentioned = next((breach.person_gid for breach in breaches if breach.person_gid is not None), None)
    others = dict.fromkeys(other for breach in breaches for other in breach.tells_of)
    return week.row(
        "comment", "capacity", ("task", gid), FIELD,
        canonical_object(body | ({} if mentioned is None else {"mentions": mentioned})),
        " ".join(breach.reason for breach in breaches), evidence=[gid, *others],
        confidence=min(breach.confidence for breach in breaches), made_by=_MADE_BY,
    )  # fmt: skip
