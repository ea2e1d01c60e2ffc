"""Hours asked for against hours that can be done by quarter, as a chart of plain characters. Reads no table."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 40
DONE, MISSING, SPARE = "█", "▒", "·"
KEY = f"Medians. {DONE} asked for and can be done, {MISSING} asked for and missing, {SPARE} can be done and to spare"


class Quarter(NamedTuple):
    """A quarter of a role: its name, and the medians of both sides in hours."""

    name: str
    asked: float
    can_do: float


def stairs(quarters: Sequence[Quarter]) -> list[str]:
    """One line a quarter, all on one scale, so that they stand as stairs on their side.

    Args:
        quarters: In order.
    """
    top = max((max(q.asked, q.can_do) for q in quarters), default=0.0) or 1.0
    named = max((len(q.name) for q in quarters), default=0)
    lines = []
    for quarter in quarters:
        asked, can_do = (round(WIDTH * min(hours / top, 1.0)) for hours in (quarter.asked, quarter.can_do))
        both = min(asked, can_do)
        bar = DONE * both + MISSING * (asked - both) + SPARE * (can_do - both)
        hours = f"{quarter.asked:,.0f} h asked, {quarter.can_do:,.0f} h can be done"
        lines.append(f"{quarter.name:<{named}}  {bar:<{WIDTH}}  {hours}")
    return lines
