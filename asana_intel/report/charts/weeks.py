"""Small columns by week, for counts over time. Drawing only."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import count, short_day

WIDTH, HEIGHT = 320, 90


def weekly_columns(counts: Sequence[tuple[date, int]], what: str) -> Markup:
    """One column a week, oldest first, with its count on top.

    Args:
        counts: (Monday, count) in order.
        what: What is counted, singular, such as "write".
    """
    largest = max((n for _, n in counts), default=0)
    up = svg.Scale(0, max(1, largest), HEIGHT - 18, 16)
    slot = WIDTH / max(1, len(counts))
    parts = [svg.segment(0, up(0), WIDTH, up(0), "grid")]
    for place, (week_on, n) in enumerate(counts):
        left, wide = slot * place + 3, min(26.0, slot - 6)
        said = svg.tag("title", f"Week of {short_day(week_on)}: {count(n, what)}")
        parts += [
            svg.tag("rect", said, x=left, y=up(n), width=wide, height=up(0) - up(n), rx=2, class_="bar ours"),
            svg.text(left + wide / 2, up(n) - 4, str(n), anchor="middle"),
        ]
        if place in (0, len(counts) - 1):
            edge = "start" if place == 0 else "end"
            parts.append(svg.text(left if place == 0 else left + wide, HEIGHT - 4, short_day(week_on), anchor=edge))
    total = sum(n for _, n in counts)
    return svg.drawing(WIDTH, HEIGHT, f"{count(total, what)} over {len(counts)} weeks", parts, class_="chart columns")
