"""What a token may do: who it acts as, its plan, its scopes, what it sees. Limits of speed are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from asana_intel.sandbox.catalogue import Key
from asana_intel.sandbox.identity import actor_of
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.world import Fields


@dataclass(frozen=True, slots=True)
class Grant:
    """What one token may do.

    Attributes:
        actor: The user record it acts as.
    """

    actor: Fields

    def require(self, key: Key | None) -> None:
        """Check that the token may call a documented operation.

        Args:
            key: The operation; None where Asana documents none.

        Raises:
            ApiError: 402 above the plan, 403 without the scope.
        """


class Access:
    """The tokens of a running sandbox.

    Args:
        player: The world they look at.
    """

    def __init__(self, player: Player) -> None:
        self._player = player

    def grant(self, token: str) -> Grant:
        """Tell what a token may do.

        Raises:
            ApiError: 401 for a token that is not, or no longer, valid.
        """
        return Grant(actor_of(self._player, token))
