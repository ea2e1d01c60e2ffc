from __future__ import annotations

import io
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from asana_intel.cli.main import COMMANDS, app
from asana_intel.cli.output import Progress

run = CliRunner().invoke


def test_help_shows_every_command_with_what_it_does() -> None:
    said = run(app, ["--help"], terminal_width=200).output
    for command in COMMANDS:
        assert f"│ {command} " in said
    assert "Read the workspace from Asana into the raw tables." in said


@pytest.mark.parametrize("command", [*COMMANDS])
def test_every_command_can_be_asked_what_it_takes(command: str) -> None:
    asked = run(app, [command, "-h"])
    assert asked.exit_code == 0
    assert f"{command} [OPTIONS]" in asked.output


def test_a_misspelt_command_is_told_the_right_one() -> None:
    asked = run(app, ["synk"])
    assert asked.exit_code == 2
    assert "Did you mean 'sync'?" in asked.output


def test_a_command_does_not_load_the_others() -> None:
    program = (
        "import sys\n"
        "from asana_intel.cli.main import app\n"
        "app(['sync', '--help'], standalone_mode=False)\n"
        "print([m for m in sys.modules if m.startswith(('asana_intel.cli', 'asana_intel.changes'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "asana_intel.cli.reading" in loaded
    assert "demo" not in loaded
    assert "asana_intel.changes" not in loaded


def test_progress_shows_the_latest_that_was_told() -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=80)
    progress = Progress("Reading Asana …")
    console.print(progress)
    for n in range(1, 12_346):
        progress.note("stories [of tasks]", n)
    console.print(progress)
    assert shown.getvalue().splitlines() == ["Reading Asana …", "Reading Asana … stories [of tasks]: 12,345"]
