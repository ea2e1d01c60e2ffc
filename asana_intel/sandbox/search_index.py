"""The state that search sees: the world as it stood some seconds of the clock ago. Which things fit is not here.

Search matches against this earlier state, and shows what it finds as it is now; what has been deleted since is left
out. So a new task is missing, and a changed one is still found by what it was, until the clock has moved on.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from asana_intel.sandbox.exchange import Past
from asana_intel.sandbox.past import Follower
from asana_intel.sandbox.player import Player, Write

# Player -> the log that its follower reads (a new one after a reset), and the follower.
_INDEXES: WeakKeyDictionary[Player, tuple[list[Write], Follower]] = WeakKeyDictionary()


def searched(player: Player) -> Player:
    """Return the player as search sees it, `behaviour.search_lag_s` seconds of the clock ago; until the next call."""
    lag = player.behaviour.search_lag_s
    if not lag:
        return player
    known = _INDEXES.get(player)
    if known is None or known[0] is not player.log:
        known = _INDEXES[player] = (player.log, Follower(player))
    return known[1].as_of(Past(seconds=lag, writes=None), [])
