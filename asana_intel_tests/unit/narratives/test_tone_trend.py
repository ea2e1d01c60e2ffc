"""A project or team beside its own past: shown only where no single person shows, and from nothing after the day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.narratives.tone.comments import read_comments
from asana_intel.narratives.tone.trend import tone_trend
from asana_intel.storage.contracts import CONTRACTS, conform

WEEK_ON = dt.date(2026, 3, 2)
AS_OF = dt.datetime(2026, 3, 8, 23, tzinfo=dt.UTC)
BORN = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
NOW, BEFORE = AS_OF - dt.timedelta(days=3), AS_OF - dt.timedelta(days=90)
PROJECT, TEAM = "100", "900"


def frame(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def project(gid: str = PROJECT, privacy: str | None = "public_to_workspace", team: str = TEAM) -> dict[str, Any]:
    return {
        "project_gid": gid,
        "team_gid": team,
        "privacy_setting": privacy,
        "is_archived": False,
        "is_completed": False,
    }


def place(task: str, gid: str = PROJECT, begin: dt.datetime = BORN, end: dt.datetime | None = None) -> dict[str, Any]:
    return {"task_gid": task, "project_gid": gid, "valid_from": begin, "valid_to": end, "source": "record"}


def said(
    tones: list[float], at: dt.datetime, authors: int = 4, tasks: int = 10, prefix: str = "t"
) -> list[dict[str, Any]]:
    """Comments of different people on different tasks, a minute apart."""
    return [
        {
            "story_gid": f"{prefix}{at:%m%d}{n}",
            "target_gid": str(n % tasks),
            "author_gid": f"p{n % authors}",
            "created_at": at + dt.timedelta(minutes=n),
            "tone": tone,
            "is_urgent": False,
        }
        for n, tone in enumerate(tones)
    ]


def trend(
    comments: list[dict[str, Any]],
    places: list[dict[str, Any]] | None = None,
    projects: list[dict[str, Any]] | None = None,
) -> dict[tuple[str, str], dict[str, Any]]:
    schema = {
        "story_gid": pl.String, "target_gid": pl.String, "author_gid": pl.String,
        "created_at": pl.Datetime("us", "UTC"), "tone": pl.Float64, "is_urgent": pl.Boolean,
    }  # fmt: skip
    rows = tone_trend(
        pl.DataFrame(comments, schema=schema),
        frame(
            "staging/task_section_intervals", *(places if places is not None else [place(str(n)) for n in range(10)])
        ),
        frame("staging/projects", *(projects if projects is not None else [project()])),
        WEEK_ON,
        AS_OF,
    )
    held = conform(CONTRACTS["narratives/tone_trend"], rows)
    return {(row["scope_type"], row["scope_gid"]): row for row in held.iter_rows(named=True)}


NOISE = [0.1, -0.1, 0.0, 0.2, -0.2]


def around(mean: float, count: int) -> list[float]:
    return [mean + NOISE[n % len(NOISE)] for n in range(count)]


def test_a_project_that_sounds_worse_than_usual_shows_a_fall_that_is_sure() -> None:
    row = trend(said(around(-0.3, 30), NOW) + said(around(0.2, 60), BEFORE))["project", PROJECT]
    assert (row["status"], row["comments"], row["authors"]) == ("assessed", 30, 4)
    assert (row["tone"], row["usual_tone"], row["change"]) == pytest.approx((-0.3, 0.2, -0.5))
    assert row["confidence"] > 0.95


def test_no_change_is_a_coin_toss() -> None:
    row = trend(said(around(0.1, 30), NOW) + said(around(0.1, 60), BEFORE))["project", PROJECT]
    assert row["change"] == 0
    assert row["confidence"] == pytest.approx(0.5, abs=0.01)


MANY_NOW, MANY_BEFORE = said(around(0, 30), NOW), said(around(0, 60), BEFORE)


@pytest.mark.parametrize(
    ("now", "before", "reason"),
    [
        (said(around(0, 19), NOW), MANY_BEFORE, "Fewer than 20 English comments in the last four weeks."),
        (MANY_NOW, said(around(0, 19), BEFORE), "Fewer than 20 English comments in the 22 weeks before."),
        (said(around(0, 30), NOW, 2), MANY_BEFORE, "Fewer than three people wrote in the last four weeks."),
        (MANY_NOW, said(around(0, 60), BEFORE, 2), "Fewer than three people wrote in the 22 weeks before."),
        ([], MANY_BEFORE, "Fewer than 20 English comments in the last four weeks."),
    ],
)
def test_where_few_wrote_no_tone_is_shown_and_the_row_says_why(
    now: list[dict[str, Any]], before: list[dict[str, Any]], reason: str
) -> None:
    row = trend(now + before)["project", PROJECT]
    assert (row["status"], row["reason"]) == ("not_assessed", reason)
    assert [row[name] for name in ("tone", "usual_tone", "change", "confidence")] == [None] * 4


def test_a_person_who_wrote_most_of_it_hides_the_tone() -> None:
    loud = [row | {"author_gid": "p0"} if n < 16 else row for n, row in enumerate(said(around(0, 30), NOW))]
    row = trend(loud + said(around(0, 60), BEFORE))["project", PROJECT]
    assert row["reason"] == "One person wrote more than half of it in the last four weeks."
    assert row["tone"] is None


@settings(max_examples=30, deadline=None)
@given(
    authors=st.lists(st.integers(0, 4), min_size=1, max_size=40),
    before=st.lists(st.integers(0, 4), min_size=1, max_size=40),
)
def test_a_tone_that_is_shown_is_always_that_of_many_comments_by_several_people(
    authors: list[int], before: list[int]
) -> None:
    def written(who: list[int], at: dt.datetime) -> list[dict[str, Any]]:
        return [row | {"author_gid": f"p{w}"} for row, w in zip(said(around(0, len(who)), at), who, strict=True)]

    row = trend(written(authors, NOW) + written(before, BEFORE))["project", PROJECT]
    is_many = all(
        len(who) >= 20 and len(set(who)) >= 3 and max(map(who.count, who)) * 2 <= len(who) for who in (authors, before)
    )
    assert (row["tone"] is not None) == is_many


def test_nothing_written_after_the_day_counts() -> None:
    past = said(around(0.1, 30), NOW) + said(around(0.2, 60), BEFORE)
    later = said(around(-0.9, 30), AS_OF + dt.timedelta(seconds=1), prefix="later")
    assert trend(past + later) == trend(past)


def test_what_was_written_more_than_half_a_year_ago_is_forgotten() -> None:
    past = said(around(0.1, 30), NOW) + said(around(0.2, 60), BEFORE)
    assert trend(past + said(around(-0.9, 30), AS_OF - dt.timedelta(weeks=27), prefix="old")) == trend(past)


def test_a_comment_counts_where_its_task_stood_when_it_was_written() -> None:
    moved_at = AS_OF - dt.timedelta(days=30)
    places = [place(str(n), PROJECT, BORN, moved_at) for n in range(10)] + [
        place(str(n), "200", moved_at) for n in range(10)
    ]
    found = trend(said(around(0, 30), NOW) + said(around(0, 60), BEFORE), places, [project(), project("200")])
    assert found["project", PROJECT]["comments"] == 0
    assert found["project", "200"]["comments"] == 30
    assert found["project", "200"]["reason"] == "Fewer than 20 English comments in the 22 weeks before."
    assert found["team", TEAM]["status"] == "assessed"


def test_a_comment_on_a_task_in_two_projects_counts_once_for_their_team() -> None:
    places = [place(str(n), gid) for n in range(10) for gid in (PROJECT, "200")]
    found = trend(said(around(0, 30), NOW) + said(around(0, 60), BEFORE), places, [project(), project("200")])
    assert found["team", TEAM]["comments"] == 30


@pytest.mark.parametrize("privacy", ["private", None])
def test_a_private_project_has_its_own_row_and_counts_for_no_team(privacy: str | None) -> None:
    comments = said(around(0, 30), NOW) + said(around(0, 60), BEFORE)
    found = trend(comments, projects=[project(privacy=privacy)])
    assert set(found) == {("project", PROJECT)}
    assert found["project", PROJECT]["status"] == "assessed"


def test_a_private_project_moves_no_team_figure() -> None:
    shared = said(around(0.2, 30), NOW) + said(around(0.2, 60), BEFORE)
    hidden = [row | {"target_gid": "secret"} for row in said(around(-0.9, 40), NOW, prefix="s")]
    places = [*(place(str(n)) for n in range(10)), place("secret", "300")]
    projects = [project(), project("300", "private")]
    assert trend(shared + hidden, places, projects)["team", TEAM] == trend(shared, places, projects)["team", TEAM]


def unchanged(gid: str, drawn: np.random.Generator) -> list[dict[str, Any]]:
    """Comments on ten tasks of a project, in both times by five other people, each with a level of their own."""
    return [
        row
        | {
            "tone": float(levels[n % 5] + moods[n % 10] + drawn.normal(0, 0.2)),
            "author_gid": f"{at:%d}{n % 5}",
            "target_gid": f"{gid}{n % 10}",
        }
        for at, count in ((NOW, 40), (BEFORE, 80))
        for levels, moods in [(drawn.normal(0, 0.3, 5), drawn.normal(0, 0.2, 10))]
        for n, row in enumerate(said([0.0] * count, at, prefix=gid))
    ]


def test_other_people_writing_on_other_tasks_is_rarely_taken_for_a_sure_change() -> None:
    drawn, gids = np.random.default_rng(3), [f"8{n:03}" for n in range(200)]
    found = trend(
        [row for gid in gids for row in unchanged(gid, drawn)],
        [place(f"{gid}{n}", gid) for gid in gids for n in range(10)],
        [project(gid, "private") for gid in gids],
    )
    sure = [row["confidence"] > 0.95 for row in found.values()]
    assert len(sure) == len(gids)
    assert np.mean(sure) <= 0.10 + 2 * np.sqrt(0.1 * 0.9 / len(gids))  # 5 % of each sign


def story(gid: str, text: str | None, **values: Any) -> dict[str, Any]:
    made = {"story_gid": gid, "target_gid": "1", "author_gid": "p", "created_at": NOW, "subtype": "comment_added"}
    return made | {"text": text} | values


def test_only_what_people_wrote_in_that_time_is_read() -> None:
    stories = frame(
        "staging/stories",
        story("1", "We are blocked."),
        story("2", "Great work.\n\nref AIW-U75VRVH3L5IE"),
        story("3", "changed the due date", subtype="due_date_changed"),
        story("4", None),
        story("5", "We are blocked.", created_at=AS_OF + dt.timedelta(seconds=1)),
        story("6", "We are blocked.", created_at=AS_OF - dt.timedelta(days=8)),
        story("7", "Wir sind blockiert, das war die Hölle."),
        story("8", "We are blocked.", author_gid=None),
        story("9", "We are blocked."),
    )
    read = read_comments(lambda _: stories, AS_OF - dt.timedelta(days=7), AS_OF).sort("story_gid")
    assert read["story_gid"].to_list() == ["1", "7", "9"]
    assert read["tone"].to_list()[1] is None
    assert all(tone < 0 for tone in read["tone"].drop_nulls())


def test_no_comment_at_all_makes_an_empty_table() -> None:
    assert trend([]) == {}
