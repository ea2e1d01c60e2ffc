"""Stand-ins for the client that asks models: they answer as a test says, over no wire; no tests, no product code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from asana_intel.narratives.model.request import Answer, Reason, Request, Unanswered, Usage

Reply = dict[str, Any] | Reason | Callable[[Request], dict[str, Any]]


class Answering:
    """Gives the replies in order, the last one for ever; a word is a reason for no answer.

    Attributes:
        asked: Requests so far.
    """

    def __init__(self, *replies: Reply) -> None:
        self._replies = replies
        self.asked: list[Request] = []
        self.usage = Usage()

    def ask(self, request: Request) -> Answer:
        reply = self._replies[min(len(self.asked), len(self._replies) - 1)]
        self.asked.append(request)
        if isinstance(reply, str):
            raise Unanswered(reply)
        return Answer(reply if isinstance(reply, dict) else reply(request))


def told(request: Request) -> dict[str, Any]:
    """The document that the model was given."""
    return json.loads(request.user)
