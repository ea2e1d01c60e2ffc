"""Triage of tasks as they arrive: category, priority, assignee, size, duplicates; the table is made in `weekly`."""

from asana_intel.insights.triage.classify import classify
from asana_intel.insights.triage.duplicates import find_duplicates

__all__ = ["classify", "find_duplicates"]
