"""What Asana documents of the members that we ask for: their JSON types, and whether they are always there. A table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

# Made by docs/generate_expected_types.py from Asana's OpenAPI document.
TABLE = Path(__file__).with_name("expected_types.csv")


class Expected(NamedTuple):
    """What is documented of one member.

    Args:
        type: JSON type (`string`, `number`, `integer`, `boolean`, `object`), or `array of` one; empty where the
            document tells none, or a wrong one.
        present: `always` (where its parent is), `sometimes`, or `with` a resource: always, in a workspace that shows
            records of that one.
    """

    type: str
    present: str


@cache
def expected_types() -> Mapping[str, Mapping[str, Expected]]:
    """Raw table -> dotted path of a member -> what is documented of it."""
    found: dict[str, dict[str, Expected]] = {}
    with TABLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["resource"], {})[row["field"]] = Expected(row["type"], row["present"])
    return found
