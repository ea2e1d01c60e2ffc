"""Contracts of the insight tables of capacity: overwritten one `as_of_on` week at a time."""

from asana_intel.storage.contracts.contract import COUNT, DAY, FLAG, NUMBER, TEXT, TEXTS, TableContract
from asana_intel.storage.contracts.weekly import insight_table as _table

REBALANCE_TABLES: tuple[TableContract, ...] = (
    _table(
        "rebalance_moves",
        "one row per week and proposed move of a task",
        ("as_of_on", "rank"),
        ("rank!", COUNT, "1 = the move to make first; what a move makes necessary follows it."),
        ("team_gid", TEXT, "Team of the task's project; null where it has none."),
        ("kind!", TEXT, "reassign, shift (later by weeks), split (part of the hours), resequence (same due date)."),
        ("task_gid!", TEXT, "Task."),
        ("from_person_gid!~", TEXT, "Who has it."),
        ("to_person_gid~", TEXT, "Who would get it, or a part of it; null: it stays with who has it."),
        ("moved_hours!", NUMBER, "Hours expected that go to the other person, or to other days."),
        ("start_on", DAY, "Its start date now."),
        ("due_on", DAY, "Its due date now."),
        ("new_start_on", DAY, "Its start date after the move."),
        ("new_due_on", DAY, "Its due date after the move."),
        ("cascade_of_gid", TEXT, "Task whose move makes this one necessary; null: it relieves somebody itself."),
        ("relieved_person_gid!~", TEXT, "Who gains by it."),
        ("relieved_week_on!", DAY, "Monday of the overloaded week that gains most."),
        ("reason!~", TEXT, "Why, in one sentence."),
        ("p_before!", NUMBER, "Odds of more than 110 % in that week as it stands, 0..1."),
        ("p_after!", NUMBER, "The same after all moves."),
        ("is_public!", FLAG, "Everybody may read the task."),
    ),
    _table(
        "rebalance_weeks",
        "one row per week, person of person_load and week of the horizon",
        ("as_of_on", "person_gid", "week_on"),
        ("person_gid!~", TEXT, "Person."),
        ("week_on!", DAY, "Monday of the week; of a week that has begun what is left counts."),
        ("available_hours!", NUMBER, "Hours the person can work."),
        ("hours_before!", NUMBER, "Hours of their tasks, expected, as it stands."),
        ("hours_after!", NUMBER, "The same after all moves."),
        ("p_over_110_before!", NUMBER, "Odds of a load above 110 % as it stands, 0..1."),
        ("p_over_110_after!", NUMBER, "The same after all moves."),
        ("is_touched!", FLAG, "A move changes the person's hours in some week."),
    ),
    _table(
        "rebalance_limits",
        "one row per week, person and overloaded week that no set of moves mends",
        ("as_of_on", "person_gid", "week_on"),
        ("person_gid!~", TEXT, "Person."),
        ("week_on!", DAY, "Monday of the week."),
        ("constraint!", TEXT, "What stands in the way: time, skills, due dates, dependencies, pins or time off."),
        ("cut_hours!", NUMBER, "Hours above the limit that stay after all moves: so many must go."),
        ("reason!", TEXT, "The same in a sentence, without names."),
    ),
)

UTILISATION_TABLES: tuple[TableContract, ...] = (
    _table(
        "team_utilisation",
        "one row per week, team of at least five people (null: everybody), and past or coming week",
        ("as_of_on", "team_gid", "week_on"),
        ("team_gid", TEXT, "Team; null: everybody, those of small teams too."),
        ("week_on!", DAY, "Monday; of the running week only what is left counts."),
        ("people!", COUNT, "People behind the row."),
        ("is_past!", FLAG, "The week was over: its hours are those worked, not those assigned."),
        ("unknown_people!", COUNT, "Of them, who log no time where others do: their past hours are unknown."),
        (
            "available_hours!",
            NUMBER,
            "Hours of their working weeks, less holidays and time off; of past weeks without the unknown, unless too "
            "few are known for a figure.",
        ),
        (
            "assigned_hours",
            NUMBER,
            "Past: hours logged; null where less than half, or too few to be shown, log time. Coming: mean of the "
            "hours that open tasks take.",
        ),
        ("p10", NUMBER, "10th percentile of the team's assigned hours; null for a past week."),
        ("p90", NUMBER, "90th percentile."),
        ("load_pct", NUMBER, "Assigned over available hours; null where no hour is available, or none known."),
        ("overloaded_people", NUMBER, "People above 110 % of their hours; of coming weeks the number expected."),
        ("p_bottleneck", NUMBER, "Odds that the team as a whole is above 110 %, 0..1; null for a past week."),
    ),
    _table(
        "capacity_cost",
        "one row per week and team of at least five people (null: everybody)",
        ("as_of_on", "team_gid"),
        ("team_gid", TEXT, "Team; null: everybody."),
        ("people!", COUNT, "People behind the row."),
        ("available_hours!", NUMBER, "Hours of the horizon."),
        ("assigned_hours!", NUMBER, "Hours that open tasks are expected to take in it."),
        ("short_hours!", NUMBER, "Hours expected to be undone at its end, when every week does what it can."),
        ("late_hours!", NUMBER, "Hours expected to be done later than in the week they fall into."),
        ("goals_at_stake!", COUNT, "Public goals due in the horizon whose odds the shortage lowers."),
        ("goal_gids!", TEXTS, "These goals, the one that loses most first."),
        ("odds_lost!", NUMBER, "Sum of what it takes from their odds: 0.5 = half a goal."),
        ("hiring_gap_fte!", NUMBER, "People, full time and for the whole horizon, who would do the short hours."),
        ("reason!", TEXT, "Where it is short, or that it is not, in one sentence."),
    ),
)

HEADCOUNT_TABLES: tuple[TableContract, ...] = (
    _table(
        "headcount",
        "one row per week, role of at least five people (null: everybody), and quarter ahead",
        ("as_of_on", "role", "quarter_on"),
        ("role", TEXT, "Team or value of the role field; null: everybody, those of small roles too."),
        ("quarter_on!", DAY, "First day of the quarter."),
        ("people!", COUNT, "People today."),
        ("people_expected", NUMBER, "People in the quarter, hires and leavers counted."),
        *((f"demand_p{q}0_hours", NUMBER, f"{q}0th percentile of the task hours asked for.") for q in (1, 5, 9)),
        *((f"capacity_p{q}0_hours", NUMBER, f"{q}0th percentile of the task hours they can do.") for q in (1, 5, 9)),
        ("committed_hours", NUMBER, "Part of the demand: open work above the usual, and declared initiatives."),
        ("last_quarter_hours", NUMBER, "Task hours that arrived in the 13 weeks before: what the demand is beside."),
        *(
            (f"gap_fte_p{q}0", NUMBER, f"{q}0th percentile of the people missing; below 0: to spare.")
            for q in (1, 5, 9)
        ),
        ("p_short", NUMBER, "Odds that demand is above capacity, 0..1."),
        (
            "hire_by_on",
            DAY,
            "Latest day to start hiring for the quarter; null where less than half a person is missing (median).",
        ),
        ("status!", TEXT, "assessed or not_assessed."),
        ("reason!", TEXT, "What it is made from, or why not assessed."),
    ),
    _table(
        "ramp_plan",
        "one row per week, person who joined in the last 90 days, and step of 30 days",
        ("as_of_on", "person_gid", "step"),
        ("person_gid!~", TEXT, "New person."),
        ("team_gid", TEXT, "Their team."),
        ("step!", COUNT, "30, 60 or 90: the last day of the step."),
        ("from_on!", DAY, "Its first day."),
        ("until_on!", DAY, "Its last day."),
        ("load_share!", NUMBER, "Share of a full load, 0..1."),
        ("hours_week!", NUMBER, "Hours of tasks a week."),
        ("task_gids!", TEXTS, "Small open tasks of nobody that suit their skills, for the running step."),
        ("is_default!", FLAG, "Too few people joined before to learn the share from."),
        ("reason!", TEXT, "Where the share and the tasks are from."),
    ),
)

CAPACITY_TABLES: tuple[TableContract, ...] = (*REBALANCE_TABLES, *UTILISATION_TABLES, *HEADCOUNT_TABLES)
