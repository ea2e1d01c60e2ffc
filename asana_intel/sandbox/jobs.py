"""Jobs: work that Asana does after its answer, and how far it is. What is done is duplicates.py's and others'.

The sandbox does the work at once and only tells it slowly: a job is `not_started` in the answer that makes it,
`in_progress` at the first look, `succeeded` at the second, or as soon as the clock has moved on by a minute.
"""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply
from asana_intel.sandbox.edits import default_record
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.times import plus_ms

_LATEST_MS = 60_000


def start_job(call: Call, subtype: str, **made: str) -> Reply:
    """Answer 201 with a job for what the call has made.

    Args:
        call: The call.
        subtype: Its `resource_subtype`, e.g. `duplicate_task`.
        made: Member of the job, e.g. `new_task`, and the gid of what was made.
    """
    outcome = {name: {"gid": gid} for name, gid in made.items()}
    fields = {"resource_subtype": subtype, "status": "not_started", "new_task": None, **outcome}
    record = default_record(call, "jobs", fields)
    record.extra = {"looks": 0}
    return call.one(call.player.create(record), 201)


def job_status(player: Player, gid: str) -> str:
    """Tell how far a job is: `not_started`, `in_progress` or `succeeded`."""
    record = player.get("jobs", gid)
    if record.extra["looks"] >= 2 or player.now >= plus_ms(record.born, _LATEST_MS):
        return "succeeded"
    return "in_progress" if record.extra["looks"] else "not_started"


def unfinished_jobs(player: Player, user: str) -> int:
    """Count the jobs of a user that are still running."""
    mine = (gid for gid in player.all("jobs") if player.field(gid, "created_by")["gid"] == user)
    return sum(job_status(player, gid) != "succeeded" for gid in mine)


def look_at_job(player: Player, gid: str) -> str:
    """Tell how far a job is to someone who asks, which brings it on.

    Looks are no writes: they stand in no journal, and a later run begins to count anew.
    """
    player.get("jobs", gid).extra["looks"] += 1
    return job_status(player, gid)
