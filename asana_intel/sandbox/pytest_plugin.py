"""A pytest plugin for other projects: a fixture that starts sandboxes. Nothing else of the sandbox knows pytest.

Put `pytest_plugins = ["asana_intel.sandbox.pytest_plugin"]` into the top `conftest.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel.sandbox.checked import checked
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.faults import FaultRules
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.limits import PLANS, Limits
from asana_intel.sandbox.server import RunningSandbox

CLOCK = datetime(2026, 2, 2, 9, tzinfo=UTC)
_WORLD = {"seed": 1, "people": 8, "projects": 3, "tasks": 120, "goals": 12, "weeks": 40}
_START = date(2025, 7, 1)


class StartSandbox(Protocol):
    """What the fixture gives: a function that starts a sandbox, which ends with the test."""

    def __call__(
        self,
        world: Path | None = None,
        *,
        at: datetime = CLOCK,
        limits: str | dict[str, Any] | None = None,
        faults: Sequence[dict[str, Any]] = (),
        seed: int = 0,
        behaviour: dict[str, Any] | None = None,
        state_file: Path | None = None,
    ) -> RunningSandbox:
        """Start a sandbox on a free port of this machine.

        Args:
            world: Folder of the world; None is the pinned generated company.
            at: Where its clock stands (UTC).
            limits: `"free"`, `"paid"`, or the limits themselves.
            faults: Rules of what goes wrong.
            seed: Of the rules' chance.
            behaviour: Knobs.
            state_file: Journal of writes.

        Raises:
            ApiError: A member of limits, faults or behaviour is unknown or does not fit.
            ConfigError: The world or the journal cannot be read.
        """
        ...


@pytest.fixture(scope="session")
def asana_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small generated company, the same in every session; override it to pin another world."""
    folder = tmp_path_factory.mktemp("asana") / "world"
    generate_world(folder, start_on=_START, **_WORLD)
    return folder


@pytest.fixture
def asana_sandbox(asana_world: Path) -> Iterator[StartSandbox]:
    """Start sandboxes in threads of this process; they end with the test."""
    with ExitStack() as running:

        def start(
            world: Path | None = None,
            *,
            at: datetime = CLOCK,
            limits: str | dict[str, Any] | None = None,
            faults: Sequence[dict[str, Any]] = (),
            seed: int = 0,
            behaviour: dict[str, Any] | None = None,
            state_file: Path | None = None,
        ) -> RunningSandbox:
            conditions = Conditions(
                limits=PLANS[limits] if isinstance(limits, str) else checked(Limits, limits or {}),
                faults=checked(FaultRules, {"faults": list(faults), "seed": seed}),
                behaviour=checked(Behaviour, behaviour or {}),
            )
            return running.enter_context(RunningSandbox(world or asana_world, at, state_file, conditions))

        yield start
