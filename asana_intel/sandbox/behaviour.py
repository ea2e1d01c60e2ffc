"""The sandbox's knobs: how far behind, how forgetful and how short-lived things are. Values only; no effects here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the server behaves where Asana's own behaviour varies. Times run on the sandbox's clock.

    Attributes:
        search_lag_s: Seconds by which search answers lag behind writes (Asana: 10 to 60).
        event_loss: Share of events that are never delivered, 0 to 1 (Asana delivers at most once).
        offset_lifetime_s: Seconds after which a pagination offset expires.
        unpaged_max: Most rows of a list that is asked for without `limit`.
    """

    search_lag_s: float = 30.0
    event_loss: float = 0.0
    offset_lifetime_s: float = 900.0
    unpaged_max: int = 1000
