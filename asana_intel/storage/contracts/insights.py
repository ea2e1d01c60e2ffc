"""Contracts of the insight tables: overwritten one `as_of_on` week at a time."""

from asana_intel.storage.contracts.contract import COUNT, DAY, FLAG, INSTANT, NUMBER, TEXT, Spec, TableContract, columns

_AS_OF = (
    ("as_of_on!", DAY, "Monday of the week it belongs to."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)


def _table(name: str, grain: str, unique: tuple[str, ...], *specs: Spec) -> TableContract:
    return TableContract("insights", name, grain, unique, columns(*_AS_OF, *specs), "as_of_on")


SPRINT_TABLES: tuple[TableContract, ...] = (
    _table(
        "sprint_proposal",
        "one row per week, team and candidate task",
        ("as_of_on", "team_gid", "task_gid"),
        ("team_gid!", TEXT, "Team."),
        ("starts_on!", DAY, "First day of the sprint."),
        ("ends_on!", DAY, "Its last day."),
        ("task_gid!", TEXT, "Task."),
        ("is_in!", FLAG, "Belongs to the best set."),
        ("person_gid~", TEXT, "Who would do it; null where it is left out."),
        ("hours!", NUMBER, "Median hours left."),
        ("score!", NUMBER, "Its priority score, 0..100."),
        ("is_pinned!", FLAG, "Somebody said that it must be in, must be out, or must be one person's."),
        ("reason!~", TEXT, "Why it is in, or which limit keeps it out."),
        ("waits_for_gid", TEXT, "Unfinished task that keeps it out."),
    ),
    _table(
        "sprint_capacity",
        "one row per week, team with candidates, and member with known hours",
        ("as_of_on", "team_gid", "person_gid"),
        ("team_gid!", TEXT, "Team."),
        ("person_gid!~", TEXT, "Member."),
        ("available_hours!", NUMBER, "Hours in the sprint, less time off and what is promised to other teams."),
        ("committed_hours!", NUMBER, "Hours of running work and pinned tasks, of all teams."),
        ("proposed_hours!", NUMBER, "Hours of the team's other tasks that are proposed for the person."),
    ),
    _table(
        "sprint_outlook",
        "one row per week and team with something proposed",
        ("as_of_on", "team_gid"),
        ("team_gid!", TEXT, "Team."),
        ("starts_on!", DAY, "First day of the sprint."),
        ("ends_on!", DAY, "Its last day."),
        ("tasks!", COUNT, "Tasks proposed."),
        ("hours!", NUMBER, "Sum of their median hours left."),
        ("value!", NUMBER, "Sum of their scores."),
        ("p_all!", NUMBER, "Odds that all of them are finished, 0..1."),
        ("p_85!", NUMBER, "Odds that 85 % of their hours are finished, 0..1."),
        ("gap!", NUMBER, "Share of the best value that may be missing, 0..1; 0 = proven best."),
        ("is_proven!", FLAG, "No allowed set has more value."),
    ),
    _table(
        "task_assignment",
        "one row per week and open task without assignee, or with one who has no time or skill for it",
        ("as_of_on", "task_gid"),
        ("task_gid!", TEXT, "Task."),
        ("person_gid!~", TEXT, "Who could do it."),
        ("reason!~", TEXT, "Why they."),
        ("fit!", NUMBER, "Likeness to work they finished, and skills, 0..1."),
        ("free_hours!", NUMBER, "Hours they have free until its due day, or the end of the sprint."),
        ("next_gid~", TEXT, "Who else could."),
        ("next_reason~", TEXT, "Why they."),
        ("kind!", TEXT, "nobody (has it), no_time or no_skill (its assignee)."),
    ),
)

INSIGHT_TABLES: tuple[TableContract, ...] = SPRINT_TABLES
