"""Who works there: teams, people with their hours and absences, custom fields, portfolios' owners. No tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from asana_intel.sandbox.generate import words
from asana_intel.sandbox.generate.calendars import moment, quarters
from asana_intel.sandbox.generate.draft import Draft, Fields, ref

FULL_WEEK_H = 40.0


@dataclass(slots=True)
class Person:
    """Somebody who works: their record, hours and absences.

    Attributes:
        user: The user record.
        team: Index of their team.
        weekly_hours: Contract hours a week; part-timers have fewer.
        focus: Share of the hours that goes into tracked tasks.
        logs_time: Whether they write time entries.
        away: Days out of office.
        is_optimist: Whether their status updates see things brighter than they are.
    """

    user: Fields
    team: int
    weekly_hours: float
    focus: float
    logs_time: bool
    is_optimist: bool
    away: set[date] = field(default_factory=set)

    @property
    def daily_hours(self) -> float:
        """Hours of tracked work on a usual day."""
        return self.weekly_hours / 5 * self.focus


@dataclass(slots=True)
class Company:
    """The fixed part of a company.

    Attributes:
        workspace: Its record.
        teams: Team records.
        people: Everybody, in the order of the users file.
        fields: Custom fields by name.
        periods: Time-period records by display name.
        start_on: First day of the world.
        end_on: Last day of the world.
    """

    workspace: Fields
    teams: list[Fields]
    people: list[Person]
    fields: dict[str, Fields]
    periods: dict[str, Fields]
    start_on: date
    end_on: date

    def members(self, team: int) -> list[Person]:
        """Return the people of a team."""
        return [person for person in self.people if person.team == team]


def found_company(draft: Draft, *, people: int, start_on: date, end_on: date) -> Company:
    """Draw a company's workspace, teams, people, fields and time periods.

    Args:
        draft: Receives the records.
        people: How many.
        start_on: First day of the world.
        end_on: Last day of the world.
    """
    workspace = draft.add(
        "workspaces", "workspace", name="Aster & Fennel", is_organization=True, email_domains=["aster.example"]
    )
    count = max(1, min(len(words.TEAMS), round(people / 9)))
    teams = [draft.add("teams", "team", name=name, organization=ref(workspace)) for name in words.TEAMS[:count]]
    fields = _fields(draft)
    company = Company(workspace, teams, [], fields, {}, start_on, end_on)
    names = [f"{first} {last}" for last in words.LAST_NAMES for first in words.FIRST_NAMES]
    draft.random.shuffle(names)
    for index in range(people):
        name = names[index % len(names)] + (f" {index // len(names) + 1}" if index >= len(names) else "")
        company.people.append(_person(draft, company, index, name))
    for person in company.people:
        _absences(draft, company, person)
    _time_periods(draft, company)
    return company


def _fields(draft: Draft) -> dict[str, Fields]:
    number = {"resource_subtype": "number", "type": "number", "enabled": True, "precision": 1, "format": "none"}
    fields = [
        draft.add("custom_fields", "custom_field", name="Estimated Hours", **number),
        draft.add("custom_fields", "custom_field", name="Priority", **_options(draft, "enum", words.PRIORITIES)),
        draft.add("custom_fields", "custom_field", name="Work Type", **_options(draft, "enum", words.WORK_TYPES)),
        draft.add(
            "custom_fields", "custom_field", name="Required Skills", **_options(draft, "multi_enum", words.SKILLS)
        ),
        draft.add("custom_fields", "custom_field", name="Skills", resource_subtype="text", type="text", enabled=True),
        draft.add("custom_fields", "custom_field", name="Weekly Hours", **number),
    ]
    return {str(custom_field["name"]): custom_field for custom_field in fields}


def _options(draft: Draft, kind: str, names: tuple[str, ...]) -> Fields:
    options = [
        {"gid": draft.gid(), "resource_type": "enum_option", "name": name, "enabled": True, "color": "none"}
        for name in names
    ]
    return {"resource_subtype": kind, "type": kind, "enabled": True, "enum_options": options}


def _person(draft: Draft, company: Company, index: int, name: str) -> Person:
    chance, workspace = draft.random, company.workspace
    hours = chance.choice((16.0, 20.0, 24.0, 32.0)) if draft.chance(0.18) else FULL_WEEK_H
    skills = ", ".join(sorted(chance.sample(words.SKILLS, k=chance.randint(1, 3))))
    user = draft.add(
        "users",
        "user",
        name=name,
        email=f"person{index + 1:03d}@aster.example",
        workspaces=[ref(workspace)],
        custom_fields=[
            {"gid": company.fields["Skills"]["gid"], "type": "text", "name": "Skills", "text_value": skills},
            {
                "gid": company.fields["Weekly Hours"]["gid"],
                "type": "number",
                "name": "Weekly Hours",
                "number_value": hours,
            },
        ],
    )
    team = index % len(company.teams)
    membership = {"is_guest": False, "is_limited_access": False, "is_admin": index < len(company.teams)}
    draft.add("team_memberships", "team_membership", user=ref(user), team=ref(company.teams[team]), **membership)
    draft.add("workspace_memberships", "workspace_membership", user=ref(user), workspace=ref(workspace))
    return Person(
        user=user,
        team=team,
        weekly_hours=hours,
        focus=chance.uniform(0.45, 0.8),
        logs_time=draft.chance(0.7),
        is_optimist=draft.chance(0.35),
    )


def _absences(draft: Draft, company: Company, person: Person) -> None:
    """Draw about four absences a year: holidays planned weeks ahead, and short ones entered the day before."""
    day = company.start_on + timedelta(days=draft.random.randint(5, 90))
    while day < company.end_on:
        is_planned = draft.chance(0.6)
        length = draft.random.randint(5, 14) if is_planned else draft.random.randint(1, 3)
        entered_on = max(company.start_on, day - timedelta(days=draft.random.randint(14, 60) if is_planned else 1))
        last = day + timedelta(days=length - 1)
        draft.add(
            "ooo_entries",
            "ooo_entry",
            user=ref(person.user),
            created_by=ref(person.user),
            start_date=day.isoformat(),
            end_date=last.isoformat(),
            x_created_at=moment(entered_on, 9 * 60),
        )
        person.away.update(day + timedelta(days=step) for step in range(length))
        day = last + timedelta(days=draft.random.randint(40, 150))


def _time_periods(draft: Draft, company: Company) -> None:
    for quarter in quarters(company.start_on, company.end_on):
        year = f"FY{quarter.start_on.year % 100:02d}"
        if year not in company.periods:
            company.periods[year] = draft.add(
                "time_periods",
                "time_period",
                display_name=year,
                period="FY",
                start_on=f"{quarter.start_on.year}-01-01",
                end_on=f"{quarter.start_on.year}-12-31",
            )
        company.periods[quarter.display_name] = draft.add(
            "time_periods",
            "time_period",
            display_name=quarter.display_name,
            period=quarter.period,
            start_on=quarter.start_on.isoformat(),
            end_on=quarter.due_on.isoformat(),
            parent={"gid": company.periods[year]["gid"], "resource_type": "time_period"},
        )
