"""How much work a new task is, by words and evidence, in hours or points; why load asks another: `workload.effort`."""

from asana_intel.insights.effort.estimate import estimate_effort, replay_effort

__all__ = ["estimate_effort", "replay_effort"]
