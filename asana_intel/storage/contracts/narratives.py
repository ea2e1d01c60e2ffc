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
)
