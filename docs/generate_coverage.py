"""Writes docs/sandbox-coverage.md from Asana's operations and those the sandbox has; a test holds the page to them."""

from itertools import groupby
from pathlib import Path

from asana_intel.sandbox import sandbox  # noqa: F401 - importing it fills the table of operations
from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import catalogue

PAGE = Path(__file__).with_name("sandbox-coverage.md")
INTRO = """# What the sandbox covers

Made by `docs/generate_coverage.py` from `asana_intel/sandbox/operations.csv` (every operation of Asana's OpenAPI
document) and the functions marked `@operation` in `asana_intel/sandbox/`.
An operation marked 501 answers so, with its name.
"""


def page() -> str:
    """The whole page."""
    rows = sorted(
        ((documented.tag, key, documented) for key, documented in catalogue().items()), key=lambda row: row[0]
    )
    parts = [INTRO, f"\n{sum(key in OPERATIONS for key in catalogue())} of {len(rows)} operations are implemented.\n"]
    for tag, group in groupby(rows, key=lambda row: row[0]):
        members = list(group)
        count = sum(key in OPERATIONS for _, key, _ in members)
        parts.append(f"\n## {tag} ({count} of {len(members)})\n\n| operation | request | |\n|---|---|---|\n")
        parts += [
            f"| `{documented.operation_id}` | `{documented.method} {documented.path}` "
            f"| {'implemented' if key in OPERATIONS else '501'} |\n"
            for _, key, documented in members
        ]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
