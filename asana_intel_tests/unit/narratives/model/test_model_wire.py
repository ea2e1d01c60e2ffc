"""What each provider is really sent: path, place of the key, place of the schema; told by a server on this machine.

The expectations below are what litellm 1.106.2 sends. A new pin that sends something else must be looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from asana_intel.narratives.model.capture import FAMILIES, rehearse
from asana_intel.narratives.model.client import ModelClient
from asana_intel.narratives.model.ladder import Rung, remember
from asana_intel.narratives.model.ladder import endpoint_of as name_of
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database
from asana_intel_tests.model_server import ModelServer, http, status
from asana_intel_tests.unit.narratives.model.questions import GOOD, KEY, SCHEMA, end_of, question

CLOSED = {**SCHEMA, "additionalProperties": False}
NAMED = {"name": "choice", "strict": True, "schema": CLOSED}
STRICT = {"response_format": {"type": "json_schema", "json_schema": NAMED}}
LOOSE = {"response_format": {"type": "json_object", "schema": CLOSED}}
NOTED = {  # Anthropic's grammar knows no number of items: litellm turns it into words
    **CLOSED,
    "properties": {
        "claims": {
            "type": "array",
            "items": SCHEMA["properties"]["claims"]["items"],
            "description": "Note: minimum number of items: 1, maximum number of items: 2.",
        }
    },
}
CHAT = [{"role": "system", "content": "You choose claims."}, {"role": "user", "content": "Offered: odds, work, risk."}]
AS_PROMPT = "### System:\nYou choose claims.\n\n### User:\nOffered: odds, work, risk.\n\n"
BLOCKS = {
    "system": [{"text": "You choose claims."}],
    "messages": [{"role": "user", "content": [{"text": "Offered: odds, work, risk."}]}],
    "inferenceConfig": {"temperature": 0, "maxTokens": 100},
}
TYPED = {
    "system": [{"type": "text", "text": "You choose claims."}],
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Offered: odds, work, risk."}]}],
    "temperature": 0,
    "max_tokens": 100,
}
TOOL = {"toolSpec": {"name": "json_tool_call", "description": "json_tool_call", "inputSchema": {"json": CLOSED}}}
OPEN_TOOL = {"toolSpec": {**TOOL["toolSpec"], "inputSchema": {"json": SCHEMA}}}
AZURE = "/openai/deployments/{}/chat/completions?api-version=2024-10-21"
OLLAMA = {"model": "llama3", "options": {"temperature": 0, "num_predict": 100}, "stream": False, "format": CLOSED}


def chat(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": CHAT, "max_tokens": 100, "temperature": 0, **STRICT, **more}


@dataclass(frozen=True)
class Wire:
    """What a model is sent."""

    path: str
    key: str
    body: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    @property
    def whole(self) -> dict[str, Any]:
        return {name: value for name, value in self.body.items() if name not in self.without}


V1, API = "/v1/chat/completions", {"api_version": "2024-10-21"}
OUTPUT_CONFIG = {
    "textFormat": {
        "type": "json_schema",
        "structure": {"jsonSchema": {"schema": json.dumps(CLOSED), "name": "choice"}},
    }
}
WIRES = {
    "openai/gpt-4o": Wire(V1, "authorization", chat("gpt-4o")),
    "openai/any": Wire(V1, "authorization", chat("any")),
    "openai/gpt-5-mini": Wire(
        V1, "authorization", chat("gpt-5-mini", max_completion_tokens=100), without=("temperature", "max_tokens")
    ),
    "hosted_vllm/qwen": Wire(V1, "authorization", chat("qwen")),
    "azure/mine": Wire(AZURE.format("mine"), "api-key", chat("mine"), API),
    "azure/gpt-4o": Wire(AZURE.format("gpt-4o"), "api-key", chat("gpt-4o"), API),
    "anthropic/claude-sonnet-4-5": Wire(
        "/v1/messages",
        "x-api-key",
        {"model": "claude-sonnet-4-5", **TYPED, "output_format": {"type": "json_schema", "schema": NOTED}},
    ),
    "anthropic/claude-3-5-haiku-20241022": Wire(
        "/v1/messages",
        "x-api-key",
        {
            "model": "claude-3-5-haiku-20241022",
            **TYPED,
            "tools": [{"name": "json_tool_call", "input_schema": CLOSED}],
            "tool_choice": {"name": "json_tool_call", "type": "tool"},
        },
    ),
    "bedrock/anthropic.claude-3-haiku-20240307-v1:0": Wire(
        "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
        "authorization",
        {**BLOCKS, "toolConfig": {"tools": [TOOL]}},
    ),
    "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0": Wire(
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
        "authorization",
        {**BLOCKS, "outputConfig": OUTPUT_CONFIG},
    ),
    "bedrock/amazon.nova-lite-v1:0": Wire(
        "/model/amazon.nova-lite-v1%3A0/converse",
        "authorization",
        {**BLOCKS, "toolConfig": {"tools": [OPEN_TOOL], "toolChoice": {"tool": {"name": "json_tool_call"}}}},
    ),
    "ollama/llama3": Wire("/api/generate", "authorization", {**OLLAMA, "prompt": AS_PROMPT, "images": []}),
    "ollama_chat/llama3": Wire(
        "/api/chat", "authorization", {**OLLAMA, "messages": [{**line, "images": []} for line in CHAT]}
    ),
}


def settings_of(model: str, server: ModelServer) -> LlmSettings:
    is_v1 = model.startswith(("openai/", "hosted_vllm/"))
    key = None if model.startswith("bedrock/") else SecretStr(KEY)
    where = server.url if is_v1 else server.root
    return LlmSettings(model=model, api_base=where, api_key=key, timeout_s=20, attempts=1, **WIRES[model].settings)


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch, _no_settings_of_this_machine: None) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARY0451")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


@pytest.mark.parametrize("model", WIRES)
def test_a_provider_gets_the_schema_in_its_own_place_and_the_key_in_its_own_header(
    model: str, server: ModelServer, database: Database
) -> None:
    server.script = [status(503)]
    end_of(ModelClient(settings_of(model, server), database), question())
    (sent,) = server.received
    wire = WIRES[model]
    assert (sent.method, sent.path, sent.json) == ("POST", wire.path, wire.whole)
    holders = {name for name in ("authorization", "api-key", "x-api-key") if sent.headers.get(name)}
    assert holders == {wire.key}
    if not model.startswith("bedrock/"):
        assert sent.headers[wire.key].removeprefix("Bearer ") == KEY
    assert KEY.encode() not in sent.body
    assert sent.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("model", WIRES)
def test_what_is_shown_beforehand_is_what_arrives(model: str, server: ModelServer, database: Database) -> None:
    server.script = [status(503)]
    settings = settings_of(model, server)
    for rung in Rung:
        remember(database, name_of(settings), rung)
        shown = rehearse(settings, question(), database)
        assert not server.received
        end_of(ModelClient(settings, database), question())
        (sent,) = server.received
        assert (shown.body, shown.path) == (sent.body, sent.path)
        assert set(shown.header_names) == set(sent.headers)
        server.received.clear()
    assert model.split("/")[0] in FAMILIES


def test_nobody_needs_a_key_or_a_server_to_see_what_would_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    for model, wire in WIRES.items():
        shown = rehearse(LlmSettings(model=model, api_base="https://models.example.org", **wire.settings), question())
        assert json.loads(shown.body) == wire.whole


@pytest.mark.parametrize("model", ["openai/any", "azure/mine", "hosted_vllm/qwen"])
def test_where_no_schema_is_enforced_it_stands_in_the_prompt(
    model: str, server: ModelServer, database: Database
) -> None:
    server.script = [status(503)]
    for rung, wanted in ((Rung.json_object, LOOSE), (Rung.prompt, {})):
        remember(database, name_of(settings_of(model, server)), rung)
        end_of(ModelClient(settings_of(model, server), database), question())
        sent = server.received[-1]
        assert sent.json.get("response_format") == wanted.get("response_format")
        assert json.dumps(SCHEMA, separators=(",", ":")) in sent.text


def test_lengths_stay_here_since_providers_refuse_them(server: ModelServer, database: Database) -> None:
    text = {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[^0-9]*$"}
    schema = {"type": "object", "properties": {"text": text}, "required": ["text"]}
    end_of(ModelClient(settings_of("openai/any", server), database), question(schema=schema))
    assert server.received[0].schema == {
        **schema,
        "properties": {"text": {"type": "string", "pattern": "^[^0-9]*$"}},
        "additionalProperties": False,
    }


SAID = json.dumps(GOOD)
USAGE = {"inputTokens": 100, "outputTokens": 11, "totalTokens": 111}
ANSWERS = {
    "anthropic/claude-sonnet-4-5": {
        "id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": SAID}], "usage": {"input_tokens": 100, "output_tokens": 11},
    },
    "anthropic/claude-3-5-haiku-20241022": {
        "id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use",
        "content": [{"type": "tool_use", "id": "t", "name": "json_tool_call", "input": GOOD}],
        "usage": {"input_tokens": 100, "output_tokens": 11},
    },
    "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0": {
        "output": {"message": {"role": "assistant", "content": [{"text": SAID}]}}, "stopReason": "end_turn",
        "usage": USAGE, "metrics": {"latencyMs": 1},
    },
    "bedrock/amazon.nova-lite-v1:0": {
        "output": {
            "message": {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "t", "name": "json_tool_call", "input": GOOD}}],
            }
        },
        "stopReason": "tool_use", "usage": USAGE, "metrics": {"latencyMs": 1},
    },
    "ollama/llama3": {
        "model": "llama3", "response": SAID, "done": True, "done_reason": "stop", "prompt_eval_count": 100,
        "eval_count": 11,
    },
    "ollama_chat/llama3": {
        "model": "llama3", "message": {"role": "assistant", "content": SAID}, "done": True, "done_reason": "stop",
        "prompt_eval_count": 100, "eval_count": 11,
    },
}  # fmt: skip


@pytest.mark.parametrize("model", ANSWERS)
def test_an_answer_in_a_providers_own_form_is_read_with_its_usage(
    model: str, server: ModelServer, database: Database
) -> None:
    server.script = [http(json.dumps(ANSWERS[model]).encode())]
    asked = ModelClient(settings_of(model, server), database)
    assert end_of(asked, question()) == GOOD
    assert (asked.usage.input_tokens, asked.usage.output_tokens) == (100, 11)


@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-4-5", "bedrock/amazon.nova-lite-v1:0", "ollama/llama3"])
@pytest.mark.parametrize(("code", "reason"), [(401, "key"), (404, "unsupported"), (429, "busy"), (503, "server")])
def test_every_providers_failures_are_told_apart(
    model: str, code: int, reason: str, server: ModelServer, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    server.script = [status(code, f"the key {KEY} of this account")]
    end = end_of(ModelClient(settings_of(model, server), database), question())
    assert getattr(end, "reason", None) == reason
    assert KEY not in caplog.text + repr(end)
    assert len(server.received) == 1
