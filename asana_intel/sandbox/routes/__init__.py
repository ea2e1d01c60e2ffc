"""The operations of the API, a module per resource; importing this package fills the table in calls.py."""

from asana_intel.sandbox.routes import (
    access_requests,
    allocations,
    custom_fields,
    events,
    goals,
    memberships,
    people,
    planning,
    portfolios,
    projects,
    status_updates,
    stories,
    task_relations,
    tasks,
    teams,
    users,
)

__all__ = [
    "access_requests",
    "allocations",
    "custom_fields",
    "events",
    "goals",
    "memberships",
    "people",
    "planning",
    "portfolios",
    "projects",
    "status_updates",
    "stories",
    "task_relations",
    "tasks",
    "teams",
    "users",
]
