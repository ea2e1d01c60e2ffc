"""How numbers, dates and metric values read to people. Text only: no markup, no frames."""

import json
import math
from datetime import date, datetime
from typing import TypeGuard

NARROW = "\u202f"  # narrow no-break space: keeps number and unit on one line
MINUS = "\u2212"
MISSING = "–"

_STATUS_TYPES = ("on_track", "at_risk", "off_track")
_COMPACT = ((1e9, "bn"), (1e6, "m"), (1e4, "k"))


def percent(share: float | None) -> str:
    """A share 0..1 as whole percent, such as `81 %`."""
    return f"{share * 100:.0f}{NARROW}%" if _known(share) else MISSING


def odds(probability: float | None) -> str:
    """A probability as percent that never claims certainty: `<1 %` and `>99 %` at the ends."""
    if not _known(probability):
        return MISSING
    if probability < 0.01:
        return f"<1{NARROW}%"
    return f">99{NARROW}%" if probability > 0.99 else percent(probability)


def points(change: float | None) -> str:
    """A change of probability in percentage points with its sign, such as `+4` or `−12`."""
    return signed(round(change * 100)) if _known(change) else MISSING


def signed(whole: int) -> str:
    """A whole number with its sign; zero is `±0`."""
    return f"+{whole}" if whole > 0 else f"{MINUS}{-whole}" if whole < 0 else "±0"


def signed_number(value: float) -> str:
    """A number with its sign and two decimals, such as `−0.19`."""
    return f"{value:+.2f}".replace("-", MINUS)


def number(value: float | None, decimals: int | None = None) -> str:
    """A number with a comma at the thousands, as texts have it; `decimals` None = as many as it needs, at most two."""
    if not _known(value):
        return MISSING
    places = decimals if decimals is not None else _places(value)
    return f"{value:,.{places}f}".replace("-", MINUS)


def compact(value: float) -> str:
    """A number short enough for an axis, three digits that count: `18,400` becomes `18.4k`, `14.83` `14.8`."""
    for size, letter in _COMPACT:
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):.1f}".removesuffix(".0").replace("-", MINUS) + letter
    return number(round(value, 2 if abs(value) < 1 else 1 if abs(value) < 100 else 0))


def amount(
    value: float | None, unit: str | None, currency: str | None = None, decimals: int | None = None, *, short=False
) -> str:
    """A goal's metric as Asana shows it.

    Args:
        value: Stored value; a percentage metric stores 0.25 for 25 %.
        unit: none, currency or percentage.
        currency: ISO 4217 code, for currency.
        decimals: Decimals of the stored value (Asana's `precision`); not used in short form.
        short: For axes: at most four digits.
    """
    if not _known(value):
        return MISSING
    if unit == "percentage":
        scaled = value * 100
        return f"{number(scaled, _places(scaled, most=1))}{NARROW}%"
    text = compact(value) if short else number(value, decimals)
    return f"{text}{NARROW}{currency}" if unit == "currency" and currency else text


def day(moment: date | None) -> str:
    """`30 Jun 2026`."""
    return MISSING if moment is None else f"{moment.day} {moment:%b %Y}"


def short_day(moment: date) -> str:
    """`30 Jun`."""
    return f"{moment.day} {moment:%b}"


def instant(moment: datetime | None) -> str:
    """`30 Jun 2026, 06:00 UTC`."""
    return MISSING if moment is None else f"{day(moment)}, {moment:%H:%M} UTC"


def hours(value: float | None) -> str:
    """Whole hours, without the unit."""
    return f"{value:.0f}" if _known(value) else MISSING


def count(quantity: int, singular: str, plural: str | None = None) -> str:
    """`1 goal`, `3 goals`."""
    return f"{number(quantity, 0)} {singular if quantity == 1 else plural or singular + 's'}"


_FOR_PROGRAMS = {"period", "field_gid", "in_minutes"}


def planned_value(text: str | None, field: str | None) -> str:
    """A planned value (canonical JSON) as people would read it in Asana; AI Confidence reads as percent."""
    if text is None:
        return "empty"
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return _read(value, is_share="confidence" in (field or ""))


def _read(value: object, *, is_share: bool) -> str:
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return percent(value) if is_share and 0 <= value <= 1 else number(value)
    if isinstance(value, dict):
        if value.keys() == {"text"}:  # what a comment says
            return _read(value["text"], is_share=False)
        return "\n".join(
            f"{k.replace('_', ' ')}: {_read(v, is_share=False)}"
            for k, v in value.items()
            if v not in (None, "") and k not in _FOR_PROGRAMS
        )
    if isinstance(value, list):
        return ", ".join(_read(v, is_share=False) for v in value)
    return str(value).replace("_", " ") if value in _STATUS_TYPES else str(value)


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _places(value: float, most: int = 2) -> int:
    if abs(value) >= 1000:
        return 0
    return next((p for p in range(most) if math.isclose(value, round(value, p), abs_tol=1e-9)), most)
