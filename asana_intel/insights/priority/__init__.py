"""Which open task comes first, and why: the score of the backlog, its parts in points, and what moved a rank."""

from asana_intel.insights.priority.backlog import Backlog
from asana_intel.insights.priority.score import rescore, score_tasks, task_goal_gains
from asana_intel.insights.priority.touched import what_touches

__all__ = ["Backlog", "rescore", "score_tasks", "task_goal_gains", "what_touches"]
