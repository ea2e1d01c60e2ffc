"""How much work a task is, in hours or story points, from similar finished work; what it is worth is not asked here."""

from asana_intel.insights.effort.estimate import estimate_effort, replay_effort

__all__ = ["estimate_effort", "replay_effort"]
