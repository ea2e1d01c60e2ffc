"""What a sandbox starts with beside its world: limits, faults, behaviour, tokens. No effects here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel.sandbox.checked import from_file
from asana_intel.sandbox.faults import FaultRules
from asana_intel.sandbox.limits import PLANS, Limits


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what conditions a sandbox plays its world.

    Attributes:
        limits: How much each token may ask; none by default.
        faults: What goes wrong, and when.
        behaviour: The knobs of its behaviour.
        tokens: What tokens may do, laid over the world's `tokens.json` (see tokens.py).
        clock: Seconds of real time that only go forward, for the limits.
    """

    limits: Limits = field(default_factory=Limits)
    faults: FaultRules = field(default_factory=FaultRules)
    behaviour: Behaviour = field(default_factory=Behaviour)
    tokens: dict[str, Any] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    @staticmethod
    def read(
        limits: str | None = None,
        faults: Path | None = None,
        behaviour: Path | None = None,
        tokens: Path | None = None,
        plan: str | None = None,
    ) -> Conditions:
        """Read conditions as the command line names them.

        Args:
            limits: `free`, `paid`, or a JSON file.
            faults: A JSON file `{"faults": [rule, …], "seed": n}`.
            behaviour: A JSON file of knobs.
            tokens: A JSON file of tokens.
            plan: Plan of the tokens that name none, e.g. `starter`.

        Raises:
            ConfigError: If a file cannot be read, or a member is unknown or does not fit.
        """
        known = PLANS.get(limits or "")
        return Conditions(
            limits=known or (from_file(Limits, Path(limits)) if limits else Limits()),
            faults=from_file(FaultRules, faults) if faults else FaultRules(),
            behaviour=from_file(Behaviour, behaviour) if behaviour else Behaviour(),
            tokens={**(from_file(dict[str, Any], tokens) if tokens else {}), **({"plan": plan} if plan else {})},
        )
