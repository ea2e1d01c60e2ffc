"""What may be said where work and goals do not fit: the misfit with its numbers, and the step that would mend it."""

from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.outlines.outline import Claim, Outline, always


def _choose(sheet: FactSheet) -> str:
    return "Choose" if sheet.number("rivals") == 2 else "Choose first of all"


_MISFITS = (
    Claim("no_support_in_time", "misfit", ("goal", "no_support", "weeks_left"), always,
          lambda s: f"{s.text('goal')} is supported by {s.text('no_support')}, with {s.text('weeks_left')} left.", 9),
    Claim("no_support", "misfit", ("goal", "no_support"), lambda s: "weeks_left" not in s,
          lambda s: f"{s.text('goal')} is supported by {s.text('no_support')}.", 8),
    Claim("idle_at_odds", "misfit", ("goal", "idle_projects", "odds"), always,
          lambda s: (
              f"{s.text('idle_projects')} behind {s.text('goal')} finished nothing in the last four weeks; "
              f"its odds are {s.text('odds')}."
          ), 7),
    Claim("idle", "misfit", ("goal", "idle_projects"), lambda s: "odds" not in s,
          lambda s: f"{s.text('idle_projects')} behind {s.text('goal')} finished nothing in the last four weeks.", 6),
    Claim("drifted", "misfit", ("goal", "share_before", "share_now"), always,
          lambda s: (
              f"{s.text('goal')} drew {s.text('share_before')} of finished work over five months, "
              f"but {s.text('share_now')} in the last four weeks."
          ), 5),
    Claim("effort_for_no_goal", "misfit", ("project", "effort", "effort_part"), always,
          lambda s: (
              f"{s.text('project')} finished {s.text('effort')} in the last four weeks, "
              f"{s.text('effort_part')} of all, and serves no goal."
          ), 4),
    Claim("torn_between_goals", "misfit", ("project", "served", "risky_goal", "risky_odds"), always,
          lambda s: (
              f"{s.text('project')} supports {s.text('served')}; {s.text('risky_goal')} has odds of "
              f"{s.text('risky_odds')}."
          ), 3),
    Claim("rival_goals", "misfit", ("team", "rivals"), always,
          lambda s: f"{s.text('team')} does most of the work for {s.text('rivals')} below even odds.", 2),
    Claim("work_for_no_goal", "misfit", ("team", "unaligned", "finished", "unaligned_part"), always,
          lambda s: (
              f"In four weeks, projects of {s.text('team')} finished {s.text('finished')}; "
              f"{s.text('unaligned')} ({s.text('unaligned_part')}) served no goal."
          ), 1),
    Claim("all_work_for_no_goal", "misfit", ("team", "unaligned"), lambda s: "finished" not in s,
          lambda s: (
              f"In four weeks, all {s.text('unaligned')} that projects of {s.text('team')} finished served no goal."
          ), 1),
)  # fmt: skip

_STEPS = (
    Claim("link_or_drop", "step", ("no_support",), always,
          lambda _: "Next: link the work that serves it, or drop the goal."),
    Claim("restart", "step", ("idle_projects",), always,
          lambda _: "Next: ask where the work goes on instead, and restart or re-plan it."),
    Claim("bring_back", "step", ("share_now",), always,
          lambda _: "Next: bring the effort back, or lower the target to what is left."),
    Claim("name_the_goal", "step", ("effort",), always,
          lambda _: "Next: link the project to the goal it serves, or ask what it is for."),
    Claim("agree_on_order", "step", ("served",), always,
          lambda _: "Next: agree in the project which goal comes first."),
    Claim("choose_between", "step", ("rival_a", "rival_odds_a", "rival_b", "rival_odds_b"), always,
          lambda s: (
              f"{_choose(s)} between {s.text('rival_a')} ({s.text('rival_odds_a')}) "
              f"and {s.text('rival_b')} ({s.text('rival_odds_b')})."
          )),
    Claim("name_the_goals", "step", ("unaligned",), always,
          lambda _: "Next: name the goals this work serves, or let it wait."),
)  # fmt: skip

OUTLINE = Outline(
    kind=Kind.alignment_note,
    parts={"misfit": 1, "step": 1},
    claims=(*_MISFITS, *_STEPS),
    most_words=50,
    brief="a note to those who plan a goal, a project or a team: where work and goals do not fit, and what to do",
)


def subject_type(sheet: FactSheet) -> str:
    """goal, project or team: whom the misfit is about."""
    return next(name for name in ("goal", "project", "team") if name in sheet)
