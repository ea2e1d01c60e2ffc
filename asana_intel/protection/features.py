"""The register of features that use personal data: purpose, columns, readers, objection. Turning it to text is pack's.

Every table that tells of people is claimed by a feature, column by column: a new one without a purpose fails a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from asana_intel.storage.contracts import TableContract

# Columns that hold a person's gid without being marked as personal: alone they name nobody, joined they do.
_PERSON_KEYS = frozenset(
    {"assignee_gid", "author_gid", "owner_gid", "completed_by_gid", "created_by_gid", "people_gids", "next_gid"}
)
_IN_ASANA = "Correct it in Asana; the next sync takes it over."
_ROLE = "In reports: leads, the person's manager, the person. Everybody else: sums of groups of five or more."
_PAGES = (
    " Each week's page of a manager lies in a folder that only its owner may read, where audience.weekly_pages is on;"
    " it is off unless set, and every page stays until it is deleted."
)
_ADMIN = "No page. Who may read the folder of the tables can query them."


@dataclass(frozen=True)
class Feature:
    """One use of personal data.

    Args:
        name: What it is called.
        purpose: What for.
        source: Where the data comes from.
        tables: `stage/name` -> its columns that tell of people, with blanks between; they tell where it is kept.
        ledger: Tables of PostgreSQL that tell of people.
        audience: Who sees it.
        named: Whether people are named or counted, and where.
        leaves: What of it leaves the company.
        objection: How a person objects, or has it corrected.
        switch: How the company turns it off.
        allocates: Touches what Annex III 4(b) of the EU AI Act speaks of: allocating tasks, or watching people work.
    """

    name: str
    purpose: str
    source: str
    tables: Mapping[str, str] = field(default_factory=dict[str, str])
    ledger: tuple[str, ...] = ()
    audience: str = _ADMIN
    named: str = "Named in the tables, nowhere shown."
    leaves: str = "No."
    objection: str = _IN_ASANA
    switch: str = "None of its own: it is part of reading the workspace."
    allocates: bool = False


def person_columns(contract: TableContract) -> frozenset[str]:
    """Columns of a table that name or describe a person, or hold a person's gid."""
    keys = {c.name for c in contract.columns if c.name.endswith("person_gid") or c.name in _PERSON_KEYS}
    return frozenset(contract.personal_columns) | keys


_RECORDS = (
    "team_memberships workspace_memberships project_memberships portfolio_items custom_field_settings task_dependencies"
    " stories goal_relationships status_updates time_periods time_tracking_entries ooo_entries allocations"
    " record_versions"
)
_NAMED_RECORDS = "workspaces users teams projects sections portfolios tags custom_fields tasks goals"

FEATURES = (
    Feature(
        "Copy of the workspace",
        "To compute from one consistent state, and to replay past weeks as they stood.",
        "Asana's API, with the rights of the reader's token.",
        {f"raw/{name}": "record" for name in _RECORDS.split()}
        | {f"raw/{name}": "record name" for name in _NAMED_RECORDS.split()}
        | {"staging/quarantine": "record"},
        ledger=("webhook_delivery", "story_debt", "known_object"),
        switch="Give the reader's user access to fewer projects.",
    ),
    Feature(
        "Cleaned tables of work",
        "To know who had which task when, and when people are away.",
        "The copy of the workspace.",
        {
            "staging/users": "person_gid name email",
            "staging/team_memberships": "person_gid",
            "staging/projects": "owner_gid",
            "staging/portfolios": "owner_gid",
            "staging/tasks": "name notes assignee_gid created_by_gid completed_by_gid",
            "staging/task_assignee_intervals": "assignee_gid",
            "staging/task_field_intervals": "text_value",
            "staging/task_followers": "person_gid",
            "staging/custom_field_values": "text_value people_gids display_value",
            "staging/stories": "author_gid text assignee_gid old_text_value new_text_value",
            "staging/time_entries": "person_gid",
            "staging/time_off": "person_gid",
            "staging/allocations": "person_gid",
            "marts/asana__project": "users_involved",
            "marts/asana__task": "task_name assignee_name assignee_email task_description first_modifier_name"
            " conversation followers parent_task_name parent_assignee_name",
            "marts/asana__user": "user_name email",
            "marts/dim_person": "person_gid name",
            "marts/dim_project": "owner_gid",
        },
        audience=_ADMIN + " `asana-intel export` hands the staging tables to other programs, names too.",
    ),
    Feature(
        "Load and likely overload",
        "To see early that a week is too full, and which task to move.",
        "Open tasks with their effort, working weeks of the settings, time off, allocations.",
        {
            "marts/fct_person_load_weekly": "person_gid",
            "marts/fct_person_assigned_weekly": "person_gid",
            "forecasts/person_load": "person_gid",
            "forecasts/task_load": "person_gid",
            "forecasts/person_days": "person_gid",
            "forecasts/load_causes": "person_gid",
            "narratives/capacity_causes": "person_gid text",
            "narratives/facts": "value",
            "narratives/sentences": "text",
        },
        audience=_ROLE + " A review of an overload goes to the manager as a task of Capacity Review." + _PAGES,
        named="Named to the role, else counted.",
        leaves="Chat alerts: counts of people by group, no names. Language model: names of the sentences that are true"
        " by default; with llm.disclosure = pseudonymised tokens in place of names, with full the names.",
        objection="Correct effort, dates and time off in Asana; the working week in forecast.people; ask the manager.",
        switch="capacity.alerts = false stops the reviews; audience.roles = [] figures of single people in reports.",
        allocates=True,
    ),
    Feature(
        "Hours likely to get done",
        "To forecast goals and to see whether a team can do what is planned. Pace is used in forecasts; it is never"
        " shown as a score.",
        "Time entries and finished tasks of past weeks.",
        {
            "marts/fct_person_capacity_weekly": "person_gid",
            "forecasts/person_capacity": "person_gid",
            "forecasts/capacity_scores": "person_gid",
        },
        ledger=("capacity_ledger",),
        audience=_ROLE,
        named="Named to the role, by team and name, else summed.",
        objection="Correct time entries in Asana; set the working week in forecast.people.",
        switch="audience.roles = [] shows it for no single person.",
        allocates=True,
    ),
    Feature(
        "Effort of tasks",
        "To infer the hours of a task that nobody estimated.",
        "Past tasks alike, with their assignee where people differ in what they take on.",
        {"marts/fct_task_cycle_times": "assignee_gid", "marts/fct_task_estimates": "assignee_gid"},
        named="Nobody is shown.",
        objection="Enter an estimate in Asana: it counts before any inference.",
    ),
    Feature(
        "Priority of tasks",
        "To order the backlog; the load of who would do a task is one part of its score.",
        "Open tasks, goals, load.",
        {"insights/task_priority": "name person_gid", "insights/project_schedule": "reason"},
        ledger=("field_owner",),
        audience=_ROLE + " The order of tasks itself is for everybody who may read them.",
        named="Assignees are named to the role only.",
        objection="Set the priority in Asana: a value that a person set is never overwritten.",
        switch="fields.priority = false (the default) writes nothing; priority.weights.capacity = 0 leaves load out.",
        allocates=True,
    ),
    Feature(
        "Triage of new tasks",
        "To suggest category, size, priority, likely duplicates and who may do a new task.",
        "Past tasks alike, and who had them.",
        {"insights/task_triage": "person_gid"},
        ledger=("triage_answer",),
        audience="Who runs `asana-intel triage`; in reports the suggested person to the role only.",
        named="The suggested person is named to the role.",
        objection="Reject the suggestion; the answer is kept and heeded.",
        switch="Do not accept: nothing is assigned without an answer.",
        allocates=True,
    ),
    Feature(
        "Sprint proposals and assignments",
        "To find tasks that fit the time and the skills a team has, and assignments without either.",
        "Load, skills in a custom field of people, work they did before.",
        {
            "insights/sprint_proposal": "person_gid reason",
            "insights/sprint_capacity": "person_gid",
            "insights/task_assignment": "person_gid reason next_gid next_reason",
        },
        audience=_ROLE + " Tasks of the proposal are for everybody who may read them.",
        named="Named to the role only.",
        objection="Pin the task in or out, or to a person; reject the proposal; correct the skills in Asana.",
        switch="sprint.may_reassign = false (the default) proposes nobody but the assignee.",
        allocates=True,
    ),
    Feature(
        "Smallest changes that ease an overload",
        "To propose the fewest moves of tasks after which nobody's week is too full, and to say where none helps.",
        "Load, skills, due dates, dependencies, time off.",
        {
            "insights/rebalance_moves": "from_person_gid to_person_gid relieved_person_gid reason",
            "insights/rebalance_weeks": "person_gid",
            "insights/rebalance_limits": "person_gid",
        },
        audience=_ROLE,
        named="Named to the role only.",
        objection="Reject the move, or request changes; correct effort, dates and time off in Asana. In a week at most"
        " capacity.moves_a_person moves concern one person.",
        switch="capacity.moves = false proposes none to Asana; a move is a proposal until a person approves it.",
        allocates=True,
    ),
    Feature(
        "Check of edits",
        "To say at once what an edit of an assignee or a date breaks: a week too full, a skill, an absence, an order.",
        "The edited task, load of its assignee, working weeks, time off, skills in a custom field of people.",
        ledger=("plan", "plan_row"),
        audience="The comment: everybody who may read the task. Hours and odds: who reviews the plan.",
        named="The comment mentions the assignee and says of them that a week is too full, that they are off on those"
        " days, or that a skill is not noted; hours and odds stand in the reason for the reviewer.",
        leaves="The comment goes to Asana, after approval.",
        objection="Reject the comment: it is not proposed again. Correct effort, dates, time off and skills in Asana.",
        switch='capacity.breach_odds = "none" checks no edit.',
        allocates=True,
    ),
    Feature(
        "Capacity for leaders",
        "To see how full teams are, what a shortage costs, and how many people are missing by role and quarter.",
        "Load, hours logged and finished tasks of past weeks, working weeks, time off, teams or a field for roles.",
        {"insights/team_utilisation": "", "insights/capacity_cost": "", "insights/headcount": ""},
        audience="Everybody who may read the report, and who gets the page of `capacity --executive --out` or, where"
        " audience.weekly_pages is on, the week's page for leaders.",
        named="Nobody is named: groups of five or more are counted.",
        objection="Correct time entries, time off and the working week; ask the manager.",
    ),
    Feature(
        "What-if scenarios",
        "To see what a change would do to load, dates and goals before anything is written.",
        "Load of the week, and what the person who asks changes in it.",
        ledger=("scenario",),
        audience="Who runs `asana-intel whatif` and `asana-intel scenarios`. In reports: leads; for everybody else"
        " projects, goals, and teams of five or more where five people or more change.",
        named="In the terminal who made a scenario is named, and people whose load it changes; in reports nobody.",
        objection="Ask who made it to delete it.",
        switch="None: it is computed when somebody asks, and writes nothing to Asana.",
        allocates=True,
    ),
    Feature(
        "Ramp of new people",
        "To plan how much work somebody new takes on in the first 90 days.",
        "First day of activity, working week, load.",
        {"insights/ramp_plan": "person_gid"},
        audience=_ROLE,
        named="Named to the role only.",
        objection="Set the working week in forecast.people; ask the manager.",
        switch="audience.roles = [] shows it for no single person in reports.",
        allocates=True,
    ),
    Feature(
        "Retrospective of sprints",
        "To see what a team promised and did, and why work rolled over.",
        "Tasks of the sprint, their assignee at its end.",
        {"insights/sprint_retro_tasks": "person_gid"},
        audience="Everybody, for teams of five or more; leads all teams.",
        named="Nobody is named; tasks are, where everybody may read them.",
        switch="priority_writes.retro = false (the default) writes none to Asana.",
    ),
    Feature(
        "Goals, status texts and tone",
        "To name who answers for a goal, and to hear from comments that a project or team is in trouble.",
        "Goals and their owners, status updates, comments that everybody may read.",
        {
            "staging/goals": "owner_gid",
            "staging/status_updates": "author_gid text",
            "marts/dim_goal": "owner_gid",
            "narratives/facts": "value",
            "narratives/sentences": "text",
        },
        audience="Everybody who may read the report; the digest names nobody.",
        named="Owners of goals are named. Tone is of projects and teams, from several authors, never of one person.",
        leaves="As llm.disclosure says: names of sentences by default; tokens, or names, where it is set so.",
        switch="Leave llm.model empty: no model is asked.",
    ),
    Feature(
        "Changes, approvals and audit",
        "That no write happens without a person who approved it, and that who did can be proven.",
        "The plan, decisions in the terminal or in Asana.",
        {"changes/plan": "new_value"},
        ledger=(
            "plan", "plan_row", "approval", "review_answer", "write_receipt", "created_object", "control", "policy",
            "writer_user", "audit",
        ),
        audience="Reviewers and auditors; the report shows who decided.",
        named="Those who decide are named; values of single people are shown to the role only.",
        leaves="Writes go to Asana, after approval.",
        objection="Request changes or reject in review; `asana-intel revert` takes a write back.",
        switch="mode = observe (the default) writes nothing.",
    ),
)  # fmt: skip

NOT_DONE = (
    "No list orders people by output, load or any other figure: people stand by team and name.",
    "The pace of a person is used in forecasts and never shown as a score, a velocity or a comparison.",
    "No tone or mood of a single person is computed.",
    "Nothing is assigned, moved or rescheduled without a person's approval, unless a policy for auto mode is set.",
    "No screen, keyboard, calendar, mail or chat is watched: all data is what people write into Asana.",
    "No figure is made for pay, promotion or dismissal.",
    "There is no switch that takes one person out of every feature, and no command that erases one person from past"
    " versions: both are open.",
)

HIGH_RISK = (
    "Regulation (EU) 2024/1689, Annex III 4(b), names as high-risk AI systems intended to allocate tasks based on"
    " individual behaviour or personal traits, or to monitor and evaluate the performance and behaviour of people at"
    " work. Features marked below come near it: whether one falls under it depends on how it is used. This is a"
    " pointer and no legal advice; have it judged, together with works council and data protection officer, before"
    " such a feature is turned on for real people."
)
