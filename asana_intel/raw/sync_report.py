"""What a sync tells of itself. How it is written down is sync_log.py's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asana_intel.raw.drift import Drift
from asana_intel.raw.sync_plan import How
from asana_intel.raw.watching import Heard


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    Args:
        workspace_gid: Workspace that was read.
        synced_at: Server time (UTC) at the start: the time that the tables stand at. Of a sync that went on where
            a killed one was: when that one began.
        how: events, reconcile, listing or full (see `sync_plan.How`).
        requests: HTTP requests sent.
        resumed_pages: Pages that a killed sync had read, and this one did not read again.
        minimum_requests: Requests that what was found needs at least: 100 records a page, nothing asked twice, one
            for each stream of events, and one for each object that no list showed.
        told: Tasks that events told of.
        lost: Changed tasks that events should have told of, and did not; only a reconcile can find them.
        told_since: Tasks told of since everything was listed before, these included.
        added: Raw table -> rows added; tables without any are left out.
        changed: Raw table -> rows changed, rows that came back included.
        deleted: Raw table -> rows found gone.
        unavailable: What could not be read at all -> why.
        incomplete: What could be read in part -> how much is missing, and why.
        warnings: What else people should know: fields that Asana added, dropped or changed, streams without events.
    """

    workspace_gid: str
    synced_at: datetime
    how: str
    requests: int
    resumed_pages: int
    minimum_requests: int
    told: int
    lost: int
    told_since: int
    added: dict[str, int]
    changed: dict[str, int]
    deleted: dict[str, int]
    unavailable: dict[str, str]
    incomplete: dict[str, str]
    warnings: list[str] = field(default_factory=list)

    @property
    def efficiency(self) -> float:
        """Requests made over the least that could do."""
        return self.requests / max(1, self.minimum_requests)

    @property
    def loss_rate(self) -> float | None:
        """Share of the changed tasks, since everything was listed before, that events did not tell of."""
        changed = self.told_since + self.lost
        return self.lost / changed if self.how == How.reconcile and changed else None


def warnings_of(heard: Heard, drifts: Sequence[Drift]) -> list[str]:
    """What people should know of the streams of events and of fields that are not as they were.

    Args:
        heard: What polling brought.
        drifts: Fields that Asana added, dropped or changed.
    """
    told = [f"{drift.resource}: field {drift.field} is {drift.kind}: {drift.detail}" for drift in drifts]
    told += [f"no events for {gid}: {why}" for gid, why in sorted(heard.refused.items())]
    if heard.is_unavailable:
        why = next(iter(heard.refused.values()))
        return [*told[: len(drifts)], f"no events are to be had, so that each sync lists everything: {why}"]
    if heard.unanswered:
        told.append(f"{len(heard.unanswered)} event streams had no answer; the next sync asks them again")
    return told
