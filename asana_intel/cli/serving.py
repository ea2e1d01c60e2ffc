"""Commands that start something and stay: the Dagster UI with its daemon, and the sandbox."""

import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from asana_intel.cli.demo_state import DemoState
from asana_intel.cli.output import JsonFlag, command, console, errors, show_json
from asana_intel.cli.process_group import ProcessGroup
from asana_intel.cli.sandbox_process import SandboxProcess
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import parse_instant
from asana_intel.errors import ConfigError, PermanentError
from asana_intel.settings import ASANA_API
from asana_intel.storage.embedded import EmbeddedPostgres

sandbox_app = typer.Typer(help="A local server that answers as Asana would.", no_args_is_help=True)
_REPOSITORY = Path(__file__).parents[2]


@command
def up(
    port: Annotated[int, typer.Option(help="Port of the Dagster UI on this machine.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    as_json: JsonFlag = False,
) -> None:
    """Start the Dagster UI and its daemon (schedules and sensors) and stay until Ctrl-C.

    Without a token it plays the demo's company on the sandbox, where the demo left it.
    """
    _require_free(host, port)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    with ExitStack() as at_the_end:
        try:
            programs = _start_everything(Workbench(), host, port, at_the_end)
            ui = f"http://{host}:{port}"
            show_json({"ui": ui}) if as_json else console.print(f"Dagster UI: {ui}   (Ctrl-C stops everything)")
            _stay_while_all_run(programs)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave the rest running
            console.print("Stopping everything ...")


def _start_everything(bench: Workbench, host: str, port: int, at_the_end: ExitStack) -> dict[str, ProcessGroup]:
    """Start PostgreSQL, sandbox, daemon and webserver as needed; each is ended before those it needs."""
    if bench.settings.pg_url is None:
        at_the_end.callback(EmbeddedPostgres(bench.settings.home).stop)
    environment = {**os.environ, **bench.dagster_environment()}
    if bench.settings.asana.token is None and bench.settings.asana.url == ASANA_API:
        sandbox = _sandbox_of_the_demo(bench)
        if sandbox is not None:
            at_the_end.callback(sandbox.stop)
            environment |= sandbox.environment()
            errors.print(f"Sandbox: {sandbox.url}")
    programs: dict[str, ProcessGroup] = {}
    for name, arguments in (("dagster-daemon", ["run"]), ("dagster-webserver", ["-h", host, "-p", str(port)])):
        command_line = [_script(name), *arguments, "-w", str(_REPOSITORY / "workspace.yaml")]
        programs[name] = ProcessGroup.start(command_line, environment)
        at_the_end.callback(programs[name].end)
    return programs


def _stay_while_all_run(programs: Mapping[str, ProcessGroup]) -> None:
    while True:
        for name, program in programs.items():
            if program.returncode is not None:
                raise PermanentError(f"{name} ended with {program.returncode}", fix="its last lines above say why")
        time.sleep(1)


def _require_free(host: str, port: int) -> None:
    """Say at once what the webserver would say after everything else was started."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refused:
            raise ConfigError(f"Cannot listen on {host}:{port}: {refused.strerror}", fix=f"--port {port + 1}") from None


def _sandbox_of_the_demo(bench: Workbench) -> SandboxProcess | None:
    state = DemoState.load(bench.settings.home)
    if state is None:
        errors.print("No token and no demo yet: the UI opens, but runs that read Asana will say what is missing.")
        return None
    return SandboxProcess.start(Path(state.world), state.clock_at, state.journal(bench.settings.home))


def _script(name: str) -> str:
    """A program of this environment, also when the environment is not activated."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


@sandbox_app.command("serve")
@command
def serve(
    world: Annotated[Path, typer.Option(help="Folder of the world to play.", exists=True, file_okay=False)],
    at: Annotated[str, typer.Option(help="Where its clock stands, such as 2008-01-07T20:00:00Z.")],
    port: Annotated[int, typer.Option(help="Port on this machine; 0 = a free one.")] = 8700,
    state: Annotated[Path | None, typer.Option(help="File that keeps what is written; none = memory only.")] = None,
    limits: Annotated[str | None, typer.Option(help="Limits of each token: paid, free or a JSON file.")] = None,
    faults: Annotated[Path | None, typer.Option(help="JSON file of rules that say what goes wrong.")] = None,
    behaviour: Annotated[Path | None, typer.Option(help="JSON file of knobs, such as offset_lifetime_s.")] = None,
    tokens: Annotated[Path | None, typer.Option(help="JSON file that says what bearer tokens may do.")] = None,
    plan: Annotated[str | None, typer.Option(help="Plan of tokens that name none, such as starter.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Play a world over HTTP until Ctrl-C. Any bearer token is accepted and becomes an identity."""
    from asana_intel.sandbox.conditions import Conditions
    from asana_intel.sandbox.server import serve as play

    try:
        moment = parse_instant(at)
    except ValueError:
        raise ConfigError(f"--at '{at}' is not a date or time", fix="2008-01-07 or 2008-01-07T20:00:00Z") from None

    def announce(url: str) -> None:
        if as_json:
            show_json({"url": url})
        else:
            console.print(f"Sandbox: {url}   clock {moment:%Y-%m-%d %H:%M}   (Ctrl-C stops it)")
            console.print(f"  export ASANA_INTEL_ASANA_URL={url} ASANA_INTEL_ASANA_TOKEN=anything")

    conditions = Conditions.read(limits, faults, behaviour, tokens, plan)
    play(world, moment, port, state_file=state, on_ready=announce, conditions=conditions)


@sandbox_app.command("generate")
@command
def generate(
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    seed: Annotated[int, typer.Option(help="Same seed, same company.")] = 1,
    people: Annotated[int, typer.Option(min=1)] = 40,
    projects: Annotated[int, typer.Option(min=1)] = 12,
    tasks: Annotated[int, typer.Option(min=1)] = 2000,
    goals: Annotated[int, typer.Option(min=1)] = 24,
    start_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")] = datetime(2025, 7, 1),  # noqa: DTZ001
    weeks: Annotated[int, typer.Option(min=1, help="How many weeks the company lives.")] = 104,
    as_json: JsonFlag = False,
) -> None:
    """Write a synthetic company: people, work, time off, slipping dates and OKR trees."""
    from asana_intel.sandbox.generate import generate_world

    counts = generate_world(
        out, seed=seed, people=people, projects=projects, tasks=tasks, goals=goals, start_on=start_on.date(),
        weeks=weeks,
    )  # fmt: skip
    if as_json:
        show_json(counts)
    else:
        console.print(f"{out}: " + ", ".join(f"{n:,} {name}" for name, n in counts.items() if n))
