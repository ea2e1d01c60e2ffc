"""A program that was started together with everything it starts itself, and how to end them all. Nothing of Dagster."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

_PATIENCE_SECONDS = 10.0


class ProcessGroup:
    """A running program in a session of its own.

    The terminal's Ctrl-C does not reach it, so that several programs can be ended one after another.

    Args:
        process: The program; leader of its group.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> "ProcessGroup":
        """Start a program with exactly these variables."""
        return cls(subprocess.Popen(arguments, env=environment, start_new_session=True))  # noqa: S603

    @property
    def returncode(self) -> int | None:
        """How the program ended; None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Ask the program to end, then those it left behind; kill what does not listen."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE_SECONDS)
        if not self._gone_after(signal.SIGTERM):
            self._gone_after(signal.SIGKILL)

    def _gone_after(self, number: signal.Signals) -> bool:
        """Signal the whole group and wait until none of it is left."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            os.killpg(self._process.pid, number)
            while time.monotonic() < deadline:
                self._reap()
                os.killpg(self._process.pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return True
        return False

    def _reap(self) -> None:
        """In a container where we are process 1, orphans become ours, and stay as zombies unless we ask for them."""
        self._process.poll()
        with suppress(ChildProcessError):
            os.waitpid(-self._process.pid, os.WNOHANG)
