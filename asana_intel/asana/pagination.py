"""Walking a list page by page; the one place that knows offsets. What is listed is the caller's."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from asana_intel.errors import PermanentError

PAGE_SIZE = 100  # Asana's maximum


class Getter(Protocol):
    """What pages are read through: a session, or something in front of one."""

    def get(self, resource_path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Read one page; the whole body."""
        ...


class Page(NamedTuple):
    """One page of a list, and the offset of the next one; None after the last."""

    records: list[dict[str, Any]]
    next_offset: str | None


class PageKeeper(Protocol):
    """Keeps the pages of lists, so that an interrupted reading can go on."""

    def kept(self, list_key: str) -> Iterable[Page]:
        """Pages of a list that were read before, in order."""
        ...

    def keep(self, list_key: str, page: Page) -> None:
        """Add a page that was just read."""
        ...

    def forget(self, list_key: str) -> None:
        """Drop a list that is read from its beginning again."""
        ...


def pages(
    session: Getter,
    resource_path: str,
    params: Mapping[str, str | int] | None = None,
    limit: int = PAGE_SIZE,
    keeper: PageKeeper | None = None,
) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of a list; no record twice.

    An offset dies when the caller stalls too long. The list is then begun again, once, and what was seen is left out.

    Args:
        session: Where to ask.
        resource_path: Path of the list.
        params: Query parameters beside limit and offset.
        limit: Records a page, 1 to 100.
        keeper: Gives the pages that an earlier, interrupted reading got, and keeps the new ones.

    Raises:
        PermanentError: The offset expired twice, the list does not end, or the answer is not a list.
    """
    list_key = _key_of(resource_path, params or {})
    seen: set[str] = set()
    offset: str | None = None
    for page in keeper.kept(list_key) if keeper else ():
        yield _unseen(page.records, seen)
        offset = page.next_offset
        if offset is None:
            return
    restarted = False
    offsets: set[str] = set()
    while True:
        asked = {**(params or {}), "limit": limit, **({"offset": offset} if offset else {})}
        try:
            page = _page(resource_path, session.get(resource_path, asked))
        except PermanentError as refused:
            if not offset or restarted or not _is_expired_offset(refused):
                raise
            if keeper:
                keeper.forget(list_key)
            restarted, offset = True, None
            offsets.clear()
            continue
        fresh = _unseen(page.records, seen)
        if page.next_offset in offsets and not fresh:
            raise PermanentError(f"GET {resource_path}: the list repeats its pages for ever", fix="read it again later")
        if keeper:
            keeper.keep(list_key, page)
        yield fresh
        offset = page.next_offset
        if offset is None:
            return
        offsets.add(offset)


def _key_of(resource_path: str, params: Mapping[str, str | int]) -> str:
    """Tell lists apart; short, since a large crawl keeps one for each of its lists."""
    asked = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return f"{resource_path}?{blake2b(asked.encode(), digest_size=9).hexdigest()}"


def _offset_after(resource_path: str, body: dict[str, Any]) -> str | None:
    following = body.get("next_page")
    if not following:
        return None
    offset = following.get("offset") if isinstance(following, dict) else None
    if not isinstance(offset, str) or not offset:
        raise PermanentError(f"GET {resource_path}: a next page without an offset", fix="check ASANA_INTEL_ASANA_URL")
    return offset


def _is_expired_offset(refused: PermanentError) -> bool:
    return ": 400 " in refused.message and ("offset" in refused.message or "pagination token" in refused.message)


def _page(resource_path: str, body: dict[str, Any]) -> Page:
    records = body.get("data")
    if not isinstance(records, list) or not all(isinstance(r, dict) and isinstance(r.get("gid"), str) for r in records):
        raise PermanentError(
            f"GET {resource_path}: the answer is not a list of records", fix="check ASANA_INTEL_ASANA_URL"
        )
    return Page(records, _offset_after(resource_path, body))


def _unseen(records: list[dict[str, Any]], seen: set[str]) -> list[dict[str, Any]]:
    fresh: list[dict[str, Any]] = []
    for record in records:
        if record["gid"] not in seen:
            seen.add(record["gid"])
            fresh.append(record)
    return fresh
