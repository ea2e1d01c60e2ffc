"""What a token is and what it may read, found out by asking: a dozen small GETs, nothing else. Judges no capability."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from asana_intel.asana.session import AsanaSession, path
from asana_intel.errors import AsanaIntelError, ConfigError, PermanentError, RetriableError, SkippableError

_SCOPE = re.compile(r"\b(default|[a-z_.]+:(?:read|write|delete))\b")
_STATUS = re.compile(r": ([0-9]{3}) ")
_NEVER = "2100-01-01"  # asks for time entries of a day that has none
_PAGE = 100


class Outcome(StrEnum):
    """How a part of Asana answered."""

    yes = "yes"
    plan = "plan"  # 402
    scope = "scope"  # 403 for want of an OAuth scope
    refused = "refused"  # 403 for another reason
    absent = "absent"  # 404, 501
    unclear = "unclear"


@dataclass(frozen=True)
class TokenFacts:
    """What was found out about one token.

    Attributes:
        user_gid: Who it acts as.
        user_name: Their name, for their own eyes.
        kind: `personal access token`, `service account` or `oauth`.
        plan: `personal`, `starter`, `advanced`, `enterprise`, `enterprise_plus` or `unknown`: at least that one.
        scopes: Granted, where known; None: all rights of the user, or not known.
        missing_scopes: Named by refusals.
        is_guest: Sees only what they were invited to; None where the server does not say.
        is_view_only: May change nothing; None where the server does not say.
        projects: Projects seen, at most 100 counted.
        private_projects: Those of them that are private.
        parts: Part of Asana -> how it answered.
    """

    user_gid: str
    user_name: str
    kind: str
    plan: str
    scopes: tuple[str, ...] | None
    missing_scopes: tuple[str, ...]
    is_guest: bool | None
    is_view_only: bool | None
    projects: int
    private_projects: int
    parts: Mapping[str, Outcome]


def probe(session: AsanaSession, workspace_gid: str, scope: str | None = None) -> TokenFacts:
    """Find out what the session's token is and may read.

    Args:
        session: Whose token is looked at.
        workspace_gid: Where.
        scope: Granted at the login, blank-separated; None for tokens that were not logged in with.

    Raises:
        ConfigError: The token is rejected.
        RetriableError: The server does not answer.
    """
    me = session.get("/users/me", {"opt_fields": "name"})["data"]
    messages: list[str] = []
    parts = {part: _asked(session, where, params, messages) for part, where, params in _parts(workspace_gid)}
    missing = tuple(sorted({word for m in messages if "scope" in m for word in _SCOPE.findall(m)}))
    membership = _membership(session, workspace_gid)
    projects = _records(session, "/projects", {"workspace": workspace_gid, "archived": "false", "limit": _PAGE})
    return TokenFacts(
        user_gid=str(me["gid"]),
        user_name=str(me.get("name") or ""),
        kind=_kind(parts, membership, scope, missing),
        plan=_plan(parts),
        scopes=tuple(scope.split()) if scope and scope != "default" else None,
        missing_scopes=missing,
        is_guest=membership.get("is_guest") if membership else None,
        is_view_only=membership.get("is_view_only") if membership else None,
        projects=len(projects),
        private_projects=sum(str(p.get("privacy_setting", "")).startswith("private") for p in projects),
        parts=parts,
    )


def _parts(workspace_gid: str) -> list[tuple[str, str, dict[str, str | int]]]:
    here: dict[str, str | int] = {"workspace": workspace_gid, "limit": 1}
    return [
        ("custom fields", path("/workspaces/{}/custom_fields", workspace_gid), {"limit": 1}),
        ("search", path("/workspaces/{}/tasks/search", workspace_gid), {"limit": 1, "opt_fields": "gid"}),
        ("goals", "/goals", here),
        ("time periods", "/time_periods", here),
        ("portfolios", "/portfolios", {**here, "owner": "me"}),
        ("allocations", "/allocations", here),
        ("absences", "/ooo_entries", {**here, "user": "me"}),
        ("time entries", "/time_tracking_entries", {**here, "entered_on_start_date": _NEVER}),
        ("memberships", path("/workspaces/{}/workspace_memberships", workspace_gid), {"limit": 1}),
        ("roles", "/roles", here),
        ("audit log", path("/workspaces/{}/audit_log_events", workspace_gid), {"limit": 1}),
        ("workspace events", path("/workspaces/{}/events", workspace_gid), {}),
    ]


def _asked(session: AsanaSession, where: str, params: Mapping[str, str | int], messages: list[str]) -> Outcome:
    try:
        session.get_answer(where, params, also={412})
    except (SkippableError, PermanentError) as refusal:
        messages.append(refusal.message)
        return _outcome(refusal.message)
    return Outcome.yes


def _outcome(message: str) -> Outcome:
    found = _STATUS.search(message)
    match found.group(1) if found else "":
        case "402":
            return Outcome.plan
        case "403":
            return Outcome.scope if "scope" in message else Outcome.refused
        case "404" | "501":
            return Outcome.absent
    return Outcome.unclear


def _membership(session: AsanaSession, workspace_gid: str) -> dict[str, Any] | None:
    """The user's own membership: empty where they have none, None where it cannot be read."""
    try:
        params = {"workspace": workspace_gid, "opt_fields": "is_guest,is_view_only,is_admin", "limit": 1}
        found = session.get("/users/me/workspace_memberships", params)["data"]
    except (SkippableError, PermanentError):
        return None
    return found[0] if found else {}


def _records(session: AsanaSession, where: str, params: Mapping[str, str | int]) -> list[dict[str, Any]]:
    try:
        return session.get(where, {**params, "opt_fields": "privacy_setting"})["data"]
    except (ConfigError, RetriableError):
        raise
    except AsanaIntelError:
        return []


def _kind(
    parts: Mapping[str, Outcome], membership: dict[str, Any] | None, scope: str | None, missing: tuple[str, ...]
) -> str:
    if scope is not None or missing:
        return "oauth"
    if parts["audit log"] is Outcome.yes or membership == {}:
        return "service account"
    return "personal access token"


def _plan(parts: Mapping[str, Outcome]) -> str:
    """The lowest plan that explains the answers; Asana tells no token its plan."""
    signs = [
        ("enterprise_plus", "workspace events"),
        ("enterprise", "audit log"),
        ("enterprise", "roles"),
        ("advanced", "goals"),
        ("advanced", "portfolios"),
        ("advanced", "allocations"),
        ("starter", "custom fields"),
        ("starter", "search"),
    ]
    proven = next((plan for plan, part in signs if parts[part] is Outcome.yes), None)
    if proven:
        return proven
    return "personal" if Outcome.plan in {parts["custom fields"], parts["search"]} else "unknown"
