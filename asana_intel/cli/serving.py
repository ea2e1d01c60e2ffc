"""Commands that start something and stay: the Dagster UI with its daemon, and the sandbox."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from asana_intel.cli.demo_state import DemoState
from asana_intel.cli.output import JsonFlag, command, console, show_json
from asana_intel.cli.sandbox_process import SandboxProcess
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import parse_instant
from asana_intel.errors import ConfigError
from asana_intel.settings import ASANA_API
from asana_intel.storage.embedded import EmbeddedPostgres

sandbox_app = typer.Typer(help="A local server that answers as Asana would.", no_args_is_help=True)
_REPOSITORY = Path(__file__).parents[2]


@command
def up(
    port: Annotated[int, typer.Option(help="Port of the Dagster UI on this machine.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Start the Dagster UI and its daemon (schedules and sensors) and stay until Ctrl-C.

    Without a token it plays the demo's company on the sandbox, where the demo left it.
    """
    bench = Workbench()
    environment = {**os.environ, **bench.dagster_environment()}
    sandbox = None
    if bench.settings.asana.token is None and bench.settings.asana.url == ASANA_API:
        sandbox = _sandbox_of_the_demo(bench)
    try:
        if sandbox is not None:
            environment |= sandbox.environment()
            console.print(f"Sandbox: {sandbox.url}")
        workspace = ["-w", str(_REPOSITORY / "workspace.yaml")]
        daemon = subprocess.Popen([_script("dagster-daemon"), "run", *workspace], env=environment)  # noqa: S603
        try:
            console.print(f"Dagster UI: http://{host}:{port}   (Ctrl-C stops everything)")
            web = [_script("dagster-webserver"), "-h", host, "-p", str(port), *workspace]
            subprocess.run(web, env=environment, check=False)  # noqa: S603
        finally:
            daemon.terminate()
            daemon.wait(timeout=30)
    except KeyboardInterrupt:
        console.print("stopped")
    finally:
        if sandbox is not None:
            sandbox.stop()
        if bench.settings.pg_url is None:
            EmbeddedPostgres(bench.settings.home).stop()


def _sandbox_of_the_demo(bench: Workbench) -> SandboxProcess | None:
    state = DemoState.load(bench.settings.home)
    if state is None:
        console.print("No token and no demo yet: the UI opens, but runs that read Asana will say what is missing.")
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
    as_json: JsonFlag = False,
) -> None:
    """Play a world over HTTP until Ctrl-C. Any bearer token is accepted and becomes an identity."""
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

    play(world, moment, port, state_file=state, on_ready=announce)


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
