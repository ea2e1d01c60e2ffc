"""Changes wanted on goals: fields, metric, weekly status, comment on a fall, review task. Pure; no stored state."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from asana_intel.changes.canonical import canonical_number, canonical_object, shortened
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import RULES, CurrentValues, PlanInputs, PlanRules, Week
from asana_intel.changes.signed import marked, signed
from asana_intel.narratives.audience import public_goals, public_projects
from asana_intel.narratives.wording import percent

Row = dict[str, Any]


def goal_fields(inputs: PlanInputs, week: Week, current: CurrentValues) -> Iterator[Row]:
    """Set the four AI fields of every open goal that has odds, where they differ from what stands.

    A project that not everybody may read is not named on a goal.
    """
    public, narratives = public_projects(inputs.projects), inputs.narratives()
    names = {gid: name for gid, name in inputs.project_names().items() if gid in public}
    for forecast in inputs.assessed_goals():
        goal_gid, p = forecast["goal_gid"], forecast["p_attain"]
        blocker = forecast["top_blocking_project_gid"]
        narrative = narratives.get(goal_gid)
        odds = f"The odds of meeting the goal are {percent(p)}{_before(forecast)}."
        method, author = forecast["method"] or RULES, narrative["written_by"] if narrative else RULES
        wanted: list[tuple[str, Any, str, str]] = [
            ("ai_confidence_score", p, odds, method),
            (
                "predicted_completion_date",
                forecast["predicted_on"],
                "The median forecast meets the target that day.",
                method,
            ),
            ("top_blocking_project", names.get(blocker), "It is furthest behind its own past pace.", RULES),
            ("ai_summary", narrative and marked(narrative), "The week's narrative of the goal.", author),
        ]
        evidence = [goal_gid, *([blocker] if blocker in names else [])]
        for name, value, reason, made_by in wanted:
            spec = BY_NAME[name]
            new, old = spec.canonical(value), current.get(goal_gid, spec)
            if new is not None and new != old:
                yield week.row(
                    "set_field", "goals", ("goal", goal_gid), name, new, reason,
                    old_value=old, evidence=evidence, confidence=max(p, 1 - p), made_by=made_by,
                )  # fmt: skip


def goal_metrics(inputs: PlanInputs, week: Week) -> Iterator[Row]:
    """Push measured values into metrics that are ours to set; Asana computes the others itself."""
    goals = inputs.open_goals()
    for measured in inputs.measured_values.sort("goal_gid").to_dicts():
        goal = goals.get(measured["goal_gid"])
        if goal is None or not _may_set_metric(goal):
            continue
        decimals = metric_decimals(goal["precision"], goal["unit"])
        new = canonical_number(measured["value"], decimals)
        old = None if goal["current_value"] is None else canonical_number(goal["current_value"], decimals)
        if new != old:
            yield week.row(
                "set_metric", "goals", ("goal", goal["goal_gid"]), "current_value", new,
                "The measured value differs from what stands in Asana.",
                old_value=old, evidence=[goal["goal_gid"], *(measured["evidence"] or [])], confidence=1.0,
            )  # fmt: skip


def metric_decimals(precision: int | None, unit: str | None) -> int:
    """Digits after the point a goal's metric keeps; a percentage is a fraction and keeps two more."""
    return (precision or 0) + (2 if unit == "percentage" else 0)


def weekly_status(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """One status update (or comment, as the settings say) per open goal with odds and week: its narrative.

    The row is the draft: approving it publishes exactly these words.
    """
    if rules.weekly_status == "off":
        return
    narratives, proofs, known = inputs.narratives(), inputs.proofs(), inputs.known_markers()
    for forecast in inputs.assessed_goals():
        narrative = narratives.get(forecast["goal_gid"])
        if narrative is None:
            continue
        p = forecast["p_attain"]
        text = signed(narrative, proofs.get(forecast["goal_gid"], []))
        title = f"Week of {week.as_of_on.day} {week.as_of_on:%b %Y}: {percent(p)} likely to be met"
        body = {"status_type": narrative["status_type"], "title": title, "text": text}
        if rules.weekly_status == "comment":
            body = {"text": f"{title}\n\n{text}"}
        row = week.row(
            rules.weekly_status, "goals", ("goal", forecast["goal_gid"]), "weekly_status", canonical_object(body),
            f"The weekly status by the odds, {percent(p)}{_before(forecast)}.",
            evidence=[forecast["goal_gid"]], confidence=max(p, 1 - p), made_by=narrative["written_by"],
        )  # fmt: skip
        if not _exists(row, week, known):
            yield row


def comments(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """A comment on goals whose odds fell sharply since last week."""
    narratives, proofs, known = inputs.narratives(), inputs.proofs(), inputs.known_markers()
    for forecast in inputs.assessed_goals():
        change = forecast["p_attain_change"]
        if change is None or change > -rules.odds_drop + 1e-9:
            continue
        p = forecast["p_attain"]
        text = (
            f"The odds of meeting this goal fell from {percent(max(p - change, 0.0))} to {percent(p)} since last week."
        )
        narrative = narratives.get(forecast["goal_gid"])
        why = f"\n\n{signed(narrative, proofs.get(forecast['goal_gid'], []))}" if narrative else ""
        row = week.row(
            "comment", "goals", ("goal", forecast["goal_gid"]), "odds_fell",
            canonical_object({"text": text + why}),
            text, evidence=[forecast["goal_gid"]], confidence=max(p, 1 - p),
            made_by=narrative["written_by"] if narrative else RULES,
        )  # fmt: skip
        if not _exists(row, week, known):
            yield row


def review_tasks(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """An approval task for the owner of each goal whose odds are below the threshold, once a quarter.

    More people may read its project than a private goal: of that the task says nothing but its gid.
    """
    goals, narratives, known = inputs.open_goals(), inputs.narratives(), inputs.known_markers()
    public, proofs = public_goals(inputs.goals), inputs.proofs()
    for forecast in inputs.assessed_goals():
        p, goal = forecast["p_attain"], goals[forecast["goal_gid"]]
        if p >= rules.attention_below:
            continue
        is_public = goal["goal_gid"] in public
        narrative = narratives.get(goal["goal_gid"]) if is_public else None
        ask = "Approve if the plan for this goal still stands; request changes if its target, date or scope must move."
        body = {
            "name": shortened(f"Review goal: {(is_public and goal['name']) or goal['goal_gid']}", 250),
            "notes": f"{ask}\n\n{signed(narrative, proofs.get(goal['goal_gid'], []))}" if narrative else ask,
            "assignee": goal["owner_gid"],
            "due_on": (week.today + timedelta(days=rules.review_due_days)).isoformat(),
            "resource_subtype": "approval",
            "project": rules.review_project,
        }
        row = week.row(
            "create_task", "goals", ("goal", goal["goal_gid"]), "review_task", canonical_object(body),
            f"The odds, {percent(p)}, are below {percent(rules.attention_below)}.",
            evidence=[goal["goal_gid"]], confidence=max(p, 1 - p),
            made_by=narrative["written_by"] if narrative else RULES,
        )  # fmt: skip
        if not _exists(row, week, known):
            yield row


def _exists(row: Row, week: Week, known: frozenset[str]) -> bool:
    return row_marker(row, week.as_of_on, week.as_of_at) in known


def _may_set_metric(goal: Row) -> bool:
    if goal["progress_source"] == "external":
        return bool(goal["can_manage"])
    return goal["progress_source"] == "manual"


def _before(forecast: Row) -> str:
    change = forecast["p_attain_change"]
    return "" if change is None else f", {percent(max(forecast['p_attain'] - change, 0.0))} a week ago"
