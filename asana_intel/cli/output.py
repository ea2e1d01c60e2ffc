"""How results are shown: tables for people, JSON for programs; and how errors end a command."""

import datetime
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import orjson
import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asana_intel.errors import AsanaIntelError

DONE, FAILED, CHANGES = 0, 1, 2
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn our errors into a message, the mend, and exit code 1; as JSON where JSON was asked for."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except AsanaIntelError as problem:
            show_error(problem, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(FAILED) from None

    return wrapped


class Progress:
    """What is being done, put into words only when the display is drawn anew: a few times a second.

    Args:
        doing: In a few words.
    """

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._latest: tuple[str, int] | None = None

    def note(self, what: str, count: int) -> None:
        """Tell how far it is; may be called as often as one likes."""
        self._latest = what, count

    def __rich__(self) -> str:
        if self._latest is None:
            return self._doing
        what, count = self._latest
        return f"{self._doing} {escape(what)}: {count:,}"


def show_error(problem: AsanaIntelError, *, as_json: bool) -> None:
    """Print an error and its mend."""
    if as_json:
        show_json({"error": type(problem).__name__, "message": problem.message, "fix": problem.fix})
        return
    # Messages quote servers and people, who may write brackets.
    errors.print(f"[red]✗[/red] {escape(problem.message)}")
    if problem.fix:
        errors.print(f"  [dim]fix:[/dim] {escape(problem.fix)}")


def show_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode() + "\n")


def show_frame(
    frame: pl.DataFrame, *, as_json: bool, title: str | None = None, columns: Sequence[str] | None = None
) -> None:
    """Print a frame as a table, or as a JSON list of rows."""
    shown = frame.select(columns) if columns else frame
    if as_json:
        show_json(shown.to_dicts())
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name, dtype in shown.schema.items():
        table.add_column(name, justify="right" if dtype.is_numeric() else "left")
    for row in shown.iter_rows():
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return escape(str(value))
