"""What leaves over the wire: no name, note, mail, phone or comment where it may not, and exactly what was announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from typing import Any

import polars as pl
import pytest

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.outlines.alignment import OUTLINE as ALIGNMENT
from asana_intel.narratives.outlines.goal import OUTLINE
from asana_intel.narratives.payload import explain_payload
from asana_intel.narratives.privacy.comments import WorkspaceComments
from asana_intel.narratives.privacy.roster import roster_of
from asana_intel.narratives.writers import writer_for
from asana_intel.settings import Disclosure, LlmMode, LlmSettings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel_tests.model_server import ModelServer, status

AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)
FLAGS = {"is_archived": False, "is_completed": False, "privacy_setting": "public_to_workspace"}
CANARIES = {
    "goal": "Goalcanary",
    "project": "Projectcanary",
    "other project": "Otherprojectcanary",
    "first name": "Firstcanary",
    "last name": "Lastcanary",
    "team": "Teamcanary",
    "portfolio": "Portfoliocanary",
    "client": "Clientcanary",
    "mail": "mailcanary",
    "phone": "0170 555123",
    "token": "tokencanary1234567",
    "link": "linkcanary",
    "gid": "1200000000000501",
    "note": "notecanary",
    "task": "taskcanary",
    "status text": "statuscanary",
    "private comment": "privatecanary",
    "goal gid": "1200000000000500",
}
COMMENT = (
    "firstcanary Lastcanary of Teamcanary told Clientcanary and Otherprojectcanary in Portfoliocanary: mail "
    "mailcanary@x.example, phone +49 0170 555123, key tokencanary1234567, see https://linkcanary.example/1200000000000501"
)
ALWAYS_WORDS = "waiting-for-review"


def frame(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def workspace() -> Callable[..., pl.DataFrame]:
    """A workspace with a canary in every field that somebody wrote."""
    comment = {"created_at": AS_OF, "subtype": "comment_added"}
    texts = [
        ("1", CANARIES["goal gid"], f"{COMMENT} {ALWAYS_WORDS}"),
        ("2", "task", COMMENT),
        ("3", "private", CANARIES["private comment"]),
    ]
    task = {"is_completed": False, "created_at": AS_OF, "name": CANARIES["task"], "notes": CANARIES["note"]}
    tables: Mapping[str, tuple[dict[str, Any], ...]] = {
        "staging/users": ({"person_gid": "7", "name": "Firstcanary Lastcanary", "email": "mailcanary@x.example"},),
        "staging/teams": ({"team_gid": "8", "name": "Teamcanary"},),
        "staging/projects": (
            {"project_gid": "900", "name": "Projectcanary", "notes": CANARIES["note"]} | FLAGS,
            {"project_gid": "901", "name": "Otherprojectcanary"} | FLAGS,
            {"project_gid": "902", "name": "x"} | FLAGS | {"privacy_setting": "private"},
        ),
        "staging/portfolios": ({"portfolio_gid": "9", "name": "Portfoliocanary"},),
        "staging/goals": (
            {"goal_gid": CANARIES["goal gid"], "name": "Goalcanary", "is_workspace_level": False, "is_closed": False,
             "privacy_setting": "public_to_workspace"},
        ),
        "staging/custom_field_values": (
            {"object_gid": "1", "object_type": "task", "field_gid": "2", "field_name": "Client",
             "display_value": "Clientcanary"},
        ),
        "staging/tasks": ({"task_gid": "task"} | task, {"task_gid": "private"} | task),
        "staging/task_projects": (
            {"task_gid": "task", "project_gid": "900"}, {"task_gid": "private", "project_gid": "902"},
        ),
        "staging/stories": tuple(
            {"story_gid": gid, "target_gid": target, "text": text} | comment for gid, target, text in texts
        ),
    }  # fmt: skip
    return lambda key, **_: frame(key, *tables.get(key, ()))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def canaries(sheet: Callable[..., FactSheet]) -> FactSheet:
    """A sheet whose names are canaries."""
    built = sheet(
        goal={"name": "Goalcanary"}, values=(16, 18, 19, 21, 22), projects=(("Projectcanary", 2, 5.5, 1, 3, 1),)
    )
    assert {built.text("goal"), built.text("slow_project")} == {"Goalcanary", "Projectcanary"}
    return built


def settings(server: ModelServer, mode: str, disclosure: Disclosure, **more: Any) -> LlmSettings:
    given = {"comments": True, "attempts": 1, "timeout_s": 5.0, "api_key": "k"} | more
    return LlmSettings(model="openai/any", api_base=server.url, mode=LlmMode(mode), disclosure=disclosure, **given)


def sent(server: ModelServer, database: Database, sheet: FactSheet, told: LlmSettings) -> list[bytes]:
    read = workspace()
    writer_for(told, database, WorkspaceComments(read, AS_OF), roster_of(read)).write(sheet, OUTLINE)
    return [request.body for request in server.received]


MODES = ("select", "slots", "prose")


@pytest.mark.parametrize(("mode", "disclosure"), list(product(MODES, [Disclosure.aggregate, Disclosure.pseudonymised])))
def test_no_canary_leaves(
    database: Database, server: ModelServer, canaries: FactSheet, mode: str, disclosure: Disclosure
) -> None:
    bodies = sent(server, database, canaries, settings(server, mode, disclosure))
    assert len(bodies) == 2  # the answer of the smallest shape is refused, and asked for again
    whole = b"\n".join(bodies).decode().casefold()
    assert [what for what, canary in CANARIES.items() if canary.casefold() in whole] == []
    assert (ALWAYS_WORDS.casefold() in whole) == (disclosure is Disclosure.pseudonymised)
    if disclosure is Disclosure.aggregate and mode != "prose":
        for value in ("62 %", "22 of 40", "31 mar 2026", "18 points", "4.7"):
            assert value not in whole


@pytest.mark.parametrize("mode", MODES)
def test_comments_stay_unless_they_are_switched_on(
    database: Database, server: ModelServer, canaries: FactSheet, mode: str
) -> None:
    bodies = sent(server, database, canaries, settings(server, mode, Disclosure.full, comments=False))
    whole = b"\n".join(bodies).decode()
    assert ALWAYS_WORDS not in whole
    assert "mailcanary" not in whole


@pytest.mark.parametrize("mode", MODES)
def test_full_disclosure_shows_public_comments_and_never_private_ones(
    database: Database, server: ModelServer, canaries: FactSheet, mode: str
) -> None:
    whole = b"\n".join(sent(server, database, canaries, settings(server, mode, Disclosure.full))).decode()
    assert "mailcanary@x.example" in whole
    assert CANARIES["private comment"] not in whole
    assert CANARIES["note"] not in whole


@pytest.mark.parametrize(("mode", "disclosure"), list(product(MODES, Disclosure)))
def test_what_is_explained_is_what_is_sent(
    database: Database, server: ModelServer, canaries: FactSheet, mode: str, disclosure: Disclosure
) -> None:
    told, read = settings(server, mode, disclosure), workspace()
    announced = explain_payload(canaries, OUTLINE, told, WorkspaceComments(read, AS_OF), roster_of(read), database)
    assert server.received == []
    assert announced == sent(server, database, canaries, told)[0]


def test_nothing_is_explained_where_nothing_is_sent(canaries: FactSheet) -> None:
    assert explain_payload(canaries, OUTLINE, LlmSettings()) == b""
    assert explain_payload(canaries, OUTLINE, LlmSettings(model="openai/any", mode=LlmMode.template)) == b""


def test_nothing_is_explained_where_there_is_nothing_to_choose(database: Database, server: ModelServer) -> None:
    goal, none = FactKind("goal", Unit.entity, "the goal"), FactKind("no_support", Unit.text, "what supports it")
    facts = [Fact(goal, "Ship", "Ship", ("1",)), Fact(none, "no project", "no project", ("1",), is_required=True)]
    note = FactSheet(Kind.alignment_note, {"subject_gid": "1"}, facts)
    told = settings(server, "select", Disclosure.full)
    writer_for(told, database).write(note, ALIGNMENT)
    assert server.received == []
    assert explain_payload(note, ALIGNMENT, told, database=database) == b""


def test_a_server_that_is_down_is_no_reason_to_send_more(
    database: Database, server: ModelServer, canaries: FactSheet
) -> None:
    server.script = [status(500)]
    assert len(sent(server, database, canaries, settings(server, "slots", Disclosure.aggregate))) == 1
