"""Bringing the raw tables up to date by what events tell: the order of reading. What events mean is touched.py's.

Two lists show new, changed and vanished projects and goals. Then all streams are polled; what is new, or whose stream
broke off, is read anew; what was told of is read with the fewest requests; and what was deleted is marked so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

import polars as pl

from asana_intel.asana.reader import AsanaReader
from asana_intel.raw import streams
from asana_intel.raw.landing import Landing
from asana_intel.raw.records import Record, row_of
from asana_intel.raw.streams import CONTAINERS, Stream
from asana_intel.raw.task_reads import TaskReads
from asana_intel.raw.touched import Touched, touched_by
from asana_intel.raw.walk import Question
from asana_intel.raw.watching import Heard

# Raw table -> column of what its rows hang on, and the stream that lists them for each kind of container.
_LISTS: dict[str, tuple[str, Mapping[str, Stream]]] = {
    "sections": ("project_gid", {"projects": streams.SECTIONS}),
    "project_memberships": ("parent_gid", {"projects": streams.PROJECT_MEMBERSHIPS}),
    "status_updates": ("parent_gid", streams.STATUS_UPDATES),
    "goal_relationships": ("supported_goal_gid", {"goals": streams.GOAL_RELATIONSHIPS}),
}
# Links that go when what they lead to goes, and what they may lead to.
_LINKED = (("custom_field_settings", "parent_gid"), ("goal_relationships", "supporting_resource_gid"))
_SUPPORTERS = {"projects", "goals", "portfolios", "tasks"}
_BY_TABLE = {stream.resource: stream for stream in streams.ROOTS}


class CatchUp:
    """One reading of what changed.

    Args:
        landing: Where records go.
        reads: Reads tasks.
        reader: Asana; asked for searches.
        workspace_gid: Workspace that is read.
        containers: Projects and goals as listed at the start, by raw table.
        heard: What the event streams told.
        search_since: When search was last asked; None: there is no search.
    """

    def __init__(
        self,
        landing: Landing,
        reader: AsanaReader,
        workspace_gid: str,
        containers: Mapping[str, Sequence[Record]],
        heard: Heard,
        search_since: datetime | None,
    ) -> None:
        self.reads = TaskReads(landing)
        self._touched: Touched = touched_by(heard.events)
        self._refielded: set[str] = set()
        self._landing = landing
        self._tables = landing.tables
        self._reader = reader
        self._workspace_gid = workspace_gid
        self._containers = containers
        self._heard = heard
        self._search_since = search_since

    @property
    def told(self) -> int:
        """Tasks that were told of."""
        return len(self._touched.tasks) + len(self._touched.deleted["tasks"])

    def run(self) -> None:
        """Read and merge what changed.

        What is gone is marked last: until then it tells what else must be read, also to the sync after a killed one.
        """
        self._read_other_roots()
        anew = self._anew()
        self._find_places()
        self._read_lists(anew)
        self._read_tasks(anew)
        self._read_goals(anew["goals"])
        self._bury()
        self._finish()
        self._landing.read_task_stories()

    def _read_other_roots(self) -> None:
        """Lists of the workspace that were told of and are not read yet, and what vanished from those that are."""
        told = [_BY_TABLE[table] for table in sorted(self._touched.roots - self._containers.keys())]
        listed = {table: [*records] for table, records in self._containers.items()}
        for answer in self._landing.walk.lists(Question(stream, self._workspace_gid) for stream in told):
            table = answer.question.stream.resource
            self._landing.land(table, answer.rows)
            listed[table] = [fact.record for fact in answer.facts if fact.record is not None]
        self._take_fields([record for table, records in listed.items() if table in CONTAINERS for record in records])
        for table in listed:
            missing = [] if self._landing.walk.failed(table) else self._tables[table].unlisted()
            told = self._touched.deleted[table]
            for record in self._landing.second_look.objects(table, [gid for gid in missing if gid not in told]):
                self._landing.land(table, [row_of(table, record)])
        for table in ("projects", "goals"):
            gone = self._landing.second_look.gone(table)
            for gid in gone:
                self._touched.deleted[table].setdefault(gid, self._landing.synced_at)

    def _take_fields(self, containers: Sequence[Record]) -> None:
        """Take the fields attached to containers; the fields themselves are listed where one is new to us.

        A field that is attached or detached shows in each task of the project, and no event tells of that.
        """
        settings, fields = self._tables["custom_field_settings"], self._tables["custom_fields"]
        before: dict[str, set[str]] = defaultdict(set)
        for gid, parent in settings.standing("parent_gid").iter_rows():
            before[parent].add(gid)
        attached: set[str] = set()
        for record in containers:
            if "custom_field_settings" not in record:
                continue
            self._landing.settings_of(streams.table_of(record), record)
            shown = {
                setting["gid"]: setting["custom_field"]["gid"] for setting in record["custom_field_settings"] or ()
            }
            attached.update(shown.values())
            if before[record["gid"]] != shown.keys():
                self._refielded.add(record["gid"])
                settings.delete(before[record["gid"]] - shown.keys())
        if any(not fields.was_standing(gid) and gid not in fields.seen for gid in attached):
            self._landing.land_all([Question(_BY_TABLE["custom_fields"], self._workspace_gid)])

    def _anew(self) -> dict[str, set[str]]:
        """Projects and goals to be read whole: new ones, those whose stream broke off, those whose fields changed."""
        found: dict[str, set[str]] = {}
        for table in ("projects", "goals"):
            deleted = self._touched.deleted[table]
            taken = {gid for gid in self._tables[table].seen if not self._tables[table].was_standing(gid)}
            expired = {gid for gid in self._heard.expired if self._tables[table].was_standing(gid)}
            refielded = {gid for gid in self._refielded if self._tables[table].was_standing(gid)}
            found[table] = (taken | expired | refielded) - deleted.keys()
        return found

    def _find_places(self) -> None:
        """Name the tasks and lists that events told of only by what lies in them, or that deletions leave behind."""
        touched = self._touched
        if touched.stories:
            on = self._tables["stories"].standing("target_gid").filter(pl.col("gid").is_in(list(touched.stories)))
            goals = self._tables["goals"]
            for target in on["target_gid"].drop_nulls():
                if goals.was_standing(target):
                    touched.stories_of.add(target)
                elif target not in touched.deleted["tasks"]:
                    touched.tasks.setdefault(target, self._landing.synced_at)
        if touched.sections or touched.deleted["projects"]:
            sections = self._tables["sections"].standing("project_gid")
            of = sections.filter(pl.col("gid").is_in(list(touched.sections)))["project_gid"].drop_nulls()
            touched.lists.update(("sections", gid) for gid in of)
            self._touch_tasks_of(sections, touched.deleted["projects"])
        if touched.deleted["tasks"]:
            self._touch_around(touched.deleted["tasks"])
        if touched.reparented:
            before = self._tables["tasks"].standing("parent_gid").filter(pl.col("gid").is_in(list(touched.reparented)))
            for parent in before["parent_gid"].drop_nulls():
                self._touch_moved(parent)

    def _touch_tasks_of(self, sections: pl.DataFrame, projects: Collection[str]) -> None:
        """Tasks of a project that is gone stand elsewhere now, or nowhere."""
        left = set(sections.filter(pl.col("project_gid").is_in(list(projects)))["gid"])
        if not left:
            return
        placed = self._tables["tasks"].standing("section_gids")
        for gid, places in placed.filter(pl.col("section_gids") != "").iter_rows():
            if not left.isdisjoint(places.split()):
                self._touch_moved(gid)

    def _touch_around(self, deleted: dict[str, datetime]) -> None:
        """What lay below deleted tasks went with them; what lay above or waited for them changed."""
        below = self._tables["tasks"].standing("parent_gid", "section_gids")
        above = dict(below.filter(pl.col("gid").is_in(list(deleted))).select("gid", "parent_gid").iter_rows())
        for parent in filter(None, above.values()):
            self._touch_moved(parent)
        layer = [*deleted]
        while layer:
            children = below.filter(pl.col("parent_gid").is_in(layer), ~pl.col("gid").is_in(list(deleted)))
            layer = []
            for gid, parent, places in children.iter_rows():
                if places:  # it stands in a project of its own
                    self._touch_moved(gid)
                else:
                    deleted[gid] = deleted[parent]
                    layer.append(gid)
        for gid in self._waiting_for(deleted):
            self._touch_moved(gid)

    def _waiting_for(self, gone: Collection[str]) -> list[str]:
        """Tasks that are stored as waiting for tasks that are gone: they do not any more."""
        if not gone:
            return []
        links = self._tables["task_dependencies"].standing("task_gid", "depends_on_gid")
        return (
            links.filter(pl.col("depends_on_gid").is_in(list(gone)))["task_gid"].unique(maintain_order=True).to_list()
        )

    def _touch_moved(self, gid: str) -> None:
        if gid not in self._touched.deleted["tasks"]:
            self._touched.tasks.setdefault(gid, self._landing.synced_at)
            self._touched.moved.add(gid)

    def _bury(self) -> None:
        """Mark what was deleted, after all that follows from it was read: a crash in between repeats the reading."""
        for table, deleted in self._touched.deleted.items():
            self._landing.bury(table, [*deleted], deleted)
            for listed, (column, by_kind) in _LISTS.items():
                if table in by_kind and deleted:
                    self._tables[listed].delete(self._tables[listed].referring_to(column, [*deleted]))
            for listed, column in _LINKED if table in _SUPPORTERS and deleted else ():
                self._tables[listed].delete(self._tables[listed].referring_to(column, [*deleted]))
        if deleted := self._touched.deleted["tasks"]:
            links = self._tables["task_dependencies"]
            links.delete(links.referring_to("task_gid", [*deleted]) + links.referring_to("depends_on_gid", [*deleted]))

    def _read_lists(self, anew: Mapping[str, Collection[str]]) -> None:
        """Read what hangs on containers; what a list does not show any more is asked for alone."""
        asked: set[tuple[str, str]] = set()
        for table, gid in self._touched.lists:
            asked.add((table, gid))
        for table, gids in anew.items():
            asked.update((listed, gid) for gid in gids for listed, (_, kinds) in _LISTS.items() if table in kinds)
        questions = [q for table, gid in sorted(asked) if (q := self._question(table, gid))]
        answered: dict[str, list[str]] = {}
        for answer in self._landing.walk.lists(questions):
            resource = answer.question.stream.resource
            self._landing.land(resource, answer.rows)
            answered.setdefault(resource, []).append(answer.question.parent_gid)
        for resource, parents in answered.items():
            table = self._tables[resource]
            told = self._touched.deleted[resource]
            stored = table.referring_to(_LISTS[resource][0], parents)
            missing = [gid for gid in stored if gid not in table.seen and gid not in told]
            table.delete(self._landing.second_look.confirm(resource, missing))

    def _question(self, listed: str, gid: str) -> Question | None:
        """The list of some kind that hangs on a container; None where it has none, or is gone."""
        _, kinds = _LISTS.get(listed, ("", {}))
        for table, stream in kinds.items():
            stands = gid in self._tables[table].seen or self._tables[table].was_standing(gid)
            if stands and gid not in self._touched.deleted[table]:
                return Question(stream, gid)
        return None

    def _read_tasks(self, anew: Mapping[str, Collection[str]]) -> None:
        asked: set[str] = set()
        whole = sorted(anew["projects"])
        self._landing.take_down(self._landing.walk.lists(Question(streams.PROJECT_TASKS, g) for g in whole), asked)
        self.reads.take_touched(self._touched, self._reader, self._workspace_gid, self._search_since)
        if whole:
            self.reads.take(self._missing_of(whole, asked))
        self.reads.take(self._waiting_for(self._landing.second_look.gone("tasks")))
        self._landing.merge_tasks()

    def _missing_of(self, projects: Collection[str], parents: Collection[str]) -> list[str]:
        """Tasks that stood in projects, or below tasks, which were read whole, and were not among what they showed."""
        sections = self._tables["sections"].standing("project_gid")
        places = set(sections.filter(pl.col("project_gid").is_in(list(projects)))["gid"])
        stored = self._tables["tasks"].standing("parent_gid", "section_gids")
        below = stored.filter(pl.col("parent_gid").is_in(list(parents)))["gid"]
        inside = (g for g, _, at in stored.iter_rows() if at and not places.isdisjoint(at.split()))
        told = self._touched.deleted["tasks"]
        return [gid for gid in chain(below, inside) if gid not in self._tables["tasks"].seen and gid not in told]

    def _read_goals(self, anew: Iterable[str]) -> None:
        asked = {*self._touched.stories_of, *anew} - self._touched.deleted["goals"].keys()
        self._landing.merge_goals(self._containers["goals"], asked)

    def _finish(self) -> None:
        look = self._landing.second_look
        for resource, table in self._tables.items():
            table.flush()
            self._landing.bury(resource, [gid for gid in look.gone(resource) if gid not in table.seen])
        self._drop_links()

    def _drop_links(self) -> None:
        """Dependencies of tasks that were read, and that they do not show any more, and of tasks that are gone."""
        links, gone = self._tables["task_dependencies"], self._landing.second_look.gone("tasks")
        read = [gid for gid in self._tables["tasks"].seen if self._tables["tasks"].was_standing(gid)]
        links.delete([gid for gid in links.referring_to("task_gid", [*read, *gone]) if gid not in links.seen])
