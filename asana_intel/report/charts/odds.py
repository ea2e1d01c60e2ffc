"""The small history of a goal's odds: did we wobble? Drawing only."""

from collections.abc import Sequence

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import odds

WIDTH, HEIGHT = 120, 34


def odds_history(odds_by_week: Sequence[float], on_track_from: float, class_: str) -> Markup:
    """A line of probabilities, oldest first, over a hairline at the odds that count as on track.

    Args:
        odds_by_week: Probabilities 0..1; none draws nothing.
        on_track_from: Where the hairline stands.
        class_: Standing of the newest value; colours its dot.
    """
    if not odds_by_week:
        return Markup("")
    weeks = svg.Scale(0, max(1, len(odds_by_week) - 1), 4, WIDTH - 6)
    height = svg.Scale(0, 1, HEIGHT - 5, 5)
    places = [(weeks(week), height(p)) for week, p in enumerate(odds_by_week)]
    if len(places) == 1:
        places = [(float(WIDTH - 6), places[0][1])]
    said = f"Odds over {len(odds_by_week)} weekly forecasts: {odds(odds_by_week[0])} to {odds(odds_by_week[-1])}"
    return svg.drawing(
        WIDTH,
        HEIGHT,
        said,
        [
            svg.segment(0, height(on_track_from), WIDTH, height(on_track_from), "grid"),
            svg.line(places, "spark"),
            svg.dot(*places[-1], 3.5, f"dot {class_}"),
        ],
        class_="chart sparkline",
    )
