"""Who a bearer token is: reading it from a request, and the user made from its hash. Rights are access.py's."""

from __future__ import annotations

import hashlib

from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.world import Fields


def token_of(authorization: str) -> str:
    """Return the bearer token of an `Authorization` header.

    Raises:
        ApiError: 401 if there is none.
    """
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise ApiError(401, "Not Authorized")
    return token.strip()


def fingerprint(token: str) -> str:
    """Return the first eight digits of a token's SHA-256: enough to tell tokens apart, not to use one."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]


def made_up(player: Player, token: str, kind: str) -> Fields:
    """Return the user made from a token's hash, known to the player from then on; `kind` begins their name."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    return known_identity(player, str(9 * 10**15 + int(digest[:12], 16)), f"{kind} {digest[:4]}")


def known_identity(player: Player, gid: str, name: str) -> Fields:
    """Return the made-up user of that gid, entered if it is new; the world's own users are left as they are."""
    if player.record(gid):
        return standing(player, gid)
    if gid not in player.identities:
        player.identities[gid] = {
            "gid": gid,
            "resource_type": "user",
            "name": name,
            "email": f"{name.lower().replace(' ', '-')}@sandbox.example",
            "photo": None,
            "custom_fields": [],
            "workspaces": [player.ref(workspace) for workspace in player.all("workspaces")],
        }
    return player.identities[gid]
