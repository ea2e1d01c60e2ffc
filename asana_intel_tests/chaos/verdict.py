"""What became of every row, by Asana's own account of its effects: the only witness that was never killed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

from asana_intel.changes import audit
from asana_intel.changes.canonical import parsed
from asana_intel.changes.claims import OPEN
from asana_intel.changes.identity import CREATES, row_marker
from asana_intel.changes.ledger import PlanRow, StoredPlan, load_plan
from asana_intel.sandbox.identity import fingerprint
from asana_intel.storage.postgres import Database
from asana_intel_tests.chaos.company import BOT, ChaosCompany

# Kind -> field of the sandbox's record in which its value stands.
_PLACES = {"set_assignee": "assignee", "set_dates": "due_on", "add_to_section": "memberships"}


@dataclass
class Verdict:
    """Rows by what is wrong with them; all empty is what must hold.

    Args:
        duplicates: Created more than once.
        lost: Over, and not in Asana, though no person had a hand in it.
        wrong: Neither our value nor a person's stands.
        people_lost: A person's value that is not there any more.
        falsely_a_persons: Given up for a person who never wrote there.
        pending: Neither over nor given up.
        chain_broken_at: First broken row of the audit chain.
        figures: States of rows, kills, edits and such, for the reader.
    """

    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    people_lost: list[str] = field(default_factory=list)
    falsely_a_persons: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    chain_broken_at: int | None = None
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def faults(self) -> dict[str, Any]:
        """What is wrong, without what is not."""
        return {name: found for name, found in asdict(self).items() if found and name != "figures"}


def judge(database: Database, company: ChaosCompany, plan_id: str) -> Verdict:
    """Hold the ledger to the effects."""
    plan, effects = load_plan(database, plan_id), company.sandbox.effects()
    verdict = Verdict(chain_broken_at=audit.verify(database))
    values, people = _values(effects), _people(effects)
    created = _created(effects)
    for row in plan.rows:
        name = f"{row.kind} {row.target_type} {row.target_gid} {row.field}: {row.state} ({row.error})"
        if row.state in OPEN:
            verdict.pending.append(name)
        elif row.kind in CREATES:
            _judge_creation(verdict, row, name, created[_identity(row, plan)])
        else:
            place = row.target_gid, _PLACES.get(row.kind) or f"custom_fields.{company.fields[row.field or '']}"
            _judge_value(verdict, row, name, _as_planned(row, values.get(place)), people.get(place, []))
    verdict.figures = _figures(plan, effects, people)
    return verdict


def _judge_creation(verdict: Verdict, row: PlanRow, name: str, times: int) -> None:
    if times > 1:
        verdict.duplicates.append(name)
    elif times == 0 or row.state not in {"done", "noop"}:
        verdict.lost.append(name)


def _judge_value(verdict: Verdict, row: PlanRow, name: str, stands: Any, persons: list[Any]) -> None:
    wanted = parsed(row.new_value)
    if persons and stands != persons[-1] and stands != wanted:
        verdict.wrong.append(f"{name}, stands {stands!r}")
    elif persons and stands != persons[-1]:
        verdict.people_lost.append(f"{name}, stands {stands!r}")
    elif not persons and row.state in {"overridden", "stale"}:
        verdict.falsely_a_persons.append(name)
    elif (not persons and row.state not in {"done", "noop"}) or (not persons and stands is None):
        verdict.lost.append(name)
    elif not persons and stands != wanted:
        verdict.wrong.append(f"{name}, stands {stands!r}")


def _identity(row: PlanRow, plan: StoredPlan) -> str:
    """What tells a created object from others: its marker, or the name of a section."""
    if row.kind == "create_section":
        return parsed(row.new_value)["name"]
    return row_marker(vars(row), plan.as_of_on, plan.as_of_at)


def _as_planned(row: PlanRow, stands: Any) -> Any:
    """A value as the sandbox keeps it, in the form in which a plan says it."""
    if stands is None or row.kind not in _PLACES:
        return stands
    if row.kind == "set_assignee":
        return stands["gid"]
    wanted = parsed(row.new_value)
    if row.kind == "set_dates":
        return wanted | {"due_on": stands}
    held = next(m for m in stands if m["project"]["gid"] == wanted["project"])
    return wanted | {"section_gid": (held["section"] or {}).get("gid")}


def _values(effects: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """What stands in each field at the end."""
    return {(e["gid"], e["field"]): e["new"] for e in effects if e["action"] == "changed" and e.get("field")}


def _people(effects: list[dict[str, Any]]) -> dict[tuple[str, str], list[Any]]:
    """What people wrote into each field, oldest first."""
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for effect in effects:
        if effect.get("human") and effect["action"] == "changed" and effect.get("field"):
            found[effect["gid"], effect["field"]].append(effect["new"])
    return found


def _created(effects: list[dict[str, Any]]) -> Counter[str]:
    """How many objects carry each marker."""
    found: Counter[str] = Counter()
    for effect in effects:
        if effect["action"] == "added" and effect["resource"] == "sections" and effect["token"] == fingerprint(BOT):
            found[effect["new"]["name"]] += 1
        if effect["action"] == "added" and effect["resource"] in {"stories", "status_updates"}:
            text = (effect["new"] or {}).get("text") or ""
            if "ref AIW-" in text and effect["token"] == fingerprint(BOT):
                found["AIW-" + text.rsplit("ref AIW-", 1)[1][:12]] += 1
    return found


def _figures(
    plan: StoredPlan, effects: list[dict[str, Any]], people: dict[tuple[str, str], list[Any]]
) -> dict[str, Any]:
    return {
        **plan.counts("state"),
        "attempts": sum(row.attempts for row in plan.rows),
        "late effects": sum(bool(e.get("late")) for e in effects),
        "people's edits": sum(map(len, people.values())),
        "given back": sum(row.displaced is not None for row in plan.rows),
    }
