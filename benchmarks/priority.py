"""How good what is said of a backlog is on real work histories: ours and baselines, side by side on the same rows.

Run: python benchmarks/priority.py [effort triage score sprint]; all parts without a name. Effort and triage need the
open data folder `shared/data` beside the repository. Each part is a module `priority_<part>` that says what is
measured and prints a Markdown table.
"""

from __future__ import annotations

import importlib
import sys

REPORTS = ("effort", "triage", "score", "sprint")


def main() -> None:
    """Run the parts that are named, or all."""
    for name in sys.argv[1:] or REPORTS:
        importlib.import_module(f"priority_{name}").main()


if __name__ == "__main__":
    main()
