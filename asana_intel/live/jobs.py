"""Dagster's face of following an event: one small job that the event sensor asks for beside its refresh."""

from collections.abc import Collection

import dagster as dg

from asana_intel.asana.reader import AsanaReader
from asana_intel.errors import AsanaIntelError
from asana_intel.live.follow import Followed, follow
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore


class FollowConfig(dg.Config):
    """Tasks that changed since the last sync, and those of them on which somebody spoke."""

    tasks: list[str]
    spoken: list[str]


@dg.op(out=dg.Out(dg.Nothing, io_manager_key="mem_io_manager"))
def rescore_what_changed(
    context: dg.OpExecutionContext,
    config: FollowConfig,
    asana_reader: dg.ResourceParam[AsanaReader],
    tables: dg.ResourceParam[TableStore],
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
) -> None:
    """Read these tasks alone, score again what they touch, tell whom it moved much, and check what was edited."""
    try:
        done = follow(asana_reader, tables, database, settings, config.tasks, config.spoken)
    except AsanaIntelError as failed:
        raise dg.Failure(description=str(failed), allow_retries=False) from failed
    if done.skipped:
        context.log.info(done.skipped)
    context.add_output_metadata(_metadata(done))


@dg.job(tags={"dagster/max_retries": "0", "dagster/priority": "1"}, executor_def=dg.in_process_executor)
def follow_events() -> None:
    """Bring the week's scores up to date with a few tasks. Writes nothing to Asana; a refresh does it again."""
    rescore_what_changed()


def follow_request(tasks: Collection[str], spoken: Collection[str]) -> dg.RunRequest:
    """A run that follows these tasks; see `FollowConfig`."""
    config = {"tasks": sorted(tasks), "spoken": sorted(spoken)}
    return dg.RunRequest(
        job_name=follow_events.name, run_config={"ops": {rescore_what_changed.name: {"config": config}}}
    )


def _metadata(done: Followed) -> dict[str, str | int | float]:
    """Counts, seconds and ids only."""
    told = {
        "tasks_read": done.tasks_read,
        "requests": done.requests,
        "rows_rescored": done.rows_rescored,
        "notices": done.told,
        "breaches": done.breaches,
        "comments": done.commented,
        "seconds": round(sum(done.seconds.values()), 3),
    }
    named = {"plan_id": done.plan_id, "check_plan_id": done.check_plan_id, "skipped": done.skipped}
    steps = {f"seconds_{step.replace(' ', '_')}": round(seconds, 3) for step, seconds in done.seconds.items()}
    return told | steps | {name: text for name, text in named.items() if text is not None}
