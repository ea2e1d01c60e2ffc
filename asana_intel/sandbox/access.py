"""What a token may do: who it acts as, its plan, its scopes, what it sees. Limits of speed are elsewhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from asana_intel.errors import ConfigError
from asana_intel.sandbox.catalogue import Key, catalogue
from asana_intel.sandbox.identity import fingerprint, made_up
from asana_intel.sandbox.permissions import require_level
from asana_intel.sandbox.plans import TOP_PLAN, features_of, features_used, hidden_resources, require_features
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError, unknown
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.tokens import FULL, Token, TokenSettings
from asana_intel.sandbox.visibility import PartialViewer, is_guest
from asana_intel.sandbox.world import Fields

SERVICE_ACCOUNT = "service_account"
# What an unknown token is: it can do everything and is nobody's, as a service account.
_ANYONE = Token(kind=SERVICE_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one token may do; by default everything.

    Attributes:
        actor: The user record it acts as.
        kind: `pat`, `oauth` or `service_account`.
        plan: One of `plans.PLANS`.
        scopes: Granted OAuth scopes; None: full rights.
        viewer: Who looks; None sees everything.
        member: Gid of the user of the world whose access levels count; None may change whatever it sees.
    """

    actor: Fields = field(default_factory=dict)
    kind: str = SERVICE_ACCOUNT
    plan: str = TOP_PLAN
    scopes: frozenset[str] | None = None
    viewer: PartialViewer | None = None
    member: str | None = None

    def kept(self) -> Fields:
        """Return what a journal must keep, so that a replayed write meets the same world."""
        return {"kind": self.kind, "viewer": self.viewer.kept() if self.viewer else None}

    @staticmethod
    def again(actor: Fields, kept: Fields | None) -> Grant:
        """Make the grant under which a kept write was accepted; it is not checked again."""
        given = kept or {}
        viewer = given.get("viewer")
        return Grant(actor, given.get("kind", SERVICE_ACCOUNT), viewer=PartialViewer.again(viewer) if viewer else None)

    def require(self, key: Key | None) -> None:
        """Check that the token may call a documented operation at all.

        Args:
            key: The operation; None where Asana documents none.

        Raises:
            ApiError: 403 without the scope or the kind of token, 402 above the plan.
        """
        if key is None:
            return
        self._require_scope(key)
        features = features_of(key)
        require_features(self.plan, features)
        if self.kind != SERVICE_ACCOUNT and any(feature.service_account for feature in features):
            raise ApiError(403, "Forbidden: only service accounts can use this endpoint")

    def _require_scope(self, key: Key) -> None:
        """Any one of the scopes that Asana lists for an operation allows it; where it lists none, only full rights."""
        wanted = catalogue()[key].scopes or frozenset({FULL})
        if self.scopes is None or not wanted.isdisjoint(self.scopes):
            return
        named = " or ".join(sorted(wanted))
        full = " (Full permissions); no granular scope allows this endpoint" if FULL in wanted else ""
        raise ApiError(
            403,
            f"Forbidden: the access token lacks the required scope: {named}{full}",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(sorted(wanted))}"'},
        )

    def admit(self, player: Player, key: Key, path: str, query: Fields, data: Fields) -> None:
        """Check that the token may do to the named objects what a request asks.

        Args:
            player: The world, as the grant's viewer sees it.
            key: The operation, already allowed by `require`.
            path: Of the request, below the base path.
            query: Decoded query parameters.
            data: The body's `data`.

        Raises:
            ApiError: 402 for objects or fields above the plan, 404 for a filter by something that must not be
                seen, 403 without the access level.
        """
        if self.plan != TOP_PLAN:
            require_features(self.plan, features_used(player, path, query, data))
        if self.viewer:
            _refuse_hidden(player, query)
        if self.member:
            require_level(player, self.member, key, path, data)


def _refuse_hidden(player: Player, query: Fields) -> None:
    """A filter by a hidden object would tell what belongs to it."""
    for name, value in query.items():
        for gid in (*name.split("."), *str(value).split(",")):
            if player.hides(gid):
                raise unknown(name.partition(".")[0], gid)


class Access:
    """The tokens of a running sandbox.

    Args:
        player: The world they look at.
        raw: Settings of tokens (see `TokenSettings.merged`), laid over the world's own.

    Raises:
        ConfigError: If settings cannot be read, or name a user whom the world does not have.
    """

    def __init__(self, player: Player, raw: Any = None) -> None:
        self._player = player
        self.settings = TokenSettings()
        self.configure(player.world.tokens)
        if raw is not None:
            self.configure(raw)
        self._at_start = self.settings

    def configure(self, raw: Any) -> None:
        """Lay settings over those there are.

        Raises:
            ConfigError: If they cannot be read, or name a user whom the world does not have.
        """
        settings = self.settings.merged(raw)
        tokens = {
            token: replace(right, user=self.user_gid(right.user, f"token {fingerprint(token)}: user"))
            for token, right in settings.tokens.items()
        }
        oauth_user = self.user_gid(settings.oauth_user, "oauth_user")
        self.settings = replace(settings, tokens=tokens, oauth_user=oauth_user)

    def shown(self) -> Fields:
        """Return the settings, with each token's fingerprint in place of the token."""
        settings = self.settings
        return {
            "only_configured": settings.only_configured,
            "plan": self._plan(),
            "oauth_user": settings.oauth_user,
            "oauth_clients": sorted(settings.oauth_clients),
            "tokens": [
                {
                    "token": fingerprint(token),
                    "user": right.user,
                    "kind": right.kind,
                    "plan": right.plan or self._plan(),
                    "scopes": None if right.scopes is None else sorted(right.scopes),
                    "expires_at": right.expires_at,
                    "strict": right.strict,
                    "revoked": right.revoked,
                }
                for token, right in settings.tokens.items()
            ],
        }

    def grant(self, token: str) -> Grant:
        """Tell what a token may do.

        Raises:
            ApiError: 401 for a token that is not, or no longer, valid.
        """
        right = self.settings.tokens.get(token)
        if right is None and not self.settings.only_configured:
            right = _ANYONE
        if right is None or right.is_dead(self._player.now):
            raise ApiError(401, "Not Authorized")
        return self.grant_of(right, token)

    def grant_of(self, right: Token, token: str) -> Grant:
        """Tell what a token with such settings may do; its text makes up the user where none is named."""
        player, plan = self._player, right.plan or self._plan()
        user = right.user
        kind = "Service account" if right is not _ANYONE and right.kind == SERVICE_ACCOUNT else "Sandbox user"
        actor = standing(player, user) if user else made_up(player, right.seed or token, kind)
        is_strict = right.strict if right.strict is not None else user is not None and right.kind != SERVICE_ACCOUNT
        member = actor["gid"] if is_strict else None
        guest = member is not None and is_guest(player, member)
        viewer = PartialViewer(member, guest, hidden_resources(plan))
        return Grant(
            actor=actor,
            kind=right.kind,
            plan=plan,
            scopes=right.scopes,
            viewer=None if viewer == _SEES_ALL else viewer,
            member=member,
        )

    def issue(self, right: Token) -> str:
        """Add a new access token and return it."""
        token = f"2/{secrets.token_hex(24)}"
        self.settings = replace(self.settings, tokens={**self.settings.tokens, token: right})
        return token

    def revoke(self, token: str) -> None:
        """Refuse an issued token from now on; a forgotten one is no error."""
        right = self.settings.tokens.get(token, Token())
        self.settings = replace(self.settings, tokens={**self.settings.tokens, token: replace(right, revoked=True)})

    def forget(self) -> None:
        """Return to the settings of the start; what was set or issued since is gone."""
        self.settings = self._at_start

    def _plan(self) -> str:
        workspaces = (self._player.record(gid) for gid in self._player.world.by_resource["workspaces"])
        recorded = (record.extra.get("plan") for record in workspaces if record)
        return self.settings.plan or next((plan for plan in recorded if plan), TOP_PLAN)

    def user_gid(self, named: str | None, where: str = "user") -> str | None:
        """Find a user of the world by gid or e-mail, born yet or not; None stays None.

        Raises:
            ConfigError: If there is none; `where` says which setting named them.
        """
        if named is None:
            return None
        player = self._player
        record = player.record(named)
        if record and record.resource == "users":
            return named
        users = (*player.world.by_resource["users"], *player.made_of["users"])
        found = next((gid for gid in users if player.field(gid, "email") == named), None)
        if found is None:
            raise ConfigError(f"{where}: no such user: {named}", fix=_USER_FIX)
        return found


_SEES_ALL = PartialViewer(None)
_USER_FIX = "the gid or the e-mail address of one of the world's users, or null to make one up"
