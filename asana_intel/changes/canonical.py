"""One spelling for each value, so that "different" means different: JSON text, None for empty. Nothing is compared raw.

Asana rounds numbers to a field's precision, keeps percentages as fractions, and people paste text in several Unicode
forms; compared as they come, every write would look unverified and every value changed.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal

from asana_intel.errors import PermanentError

ValueType = Literal["number", "text", "date", "enum", "multi_enum", "people"]
TEXT_LIMIT = 1024  # Asana's limit for a text field
_GID = re.compile(r"\A[0-9]{1,20}\Z", re.ASCII)


def canonical(
    value: Any,
    value_type: ValueType,
    *,
    decimals: int | None = None,
    options: Mapping[str, str] | None = None,
) -> str | None:
    """The canonical JSON of a value as Asana or a table holds it.

    Args:
        value: Python value; None, NaN and blank text mean empty. A date may come as date, ISO text or Asana's object
            `{"date": …}`; an option or a person as gid, as object with a gid, or, given the options, by name. Several
            of them have no order, and each counts once.
        value_type: How to read it.
        decimals: Digits after the point that the field keeps; None = as many as the number has. A percentage
            of precision 0 keeps two, because it is stored as a fraction.
        options: Gid -> name of the options an enum has; None = only gids are known.

    Raises:
        PermanentError: The value is not of the type.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if value_type == "number":
        return canonical_number(value, decimals)
    if value_type == "date":
        return canonical_date(value)
    if value_type == "enum":
        return None if value == "" else json.dumps(canonical_gid(value, options))
    if value_type in {"multi_enum", "people"}:
        gids = sorted({canonical_gid(one, options) for one in (value if isinstance(value, list | tuple) else [value])})
        return json.dumps(gids) if gids else None
    text = canonical_text(str(value))
    return None if not text else json.dumps(text, ensure_ascii=False)


def canonical_number(value: Any, decimals: int | None = None) -> str:
    """A number without exponent, trailing zeros or negative zero, rounded half up."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as wrong:
        raise PermanentError(f"{value!r} is not a number") from wrong
    if not number.is_finite():
        raise PermanentError(f"{value!r} is not a finite number")
    if decimals is not None:
        number = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def canonical_date(value: Any) -> str | None:
    """A day as `"YYYY-MM-DD"`; the time of day, where there is one, is dropped."""
    if isinstance(value, dict):
        value = value.get("date") or value.get("date_time") or value.get("due_on")
    if value in (None, ""):
        return None
    if isinstance(value, datetime):
        return json.dumps(value.date().isoformat())
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    try:
        return json.dumps(date.fromisoformat(str(value)[:10]).isoformat())
    except ValueError as wrong:
        raise PermanentError(f"{value!r} is not a date", fix="YYYY-MM-DD") from wrong


def canonical_gid(value: Any, options: Mapping[str, str] | None = None) -> str:
    """The gid of an option or a person; a name is looked up among the options, whatever its case and Unicode form."""
    gid = value.get("gid") if isinstance(value, Mapping) else str(value)
    if options is None or gid in options:
        if gid is None or not _GID.match(gid):
            raise PermanentError(f"{value!r} is not a gid")
        return gid
    named = [g for g, name in options.items() if _folded(name) == _folded(str(gid))]
    if len(named) != 1:
        raise PermanentError(f"{value!r} is not an option", fix=f"one of {', '.join(sorted(options.values()))}")
    return named[0]


def is_gid(value: str) -> bool:
    """Whether a text can be the gid of an object of Asana."""
    return bool(_GID.match(value))


def canonical_text(text: str) -> str:
    """Text in NFC, with Unix line ends and no trailing blanks; control characters that no system keeps are dropped."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def shortened(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text cut at a word so that it fits `limit` characters, with an ellipsis where something is missing."""
    text = canonical_text(text)
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip() + "…"


def canonical_object(body: dict[str, Any]) -> str:
    """Canonical JSON of an object to create: sorted keys, texts in canonical form."""
    tidy = {k: canonical_text(v) if isinstance(v, str) else v for k, v in body.items() if v is not None}
    return json.dumps(tidy, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def parsed(text: str | None) -> Any:
    """The Python value behind canonical JSON."""
    return None if text is None else json.loads(text)


def _folded(text: str) -> str:
    return canonical_text(text).casefold()
