"""What is said where work and goals do not fit: the gravest misfit with its numbers, and nothing where all fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrate import SENTENCES, TemplateWriter, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.outlines.alignment import OUTLINE
from asana_intel.narratives.outlines.outline import compose
from asana_intel.narratives.sheets.alignment import READS, AlignmentInputs, build_alignment_sheets
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel_tests.unit.narratives.bars import NAMES, SHARES, check_bars, demo_weeks, frame, reading_ease, told

WEEK_ON, AS_OF = date(2026, 3, 2), datetime(2026, 3, 4, 6, tzinfo=UTC)
PUBLIC, HIDDEN = "public_to_workspace", "private_to_team"
LATELY, BEFORE = AS_OF - timedelta(days=10), AS_OF - timedelta(days=60)


@dataclass(frozen=True)
class Goal:
    """An open goal and the projects that support it: name, odds, weeks to its due day."""

    name: str | None
    p: float | None = 0.6
    projects: tuple[int, ...] = ()
    depth: int = 0
    weeks_left: int | None = 9
    has_subgoal: bool = False
    privacy: str = PUBLIC


@dataclass(frozen=True)
class Project:
    """A project and how many tasks it finished in the last four weeks and in the 22 weeks before."""

    name: str | None
    lately: int = 0
    before: int = 0
    team: str = "t"
    privacy: str = PUBLIC
    is_archived: bool = False


def inputs_of(
    goals: Iterable[Goal], projects: Iterable[Project], people: int = 5, team: str | None = "Platform"
) -> AlignmentInputs:
    of_goals, of_projects = list(enumerate(goals)), list(enumerate(projects))
    tasks = [(f"{g}-{n}", f"p{g}", LATELY) for g, p in of_projects for n in range(p.lately)]
    tasks += [(f"{g}-{n}-before", f"p{g}", BEFORE) for g, p in of_projects for n in range(p.before)]
    links = [(f"g{n}", f"p{p}", g.depth) for n, g in of_goals for p in g.projects]
    subgoals = [(f"g{n}", "sub", 0) for n, g in of_goals if g.has_subgoal]
    return AlignmentInputs(
        goals=frame(
            "staging/goals", *({"goal_gid": f"g{n}", "name": g.name, "privacy_setting": g.privacy} for n, g in of_goals)
        ),
        projects=frame(
            "staging/projects",
            *(
                {
                    "project_gid": f"p{n}",
                    "name": p.name,
                    "team_gid": p.team,
                    "privacy_setting": p.privacy,
                    "is_archived": p.is_archived,
                }
                for n, p in of_projects
            ),
        ),
        teams=frame("staging/teams", {"team_gid": "t", "name": team}, {"team_gid": "other", "name": "Design"}),
        tasks=frame("staging/tasks", *({"task_gid": t} for t, *_ in tasks)),
        task_projects=frame("staging/task_projects", *({"task_gid": t, "project_gid": p} for t, p, _ in tasks)),
        cycle_times=frame("marts/fct_task_cycle_times", *({"task_gid": t, "completed_at": at} for t, _, at in tasks)),
        bridge=frame(
            "marts/bridge_goal_project", *({"goal_gid": g, "project_gid": p, "depth": d} for g, p, d in links)
        ),
        support=frame(
            "marts/bridge_goal_support",
            *({"goal_gid": g, "supporting_gid": p, "depth": d} for g, p, d in [*links, *subgoals]),
        ),
        people=frame("marts/dim_person", *({"person_gid": f"u{n}", "team_gid": "t"} for n in range(people))),
        attainment=frame(
            "forecasts/goal_attainment",
            *(
                {
                    "goal_gid": f"g{n}",
                    "p_attain": g.p,
                    "due_on": None if g.weeks_left is None else AS_OF.date() + timedelta(weeks=g.weeks_left),
                }
                for n, g in of_goals
            ),
        ),
    )


def sheets_of(inputs: AlignmentInputs) -> dict[str, FactSheet]:
    return {str(s.subject["subject_gid"]): s for s in build_alignment_sheets(inputs, WEEK_ON, AS_OF.date())}


def notes(goals: Iterable[Goal], projects: Iterable[Project] = (), people: int = 5) -> dict[str, str]:
    """The texts, by gid of what they are about."""
    return {gid: told(sheet, OUTLINE) for gid, sheet in sheets_of(inputs_of(goals, projects, people)).items()}


def test_a_project_of_our_own_reviews_is_nobodys_work() -> None:
    inputs = inputs_of([Goal("Win shops")], [Project("OKR Actions", 9, 9)])
    assert "p0" in sheets_of(inputs)
    ours = inputs.tasks.with_columns(notes=pl.lit("Approve, please.\n\nref AIW-ABCDEFGHIJKL"))
    assert "p0" not in sheets_of(replace(inputs, tasks=ours))
    mixed = pl.concat([ours.head(ours.height - 1), inputs.tasks.tail(1)])
    assert "p0" in sheets_of(replace(inputs, tasks=mixed))


def test_a_goal_that_nothing_supports_is_told_with_the_time_left() -> None:
    assert notes([Goal("Win 40 shops")]) == {
        "g0": "Win 40 shops is supported by no project, sub-goal or task, with 9 weeks left. "
        "Next: link the work that serves it, or drop the goal."
    }
    assert notes([Goal("Win 40 shops", weeks_left=None)])["g0"].startswith(
        "Win 40 shops is supported by no project, sub-goal or task. "
    )
    assert notes([Goal("Win 40 shops", has_subgoal=True), Goal("Reached", 1.0)]) == {}


def test_a_goal_whose_projects_stand_still_is_told_with_its_odds() -> None:
    assert notes([Goal("Win 40 shops", 0.12, (0, 1))], [Project("Web shop", before=30), Project("Back office")]) == {
        "g0": "2 projects behind Win 40 shops finished nothing in the last four weeks; its odds are 12 %. "
        "Next: ask where the work goes on instead, and restart or re-plan it."
    }
    assert "its odds" not in notes([Goal("Win 40 shops", None, (0,))], [Project("Web shop")])["g0"]
    assert notes([Goal("Win 40 shops", 0.995, (0,))], [Project("Web shop")]) == {}
    assert notes([Goal("Win 40 shops", 0.6, (0,))], [Project("Web shop", lately=1)]) == {}


def test_effort_that_drifted_away_is_told_in_shares_of_all_finished_work() -> None:
    work = [Project("Web shop", lately=4, before=40), Project("Back office", lately=96, before=160)]
    both = [Goal("Win 40 shops", 0.6, (0,)), Goal("Halve the churn", 0.6, (1,))]
    assert notes(both, work) == {
        "g0": "Win 40 shops drew 20 % of finished work over five months, but 4 % in the last four weeks. "
        "Next: bring the effort back, or lower the target to what is left."
    }
    assert notes([replace(both[0], p=0.7), both[1]], work) == {}


@pytest.mark.parametrize(
    ("lately", "others", "is_told"), [(10, 90, True), (11, 90, False), (2, 40, False), (5, 95, True)]
)
def test_a_share_must_halve_and_ten_tasks_must_have_been_usual(lately: int, others: int, is_told: bool) -> None:
    work = [Project("Web shop", lately, 40), Project("Back office", others, 160)]
    assert ("g0" in notes([Goal("A", 0.6, (0,)), Goal("B", 0.6, (1,))], work)) is is_told


def test_a_project_with_real_effort_for_no_goal_is_told_with_its_share() -> None:
    work = [Project("Web shop", lately=31), Project("Old tools", lately=8), Project("Upkeep", lately=4)]
    told_of = notes([Goal("Win 40 shops", 0.8, (0,))], work)
    assert told_of == {
        "p1": "Old tools finished 8 tasks in the last four weeks, 19 % of all, and serves no goal. "
        "Next: link the project to the goal it serves, or ask what it is for."
    }
    assert "p0" in notes([], [Project("Web shop", lately=5)], people=1)
    assert notes([], [Project("Web shop", lately=4), Project("Old", lately=50, is_archived=True)], people=1) == {}


def test_work_for_a_goal_that_is_over_serves_no_goal() -> None:
    inputs = inputs_of([Goal("Win 40 shops", 0.8, (0,)), Goal("Over", 0.8, (1,))], [Project("A", 31), Project("B", 8)])
    assert sheets_of(inputs) == {}
    assert list(sheets_of(replace(inputs, attainment=inputs.attainment.head(1)))) == ["p1"]


def test_a_project_that_serves_several_goals_is_told_with_the_one_at_risk() -> None:
    several = [Goal("Win 40 shops", 0.9, (0,)), Goal("Halve the churn", 0.3, (0,)), Goal("Ship", None, (0,))]
    assert notes(several, [Project("Web shop", lately=9, team="other")]) == {
        "p0": "Web shop supports 3 goals; Halve the churn has odds of 30 %. "
        "Next: agree in the project which goal comes first."
    }
    above = replace(several[1], depth=1)
    assert notes([several[0], above], [Project("Web shop", lately=9, team="other")]) == {}
    assert notes([several[0], replace(several[1], p=0.7)], [Project("Web shop", lately=9, team="other")]) == {}


def test_a_team_that_two_weak_goals_depend_on_must_choose() -> None:
    goals = [Goal("A", 0.3, (0,)), Goal("B", 0.12, (1,)), Goal("C", 0.49, (1,)), Goal("D", 0.2, (2,))]
    work = [Project("P", lately=6), Project("Q", lately=8), Project("R", lately=9, team="other")]
    assert notes(goals, work)["t"] == (
        "Platform does most of the work for 3 goals below even odds. Choose first of all between B (12 %) and A (30 %)."
    )
    assert notes(goals[:2], work)["t"].endswith("2 goals below even odds. Choose between B (12 %) and A (30 %).")
    assert "t" not in notes([goals[0], replace(goals[1], p=0.5)], work)


def test_a_team_is_critical_from_half_of_the_work_behind_a_goal() -> None:
    goals = [Goal("A", 0.3, (0,)), Goal("B", 0.2, (0, 1))]
    assert "t" in notes(goals, [Project("P", lately=6), Project("R", before=6, team="other")])
    assert "t" not in notes(goals, [Project("P", lately=6), Project("R", before=7, team="other")])


def test_a_team_that_works_mostly_for_no_goal_is_told_with_the_share() -> None:
    goals = [Goal("Win 40 shops", 0.8, (0,))]
    work = [Project("Web shop", 6), *(Project("Odd jobs", 4, team="t") for _ in range(2))]
    assert notes(goals, work)["t"] == (
        "In four weeks, projects of Platform finished 14 tasks; 8 (57 %) served no goal. "
        "Next: name the goals this work serves, or let it wait."
    )
    assert "t" not in notes(goals, [Project("Web shop", 9), *work[1:]])
    assert "t" not in notes(goals, [Project("Web shop", 1), *work[1:]])


def test_a_team_all_of_whose_work_serves_no_goal_is_told_without_a_share() -> None:
    work = [Project("Web shop", 6, team="other"), *(Project("Odd jobs", 17) for _ in range(2))]
    assert notes([Goal("Win 40 shops", 0.8, (0,))], work)["t"].startswith(
        "In four weeks, all 34 tasks that projects of Platform finished served no goal. Next: "
    )


def test_a_task_that_is_also_in_a_project_with_a_goal_serves_that_goal() -> None:
    goals = [Goal("Win 40 shops", 0.8, (0,))]
    inputs = inputs_of(goals, [Project("Web shop", 6), Project("Odd jobs", 4), Project("More", 4)])
    shared = frame("staging/task_projects", *({"task_gid": f"1-{n}", "project_gid": "p0"} for n in range(4)))
    assert "t" in sheets_of(inputs)
    assert "t" not in sheets_of(replace(inputs, task_projects=pl.concat([inputs.task_projects, shared])))


def test_a_small_team_is_never_told_of() -> None:
    goals = [Goal("A", 0.3, (0,)), Goal("B", 0.12, (0,))]
    work = [Project("P", 6), Project("Odd jobs", 4), Project("Odd jobs", 4)]
    assert "t" in notes(goals, work, people=5)
    assert "t" not in notes(goals, work, people=4)


def test_nothing_private_is_named_or_counted() -> None:
    goals = [Goal("Win 40 shops", 0.6, (0,)), Goal("Ship", 0.6, (1,))]
    work = [Project("Web shop", 4, 40), Project("Back office", 96, 160)]
    seen = sheets_of(inputs_of(goals, work))
    more_goals = [*goals, Goal("Buy a rival", 0.1, (1,), privacy="members_only"), Goal("Lonely", 0.1, privacy="")]
    hidden = sheets_of(inputs_of(more_goals, [*work, Project("Secret", 900, 3, privacy=HIDDEN)]))
    assert {gid: s.fingerprint() for gid, s in hidden.items()} == {gid: s.fingerprint() for gid, s in seen.items()}


def test_nobody_is_told_that_work_stands_still_where_some_of_it_is_private() -> None:
    goals = [Goal("Win 40 shops", 0.3, (0, 1))]
    assert notes(goals, [Project("Web shop"), Project("Secret", 9, privacy=HIDDEN)]) == {}
    assert notes(goals, [Project("Secret", privacy=HIDDEN), Project("Secret", privacy=HIDDEN)]) == {}


def test_work_of_the_week_told_of_and_later_is_not_known() -> None:
    goals = [Goal("Win 40 shops", 0.3, (0,))]
    for days, is_known in ((0, False), (1, True), (28, True), (29, False)):
        at = datetime.combine(WEEK_ON, datetime.min.time(), UTC) - timedelta(days=days)
        inputs = inputs_of(goals, [Project("Web shop", lately=1)])
        moved = replace(inputs, cycle_times=inputs.cycle_times.with_columns(completed_at=pl.lit(at)))
        assert ("g0" in sheets_of(moved)) is not is_known


def test_a_goal_that_was_not_open_in_the_week_is_not_told_of() -> None:
    inputs = inputs_of([Goal("Win 40 shops")], [])
    assert sheets_of(replace(inputs, attainment=inputs.attainment.head(0))) == {}


goals = st.builds(
    Goal, name=NAMES, p=SHARES | st.none(), projects=st.sets(st.integers(0, 3)).map(tuple),
    depth=st.integers(0, 1), weeks_left=st.sampled_from([None, -1, 0, 1, 500]), has_subgoal=st.booleans(),
)  # fmt: skip
projects = st.builds(
    Project, name=NAMES, lately=st.sampled_from([0, 1, 9, 40]), before=st.sampled_from([0, 30]),
    team=st.sampled_from(["t", "t", "other"]), privacy=st.sampled_from([PUBLIC, PUBLIC, HIDDEN]),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(goals, max_size=5), st.lists(projects, min_size=4, max_size=4), NAMES)
def test_every_note_is_true_short_and_ends_with_a_step(some: list[Goal], work: list[Project], team: str | None) -> None:
    for sheet in sheets_of(inputs_of(some, work, team=team)).values():
        check_bars(sheet, OUTLINE, most_words=50, least_words=15)
        assert [claim.part for claim in OUTLINE.choose(sheet)] == ["misfit", "step"]
        assert len(OUTLINE.possible(sheet)) == 2


def test_every_claim_can_be_made_of_some_sheet() -> None:
    work = [Project("Web shop", 4, 40), Project("Back office", 96, 160), Project("Odd jobs", 200)]
    some = [
        *sheets_of(inputs_of([Goal("A"), Goal("B", weeks_left=None), Goal("C", None, (3,)), Goal("D", 0.2, (4,))],
                             [Project("x"), Project("x"), Project("x"), Project("C"), Project("D")])).values(),
        *sheets_of(inputs_of([Goal("A", 0.6, (0,)), Goal("B", 0.3, (1,)), Goal("C", 0.3, (1,))], work)).values(),
        *sheets_of(inputs_of([Goal("A", 0.8, (0,))], work)).values(),
        *sheets_of(inputs_of([Goal("A", 0.8)], work)).values(),
    ]  # fmt: skip
    assert {c.claim_id for sheet in some for c in OUTLINE.possible(sheet)} == {c.claim_id for c in OUTLINE.claims}


def test_notes_keep_their_contract_and_every_sentence_leads_to_an_object() -> None:
    work = [Project("Web shop", 4, 40), Project("Back office", 96, 160), Project("Odd jobs", 200)]
    inputs = inputs_of([Goal("A", 0.6, (0,)), Goal("B", 0.3, (1,)), Goal("C", 0.3, (1,))], work)
    (kind,) = [n for n in NARRATED if n.table == "narratives/alignment_notes"]
    kind = replace(kind, sheets=lambda *_: build_alignment_sheets(inputs, WEEK_ON, AS_OF.date()))
    tables = narrate_week(lambda _key, **_: pl.DataFrame(), TemplateWriter(), WEEK_ON, AS_OF, [kind])
    rows = conform(CONTRACTS[kind.table], tables[kind.table])
    assert set(rows.select("subject_gid", "subject_type").rows()) == {
        *((f"g{n}", "goal") for n in range(3)), ("p1", "project"), ("p2", "project"), ("t", "team"),
    }  # fmt: skip
    assert all(tables[SENTENCES]["source_gids"].list.len() > 0)


def test_the_sheets_are_built_from_the_tables_that_the_asset_waits_for() -> None:
    asked = list[tuple[str, date | None]]()
    (kind,) = [n for n in NARRATED if n.table == "narratives/alignment_notes"]

    def read(key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        asked.append((key, partition))
        return frame(key)

    assert kind.sheets(read, WEEK_ON, AS_OF) == []
    assert {key for key, _ in asked} == set(READS)
    assert ("forecasts/goal_attainment", WEEK_ON) in asked


def test_the_demo_reads_well() -> None:
    (kind,) = [n for n in NARRATED if n.table == "narratives/alignment_notes"]
    for read, week_on, as_of in demo_weeks():
        for sheet in kind.sheets(read, week_on, as_of):
            check_bars(sheet, OUTLINE, most_words=50, least_words=15)
            assert reading_ease(compose(sheet, OUTLINE.choose(sheet))) <= 12


def test_a_note_is_easy_to_read() -> None:
    for sheet in sheets_of(
        inputs_of([Goal("Win 40 shops"), Goal("Halve the churn", 0.2, (0,))], [Project("P")])
    ).values():
        assert reading_ease(compose(sheet, OUTLINE.choose(sheet))) <= 12
