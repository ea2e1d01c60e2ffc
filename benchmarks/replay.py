"""What a company would have been told in the past: SiP's goals of 2006 to 2008, replayed from one sync at the end.

    python benchmarks/replay.py              # needs the open data folder shared/data beside the repository
    python benchmarks/replay.py --weeks 52

The sandbox plays the company at the beginning of 2009; it is synced once, the tables are made, and `asana-intel replay`
rebuilds the odds of each week without a token. Prints what the command prints; writes benchmarks/results/replay.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from programs import ROOT, OurHome, our_command

from asana_intel.cli.sandbox_process import READER_TOKEN, SandboxProcess

WORLD = ROOT.parent / "shared" / "data" / "worlds" / "sip"
RESULT = ROOT / "benchmarks" / "results" / "replay.json"
AT = datetime(2009, 1, 2, 9, tzinfo=UTC)
_WEEKS = 156


def replay(folder: Path, weeks: int) -> dict:
    """Sync, make the tables, replay; returns what `replay --json` says."""
    with OurHome(folder / "home") as home:
        sandbox = SandboxProcess.start(WORLD, AT, folder / "journal")
        try:
            seeing = {"ASANA_INTEL_ASANA__URL": sandbox.url, "ASANA_INTEL_ASANA__TOKEN": READER_TOKEN}
            for command in (["sync"], ["forecast"]):
                _run(our_command(*command), {**home.environment, **seeing})
        finally:
            sandbox.stop()
        told = _run(our_command("replay", "--weeks", str(weeks), "--json"), home.environment)
        return json.loads(told.splitlines()[-1])


def _run(command: list[str], variables: dict[str, str]) -> str:
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def main() -> int:
    """Replay and print."""
    parser = argparse.ArgumentParser(description="Replay a company's goals.")
    parser.add_argument("--weeks", type=int, default=_WEEKS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = replay(Path(folder), asked.weeks)
    for row in told["scores"]:
        row.pop("reliability")
        print({name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()})
    for row in (*told["warnings"], *told["models"]):
        print(row)
    RESULT.write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
