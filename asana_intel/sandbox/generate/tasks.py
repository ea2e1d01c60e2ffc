"""Task records from simulated jobs, with their earlier states, stories and time entries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from asana_intel.sandbox.generate import words
from asana_intel.sandbox.generate.calendars import moment, next_working_day
from asana_intel.sandbox.generate.company import Company, Person
from asana_intel.sandbox.generate.draft import Draft, Fields, ref
from asana_intel.sandbox.generate.projects import Project
from asana_intel.sandbox.generate.simulation import Job, planned_due

DONE_MINUTE = 17 * 60
_ASKED_LATER = ("gid", "resource_type", "resource_subtype", "name", "created_at", "completed_at", "projects")
_SETTLED_AT_ONCE = 2_000


def write_tasks(draft: Draft, company: Company, jobs: list[Job]) -> list[Fields]:
    """Write the records of all jobs.

    Returns:
        What later steps ask of the task records (see `_ASKED_LATER`), in the order of the jobs.
    """
    records: list[Fields] = []
    for job in jobs:
        record = _task(draft, company, job, records)
        records.append({name: record[name] for name in _ASKED_LATER})
        _tell(draft, company, job, record)
        _log_time(draft, job, record)
        if len(draft.files["tasks"]) >= _SETTLED_AT_ONCE:
            for resource in ("tasks", "stories", "time_tracking_entries"):
                draft.settle(resource)
    return records


def _task(draft: Draft, company: Company, job: Job, earlier: list[Fields]) -> Fields:
    chance = draft.random
    created_at = moment(job.arrives_on, job.arrives_minute)
    done_at = moment(job.done_on, DONE_MINUTE + job.number % 50) if job.done_on else None
    author = chance.choice(job.project.members) if job.project else job.assignee or company.people[0]
    is_top = job.parent is None
    homes = [home for home in (job.project, job.second) if home and is_top]
    record = draft.add(
        "tasks",
        "task",
        resource_subtype=job.kind,
        name=f"{chance.choice(words.VERBS)} {chance.choice(words.THINGS)}{chance.choice(words.OCCASIONS)}",
        notes=chance.choice(words.NEUTRAL) if draft.chance(0.3) else "",
        completed=done_at is not None,
        completed_at=done_at,
        completed_by=ref(job.assignee.user) if job.assignee and done_at else None,
        created_at=created_at,
        modified_at=created_at,
        created_by=ref(author.user),
        assignee=ref(job.assignee.user) if job.assignee else None,
        start_on=None,
        due_on=None,
        parent=ref(earlier[job.parent]) if job.parent is not None else None,
        projects=[ref(home.record) for home in homes],
        memberships=[_place(home, 2 if done_at else 0) for home in homes],
        followers=[ref(author.user)],
        dependencies=[{"gid": earlier[n]["gid"], "resource_type": "task"} for n in job.waits_for],
        workspace=ref(company.workspace),
        custom_fields=_values(draft, company, job) if homes else [],
    )
    if job.kind == "approval":
        record["approval_status"] = chance.choice(("approved", "approved", "rejected")) if done_at else "pending"
    changes: list[Fields] = []
    _move_sections(draft, job, record, homes, changes, done_at)
    _slip(draft, job, record, changes, company.end_on)
    _hand_over(draft, company, job, record, changes)
    _re_estimate(draft, company, job, record, changes)
    if changes:
        record["x_changes"] = sorted(changes, key=lambda change: change["until"])
    return record


def _place(project: Project, section: int) -> Fields:
    return {"project": ref(project.record), "section": ref(project.sections[section])}


def _values(draft: Draft, company: Company, job: Job) -> list[Fields]:
    chance, fields = draft.random, company.fields
    guess = round(job.effort_hours * chance.lognormvariate(-0.1, 0.5), 1)
    entries: list[Fields] = []
    if draft.chance(0.6):
        entries.append(_entry(fields["Estimated Hours"], "number_value", max(0.5, guess)))
    if draft.chance(0.8):
        entries.append(_entry(fields["Priority"], "enum_value", fields["Priority"]["enum_options"][job.priority]))
    kinds = fields["Work Type"]["enum_options"]
    entries.append(_entry(fields["Work Type"], "enum_value", chance.choice(kinds)))
    if draft.chance(0.3):
        wanted = chance.sample(fields["Required Skills"]["enum_options"], k=chance.randint(1, 2))
        entries.append(_entry(fields["Required Skills"], "multi_enum_values", wanted))
    return entries


def _entry(field: Fields, key: str, value: Any) -> Fields:
    kind = field["resource_subtype"]
    return {"gid": field["gid"], "resource_subtype": kind, "type": kind, "name": field["name"], key: value}


# -- earlier states, each with its story


def _story(draft: Draft, task: Fields, at: str, by: Fields | None, subtype: str, text: str, **facts: Any) -> None:
    kind = "comment" if subtype == "comment_added" else "system"
    draft.add(
        "stories",
        "story",
        created_at=at,
        created_by=by,
        resource_subtype=subtype,
        type=kind,
        text=text,
        target={"gid": task["gid"], "resource_type": "task", "name": task["name"]},
        source="web",
        **facts,
    )


def _move_sections(
    draft: Draft, job: Job, record: Fields, homes: list[Project], changes: list[Fields], done_at: str | None
) -> None:
    """Backlog until the first day of work (if anybody moved it then), done when complete."""
    if not homes:
        return
    started_on = min(job.worked, default=None)
    is_moved = started_on is not None and (done_at is None or draft.chance(0.5))
    before = [_place(home, 0) for home in homes]
    if is_moved and started_on and (done_at is None or moment(started_on, 600) < done_at):
        started_at = moment(started_on, 10 * 60)
        changes.append({"until": started_at, "fields": {"memberships": before}})
        before = [_place(home, 1) for home in homes]
        facts = {"old_section": ref(homes[0].sections[0]), "new_section": ref(homes[0].sections[1])}
        _story(draft, record, started_at, record["assignee"], "section_changed", "moved this task", **facts)
        if done_at is None:
            record["memberships"] = before
    if done_at:
        changes.append({"until": done_at, "fields": {"memberships": before}})


def _slip(draft: Draft, job: Job, record: Fields, changes: list[Fields], last_day: date) -> None:
    """Move the due date while the task is late, three times out of four, on the day it was due or just before."""
    due_on = planned_due(draft, job)
    if due_on is None:
        return
    end_on = job.done_on or last_day
    moves = 0
    while due_on < end_on and moves < 6 and draft.chance(0.75):
        moved_on = max(job.arrives_on + timedelta(days=1), due_on - timedelta(days=draft.random.randint(0, 1)))
        if moved_on >= end_on:
            break
        at = moment(moved_on, 11 * 60 + moves)
        later = next_working_day(max(due_on, moved_on) + timedelta(days=draft.random.choice((3, 5, 7, 10, 14))))
        old = {"start_on": None, "due_on": due_on.isoformat(), "due_at": None}
        new = {**old, "due_on": later.isoformat()}
        changes.append({"until": at, "fields": {"due_on": due_on.isoformat()}})
        text = f"changed the due date to {later}"
        _story(draft, record, at, record["assignee"], "due_date_changed", text, old_dates=old, new_dates=new)
        due_on, moves = later, moves + 1
    record["due_on"] = due_on.isoformat()


def _hand_over(draft: Draft, company: Company, job: Job, record: Fields, changes: list[Fields]) -> None:
    """Some tasks first belonged to somebody else, until the day before work began."""
    started_on = min(job.worked, default=None)
    if not started_on or not job.assignee or not draft.chance(0.06) or started_on <= job.arrives_on:
        return
    others = job.project.members if job.project else company.people
    first: Person = draft.random.choice(others)
    if first is job.assignee:
        return
    at = moment(started_on, 9 * 60)
    changes.append({"until": at, "fields": {"assignee": ref(first.user)}})
    text = f"assigned to {job.assignee.user['name']}"
    _story(draft, record, at, ref(first.user), "assigned", text, assignee=ref(job.assignee.user))


def _re_estimate(draft: Draft, company: Company, job: Job, record: Fields, changes: list[Fields]) -> None:
    field = company.fields["Estimated Hours"]
    entry = next((item for item in record["custom_fields"] if item["gid"] == field["gid"]), None)
    started_on = min(job.worked, default=None)
    if entry is None or started_on is None or not draft.chance(0.08):
        return
    at = moment(started_on, 12 * 60)
    old = max(0.5, round(entry["number_value"] * draft.random.choice((0.5, 0.6, 0.75)), 1))
    changes.append({"until": at, "fields": {"custom_fields": {field["gid"]: old}}})
    facts = {"old_number_value": old, "new_number_value": entry["number_value"]}
    text = f"changed {field['name']}"
    _story(draft, record, at, record["assignee"], "number_custom_field_changed", text, custom_field=ref(field), **facts)


# -- what people leave behind


def _tell(draft: Draft, company: Company, job: Job, record: Fields) -> None:
    if record["completed_at"]:
        text = "completed this task"
        _story(draft, record, record["completed_at"], record["completed_by"], "marked_complete", text)
    if not draft.chance(0.25):
        return
    people = job.project.members if job.project else company.people
    last = job.done_on or company.end_on
    is_late = len(record.get("x_changes", ())) > 3
    for _ in range(draft.random.randint(1, 3)):
        day = job.arrives_on + timedelta(days=draft.random.randint(1, max(1, min(60, (last - job.arrives_on).days))))
        weights = (0.5, 0.1, 0.4) if is_late else (0.7, 0.2, 0.1)
        tone = draft.random.choices((words.NEUTRAL, words.PRAISING, words.WORRIED), weights)[0]
        author = ref(draft.random.choice(people).user)
        at = moment(day, draft.random.randint(9 * 60, 16 * 60))
        _story(draft, record, at, author, "comment_added", draft.random.choice(tone))


def _log_time(draft: Draft, job: Job, record: Fields) -> None:
    if not job.assignee or not job.assignee.logs_time:
        return
    home = record["projects"][0] if record["projects"] else None
    for day, hours in job.worked.items():
        minutes = max(5, round(hours * 12) * 5)
        if draft.chance(0.1):
            continue
        draft.add(
            "time_tracking_entries",
            "time_tracking_entry",
            task={"gid": record["gid"], "resource_type": "task", "name": record["name"]},
            duration_minutes=minutes,
            entered_on=day.isoformat(),
            created_by=ref(job.assignee.user),
            created_at=moment(day, DONE_MINUTE - 30),
            attributable_to=home,
        )
