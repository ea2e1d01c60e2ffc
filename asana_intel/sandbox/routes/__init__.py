"""The operations of the API, a module per resource; importing this package fills the table in calls.py."""

from asana_intel.sandbox.routes import (
    custom_fields,
    events,
    goals,
    people,
    planning,
    portfolios,
    projects,
    status_updates,
    stories,
    task_relations,
    tasks,
)

__all__ = [
    "custom_fields",
    "events",
    "goals",
    "people",
    "planning",
    "portfolios",
    "projects",
    "status_updates",
    "stories",
    "task_relations",
    "tasks",
]
