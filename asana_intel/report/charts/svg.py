"""The pen: scales, ticks, paths and elements of inline SVG. No chart and no meaning of the numbers here."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """A linear map from numbers to user units of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Position of `value`; a scale without extent puts everything in the middle."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers (1, 2, 2.5 or 5 times a power of ten) within `low`..`high`, about `wanted` of them."""
    if high <= low:
        return [low]
    raw = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def tag(name: str, content: str | Markup = "", **attributes: object) -> Markup:
    """One element; attribute values and plain content are escaped. `class_` is class, `_` in names becomes `-`."""
    shown = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _short(value))
        for key, value in attributes.items()
        if value is not None
    )
    if not content:
        return Markup("<{0}{1}/>").format(name, shown)
    return Markup("<{0}{1}>{2}</{0}>").format(name, shown, content)


def drawing(width: int, height: int, label: str, parts: Iterable[Markup], class_: str = "chart") -> Markup:
    """A whole SVG that scales with its box; `label` is what a screen reader says and a pointer shows."""
    body = tag("title", label) + Markup("").join(parts)
    return tag("svg", body, class_=class_, viewBox=f"0 0 {width} {height}", role="img", aria_label=label)


def line(points: Sequence[Point], class_: str) -> Markup:
    """A polyline; fewer than two points draw nothing."""
    return tag("path", d=_path(points), class_=class_) if len(points) > 1 else Markup("")


def area(lower: Sequence[Point], upper: Sequence[Point], class_: str) -> Markup:
    """The surface between two lines with the same x."""
    return tag("path", d=_path([*upper, *reversed(lower)]) + "Z", class_=class_) if len(upper) > 1 else Markup("")


def segment(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def text(x: float, y: float, words: str, class_: str = "axis", anchor: str = "start") -> Markup:
    """A label; `anchor` is start, middle or end."""
    return tag("text", words, x=x, y=y, class_=class_, text_anchor=None if anchor == "start" else anchor)


def dot(x: float, y: float, radius: float, class_: str) -> Markup:
    """A filled circle."""
    return tag("circle", cx=x, cy=y, r=radius, class_=class_)


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


def _short(value: object) -> object:
    """Coordinates with one decimal keep the file small and the bytes stable."""
    if not isinstance(value, float):
        return value
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0: no minus zero
