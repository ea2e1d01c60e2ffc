"""Drawings: finite, inside their frame, stable."""

import math
import re
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from asana_intel.report import formats
from asana_intel.report.charts import svg
from asana_intel.report.charts.fan import Fan, fan_chart
from asana_intel.report.charts.load_band import HEIGHT, BandWeek, load_band
from asana_intel.report.charts.odds import odds_history

values = st.floats(-1e9, 1e9, allow_nan=False)


@given(low=values, extent=st.floats(1e-6, 1e9))
def test_ticks_are_few_ordered_and_inside(low: float, extent: float) -> None:
    high = low + extent
    marks = svg.ticks(low, high)
    assert len(marks) <= 6
    assert marks == sorted(marks)
    slack = 1e-6 * max(abs(low), abs(high), 1e-6)
    assert all(low - slack <= mark <= high + slack for mark in marks)


@given(
    history=st.lists(values, max_size=8),
    band=st.lists(st.tuples(values, values, values), max_size=8),
    initial=values,
    target=values,
    elapsed=st.integers(0, 90),
)
def test_any_goal_can_be_drawn(history, band, initial, target, elapsed) -> None:
    start_on = date(2026, 10, 1)
    chart = fan_chart(
        Fan(
            history=[(start_on + timedelta(weeks=k), v) for k, v in enumerate(history)],
            band=[(start_on + timedelta(weeks=8 + k), *sorted(quantiles)) for k, quantiles in enumerate(band)],
            ghosts=[],
            start_on=start_on,
            due_on=start_on + timedelta(days=90),
            as_of_on=start_on + timedelta(days=elapsed),
            initial_value=initial,
            target_value=target,
        ),
        "label",
        "g",
        formats.compact,
    )
    assert "nan" not in chart
    assert "inf" not in chart.replace("info", "")
    labels = [float(y) for y in re.findall(r'<text x="[\d.]+" y="([-\d.]+)"', chart)]
    assert all(math.isfinite(y) for y in labels)


def test_a_goal_that_never_moved_is_a_flat_line() -> None:
    start_on = date(2026, 10, 1)
    history = [(start_on + timedelta(weeks=k), 5.0) for k in range(4)]
    due_on = start_on + timedelta(weeks=12)
    fan = Fan(history, [], start_on, due_on, start_on + timedelta(weeks=4), initial_value=5.0, target_value=5.0)
    path = re.search(r'<path d="([^"]+)" class="actual"', fan_chart(fan, "label", "g", formats.compact))
    assert path is not None
    assert len(set(re.findall(r" ([\d.]+)", path[1]))) == 1


def test_text_in_a_drawing_is_escaped() -> None:
    assert "<script>" not in svg.text(0, 0, "<script>")
    assert 'onload="' not in svg.drawing(1, 1, '" onload="x', [])


def test_no_odds_draw_nothing() -> None:
    assert odds_history([], 0.7, "on_track") == ""


def test_odds_never_claim_certainty() -> None:
    assert formats.odds(0.999) == ">99\u202f%"
    assert formats.odds(0.001) == "<1\u202f%"
    assert formats.odds(None) == formats.odds(float("nan")) == "–"


def test_metric_values_read_as_in_asana() -> None:
    assert formats.amount(0.125, "percentage") == "12.5\u202f%"
    assert formats.amount(18400, "currency", "EUR", 0) == "18,400\u202fEUR"
    assert formats.amount(18400, "none", short=True) == "18.4k"
    assert formats.planned_value('{"status_type":"off_track","text":"x"}', None) == "status type: off track\ntext: x"
    assert formats.planned_value("null", "ai_summary") == "empty"


@given(st.lists(st.tuples(*[st.floats(0, 500)] * 6), max_size=8))
def test_bands_of_load_are_drawn_inside_their_picture(weeks: list[tuple[float, ...]]) -> None:
    drawn = load_band([BandWeek("w", min(w[:3]), sorted(w[:3])[1], max(w[:3]), *w[3:]) for w in weeks], "label")
    places = [float(value) for value in re.findall(r' y[12]?="([^"]+)"', drawn)]
    assert all(-0.01 <= place <= HEIGHT for place in places)
    assert all(float(height) >= 0 for height in re.findall(r'<rect[^>]* height="([^"]+)"', drawn))
