"""What if: one change, and what it does to load, dates, priorities and goals together. Nothing is written anywhere."""

from asana_intel.insights.scenario.base import Base
from asana_intel.insights.scenario.changes import CHANGES, Change
from asana_intel.insights.scenario.gathering import gather
from asana_intel.insights.scenario.outcome import Outcome
from asana_intel.insights.scenario.what_if import what_if

__all__ = ["CHANGES", "Base", "Change", "Outcome", "gather", "what_if"]
