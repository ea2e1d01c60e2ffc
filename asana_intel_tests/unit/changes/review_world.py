"""A company whose reviewers are asked in Asana: tables of one sync, and the histories of approval tasks. No test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from asana_intel.changes import policy
from asana_intel.changes.asking import Asking, ask_reviewers
from asana_intel.changes.policy import Scope
from asana_intel.errors import SkippableError
from asana_intel.settings import Mode, Settings, load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SYNCED_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
BOT, ADA, BEN, CLEO, STRANGER = "99", "71", "72", "73", "79"
REVIEWERS = {
    "ada": {"gid": ADA, "delegate": "cleo"},
    "ben": {"gid": BEN},
    "cleo": {"gid": CLEO, "asked": False},
}
_EMPTY: dict[Any, Any] = {pl.Boolean: False, pl.String: "", pl.Int64: 0, pl.Float64: 0.0, pl.Datetime: SYNCED_AT}
ASKING = Scope("review", field="approval_request")


class ReviewWorld:
    """What asking and answering need, with Asana's approval tasks in memory.

    Args:
        database: The ledger.
        tables: Where the tables of the sync go.
        asana: The writer's Asana.
    """

    def __init__(self, database: Database, tables: TableStore, asana: Any) -> None:
        self.database, self.tables, self.asana = database, tables, asana
        self.stories: dict[str, list[dict[str, Any]]] = {}
        self.settings = self.with_settings()
        self.reads = 0
        asana.projects.append({"gid": "700", "name": "OKR Actions"})
        asana.goals |= {gid: {"workspaces": [{"gid": "900"}]} for gid in (ADA, BEN, CLEO, STRANGER)}
        self.put("staging/users", *({"person_gid": gid, "name": gid} for gid in (ADA, BEN, CLEO, STRANGER)))
        self.put("staging/projects", {"project_gid": "700", "name": "OKR Actions"})
        self.put("staging/goals", {"goal_gid": "1", "name": "Grow"})
        self.put("staging/tasks")
        self.put("staging/time_off")
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO sync_run"
                " (synced_at, workspace_gid, asana_url, requests, rows_added, rows_changed, rows_deleted)"
                " VALUES (%s, '900', 'http://localhost/api/1.0', 1, 1, 0, 0)",
                (SYNCED_AT,),
            )

    def put(self, key: str, *rows: dict[str, Any]) -> None:
        """Fill a table; columns that are not given are null, or false, nothing or today where they may not be."""
        contract = CONTRACTS[key]
        blank = {c.name: _EMPTY.get(c.dtype.base_type()) if c.required else None for c in contract.columns}
        self.tables.overwrite(key, pl.DataFrame([blank | row for row in rows], schema=contract.schema))

    def away(self, *gids: str) -> None:
        """These people are out of office today."""
        days = {"start_on": date(2026, 11, 20), "end_on": date(2026, 11, 20)}
        self.put("staging/time_off", *({"entry_gid": gid, "person_gid": gid} | days for gid in gids))

    def with_settings(self, mode: Mode = Mode.propose, **review: Any) -> Settings:
        """Settings that ask ada and ben, unless told otherwise."""
        return load_settings(mode=mode, review={"ask_in_asana": True, "reviewers": REVIEWERS} | review)

    def allow(self) -> None:
        """The admin lets approval requests be sent."""
        policy.set_rule(self.database, ASKING, Mode.auto, "we decide in Asana", "admin", NOW)

    def ask(self, now: datetime = NOW) -> Asking:
        """Plan what is to be asked."""
        return ask_reviewers(self.database, self.tables, self.settings, now)

    def ask_in_asana(self, applied: Callable[..., Any], now: datetime = NOW) -> list[str]:
        """Plan, send and return the gids of the tasks there are now."""
        self.allow()
        for plan in self.ask(now).plans:
            applied(plan, at=now)
        return [task["gid"] for task in self.asana.tasks]

    # As the reader sees it

    def decide(self, task_gid: str, user_gid: str | None, status: str, **more: Any) -> None:
        """Somebody changes the approval of a task, and Asana tells it."""
        told = self.stories.setdefault(task_gid, [])
        told.append(
            {
                "gid": f"{task_gid}{len(told):03}",
                "created_at": f"2026-11-20T07:00:{len(told):02}.000Z",
                "created_by": user_gid and {"gid": user_gid},
                "resource_subtype": "approval_status_changed",
                "new_approval_status": status,
            }
            | more
        )

    def comment(self, task_gid: str, user_gid: str, text: str) -> None:
        """Somebody says something, which is no decision."""
        self.decide(task_gid, user_gid, "", resource_subtype="comment_added", text=text, new_approval_status=None)

    def one(self, resource_path: str, fields: str) -> dict[str, Any]:
        """The task's author, as the reader reads it."""
        self.reads += 1
        gid = resource_path.split("/")[2]
        if all(task["gid"] != gid for task in self.asana.tasks):
            raise SkippableError(f"{resource_path}: 404")
        return {"gid": gid, "created_by": {"gid": BOT}}

    def list(self, resource_path: str, params: Mapping[str, str | int], fields: str) -> Iterator[dict[str, Any]]:
        """The task's stories, as the reader reads them."""
        self.reads += 1
        yield from self.stories.get(resource_path.split("/")[2], [])
