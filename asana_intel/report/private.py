"""The week's pages for some readers only: one for leaders, one for each manager. What each may see is audience's."""

from pathlib import Path

from asana_intel.report.audience import Audience
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.render import render_leaders, write_report, write_whole
from asana_intel.settings import Settings

_ONLY_OWNER = 0o700


def private_folder(settings: Settings) -> Path:
    """Where they lie, beside the pages for everybody."""
    return settings.home / "reports" / "private"


def write_private_pages(inputs: ReportInputs, settings: Settings, week: str) -> list[Path]:
    """Write the page for leaders, and one for each manager whose role may be given figures of single people.

    A manager whom nobody knows in Asana, such as one of a wrong gid in the settings, gets none. The folder and its
    files can be read by their owner only; each file is called after the week and whose it is.

    Args:
        inputs: Of the week.
        settings: For the folder, and which roles there are.
        week: Monday of the week, as in the names of files.
    """
    folder = private_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_ONLY_OWNER)
    known = set(inputs.people["person_gid"])
    managers = sorted(known & inputs.circles.keys()) if "manager" in settings.audience.roles else []
    leaders = write_whole(folder / f"{week}-leaders.html", render_leaders(inputs).encode())
    audiences = [Audience("manager", gid) for gid in managers]
    return [leaders, *(write_report(folder / f"{week}{own.suffix}.html", inputs, own) for own in audiences)]
