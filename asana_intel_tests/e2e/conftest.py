"""One home in which the demo has played a quarter of a small generated company; made once, read by many tests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from asana_intel.cli.workbench import Workbench
from asana_intel.sandbox.generate import generate_world
from asana_intel.settings import load_settings
from asana_intel.storage.embedded import EmbeddedPostgres


@dataclass(frozen=True)
class Played:
    """A home after a demo.

    Args:
        home: ASANA_INTEL_HOME.
        world: The company that was played.
        summary: What `demo --json` printed.
        environment: Variables for further commands.
    """

    home: Path
    world: Path
    summary: dict
    environment: dict[str, str]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `asana-intel` in this home."""
        return run_cli(*arguments, environment={**self.environment, **variables})

    @property
    def bench(self) -> Workbench:
        """Settings, tables and database of this home."""
        return Workbench(load_settings(home=self.home))


def run_cli(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "asana_intel.cli.main", *arguments],
        capture_output=True, text=True, env=environment, check=False, timeout=900,
    )  # fmt: skip


def clean_environment(home: Path) -> dict[str, str]:
    """This process's variables without any of ours, and the given home."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASANA_INTEL", "DAGSTER"))}
    return {**kept, "ASANA_INTEL_HOME": str(home)}


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The home; its PostgreSQL is stopped at the end."""
    folder = tmp_path_factory.mktemp("demo")
    home, world = folder / "home", folder / "world"
    generate_world(
        world, seed=11, people=16, projects=4, tasks=480, goals=12, start_on=date(2024, 7, 1), weeks=68
    )  # fmt: skip
    environment = clean_environment(home)
    done = run_cli("demo", "--world", str(world), "--stops", "4", "--json", environment=environment)
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]
    yield Played(home, world, json.loads(done.stdout.splitlines()[-1]), environment)
    EmbeddedPostgres(home).stop()
