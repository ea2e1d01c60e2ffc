"""Projects with their sections, members, allocations, and the portfolios that hold them. No tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from asana_intel.sandbox.generate import words
from asana_intel.sandbox.generate.calendars import moment, next_working_day
from asana_intel.sandbox.generate.company import Company, Person
from asana_intel.sandbox.generate.draft import Draft, Fields, ref

_ON_TASKS = ("Estimated Hours", "Priority", "Work Type", "Required Skills")


@dataclass(slots=True)
class Project:
    """A project and the days on which work arrives in it."""

    record: Fields
    sections: list[Fields]
    team: int
    owner: Person
    members: list[Person]
    opens_on: date
    closes_on: date


def draw_projects(draft: Draft, company: Company, count: int) -> list[Project]:
    """Draw projects, six of ten from the first day, the others later; one of ten is archived near the end.

    Args:
        draft: Receives the records.
        company: Who does them.
        count: How many projects.
    """
    names = [f"{head} {tail}" for tail in words.PROJECT_TAILS for head in words.PROJECT_HEADS]
    draft.random.shuffle(names)
    found = [_project(draft, company, index, names[index % len(names)]) for index in range(count)]
    for name in _ON_TASKS:
        company.fields[name]["x_projects"] = [project.record["gid"] for project in found]
    _portfolios(draft, company, found)
    return found


def _project(draft: Draft, company: Company, index: int, name: str) -> Project:
    chance, team = draft.random, index % len(company.teams)
    days = (company.end_on - company.start_on).days
    opens_on = company.start_on
    if index > 0 and not draft.chance(0.6):
        opens_on = next_working_day(company.start_on + timedelta(days=chance.randint(1, max(1, int(days * 0.7)))))
    closes_on = min(company.end_on, opens_on + timedelta(days=int(days * chance.uniform(0.4, 1.2))))
    members = company.members(team)
    owner = chance.choice(members)
    is_archived = closes_on < company.end_on - timedelta(days=30) and draft.chance(0.4)
    born = moment(opens_on, 7 * 60)
    record = draft.add(
        "projects",
        "project",
        name=name,
        notes=f"{name}: what {company.teams[team]['name']} agreed with its customers.",
        archived=is_archived,
        owner=ref(owner.user),
        team=ref(company.teams[team]),
        workspace=ref(company.workspace),
        members=[ref(person.user) for person in members],
        followers=[ref(owner.user)],
        start_on=opens_on.isoformat(),
        due_on=closes_on.isoformat() if draft.chance(0.6) else None,
        created_at=born,
        modified_at=born,
    )
    if is_archived:
        archived_at = moment(closes_on + timedelta(days=21), 15 * 60)
        record["x_changes"] = [{"until": archived_at, "fields": {"archived": False}}]
    sections = [
        draft.add("sections", "section", name=section, created_at=born, project=ref(record))
        for section in words.SECTIONS
    ]
    for person in members:
        _join(draft, record, person, owner, born)
    project = Project(record, sections, team, owner, members, opens_on, closes_on)
    _allocate(draft, project)
    return project


def _join(draft: Draft, record: Fields, person: Person, owner: Person, born: str) -> None:
    draft.add(
        "project_memberships",
        "project_membership",
        parent=ref(record),
        member=ref(person.user),
        access_level="admin" if person is owner else "editor",
        x_created_at=born,
    )


def _allocate(draft: Draft, project: Project) -> None:
    for person in project.members:
        if not draft.chance(0.4):
            continue
        start_on = project.opens_on + timedelta(days=draft.random.randint(0, 30))
        end_on = start_on + timedelta(days=draft.random.randint(30, 180))
        draft.add(
            "allocations",
            "allocation",
            start_date=start_on.isoformat(),
            end_date=end_on.isoformat(),
            effort={"type": "hours", "value": draft.random.choice((4, 8, 12, 16, 20))},
            assignee=ref(person.user),
            parent=ref(project.record),
            created_by=ref(project.owner.user),
            resource_subtype="project_allocation",
            x_created_at=moment(project.opens_on, 8 * 60),
        )


def _portfolios(draft: Draft, company: Company, projects: list[Project]) -> None:
    """One portfolio per team, and one above them that also holds the first project by itself."""
    born = moment(company.start_on, 6 * 60)
    shelves = []
    for index, team in enumerate(company.teams):
        items = [project.record["gid"] for project in projects if project.team == index]
        shelves.append(_portfolio(draft, company, f"{team['name']} work", company.members(index)[0], items, born))
    items = [shelf["gid"] for shelf in shelves] + [projects[0].record["gid"]]
    _portfolio(draft, company, "All work", company.people[0], items, born)


def _portfolio(draft: Draft, company: Company, name: str, owner: Person, items: list[str], born: str) -> Fields:
    return draft.add(
        "portfolios",
        "portfolio",
        name=name,
        owner=ref(owner.user),
        created_by=ref(owner.user),
        workspace=ref(company.workspace),
        created_at=born,
        items=items,
    )
