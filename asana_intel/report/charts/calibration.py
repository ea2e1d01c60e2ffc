"""The two pictures of the scoreboard: reliability diagram and Brier score by time elapsed. Drawing only."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import percent

_SIDE = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 12, 40


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts of similar odds: what was said and how often it came true, with its 90 % interval."""

    said: float
    happened: float
    low: float
    high: float
    forecasts: int


@dataclass(frozen=True)
class ElapsedBrier:
    """Mean Brier score of forecasts made in one quarter of the time, ours and the pace rule's."""

    quarter: str
    ours: float
    baseline: float
    forecasts: int


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> Markup:
    """Said odds against what happened; on the diagonal is perfect, the area of a dot shows how many."""
    across = svg.Scale(0, 1, _LEFT, _SIDE - _RIGHT)
    up = svg.Scale(0, 1, _SIDE - _BOTTOM, _TOP)
    largest = max((b.forecasts for b in bins), default=1)
    parts = [*_percent_grid(across, up), svg.line([(across(0), up(0)), (across(1), up(1))], "ideal")]
    for b in bins:
        radius = 3.5 + 6.5 * (b.forecasts / largest) ** 0.5
        words = f"said {percent(b.said)}, happened {percent(b.happened)}, {b.forecasts} forecasts"
        parts += [
            svg.segment(across(b.said), up(b.low), across(b.said), up(b.high), "whisker"),
            svg.tag("circle", svg.tag("title", words), cx=across(b.said), cy=up(b.happened), r=radius, class_="bin"),
        ]
    parts += [
        svg.text((across(0) + across(1)) / 2, _SIDE - 6, "odds we said", anchor="middle"),
        svg.tag("text", "how often it happened", class_="axis", text_anchor="middle", transform=_turned(up)),
    ]
    spoken = "; ".join(f"said {percent(b.said)}, happened {percent(b.happened)}, n {b.forecasts}" for b in bins)
    return svg.drawing(_SIDE, _SIDE, f"Reliability diagram. {spoken}", parts, class_="chart square")


def elapsed_brier_chart(quarters: Sequence[ElapsedBrier]) -> Markup:
    """Bars of the Brier score by quarter of the time gone, ours beside the pace rule's; lower is better."""
    top = max([0.25, *(q.ours for q in quarters), *(q.baseline for q in quarters)])
    up = svg.Scale(0, top, _SIDE - _BOTTOM, _TOP)
    parts: list[Markup] = []
    for value in svg.ticks(0, top):
        parts += [
            svg.segment(_LEFT, up(value), _SIDE - _RIGHT, up(value), "grid"),
            svg.text(_LEFT - 7, up(value) + 4, f"{value:.2f}", anchor="end"),
        ]
    slot = (_SIDE - _LEFT - _RIGHT) / max(1, len(quarters))
    for place, q in enumerate(quarters):
        middle = _LEFT + slot * (place + 0.5)
        parts += [
            _bar(middle - 21, up, q.ours, "bar ours"),
            _bar(middle + 1, up, q.baseline, "bar baseline"),
            svg.text(middle, _SIDE - 24, q.quarter, anchor="middle"),
            svg.text(middle, _SIDE - 9, f"n {q.forecasts}", "axis faint", "middle"),
        ]
    spoken = "; ".join(f"{q.quarter} of the time: ours {q.ours:.3f}, pace rule {q.baseline:.3f}" for q in quarters)
    return svg.drawing(_SIDE, _SIDE, f"Brier score by share of time elapsed. {spoken}", parts, class_="chart square")


def _bar(left: float, up: svg.Scale, value: float, class_: str) -> Markup:
    said = svg.tag("title", f"{value:.3f}")
    return svg.tag("rect", said, x=left, y=up(value), width=20, height=up(0) - up(value), rx=2, class_=class_)


def _percent_grid(across: svg.Scale, up: svg.Scale) -> list[Markup]:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            svg.segment(across(0), up(share), across(1), up(share), "grid"),
            svg.text(across(0) - 7, up(share) + 4, f"{share * 100:.0f}", anchor="end"),
            svg.text(across(share), up(0) + 17, f"{share * 100:.0f}", anchor="middle"),
        ]
    return parts


def _turned(up: svg.Scale) -> str:
    return f"translate(13 {(up(0) + up(1)) / 2:.0f}) rotate(-90)"
