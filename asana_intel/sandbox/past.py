"""The world as it stood a while ago: a second player that follows the first one's log of writes. It changes nothing."""

from __future__ import annotations

from bisect import bisect_right

from asana_intel.sandbox.exchange import Past
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.times import plus_ms


class Follower:
    """A player that repeats another's writes up to some place in its log.

    Args:
        leader: The player that is followed; its effects must not be forgotten meanwhile.
    """

    def __init__(self, leader: Player) -> None:
        self._leader = leader
        self._player = Player(leader.world, leader.now)
        self._done = 0

    def as_of(self, past: Past, ends: list[int]) -> Player:
        """Return the player as it stood.

        Args:
            past: How far back.
            ends: Length of the leader's log after each accepted write, oldest first.

        Returns:
            A player to read from, until the next call.
        """
        leader = self._leader
        if past.seconds is None:
            kept = len(ends) - (past.writes or 0)
            now, until = leader.now, ends[kept - 1] if kept > 0 else 0
        else:
            now = plus_ms(leader.now, -round(past.seconds * 1000))
            until = bisect_right(leader.log, now, key=lambda write: write.at)
        if until < self._done:
            self._player, self._done = Player(leader.world, now), 0
        for write in leader.log[self._done : until]:
            self._player.repeat(write)
        self._done = until
        self._player.identities = leader.identities
        self._player.events, self._player.webhooks = leader.events, leader.webhooks
        self._player.now = now
        self._player.forget_views()
        return self._player
