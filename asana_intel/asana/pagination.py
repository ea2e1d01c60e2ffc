"""Walking a list page by page; the one place that knows offsets. What is listed is the caller's."""

from collections.abc import Iterator, Mapping
from typing import Any

from asana_intel.asana.session import AsanaSession
from asana_intel.errors import PermanentError

PAGE_SIZE = 100  # Asana's maximum


def pages(
    session: AsanaSession,
    resource_path: str,
    params: Mapping[str, str | int] | None = None,
    limit: int = PAGE_SIZE,
) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of a list; no record twice.

    An offset dies when the caller stalls too long. The list is then begun again, once, and what was seen is left out.

    Args:
        session: Where to ask.
        resource_path: Path of the list.
        params: Query parameters beside limit and offset.
        limit: Records a page, 1 to 100.

    Raises:
        PermanentError: The offset expired twice, or the answer is not a list.
    """
    seen: set[str] = set()
    restarted = False
    offset: str | None = None
    while True:
        asked = {**(params or {}), "limit": limit, **({"offset": offset} if offset else {})}
        try:
            body = session.get(resource_path, asked)
        except PermanentError as refused:
            if not offset or restarted or not _is_expired_offset(refused):
                raise
            restarted, offset = True, None
            continue
        yield _unseen(resource_path, body, seen)
        following = body.get("next_page")
        if not following:
            return
        offset = following["offset"]


def _is_expired_offset(refused: PermanentError) -> bool:
    return ": 400 " in refused.message and ("offset" in refused.message or "pagination token" in refused.message)


def _unseen(resource_path: str, body: dict[str, Any], seen: set[str]) -> list[dict[str, Any]]:
    records = body.get("data")
    if not isinstance(records, list):
        raise PermanentError(f"GET {resource_path}: the answer holds no list", fix="check ASANA_INTEL_ASANA_URL")
    fresh = [record for record in records if record["gid"] not in seen]
    seen.update(record["gid"] for record in fresh)
    return fresh
