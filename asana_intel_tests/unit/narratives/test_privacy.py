"""What of a narrative may leave: tokens in place of names and back, redaction, marked comments, readers of comments."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.privacy.comments import READS, WorkspaceComments
from asana_intel.narratives.privacy.marking import MARK, cleaned, marked, redacted
from asana_intel.narratives.privacy.roster import roster_of
from asana_intel.narratives.privacy.stand_ins import NameFinder, Roster, StandIns
from asana_intel.narratives.privacy.view import view_of
from asana_intel.narratives.wording import safe_name, short_name
from asana_intel.settings import Disclosure
from asana_intel.storage.contracts import CONTRACTS

ROSTER = {"PERSON": ["Ana Sol", "Jo Li", "Ana María Ruiz"], "TEAM": ["Growth"], "CLIENT": ["Acme Corp", "Acme"]}
AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)


def concealed(text: str) -> str:
    return finder(ROSTER).replace(text, StandIns())


def finder(roster: Roster) -> NameFinder:
    return NameFinder((noun, name) for noun, names in roster.items() for name in names)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana Sol waits for Acme Corp", "PERSON_XA waits for CLIENT_XA"),
        ("ana  sol's part, then ANA", "PERSON_XA's part, then PERSON_XA"),
        ("Growth and Acme, Acme Corp", "TEAM_XA and CLIENT_XA, CLIENT_XB"),
        ("Sol, Ruiz", "PERSON_XA, PERSON_XB"),
        ("Solar growths of Acmes", "Solar TEAM_XAs of CLIENT_XAs"),
        ("Li is short, banana is fruit", "Li is short, banana is fruit"),
        ("x_Acme-Growth/Sol", "x_CLIENT_XA-TEAM_XA/PERSON_XA"),
    ],
)
def test_names_are_replaced_wherever_they_stand(text: str, shown: str) -> None:
    assert concealed(text) == shown


def test_names_of_the_sheet_are_replaced_in_comments_too_and_no_token_is_replaced_again() -> None:
    project, task = FactKind("slow_project", Unit.entity, "a project"), FactKind("task", Unit.entity, "a task")
    facts = [
        Fact(project, "x", "Project", suffix="a"),
        Fact(project, "x", "Moon base", suffix="b"),
        Fact(task, "x", "Ox"),
    ]
    sheet = FactSheet(Kind.goal_progress, {"goal_gid": "1"}, facts)
    view = view_of(sheet, Disclosure.pseudonymised, ["The moon base project of Acme"], finder(ROSTER))
    assert view.comments == ("¦The¦PROJECT_XB¦PROJECT_XA¦of¦CLIENT_XA¦",)
    assert [fact.text for fact in view.shown] == ["PROJECT_XA", "PROJECT_XB", "TASK_XA"]


def test_a_roster_of_nobody_changes_nothing() -> None:
    assert finder({}).replace("Ana Sol", StandIns()) == "Ana Sol"
    assert finder({"PERSON": ["", "X"]}).replace("X y", StandIns()) == "X y"


@given(st.lists(st.sampled_from([("PROJECT", f"Project {n}") for n in range(60)] + [("TEAM", "Core")]), min_size=1))
def test_a_name_keeps_its_token_and_every_token_leads_back(names: list[tuple[str, str]]) -> None:
    stand_ins = StandIns()
    tokens = {name: stand_ins.token(noun, name) for noun, name in names}
    assert len(set(tokens.values())) == len(tokens)
    assert all(re.fullmatch("[A-Z]+_[A-Z]+", token) for token in tokens.values())
    assert stand_ins.reveal(" and ".join(tokens.values())) == " and ".join(tokens)
    assert tokens == {name: stand_ins.token(noun, name) for noun, name in names}


def test_a_name_that_looks_like_a_token_is_not_read_as_one() -> None:
    stand_ins = StandIns()
    first, second = stand_ins.token("PROJECT", "PROJECT_XB"), stand_ins.token("PROJECT", "Web shop")
    assert stand_ins.reveal(f"{first} before {second}, not PROJECT_Z") == "PROJECT_XB before Web shop, not PROJECT_Z"


@pytest.mark.parametrize(
    "secret",
    [
        "ana.sol@acme.example",
        "Ana@Acme.Co.Uk",
        "https://acme.example/x?y=1",
        "www.acme.example",
        "acme-corp.com/pay",
        "+49 170 1234567",
        "(030) 123-45-67",
        "0049.170.1234567",
        "1200000000000501",
        "DE89 3704 0044 0532 0130 00",
        "sk-abcDEF1234567890",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "Bearer abc.def.ghi",
        "@ana_sol",
        "1/1204567890:abcdef0123456789",
        "mailto:ana",
        "4111 1111 1111 1111",
        "2026-03-31",
        "192.168.100.200",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123",
    ],
)
def test_addresses_numbers_and_keys_are_redacted(secret: str) -> None:
    shown = redacted(f"Please use {secret} today")
    assert shown.startswith("Please use [")
    assert shown.endswith("today")
    assert not [part for part in re.split(r"[^A-Za-z0-9]+", secret) if len(part) > 2 and part in shown]


@pytest.mark.parametrize("text", ["Three reviews are late.", "We reached 40 of 60 shops.", "v2.0 is done, see Q3/26"])
def test_plain_words_are_not_redacted(text: str) -> None:
    assert redacted(text) == text


odd_text = st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("¦￤\u202e\u200b\n\t "), max_size=60)


@given(odd_text)
def test_nobody_can_write_the_mark_or_step_out_of_a_comment(text: str) -> None:
    plain = cleaned(text)
    assert MARK not in plain
    assert cleaned(plain) == plain
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Co", "Zl", "Zp"} for c in plain)
    shown = marked(plain)
    assert " " not in shown
    assert len(shown.splitlines()) == 1
    assert shown.strip(MARK).replace(MARK, " ") == plain
    assert shown[0] == shown[-1] == MARK


def test_a_long_comment_is_cut() -> None:
    assert len(marked(cleaned("word " * 1000))) <= 402


@given(odd_text | st.text(alphabet="htps:/w.@<>abc [](){}!?. 1", max_size=40))
def test_a_safe_name_is_one_line_without_links_markup_or_mentions_and_stays_as_it_is(text: str) -> None:
    name = safe_name(text)
    assert safe_name(name) == name
    assert short_name(short_name(text)) == short_name(text)
    assert not re.search(r"://|www\.|[<>{}\[\]|*`@\n]|\w\.[A-Za-z]{2}|[!?]\s|\w[^\W_]\.\s|\d\.\s", name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("J. Smith", "J. Smith"),
        ("v2.0 launch", "v2.0 launch"),
        ("Ship it! All is 100 % done.", "Ship it All is 100 % done"),
        ("Pay https://evil.example/x now", "Pay now"),
        ("<a href=x>Shop</a>", "Shop"),
        ("@ana do it", "at ana do it"),
        ("pay evil.example/x", "pay"),
        ("Booking.com", "Booking com"),
        ("{odds} of *all*", "odds of all"),
        ("a\u202eb\nc", "ab c"),
        ("ｈｔｔｐｓ：／／evil.example", ""),
        ("متجر الويب 12", "متجر الويب 12"),
        ("🚀 up", "🚀 up"),
    ],
)
def test_a_name_can_only_be_read_as_a_name(name: str, shown: str) -> None:
    assert safe_name(name) == shown


@pytest.mark.parametrize("name", ["The goal is on track", "Odds 99 %", "WILL be done", "“No delay”", "It was Ana." * 9])
def test_a_name_that_reads_as_a_claim_stands_in_quotes(name: str) -> None:
    assert re.fullmatch("“[^“”]+”", short_name(name))
    assert short_name(short_name(name)) == short_name(name)


def test_every_sheet_makes_its_names_safe_whoever_built_them() -> None:
    goal = FactKind("goal", Unit.entity, "the goal")
    sheet = FactSheet(Kind.goal_progress, {"goal_gid": "1"}, [Fact(goal, "x", "See <b>https://evil.example</b>. Now!")])
    assert sheet.text("goal") == "See Now"
    assert FactSheet(Kind.goal_progress, {"goal_gid": "1"}, [Fact(goal, "x", "\u202e")]).text("goal") == "unnamed"


def frame(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def reader(**tables: pl.DataFrame) -> Any:
    return lambda key, **_: tables.get(key.split("/")[1], frame(key))


def said(target: str, text: str, ago: int = 1, subtype: str = "comment_added") -> dict[str, Any]:
    at = AS_OF - timedelta(hours=ago)
    return {"story_gid": f"{target}{ago}", "target_gid": target, "created_at": at, "subtype": subtype, "text": text}


def comments(*stories: dict[str, Any], sources: tuple[str, ...], until: datetime = AS_OF) -> list[str]:
    """Of a workspace with a public project p (tasks t, u), a private one q (task r) and tasks s of both, n of none."""
    opened, closed = {"privacy_setting": "public_to_workspace"}, {"privacy_setting": "private"}
    flags = {"is_archived": False, "is_completed": False}
    read = reader(
        stories=frame("staging/stories", *stories),
        projects=frame(
            "staging/projects", {"project_gid": "p"} | opened | flags, {"project_gid": "q"} | closed | flags
        ),
        task_projects=frame(
            "staging/task_projects",
            *({"task_gid": task, "project_gid": project} for task, project in ("tp", "up", "rq", "sp", "sq")),
        ),
        goals=frame(
            "staging/goals",
            *(
                {"goal_gid": g, "is_workspace_level": False, "is_closed": False} | p
                for g, p in (("g", opened), ("h", closed))
            ),
        ),
    )
    work = FactKind("goal", Unit.entity, "the goal")
    sheet = FactSheet(Kind.goal_progress, {"goal_gid": "g"}, [Fact(work, "x", "x", sources)])
    return list(WorkspaceComments(read, until)(sheet))


def test_comments_of_the_goal_of_tasks_and_of_projects_in_the_sources_are_told_newest_first() -> None:
    stories = [said("g", "goal", 3), said("t", "task", 2), said("u", "in project", 1)]
    assert comments(*stories, sources=("g", "p")) == ["in project", "task", "goal"]
    assert comments(*stories, sources=("g", "t")) == ["task", "goal"]
    assert comments(*stories, sources=("x",)) == []


def test_comments_that_not_everybody_may_read_are_left_out() -> None:
    private = [said("r", "private project"), said("n", "no project"), said("h", "private goal")]
    assert comments(*private, sources=("r", "n", "h", "q", "p")) == []
    assert comments(said("s", "in both"), sources=("p",)) == ["in both"]
    assert comments(said("s", "in both"), sources=("q",)) == []


def test_comments_of_the_future_system_stories_and_empty_texts_are_left_out_and_five_are_enough() -> None:
    others = [said("t", "later", -1), said("t", "moved", 1, "due_date_changed"), said("t", "  ", 2)]
    assert comments(*others, sources=("t",)) == []
    assert comments(said("t", "later", -1), sources=("t",), until=AS_OF + timedelta(days=1)) == ["later"]
    assert comments(*(said("t", str(n), n) for n in range(1, 9)), sources=("t",)) == ["1", "2", "3", "4", "5"]


def test_the_roster_knows_people_teams_work_and_clients() -> None:
    flags = {"is_archived": False, "is_completed": False}
    values = [("1", "Client", "Acme"), ("2", "Key account", "Bolt"), ("3", "Priority", "High")]
    read = reader(
        users=frame("staging/users", {"person_gid": "1", "name": "Ana Sol"}, {"person_gid": "2"}),
        projects=frame("staging/projects", {"project_gid": "1", "name": "Web shop"} | flags),
        custom_field_values=frame(
            "staging/custom_field_values",
            *(
                {"object_gid": "1", "object_type": "task", "field_gid": g, "field_name": f, "display_value": v}
                for g, f, v in values
            ),
        ),
    )
    assert roster_of(read) == {
        "PERSON": ["Ana Sol"],
        "TEAM": [],
        "PROJECT": ["Web shop"],
        "PORTFOLIO": [],
        "GOAL": [],
        "CLIENT": ["Acme", "Bolt"],
    }
    assert set(READS) <= set(CONTRACTS)
