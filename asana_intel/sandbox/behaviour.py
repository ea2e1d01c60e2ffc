"""The sandbox's knobs: how far behind, how forgetful and how short-lived things are. Values only; no effects here."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Behaviour:
    """How the server behaves where Asana's own behaviour varies. Times run on the sandbox's clock.

    Attributes:
        search_lag_s: Seconds by which search answers lag behind writes (Asana: 10 to 60).
        event_loss: Share of events that are never delivered, 0 to 1 (Asana delivers at most once).
        offset_lifetime_s: Seconds after which a pagination offset expires.
        unpaged_max: Most rows of a list that is asked for without `limit`.
        allow_local_targets: Whether webhooks may go to this machine and private networks (Asana: no).
        prompt_webhooks: Whether webhooks push by themselves, or only when `POST /_sandbox/webhooks/deliver` says so.
        webhook_timeout_s: Seconds of real time that a webhook's target has for its answer.
        webhook_loss: Share of pushes to webhooks that are never sent, 0 to 1.
        webhook_duplication: Share of pushes that are sent twice.
        webhook_reordering: Share of events that trade places with the next one; above 0 each is pushed by itself.
    """

    search_lag_s: Seconds = 30.0
    event_loss: Share = 0.0
    offset_lifetime_s: Seconds = 900.0
    unpaged_max: Annotated[int, Field(ge=0)] = 1000
    allow_local_targets: bool = True
    prompt_webhooks: bool = True
    webhook_timeout_s: Seconds = 10.0
    webhook_loss: Share = 0.0
    webhook_duplication: Share = 0.0
    webhook_reordering: Share = 0.0
