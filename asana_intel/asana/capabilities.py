"""What the product can and cannot do with a token, and what would mend it: a table over what `probe` found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asana_intel.asana.probe import Outcome, TokenFacts

_BECAUSE = {
    Outcome.plan: "the plan has none",
    Outcome.scope: "the token lacks the scope",
    Outcome.refused: "the user may not",
    Outcome.absent: "the server has none",
    Outcome.unclear: "the server refused the question",
}
_MEND = {
    Outcome.plan: "a plan that has it",
    Outcome.scope: "an OAuth app with full permissions, or a personal access token",
    Outcome.refused: "access for the token's user",
}
_FULL = "default"  # Asana's scope of apps with full permissions


@dataclass(frozen=True)
class Capability:
    """One thing the product does.

    Attributes:
        name: Of the capability, or `write ` and the kind of change.
        can: Whether it works, perhaps with less to go by.
        lacks: What it does without, and why.
        mend: What would bring it.
    """

    name: str
    can: bool
    lacks: tuple[str, ...] = ()
    mend: str | None = None


# Capability -> parts it cannot do without, and parts it is better with.
_READING: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "goals": (("goals",), ("time periods", "portfolios", "custom fields")),
    "capacity": (("memberships",), ("allocations", "absences", "time entries", "custom fields")),
    "priority": ((), ("custom fields", "goals", "search")),
}
# Kind of change -> parts of Asana it is made in, and the OAuth scope it needs. Most changes have no granular scope.
_WRITING: dict[str, tuple[tuple[str, ...], str]] = {
    "custom field of a task": (("custom fields",), "tasks:write"),
    "custom field of a goal": (("custom fields", "goals"), _FULL),
    "custom field of a user": (("custom fields",), _FULL),
    "metric of a goal": (("goals",), _FULL),
    "status update": ((), _FULL),
    "comment": ((), "stories:write"),  # a mention is part of its text
    "task": ((), "tasks:write"),
    "assignee and dates of a task": ((), "tasks:write"),
    "section of a task": ((), "tasks:write"),
    "new section of a project": ((), _FULL),
    "new custom field": (("custom fields",), "custom_fields:write"),
    "place of a custom field on a project": (("custom fields",), "projects:write"),
}


def reading_capabilities(facts: TokenFacts) -> Iterator[Capability]:
    """What the reader's token is good for."""
    for name, (needed, helpful) in _READING.items():
        missing = [part for part in needed if facts.parts[part] is not Outcome.yes]
        without = [part for part in helpful if facts.parts[part] is not Outcome.yes]
        yield Capability(
            name,
            can=not missing,
            lacks=tuple(_why(facts, part) for part in [*missing, *without]),
            mend=_mend_of(facts, [*missing, *without]),
        )


def writing_capabilities(facts: TokenFacts) -> Iterator[Capability]:
    """What the writer's token may change, as far as reading can tell: nothing is tried."""
    for kind, (parts, scope) in _WRITING.items():
        name = f"write {kind}"
        missing = [part for part in parts if facts.parts[part] is not Outcome.yes]
        if facts.is_view_only:
            yield Capability(name, False, ("the user has a view-only licence",), "a full licence for the user")
        elif facts.kind == "oauth" and facts.scopes is not None and not {scope, _FULL} & set(facts.scopes):
            yield Capability(name, False, (f"the login lacks the scope {scope}",), _MEND[Outcome.scope])
        elif missing:
            yield Capability(name, False, tuple(_why(facts, p) for p in missing), _mend_of(facts, missing))
        elif facts.is_guest:
            yield Capability(name, True, ("only where the guest is a member",), "a full member's token")
        else:
            yield Capability(name, True)


def _why(facts: TokenFacts, part: str) -> str:
    return f"{part} ({_BECAUSE[facts.parts[part]]})"


def _mend_of(facts: TokenFacts, parts: list[str]) -> str | None:
    mends = dict.fromkeys(_MEND[facts.parts[part]] for part in parts if facts.parts[part] in _MEND)
    return "; ".join(mends) or None
