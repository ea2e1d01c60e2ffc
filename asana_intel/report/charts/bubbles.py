"""Risk against value of projects and goals, the area of a bubble the hours left. Drawing only."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import number, percent

WIDTH, HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 20, 18, 44
_SMALLEST, _LARGEST = 6.0, 26.0
NUMBERED = 20  # more numbers would hide each other
SPOKEN = 12


@dataclass(frozen=True)
class Bubble:
    """One project, goal or initiative; `place` is its number in the list beside the picture, `mark` what stands for it.

    An initiative (kind) is hollow: nobody has begun it.
    """

    place: int
    name: str
    kind: str
    risk: float
    value: float
    hours: float
    mark: str = ""

    @property
    def label(self) -> str:
        """What stands on it."""
        return self.mark or str(self.place)

    @property
    def words(self) -> str:
        """What a pointer shows."""
        figures = f"value {number(self.value, 0)}, risk {percent(self.risk)}, {number(self.hours, 0)} h left"
        return f"{self.label}. {self.name}: {figures}"


def bubble_chart(bubbles: Sequence[Bubble]) -> Markup:
    """Value upwards, risk to the right: what is at the top right needs a decision first.

    Large bubbles are drawn first and numbers last, so that none hides another.
    """
    top = max((b.value for b in bubbles), default=0.0) or 1.0
    most = max((b.hours for b in bubbles), default=0.0) or 1.0
    # Room at the edges for a whole bubble.
    across = svg.Scale(0, 1, _LEFT + _LARGEST, WIDTH - _RIGHT - _LARGEST)
    up = svg.Scale(0, top, HEIGHT - _BOTTOM - _LARGEST, _TOP + _LARGEST)
    parts, numbers = [*_grid(across, up, top)], []
    for b in sorted(bubbles, key=lambda b: (-b.hours, b.place)):
        x, y = across(min(1.0, max(0.0, b.risk))), up(b.value)
        radius = max(_SMALLEST, _LARGEST * (b.hours / most) ** 0.5)
        parts.append(svg.tag("circle", svg.tag("title", b.words), cx=x, cy=y, r=radius, class_=f"bubble {b.kind}"))
        if b.mark or b.place <= NUMBERED:
            numbers.append(svg.text(x, y + 4, b.label, "bubble-place", "middle"))
    spoken = "; ".join(b.words for b in sorted(bubbles, key=lambda b: b.place)[:SPOKEN])
    return svg.drawing(WIDTH, HEIGHT, f"Risk and value. {spoken}", [*parts, *numbers], class_="chart wide")


def _grid(across: svg.Scale, up: svg.Scale, top: float) -> list[Markup]:
    base, left = HEIGHT - _BOTTOM, _LEFT
    parts = [svg.segment(left, base, WIDTH - _RIGHT, base, "grid")]
    for value in svg.ticks(0, top):
        parts += [
            svg.segment(left, up(value), WIDTH - _RIGHT, up(value), "grid"),
            svg.text(left - 7, up(value) + 4, number(value, 0), anchor="end"),
        ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            svg.segment(across(share), _TOP, across(share), base, "grid"),
            svg.text(across(share), base + 16, f"{share * 100:.0f}", anchor="middle"),
        ]
    turned = f"translate(13 {(base + _TOP) / 2:.0f}) rotate(-90)"
    return [
        *parts,
        svg.text((left + WIDTH - _RIGHT) / 2, HEIGHT - 6, "risk, %", anchor="middle"),
        svg.tag("text", "value", class_="axis", text_anchor="middle", transform=turned),
    ]
