"""What to do about it: effort, triage, priority, sprints, assignment, portfolios and retrospectives of work."""
