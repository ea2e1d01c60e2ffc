"""Stops that need no database: a file and a variable, asked before each request. The ledger's switch is review.py's."""

import os
from collections.abc import Callable
from pathlib import Path

from asana_intel.errors import RefusedError

VARIABLE = "ASANA_INTEL_STOP"
FILE = "STOP"  # below the home


def stop_check(home: Path) -> Callable[[], None]:
    """What to call before each request that writes.

    Args:
        home: The home folder; a file called STOP in it, of whatever content, stops every write.

    Returns:
        A function that raises `RefusedError` while the file is there or the variable ASANA_INTEL_STOP is set.
    """

    def may_send() -> None:
        if os.environ.get(VARIABLE):
            raise RefusedError(f"Nothing was written: {VARIABLE} is set", fix=f"unset {VARIABLE}")
        if (home / FILE).exists():
            raise RefusedError(f"Nothing was written: there is a file {home / FILE}", fix="remove it to write again")

    return may_send
