"""Files that clients send as `multipart/form-data`: taking such a body apart. What becomes of the file is not here."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote

from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.world import Fields

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FILE = 100 * 1024 * 1024


def multipart_data(raw: bytes, content_type: str) -> Fields:
    """Take a multipart body apart.

    Args:
        raw: The body.
        content_type: Its header, with the boundary.

    Returns:
        Member -> text; a file is `{"name", "size", "content": base64}`, so that the journal can hold it.

    Raises:
        ApiError: 400 if the body is malformed, 413 if a file is larger than 100 MB.
    """
    from python_multipart import MultipartParser
    from python_multipart.exceptions import MultipartParseError
    from python_multipart.multipart import parse_options_header

    boundary = parse_options_header(content_type.encode())[1].get(b"boundary")
    if not boundary:
        raise ApiError(400, "Could not parse request data, no boundary of its parts is given")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(raw)
        parser.finalize()
    except MultipartParseError as error:
        raise ApiError(400, f"Could not parse request data, invalid multipart body: {error}") from error
    data: Fields = {}
    for headers, content in parts.found:
        options = parse_options_header(headers.get(b"content-disposition", b""))[1]
        name = options.get(b"name", b"").decode("utf-8", "replace")
        file = options.get(b"filename")
        data[name] = content.decode("utf-8", "replace") if file is None else _file(file, content)
    return data


def _file(name: bytes, content: bytes) -> Fields:
    if len(content) > MAX_FILE:
        raise ApiError(413, "file: A file can have at most 100 MB")
    plain = unquote(name.decode("utf-8", "replace"))  # names beyond ASCII come percent-encoded
    return {"name": plain, "size": len(content), "content": b64encode(content).decode()}


class _Parts:
    """Collects the parts of a body as the parser finds them: headers (lower case) and content."""

    def __init__(self) -> None:
        self.found: list[tuple[dict[bytes, bytes], bytes]] = []
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._content = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser calls at each step."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_name,
            "on_header_value": self._on_value,
            "on_header_end": self._header_end,
            "on_part_data": self._on_content,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._headers, self._content = {}, bytearray()

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end(self) -> None:
        self.found.append((self._headers, bytes(self._content)))
