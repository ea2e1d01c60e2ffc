"""Rich text as Asana takes it: XML rooted at `<body>`, a few tags. Reading and writing it, no records here."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree

from asana_intel.sandbox.rejections import invalid

_EVERYWHERE = frozenset({"body", "strong", "em", "u", "s", "code", "ol", "ul", "li", "a"})
_NOTES = _EVERYWHERE | {"h1", "h2", "hr"}
_BRIEF = _NOTES | {"table", "tr", "td", "img", "object"}
# Where a member stands decides which tags it may hold; a comment or a status update holds the fewest.
NOTES, BRIEF = "notes", "brief"
_ALLOWED = {NOTES: _NOTES, BRIEF: _BRIEF}


def plain_of(name: str, rich: str, place: str = "") -> str:
    """Check rich text and return what it says without its tags.

    Args:
        name: The member of the request, for the refusal.
        rich: Its value.
        place: `notes` (headings and rules too), `brief` (tables and images too), or anything else.

    Raises:
        ApiError: 400 unless it is XML within `<body>` that uses Asana's tags only.
    """
    if not (rich.startswith("<body>") and rich.endswith("</body>")):
        raise invalid(name, "XML is invalid: must be enclosed in <body> tags")
    if "<!" in rich or "<?" in rich:  # a document type could define entities that expand without end
        raise invalid(name, "XML is invalid: declarations and comments are not allowed")
    try:
        body = ElementTree.fromstring(rich)  # noqa: S314 - no declarations come this far
    except (ElementTree.ParseError, ValueError) as error:
        raise invalid(name, f"XML is invalid: {error}") from error
    allowed = _ALLOWED.get(place, _EVERYWHERE)
    for element in body.iter():
        if element.tag not in allowed:
            raise invalid(name, f"XML is invalid: <{element.tag}> is not supported")
        if element.tag == "body" and element is not body:
            raise invalid(name, "XML is invalid: <body> may only be the root")
    return "".join(body.itertext())


def rich_of(text: str) -> str:
    """Write plain text as rich text."""
    return f"<body>{escape(text, quote=False)}</body>"
