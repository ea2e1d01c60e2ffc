"""A model behind a real wire: it may choose, it may fail, and it never learns a name or a number."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from asana_intel.narratives.choose import ModelChooser, TemplateChooser, chooser_for
from asana_intel.narratives.claims import compose, template_choice
from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrate import narrate
from asana_intel.settings import LlmSettings

Sheets = Callable[..., FactSheet]
KEY = "sk-canary-0451"
GOOD = ["odds_with_change", "work_done", "clear_overdue"]
PROJECTS = (("Secret Falcon", 2.0, 5.5, 7, 3, 1),)


class Model:
    """A server that speaks OpenAI's protocol; `answer` is the list of claims, or bytes, a status, or `close`."""

    def __init__(self) -> None:
        self.answer: Any = GOOD
        self.sent: list[tuple[str, bytes]] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                model.sent.append((str(self.headers), body))
                self._reply()

            def _reply(self) -> None:
                if model.answer == "close":
                    self.close_connection = True
                    return
                status = model.answer if isinstance(model.answer, int) else 200
                body = model.answer if isinstance(model.answer, bytes) else model.body()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def body(self) -> bytes:
        content = json.dumps({"claims": self.answer}) if isinstance(self.answer, list) else str(self.answer)
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        usage = {"prompt_tokens": 100, "completion_tokens": 11, "total_tokens": 111}
        answer = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        return json.dumps(answer).encode()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    served = Model()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture
def chooser(model: Model) -> Callable[..., ModelChooser]:
    def make(**options: Any) -> ModelChooser:
        return ModelChooser(LlmSettings(model="openai/any", api_base=model.url, timeout_s=5, **options))

    return make


@pytest.fixture
def goal(sheet: Sheets) -> FactSheet:
    return sheet(values=(16, 18, 19, 21, 22), projects=PROJECTS)


def test_a_good_answer_is_used_and_counted(model: Model, chooser: Any, goal: FactSheet) -> None:
    asked = chooser()
    choice = asked.choose(goal)
    assert [claim.claim_id for claim in choice.claims] == GOOD
    assert (choice.written_by, choice.model, choice.note) == ("select", "openai/any", None)
    assert (asked.calls, asked.tokens, len(model.sent)) == (1, 111, 1)
    assert "finished 7 tasks last week" in compose(goal, choice.claims)


def test_only_claim_ids_leave_the_machine(model: Model, chooser: Any, goal: FactSheet) -> None:
    chooser().choose(goal)
    _, body = model.sent[0]
    sent = json.loads(body)
    text = json.dumps([message["content"] for message in sent["messages"]]) + json.dumps(sent["response_format"])
    for secret in ("Win 40 shops", "Secret Falcon", "1200000000000500", "900", "22", "40", "62", "31 Mar", KEY):
        assert secret not in text, secret
    assert not [char for char in text if char.isdigit()]
    assert sorted(sent["response_format"]["json_schema"]["schema"]["properties"]["claims"]["items"]["enum"]) == sorted(
        offer["id"] for offer in json.loads(sent["messages"][1]["content"])["claims"]
    )


EMPTY = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": []}).encode()
WRONG = {
    "an invented claim": [*GOOD[:1], "we_are_doomed"],
    "a claim that is not true here": ["not_assessed"],
    "a cause first": ["work_done", "odds_with_change"],
    "an action before the cause": ["odds_with_change", "clear_overdue", "work_done"],
    "two causes": ["odds_with_change", "work_done", "tasks_blocked"],
    "no claim": [],
    "words instead of a choice": "The goal is at 97 %.",
    "a page": b"<html><body>Bad gateway</body></html>",
    "half an answer": b'{"choices": [{"mess',
    "no choices": EMPTY,
    "a server error": 500,
    "too many requests": 429,
    "a wrong key": 401,
    "a closed connection": "close",
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_whatever_goes_wrong_the_template_speaks(answer: Any, model: Model, chooser: Any, goal: FactSheet) -> None:
    model.answer = answer
    asked = chooser()
    choice = asked.choose(goal)
    assert choice.written_by == "fallback"
    assert list(choice.claims) == template_choice(goal)
    assert choice.model is None
    assert KEY not in str(choice)
    assert asked.calls == len(model.sent) == 1  # nothing is retried behind our back


def test_a_model_that_fails_three_times_in_a_row_is_not_asked_again(model: Model, chooser: Any, sheet: Sheets) -> None:
    model.answer = 500
    asked = chooser()
    choices = [asked.choose(sheet(goal={"goal_gid": str(n)})) for n in range(6)]
    assert {choice.written_by for choice in choices} == {"fallback"}
    assert len(model.sent) == 3


def test_a_good_answer_between_failures_starts_the_count_anew(model: Model, chooser: Any, sheet: Sheets) -> None:
    asked = chooser()
    for n, answer in enumerate([500, 500, GOOD[:1], 500, 500, GOOD[:1]]):
        model.answer = answer
        last = asked.choose(sheet(goal={"goal_gid": str(n)}, projects=PROJECTS))
    assert len(model.sent) == 6
    assert last.written_by == "select"


def test_a_run_asks_no_more_than_it_may(model: Model, chooser: Any, sheet: Sheets) -> None:
    asked = chooser(max_calls_per_run=2)
    goals = [sheet(goal={"goal_gid": str(n)}, projects=PROJECTS) for n in range(5)]
    told = narrate(goals, asked, date(2026, 3, 2), datetime(2026, 3, 4, tzinfo=UTC))
    assert told["written_by"].to_list() == ["select", "select", "fallback", "fallback", "fallback"]
    assert told["model"].to_list() == ["openai/any", "openai/any", None, None, None]
    assert len(model.sent) == 2
    assert KEY not in str(told.to_dicts())


def test_the_same_sheet_is_asked_about_once(model: Model, chooser: Any, goal: FactSheet) -> None:
    asked = chooser()
    assert asked.choose(goal) == asked.choose(goal)
    assert len(model.sent) == 1


def test_without_the_library_the_template_speaks(
    model: Model, chooser: Any, goal: FactSheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "litellm", None)
    choice = chooser().choose(goal)
    assert (choice.written_by, list(choice.claims)) == ("fallback", template_choice(goal))
    assert model.sent == []


def test_without_a_server_the_template_speaks(goal: FactSheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    nowhere = LlmSettings(model="openai/any", api_base="http://127.0.0.1:9/v1", timeout_s=2)
    choice = ModelChooser(nowhere).choose(goal)
    assert choice.written_by == "fallback"
    assert KEY not in str(choice)


def test_without_a_model_nothing_is_asked(goal: FactSheet) -> None:
    chooser = chooser_for(LlmSettings())
    assert isinstance(chooser, TemplateChooser)
    assert chooser.choose(goal).written_by == "template"
    assert isinstance(chooser_for(LlmSettings(model="openai/any")), ModelChooser)
