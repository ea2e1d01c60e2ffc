"""What running a program costs: wall, CPU and memory of its whole process tree. Knows nothing of what it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

SAMPLE_S = 0.1


@dataclass(frozen=True)
class Cost:
    """One run of a program.

    Attributes:
        wall_s: From start to end, seconds.
        cpu_s: User and system time of the process and of all that it waited for, seconds.
        peak_mb: Highest sum of the resident memory of its process tree, sampled every 0.1 s, MB (shared pages count in
            every process).
        exit_code: As a shell would see it; None where the time budget ended the run.
        output: What it wrote to standard output.
        errors: The end of what it wrote to standard error.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    exit_code: int | None
    output: str
    errors: str


def measured(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, budget_s: float | None = None
) -> Cost:
    """Run a program to its end, or until its time budget is used up.

    Args:
        command: Program and arguments.
        environment: Variables on top of ours.
        budget_s: Longest time that it may take, seconds; None = any.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, env=_environment(environment or {}), start_new_session=True
        )
        peak = _Peak(process.pid)
        ended_early = threading.Event()
        timer = threading.Timer(budget_s or threading.TIMEOUT_MAX, _end, (process.pid, ended_early))
        timer.daemon = True
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - begun
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Cost(
        round(wall_s, 2),
        round(usage.ru_utime + usage.ru_stime, 2),
        round(peak.stop() / 1e6, 1),
        None if ended_early.is_set() else process.returncode,
        texts[0],
        texts[1][-3000:],
    )


def _environment(further: Mapping[str, str]) -> dict[str, str]:
    """Ours with `further`; every program may keep its compiled modules, as it does where it is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {**further}


def _end(group: int, ended_early: threading.Event) -> None:
    ended_early.set()
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


class _Peak:
    """Samples the memory of a process tree until told to stop."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._highest = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Stop, and return the highest sum, bytes."""
        self._stopped.set()
        self._thread.join()
        return self._highest

    def _watch(self) -> None:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._pid)
            while not self._stopped.wait(SAMPLE_S):
                self._highest = max(self._highest, sum(map(_resident, [root, *root.children(recursive=True)])))


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return process.memory_info().rss
    return 0
