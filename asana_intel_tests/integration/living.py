"""A company whose scores are kept up to date by events, and the commands to change, follow and refresh it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asana
import dagster as dg
import polars as pl
import requests
from pydantic import SecretStr

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.clock import WEEK as A_WEEK
from asana_intel.insights.priority.assets import build_priority_assets
from asana_intel.live.jobs import follow_events, follow_request
from asana_intel.raw.sensors import build_event_sensor
from asana_intel.storage.resources import DeltaIOManager, weekly_partitions
from asana_intel_tests.integration.fault_world import Time
from asana_intel_tests.integration.test_setup import Wanting
from asana_intel_tests.integration.test_write_path import AT, WEEK, Company

SCORES, GAINS = "insights/task_priority", "insights/task_goal_gain"
STAMPS = ["as_of_at"]


class Living(Wanting):
    """A company with odds of one goal, a project that serves it, and the week's scores."""

    def __init__(self, company: Company, **settings: Any) -> None:
        common = {"mode": "propose", "fields": {"priority": True}, "history_start_on": "2026-04-27"}
        super().__init__(company, **common, **settings)
        self.now, self.cursor = AT, None
        time, token = Time(), SecretStr("reader")
        self.reader = AsanaReader(
            AsanaSession(self.sandbox.url, token, paced=False, sleep=time.sleep, clock=time.clock)
        )
        self.resources = {
            "tables": self.tables,
            "database": self.database,
            "settings": self.settings,
            "io_manager": DeltaIOManager(self.tables),
            "mem_io_manager": dg.mem_io_manager,
            "asana_reader": self.reader,
        }
        weeks = weekly_partitions(self.settings)
        self._assets = build_priority_assets(weeks)

        @dg.op
        def nothing() -> None: ...

        @dg.job(name="refresh_workspace", partitions_def=weeks)
        def refresh_workspace() -> None:
            nothing()

        self.sensor = build_event_sensor(refresh_workspace, follow_events, follow_request)
        self._repository = dg.Definitions(
            jobs=[refresh_workspace, follow_events], sensors=[self.sensor], resources=self.resources
        ).get_repository_def()
        self.tasks, self.members = asana.TasksApi(self.witness), self.tables.read("staging/users").sort("person_gid")
        self.put_forecasts()
        self.score_anew()

    def put_forecasts(self) -> None:
        """Odds of a goal that counts the finished tasks of the public project with most open ones."""
        goals = self.tables.read("staging/goals").filter(~pl.col("is_closed")).sort("goal_gid")
        projects = self.tables.read("staging/projects").filter(privacy_setting="public_to_workspace")
        open_ones = self.tables.read("staging/tasks").filter(~pl.col("is_completed"), pl.col("parent_gid").is_null())
        placed = self.tables.read("staging/task_projects").join(open_ones, on="task_gid", how="semi")
        sizes = placed.join(projects, on="project_gid", how="semi").group_by("project_gid").len()
        self.goal = goals.filter(privacy_setting="public_to_workspace")["goal_gid"][0]
        self.project = sizes.sort("len", "project_gid", descending=[True, False])["project_gid"][0]
        week = {"as_of_on": WEEK, "as_of_at": AT}
        odds = {
            "goal_gid": self.goal, "status": "assessed", "p_attain": 0.4, "p_attain_change": 0.0, "value_p10": 20.0,
            "value_p50": 30.0, "value_p90": 40.0, "current_value": 10.0, "initial_value": 0.0, "target_value": 32.0,
        }  # fmt: skip
        self._put("forecasts/goal_attainment", [week | odds])
        goal = {"goal_gid": self.goal, "name": "Complete 32 tasks", "progress_source": "manual", "unit": "none",
                "is_workspace_level": False, "is_closed": False, "is_metric_writable": True,
                "supporting_projects": 1, "supporting_goals": 0}  # fmt: skip
        self._put("marts/dim_goal", [goal])
        self._put("marts/bridge_goal_project", [{"goal_gid": self.goal, "project_gid": self.project, "depth": 0}])

    def refresh(self) -> None:
        """What a refresh does for the scores: sync, clean, gains, scores; the forecasts stay as they are."""
        self.sync()
        self.score_anew()

    def score_anew(self) -> None:
        """Gains and scores as the assets make them."""
        with dg.DagsterInstance.ephemeral() as instance:
            made = dg.materialize(
                self._assets, resources=self.resources, instance=instance, partition_key=WEEK.isoformat()
            )
        assert made.success

    def scores(self) -> pl.DataFrame:
        return self.tables.read(SCORES, partition=WEEK).drop(STAMPS)

    def gains(self) -> pl.DataFrame:
        return self.tables.read(GAINS, partition=WEEK).drop(STAMPS)

    def score(self, gid: str) -> dict[str, Any]:
        (row,) = self.scores().filter(task_gid=gid).to_dicts()
        return row

    def a_week_ago(self, **changed: Any) -> None:
        """Let the scores of a week ago be those of now, but for some columns."""
        then = self.tables.read(SCORES, partition=WEEK).with_columns(
            as_of_on=pl.lit(WEEK - A_WEEK), **{name: pl.lit(value) for name, value in changed.items()}
        )
        self.tables.overwrite_partition(SCORES, then, WEEK - A_WEEK)

    def pass_time(self) -> None:
        self.now += timedelta(minutes=1)
        self.sandbox.set_clock(self.now)

    def tick(self) -> dg.SensorExecutionData:
        """Evaluate the sensor as the daemon does."""
        self.pass_time()
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(
                instance=instance, cursor=self.cursor, resources=self.resources, repository_def=self._repository
            )
            found = self.sensor.evaluate_tick(context)
        self.cursor = found.cursor
        return found

    def asked(self) -> dict[str, Any]:
        """Job -> configuration of the runs that a tick asks for."""
        return {request.job_name: request.run_config for request in self.tick().run_requests or ()}

    def run(self, config: Any, *, is_fine: bool = True) -> dict[str, Any]:
        """Follow events in process; what the run says of itself."""
        with dg.DagsterInstance.ephemeral() as instance:
            done = follow_events.execute_in_process(
                run_config=config, resources=self.resources, instance=instance, raise_on_error=False
            )
            assert done.success == is_fine
            events = [e for e in done.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
        return {k: v.value for e in events for k, v in e.step_output_data.metadata.items()}

    def follow(self) -> dict[str, Any]:
        """A tick, and the run that it asks for."""
        return self.run(self.asked()["follow_events"])

    def in_project(self) -> list[str]:
        """Scored tasks of the goal's project that are below none, the one ranked first last."""
        tops = self.tables.read("staging/tasks").filter(pl.col("parent_gid").is_null())["task_gid"]
        placed = self.tables.read("staging/task_projects").filter(project_gid=self.project)["task_gid"]
        is_there = pl.col("task_gid").is_in(tops.implode()) & pl.col("task_gid").is_in(placed.implode())
        return self.scores().filter(is_there).sort("rank", descending=True)["task_gid"].to_list()

    def asked_of_asana(self) -> list[str]:
        """Paths of what our reader asked since the last call."""
        address = self.sandbox.url.replace("/api/1.0", "/_sandbox/requests")
        paths = [r["path"].split("?")[0] for r in self.sandbox.requests()]
        requests.delete(address, timeout=5).raise_for_status()
        return paths

    def break_down(self, *rules: dict[str, Any]) -> None:
        """Let the sandbox fail by these rules; by none it is well."""
        address = self.sandbox.url.replace("/api/1.0", "/_sandbox/faults")
        requests.post(address, json={"faults": list(rules), "seed": 1}, timeout=5).raise_for_status()
