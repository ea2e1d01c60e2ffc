"""The program `asana-intel`: its commands by name. What they do lies in the modules beside this one.

A command's module is loaded when the command is called: loading all of them would cost each call another third.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

START, READ, WRITE = "Start here", "Read and forecast", "Review and write"

# Command -> module beside this one, what it is called there, and the panel of the help that shows it.
COMMANDS = {
    "demo": ("demo", "demo", START),
    "up": ("serving", "up", START),
    "doctor": ("diagnosing", "doctor", START),
    "auth": ("authorizing", "auth_app", START),
    "sandbox": ("serving", "sandbox_app", START),
    "sync": ("reading", "sync", READ),
    "query": ("reading", "query", READ),
    "export": ("exporting", "export", READ),
    "forecast": ("reading", "forecast", READ),
    "capacity": ("reading", "capacity", READ),
    "load": ("load", "load", READ),
    "whatif": ("what_if", "whatif_app", READ),
    "scenarios": ("what_if", "scenarios_app", READ),
    "rebalance": ("rebalancing", "rebalance", READ),
    "headcount": ("planning", "headcount", READ),
    "ramp": ("planning", "ramp", READ),
    "prioritize": ("prioritizing", "prioritize", READ),
    "triage": ("triaging", "triage", READ),
    "sprint": ("sprinting", "sprint_app", READ),
    "portfolio": ("prioritizing", "portfolio", READ),
    "initiative": ("weighing", "initiative", READ),
    "retro": ("sprinting", "retro", READ),
    "narrative": ("narrating", "narrative", READ),
    "scoreboard": ("scoring", "scoreboard", READ),
    "replay": ("scoring", "replay", READ),
    "report": ("reading", "report", READ),
    "digest": ("reading", "digest", READ),
    "evidence-pack": ("protecting", "evidence_pack", READ),
    "setup": ("setting_up", "setup", WRITE),
    "plan": ("changing", "plan", WRITE),
    "review": ("changing", "review", WRITE),
    "approve": ("changing", "approve", WRITE),
    "reject": ("changing", "reject", WRITE),
    "apply": ("changing", "apply", WRITE),
    "release": ("changing", "release", WRITE),
    "revert": ("undoing", "revert", WRITE),
    "adopt": ("undoing", "adopt", WRITE),
    "policy": ("governing", "policy_app", WRITE),
    "stop": ("governing", "stop", WRITE),
    "resume": ("governing", "resume", WRITE),
    "audit": ("auditing", "audit_app", WRITE),
    "webhook": ("webhooks", "webhook_app", WRITE),
}


class _Commands(Mapping[str, Any]):
    """The commands as typer wants them, each made when it is first looked at."""

    def __getitem__(self, name: str) -> Any:
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _command(name: str) -> Any:
    module, attribute, panel = COMMANDS[name]
    found = getattr(import_module(f"asana_intel.cli.{module}"), attribute)
    alone = typer.Typer()
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, rich_help_panel=panel)
    else:
        alone.command(name, rich_help_panel=panel)(found)
    return get_group(alone).commands[name]


class _Program(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _Commands()})


app = typer.Typer(
    cls=_Program,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def program() -> None:
    """Forecasts Asana goals and workload, says why with evidence, and writes results back under review."""


if __name__ == "__main__":
    app()
