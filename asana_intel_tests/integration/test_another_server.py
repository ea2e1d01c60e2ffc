"""A sync against a server that was written from Asana's documents alone, by nobody who had seen the sync."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.raw.sync import sync_workspace
from asana_intel.raw.sync_report import SyncReport
from asana_intel.settings import AsanaSettings, Settings
from asana_intel.storage.contracts.raw import RESOURCES
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore
from asana_intel_tests.integration.plain_asana import PlainAsana, World, company, least_requests

# Links have no gid of their own: theirs is made of the ends.
_LINKS = {"portfolio_items", "task_dependencies"}


class Home:
    """A home that syncs from a plain server."""

    def __init__(self, server: PlainAsana, database: Database, folder: Path) -> None:
        self.server = server
        self.database = database
        self.settings = Settings(home=folder, asana=AsanaSettings(url=server.url, token=SecretStr(server.token)))
        self.tables = TableStore(self.settings.tables_root)

    def sync(self) -> SyncReport:
        self.server.requests.clear()
        session = AsanaSession(self.server.url, SecretStr(self.server.token), paced=False, sleep=lambda _: None)
        try:
            return sync_workspace(AsanaReader(session), self.tables, self.database, self.settings)
        finally:
            session.close()

    def differences(self, world: World) -> dict[str, tuple[int, int]]:
        """Table -> how many of its rows are missing, and how many of ours are not there or stand there twice."""
        found = {}
        for name, gids in world.truth().items():
            if name in RESOURCES:
                ours = self.tables.read(f"raw/{name}").filter(pl.col("deleted_at").is_null())["gid"].to_list()
                theirs = {gid.replace("/", ":") for gid in gids} if name in _LINKS else gids
                wrong = (len(theirs.difference(ours)), len(ours) - len(theirs.intersection(ours)))
                if any(wrong):
                    found[name] = wrong
        return found

    def names(self, gids: list[str]) -> dict[str, str]:
        tasks = self.tables.read("raw/tasks").filter(pl.col("gid").is_in(gids))
        return dict(tasks.select("gid", "name").iter_rows())


def busy_company() -> World:
    return company(projects=6, tasks_per_project=30, stories_per_task=2)


def test_everything_is_read_once_and_hardly_anything_is_asked_for_in_vain(database: Database, tmp_path: Path) -> None:
    world = busy_company()
    with PlainAsana(world) as server:
        home = Home(server, database, tmp_path)
        report = home.sync()
        assert home.differences(world) == {}
        assert (report.unavailable, report.incomplete) == ({}, {})
        assert report.requests == len(server.requests) <= 1.05 * least_requests(world)


@pytest.mark.parametrize("has_workspace_events", [False, True], ids=["a stream per project", "one stream"])
def test_what_changed_is_read_and_little_else(has_workspace_events: bool, database: Database, tmp_path: Path) -> None:
    world = busy_company()
    with PlainAsana(world, has_workspace_events=has_workspace_events) as server:
        home = Home(server, database, tmp_path)
        home.sync()
        tasks = [gid for gid, task in world.tables["task"].items() if task["projects"] and not task["num_subtasks"]]
        below = [gid for gid, task in world.tables["task"].items() if task["parent"]]
        changed = [*tasks[:5], *below[:3]]
        for gid in changed:
            world.rename_task(gid, f"renamed {gid}")
        for gid in tasks[7:9]:
            world.delete_task(gid)
        report = home.sync()
        polled = sum(path.split("?")[0].endswith("/events") for _, path in server.requests)
        assert report.how == "events"
        assert home.differences(world) == {}
        assert home.names(changed) == {gid: f"renamed {gid}" for gid in changed}
        assert report.requests <= 1.2 * (polled + 1 + len(changed))  # streams, one search, stories


def test_without_events_everything_is_listed_again(database: Database, tmp_path: Path) -> None:
    world = busy_company()
    with PlainAsana(world, has_events=False) as server:
        home = Home(server, database, tmp_path)
        home.sync()
        task = next(gid for gid, task in world.tables["task"].items() if task["projects"] and not task["num_subtasks"])
        world.delete_task(task)
        report = home.sync()
        assert report.how == "listing"
        assert any("no events" in warning for warning in report.warnings)
        assert home.differences(world) == {}


def test_what_the_plan_does_not_hold_is_named_and_the_rest_is_read(database: Database, tmp_path: Path) -> None:
    world = busy_company()
    with PlainAsana(world, is_paid=False) as server:
        home = Home(server, database, tmp_path)
        report = home.sync()
        assert {"goals", "portfolios", "time_tracking_entries", "loose_tasks"} <= report.unavailable.keys()
        assert not {"projects", "users", "sections", "tags", "teams"} & home.differences(world).keys()
        missing, _ = home.differences(world)["tasks"]
        nobodys = [t for t in world.tables["task"].values() if not (t["projects"] or t["parent"] or t["assignee"])]
        assert missing == len(nobodys)
