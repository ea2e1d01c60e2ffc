"""Contracts of the narrative tables: fact sheets, the sentences made from them, and the signals in comments."""

from asana_intel.storage.contracts.contract import (
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
    TEXTS,
    Spec,
    TableContract,
    columns,
)

_STAMPS: tuple[Spec, ...] = (
    ("as_of_on!", DAY, "Week."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)
_KIND: Spec = (
    "kind!",
    TEXT,
    "What is narrated: goal_progress, portfolio_report, capacity_cause, alignment_note, quarter_retrospective, "
    "priority_rationale.",
)
_WRITTEN: tuple[Spec, ...] = (
    ("text!", TEXT, "The narrative."),
    ("fact_ids!", TEXTS, "Facts the text states."),
    ("facts_hash!", TEXT, "Hash of the fact sheet."),
    ("written_by!", TEXT, "template, select, slots, prose, or fallback: a template after a model's text was refused."),
    ("model", TEXT, "Model that chose or wrote, if any."),
    ("prompt_version", TEXT, "Version of the prompt it was asked with."),
    ("refusals", TEXTS, "Why a model's answer was not used, by rule; never the answer itself."),
    ("word_count!", COUNT, "Words."),
)


def _narrative(name: str, grain: str, subject: tuple[Spec, ...], *more: Spec, personal: bool = False) -> TableContract:
    written = tuple((n.replace("text!", "text!~") if personal else n, t, about) for n, t, about in _WRITTEN)
    return TableContract(
        "narratives",
        name,
        grain,
        ("as_of_on", *(n.rstrip("!~") for n, _, _ in subject)),
        columns(*_STAMPS, *subject, *more, *written),
        partition="as_of_on",
    )


NARRATIVE_TABLES: tuple[TableContract, ...] = (
    TableContract(
        "narratives",
        "facts",
        "one row per week, kind of narrative, subject and fact",
        ("as_of_on", "kind", "subject_id", "fact_id"),
        columns(
            ("as_of_on!", DAY, "Week."),
            _KIND,
            ("subject_id!", TEXT, "Key of the subject: a gid, or several parts joined by ':'."),
            ("fact_id!", TEXT, "Name of the fact, such as odds; a letter at its end tells several of a kind apart."),
            ("meaning!", TEXT, "What it says."),
            ("value!~", TEXT, "Value as people read it."),
            ("number", NUMBER, "Raw number, where it is one."),
            ("unit!", TEXT, "entity, day, probability, share, points, tally, amount, rate, weeks, hours, status, text"),
            ("is_required!", FLAG, "A text about the subject must say it."),
            ("source_gids!", TEXTS, "Asana objects it was computed from."),
        ),
        partition="as_of_on",
    ),
    TableContract(
        "narratives",
        "sentences",
        "one row per week, kind of narrative, subject and sentence",
        ("as_of_on", "kind", "subject_id", "position"),
        columns(
            ("as_of_on!", DAY, "Week."),
            _KIND,
            ("subject_id!", TEXT, "Key of the subject: a gid, or several parts joined by ':'."),
            ("position!", COUNT, "1 = first."),
            ("text!~", TEXT, "The sentence."),
            ("claim_id", TEXT, "Claim that made it; null where a model wrote it."),
            ("fact_ids!", TEXTS, "Facts it states."),
            ("source_gids!", TEXTS, "Asana objects that prove it."),
        ),
        partition="as_of_on",
    ),
    _narrative(
        "goal_progress",
        "one row per week and open goal",
        (("goal_gid!", TEXT, "Goal."),),
        ("status_type!", TEXT, "on_track, at_risk or off_track, from the odds."),
    ),
    _narrative(
        "portfolio_report",
        "one row per week and portfolio with work or goals, and one for the whole workspace",
        (("portfolio_gid!", TEXT, "Portfolio; 'workspace' for everything."),),
        ("status_type!", TEXT, "on_track, at_risk or off_track, from the odds of its goals."),
    ),
    _narrative(
        "capacity_causes",
        "one row per week, person and coming week that is likely too full",
        (("person_gid!", TEXT, "Person."), ("week_on!", DAY, "Monday of the week that is explained.")),
        personal=True,
    ),
    _narrative(
        "alignment_notes",
        "one row per week and goal, project or team whose work and goals do not fit together",
        (("subject_gid!", TEXT, "Goal, project or team."),),
        ("subject_type!", TEXT, "goal, project or team."),
    ),
    _narrative(
        "quarter_retrospective",
        "one row per week and quarter that ended before it, the last one only",
        (("quarter_on!", DAY, "First day of the quarter."),),
    ),
    _narrative("priority_rationale", "one row per week and ranked task", (("task_gid!", TEXT, "Task."),)),
    TableContract(
        "narratives",
        "tone_trend",
        "one row per week and project or team with a comment in half a year",
        ("as_of_on", "scope_type", "scope_gid"),
        columns(
            *_STAMPS,
            ("scope_type!", TEXT, "project or team."),
            (
                "scope_gid!",
                TEXT,
                "Project or team. A private project has its own row, for who may read it, and counts for no team.",
            ),
            ("comments!", COUNT, "English comments in the last four weeks, ours left out."),
            ("authors!", COUNT, "People who wrote them."),
            ("tone", NUMBER, "Mean tone of them, -1 to 1, by words alone: a weak signal (docs/tone.md)."),
            ("usual_tone", NUMBER, "Mean of the 22 weeks before."),
            ("change", NUMBER, "tone less usual_tone."),
            ("confidence", NUMBER, "Probability that the change has this sign, 0.5 to 1."),
            ("status!", TEXT, "assessed, or not_assessed: fewer than 20 comments or 3 people, or one wrote over half."),
            ("reason", TEXT, "Why it was not assessed."),
        ),
        partition="as_of_on",
    ),
    TableContract(
        "narratives",
        "urgency",
        "one row per week and project with open tasks, neither archived nor completed",
        ("as_of_on", "project_gid"),
        columns(
            *_STAMPS,
            ("project_gid!", TEXT, "Project."),
            ("urgency!", NUMBER, "0 to 1, from the parts below without the words; the formula is in docs/tone.md."),
            ("rank!", COUNT, "1 = most urgent; among equals the share of urgent words decides."),
            ("open_tasks!", COUNT, "Open tasks."),
            ("overdue_tasks!", COUNT, "Of them past their due date."),
            ("overdue_days!", COUNT, "Days they are past it, all together, at most 30 a task."),
            ("blocked_tasks!", COUNT, "Open tasks that wait for open ones."),
            ("blocked_days!", COUNT, "Days they have waited, all together, at most 30 a task."),
            ("silent_days!", COUNT, "Days since somebody last wrote on an open task or changed one."),
            ("pushed_dates!", COUNT, "Moves of a due date to a later day in the last four weeks, on open tasks."),
            (
                "urgent_words",
                NUMBER,
                "Share of the last four weeks' English comments with urgent words; null: fewer than three authors.",
            ),
        ),
        partition="as_of_on",
    ),
)
