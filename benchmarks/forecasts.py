"""How good the forecasts are on real work histories: ours and other methods, side by side on the same rows.

Run: python benchmarks/forecasts.py [goals] [persons]; both without a name. Needs the open data folder `shared/data`
beside the repository. `forecast_goals` and `forecast_persons` say what is measured, and write a result file each.
"""

from __future__ import annotations

import importlib
import sys

REPORTS = ("goals", "persons")


def main() -> None:
    """Run the reports that are named, or all."""
    for name in sys.argv[1:] or REPORTS:
        importlib.import_module(f"forecast_{name}").main()


if __name__ == "__main__":
    main()
