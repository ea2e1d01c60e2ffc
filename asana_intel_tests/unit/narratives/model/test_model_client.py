"""What is asked once, how an endpoint learns to be asked, and a product without the library."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from asana_intel.narratives.model import wire
from asana_intel.narratives.model.capture import payload_of
from asana_intel.narratives.model.client import Answer, ModelClient, Unanswered
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database
from asana_intel_tests.model_server import ModelServer, Received, Wire, answer, hang, status
from asana_intel_tests.unit.narratives.model.questions import GOOD, KEY, SCHEMA, end_of, question

Clients = Callable[..., ModelClient]


# Answers given before


def test_the_same_question_costs_nothing_in_a_second_run(client: Clients, server: ModelServer) -> None:
    server.script = [answer(GOOD)]
    assert client().ask(question()) == Answer(GOOD, is_cached=False)
    again = client()
    assert [again.ask(question()) for _ in range(3)] == [Answer(GOOD, is_cached=True)] * 3
    assert (again.usage.cached, again.usage.requests, again.usage.usd) == (3, 0, 0)
    assert len(server.received) == 1


@pytest.mark.parametrize("change", [{"model": "openai/other"}, {"base_model": "gpt-4o"}, {"api_base": "other"}])
def test_another_model_is_asked_anew(change: dict[str, str], client: Clients, server: ModelServer) -> None:
    client().ask(question())
    changed = {"api_base": f"{server.url}/"} if "api_base" in change else change
    assert not client(**changed).ask(question()).is_cached
    assert not client().ask(question(2)).is_cached
    assert client().ask(question()).is_cached


def test_an_answer_that_no_longer_fits_is_asked_for_again(client: Clients, server: ModelServer) -> None:
    client().ask(question())
    fewer = {**SCHEMA, "properties": {"claims": {"type": "array", "items": {"type": "string", "enum": ["risk"]}}}}
    server.script = [answer({"claims": ["risk"]})]
    assert client().ask(question(schema=fewer)) == Answer({"claims": ["risk"]}, is_cached=False)
    assert client().ask(question(schema=fewer)).is_cached


def test_an_answer_is_kept_for_a_quarter_and_no_longer(
    client: Clients, server: ModelServer, database: Database
) -> None:
    asked = client()
    asked.ask(question())
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE model_answer SET at = at - interval '93 days'")
    asked.ask(question(2))
    assert not asked.ask(question()).is_cached
    assert asked.ask(question(2)).is_cached


def test_what_was_refused_is_not_kept(client: Clients, server: ModelServer) -> None:
    server.script = [answer("no"), answer("no"), answer("no"), answer(GOOD)]
    asked = client()
    assert isinstance(end_of(asked, question()), Unanswered)
    assert asked.ask(question()) == Answer(GOOD, is_cached=False)


def test_an_answer_known_before_is_given_though_the_model_is_left_alone(client: Clients, server: ModelServer) -> None:
    client().ask(question())
    server.script = [status(401)]
    asked = client(max_calls_per_run=1)
    assert isinstance(end_of(asked, question(2)), Unanswered)
    assert asked.ask(question()).is_cached


# Ways to ask


def picky(*refused: str, code: int = 400) -> Callable[[Received, Wire], None]:
    """A server that takes only some response formats; the plainest is called `None`."""

    def reply(received: Received, wire: Wire) -> None:
        kind = str((received.json.get("response_format") or {}).get("type"))
        (status(code) if kind in refused else answer(GOOD))(received, wire)

    return reply


def formats(server: ModelServer) -> list[str | None]:
    return [(r.json.get("response_format") or {}).get("type") for r in server.received]


@pytest.mark.parametrize("code", [400, 422])
def test_an_endpoint_is_asked_in_plainer_ways_until_it_answers_and_then_always_so(
    code: int, client: Clients, server: ModelServer
) -> None:
    server.script = [picky("json_schema", "json_object", code=code)]
    client().ask(question())
    assert formats(server) == ["json_schema", "json_object", None]
    client().ask(question(2))
    assert formats(server)[3:] == [None]
    plain = server.received[-1]
    assert '"enum":["odds","work","risk"]' in plain.text
    assert "Answer with one JSON object" in plain.text
    assert '"enum"' not in server.received[0].text


def test_a_server_error_is_met_twice_before_a_plainer_way_is_tried(
    client: Clients, server: ModelServer, waited: list[float]
) -> None:
    server.script = [picky("json_schema", code=500)]
    client().ask(question())
    assert (formats(server), waited) == (["json_schema", "json_schema", "json_object"], [1])
    assert server.received[-1].json["response_format"]["schema"]["properties"] == SCHEMA["properties"]
    client().ask(question(2))
    assert formats(server)[3:] == ["json_object"]


@pytest.mark.parametrize("reply", [status(429), status(401), status(503), status(500), hang])
def test_what_a_plainer_way_does_not_cure_changes_nothing(
    reply: Any, client: Clients, server: ModelServer, database: Database
) -> None:
    server.script = [reply]
    end_of(client(timeout_s=0.4 if reply is hang else 20.0), question())
    server.script = [answer(GOOD)]
    client().ask(question())
    assert formats(server)[-1] == "json_schema"


def test_a_bad_text_makes_the_way_plainer_for_this_run_only(client: Clients, server: ModelServer) -> None:
    server.script = [answer("Sure!"), answer(GOOD)]
    asked = client()
    asked.ask(question())
    asked.ask(question(2))
    client().ask(question(3))
    assert formats(server) == ["json_schema", "json_object", "json_object", "json_schema"]


def test_one_hiccup_beside_a_bad_text_is_no_word_of_the_endpoint(client: Clients, server: ModelServer) -> None:
    server.script = [status(500), answer("Sure!"), answer(GOOD)]
    client().ask(question())
    client().ask(question(2))
    assert formats(server) == ["json_schema", "json_schema", "json_object", "json_schema"]


def test_what_was_learnt_is_of_one_model_at_one_address_and_forgotten_in_time(
    client: Clients, server: ModelServer, database: Database
) -> None:
    server.script = [picky("json_schema")]
    client().ask(question())
    client(model="openai/other").ask(question())
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE model_endpoint SET learnt_at = learnt_at - interval '31 days'")
    client().ask(question(2))
    assert formats(server) == ["json_schema", "json_object"] * 3


def test_a_model_that_takes_no_temperature_is_asked_without(client: Clients, server: ModelServer) -> None:
    server.script = [lambda r, w: (status(400, "temperature!") if "temperature" in r.json else answer(GOOD))(r, w)]
    asked = client()
    assert asked.ask(question()).data == asked.ask(question(2)).data == GOOD
    assert ["temperature" in r.json for r in server.received] == [True, False, False]
    assert formats(server) == ["json_schema"] * 3
    known = client(model="openai/gpt-5-mini", attempts=1)
    assert known.ask(question(3)).data == GOOD
    assert "temperature" not in server.received[-1].json
    assert len(server.received) == 4


# What would be sent


def test_what_is_shown_is_what_is_sent_in_the_way_that_was_learnt(
    client: Clients, server: ModelServer, database: Database
) -> None:
    settings = LlmSettings(model="openai/any", api_base=server.url, api_key=SecretStr(KEY))
    strict, nothing = payload_of(settings, question(), database), list(server.received)
    server.script = [picky("json_schema", "json_object")]
    client().ask(question())
    plain = payload_of(settings, question(), database)
    assert nothing == []
    assert [strict, plain] == [server.received[0].body, server.received[-1].body]
    assert payload_of(settings, question()) == strict
    assert KEY.encode() not in strict


def test_a_provider_that_might_really_send_is_not_shown() -> None:
    with pytest.raises(Unanswered, match="cannot be shown for 'sagemaker'"):
        payload_of(LlmSettings(model="sagemaker/any"), question())


def test_without_the_library_nothing_can_be_shown_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_loaded", [])
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(Unanswered, match="litellm cannot be imported"):
        payload_of(LlmSettings(model="openai/any"), question())


# Without the library


def test_without_the_library_there_is_one_word_and_no_second_try(
    client: Clients, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_loaded", [])
    monkeypatch.setitem(sys.modules, "litellm", None)
    asked = client()
    ends = [end_of(asked, question(n)) for n in range(3)]
    assert [end.reason for end in ends if isinstance(end, Unanswered)] == ["unsupported", "breaker", "breaker"]
    assert "litellm cannot be imported" in str(ends[0])
    assert server.received == []


@pytest.mark.parametrize(
    "model", ["openai/any", "azure/mine", "anthropic/claude-sonnet-4-5", "bedrock/amazon.nova-lite-v1:0"]
)
def test_no_key_is_one_word(
    model: str, client: Clients, server: ModelServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("HOME", str(tmp_path))
    end = end_of(client(model=model, api_key=None, api_version="2024-10-21"), question())
    assert isinstance(end, Unanswered)
    assert (end.reason, server.received) == ("key", [])


def test_a_client_is_loaded_without_the_libraries_that_it_may_need_later() -> None:
    code = """
        import sys
        import asana_intel.narratives.model.client, asana_intel.narratives.model.capture
        print(sorted({"litellm", "openai", "tiktoken", "boto3", "huggingface_hub", "httpx"} & sys.modules.keys()))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("model", ["any", "nobody/any"])
def test_a_model_without_a_provider_is_one_word(
    model: str, client: Clients, server: ModelServer, capfd: pytest.CaptureFixture[str]
) -> None:
    end = end_of(client(model=model), question())
    assert isinstance(end, Unanswered)
    assert (end.reason, "see llm.model" in end.note, server.received) == ("unsupported", True, [])
    assert capfd.readouterr() == ("", "")
