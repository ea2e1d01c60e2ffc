"""A sandbox that starts again with its journal answers as the one before, whatever was written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import catalogue
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.contract.document import Document
from asana_intel_tests.unit.sandbox.contract.samples import NoSampleError, Sample, Stage
from asana_intel_tests.unit.sandbox.worlds import MID, Api

IMPLEMENTED = sorted((told.operation_id, key[0]) for key, told in catalogue().items() if key in OPERATIONS)
WRITES = [name for name, method in IMPLEMENTED if method != "GET" and not name.startswith(("delete", "remove"))]
ENDINGS = [name for name, method in IMPLEMENTED if name.startswith(("delete", "remove"))]


def sent(stage: Stage, name: str) -> Sample | None:
    """Send an operation's sample call; None where what it needs is deleted by now."""
    stage.target = f"{stage.target.partition('?')[0]}?{name}"  # a second webhook to the same target is refused
    try:
        sample = stage.sample(name)
    except (NoSampleError, AssertionError, IndexError, LookupError):
        return None
    return sample if stage.send(sample)[0] in (200, 201) else None


def effects(api: Api) -> list[dict[str, Any]]:
    return [row for row in api.sandbox.ledger.rows if row["action"] != "none"]


def test_everything_written_is_there_again_after_a_restart(
    furnished_dir: Path, document: Document, target: str, tmp_path: Path
) -> None:
    state = tmp_path / "journal.jsonl"
    quiet = Conditions(behaviour=Behaviour(prompt_webhooks=False))  # nor are pushes
    live = Api(Sandbox(furnished_dir, MID, state, quiet))
    stage = Stage(live, document, target)
    written = [name for name in WRITES if sent(stage, name)]
    assert set(WRITES) - set(written) <= {"addDependentsForTask", "rejectAccessRequest"}  # by then it is done
    reads = [sample for name, method in IMPLEMENTED if method == "GET" and (sample := sent(stage, name))]
    ended = [name for name in ENDINGS if sent(stage, name)]
    assert len(ended) > len(ENDINGS) / 2
    reads += [Sample("GET", f"/webhooks/{webhook.gid}") for webhook in live.sandbox.player.webhooks.all()]
    again = Api(Sandbox(furnished_dir, MID, state))
    assert again.sandbox.truth() == live.sandbox.truth()
    assert effects(again) == effects(live)
    for api in (live, again):
        api.sandbox.set_clock((MID + timedelta(minutes=2)).isoformat())  # looks at jobs are in no journal
    for sample in (read for read in reads if "sync" not in read.query):  # answers to tokens are not kept either
        before = live.call(sample.method, sample.path, None, **sample.query)
        after = again.call(sample.method, sample.path, None, **sample.query)
        assert after == before, sample
