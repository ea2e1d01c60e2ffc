"""The numbers the attainment models were fitted to; where they come from is benchmarks/fit_attainment.py."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def attainment_constants() -> dict[str, Any]:
    """Constants per kind of goal, from models/attainment.json."""
    text = (files("asana_intel.forecasts") / "models" / "attainment.json").read_text(encoding="utf-8")
    return json.loads(text)
