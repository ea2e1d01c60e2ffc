from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.asana.pagination import Page
from asana_intel.errors import ConfigError, PermanentError, RetriableError
from asana_intel.raw.spool import PageSpool, page_spool

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
HERE = {"credential": "d1", "workspace": "1"}


class StoppedByDagster(BaseException):
    """As Dagster ends a run that is terminated: no Exception."""


def a_page(number: int, following: str | None = None) -> Page:
    return Page([{"gid": str(number), "name": "ä" * number}], following)


def interrupted(folder: Path, *entries: tuple[str, Page]) -> None:
    spool = PageSpool(folder, HERE, NOW)
    for list_key, page in entries:
        spool.keep(list_key, page)
    spool.close(is_done=False)


def test_an_interrupted_crawl_finds_its_pages_again_in_order(tmp_path: Path) -> None:
    interrupted(tmp_path, ("/a", a_page(1, "x")), ("/b", a_page(2)), ("/a", a_page(3)))
    spool = PageSpool(tmp_path, HERE, NOW + timedelta(hours=2))
    assert [*spool.kept("/a")] == [a_page(1, "x"), a_page(3)]
    assert [*spool.kept("/b")] == [a_page(2)]
    assert [*spool.kept("/c")] == []
    assert (spool.begun_at, spool.kept_pages) == (NOW, 3)


def test_a_finished_crawl_leaves_nothing_behind(tmp_path: Path) -> None:
    with page_spool(tmp_path, HERE, NOW) as spool:
        spool.keep("/a", a_page(1))
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("failure", "stay"),
    [
        (RetriableError("Asana is down"), 1),
        (ConfigError("the token has expired"), 1),
        (OSError(28, "No space left on device"), 1),
        (KeyboardInterrupt(), 1),
        (StoppedByDagster(), 1),
        (PermanentError("this answer cannot be read"), 0),
        (KeyError("name"), 0),
    ],
)
def test_pages_stay_where_going_on_can_help(tmp_path: Path, failure: BaseException, stay: int) -> None:
    def crawl() -> None:
        with page_spool(tmp_path, HERE, NOW) as spool:
            spool.keep("/a", a_page(1))
            raise failure

    with pytest.raises(type(failure)):
        crawl()
    assert PageSpool(tmp_path, HERE, NOW).kept_pages == stay


@pytest.mark.parametrize(
    ("identity", "at"),
    [
        ({**HERE, "workspace": "2"}, NOW),
        ({**HERE, "credential": "another"}, NOW),
        (HERE, NOW + timedelta(hours=25)),
        (HERE, NOW - timedelta(seconds=1)),
    ],
)
def test_pages_of_another_workspace_server_day_or_future_are_not_used(tmp_path: Path, identity, at: datetime) -> None:
    interrupted(tmp_path, ("/a", a_page(1)))
    spool = PageSpool(tmp_path, identity, at)
    assert (spool.kept_pages, spool.begun_at) == (0, at)
    spool.keep("/a", a_page(2))
    assert [*spool.kept("/a")] == [a_page(2)]


def test_a_forgotten_list_stays_forgotten_after_a_crash(tmp_path: Path) -> None:
    spool = PageSpool(tmp_path, HERE, NOW)
    spool.keep("/a", a_page(1, "x"))
    spool.keep("/b", a_page(2))
    spool.forget("/a")
    spool.keep("/a", a_page(3))
    spool.close(is_done=False)
    assert [*PageSpool(tmp_path, HERE, NOW).kept("/a")] == [a_page(3)]


def test_a_file_that_is_something_else_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "crawl.pages").write_bytes(b"not ours\n\x00\x01")
    assert PageSpool(tmp_path, HERE, NOW).kept_pages == 0


@given(
    lists=st.lists(st.sampled_from(["/a", "/b", "/c"]), max_size=8),
    cut=st.integers(min_value=0),
    junk=st.binary(max_size=5),
)
def test_wherever_a_crash_cuts_the_file_whole_pages_stay_and_half_ones_go(lists, cut: int, junk: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        written = [(list_key, a_page(n)) for n, list_key in enumerate(lists)]
        interrupted(folder, *written)
        path = folder / "crawl.pages"
        whole = path.read_bytes()
        head = whole.index(b"\n") + 1
        kept_bytes = max(head, cut % (len(whole) + 1))
        path.write_bytes(whole[:kept_bytes] + (junk if kept_bytes == len(whole) else b""))
        spool = PageSpool(folder, HERE, NOW)
        assert spool.kept_pages == len(written) or kept_bytes < len(whole)
        for list_key in set(lists):
            expected = [page for key, page in written[: spool.kept_pages] if key == list_key]
            assert [*spool.kept(list_key)] == expected
        spool.keep("/a", a_page(99))
        spool.close(is_done=False)
        assert [*PageSpool(folder, HERE, NOW).kept("/a")][-1] == a_page(99)


@given(
    lists=st.lists(st.sampled_from(["/a", "/b"]), min_size=1, max_size=5),
    where=st.integers(min_value=0),
    damage=st.integers(min_value=1, max_value=255),
)
def test_wherever_the_disk_damages_the_file_no_wrong_page_is_used(lists, where: int, damage: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        written = [(list_key, a_page(n, f"after {n}")) for n, list_key in enumerate(lists)]
        interrupted(folder, *written)
        path = folder / "crawl.pages"
        content = bytearray(path.read_bytes())
        content[where % len(content)] ^= damage
        path.write_bytes(content)
        spool = PageSpool(folder, HERE, NOW + timedelta(hours=1))
        assert spool.begun_at == (NOW if spool.kept_pages else spool.begun_at)
        for list_key in set(lists):
            expected = [page for key, page in written[: spool.kept_pages] if key == list_key]
            assert [*spool.kept(list_key)] == expected
        spool.keep("/a", a_page(99))
        spool.close(is_done=False)
        assert [*PageSpool(folder, HERE, NOW + timedelta(hours=1)).kept("/a")][-1] == a_page(99)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond that size, bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_named_and_what_was_kept_before_stays(tmp_path: Path) -> None:
    def crawl() -> None:
        with page_spool(tmp_path, HERE, NOW) as spool:
            spool.keep("/a", a_page(1, "x"))
            with room_for((tmp_path / "crawl.pages").stat().st_size + 30):
                spool.keep("/a", a_page(2))

    with pytest.raises(ConfigError, match=r"crawl\.pages"):
        crawl()
    assert [*PageSpool(tmp_path, HERE, NOW).kept("/a")] == [a_page(1, "x")]


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "crawl").write_text("in the way")
    with pytest.raises(ConfigError, match="crawl"):
        PageSpool(tmp_path / "crawl", HERE, NOW)


def test_a_large_page_is_kept_in_less_room_and_comes_back_whole(tmp_path: Path) -> None:
    large = Page([{"gid": str(n), "notes": "as before " * 10} for n in range(100)], "x")
    interrupted(tmp_path, ("/a", large), ("/a", a_page(1)))
    assert [*PageSpool(tmp_path, HERE, NOW).kept("/a")] == [large, a_page(1)]
    assert (tmp_path / "crawl.pages").stat().st_size < 4_000
