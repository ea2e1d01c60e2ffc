"""The weekly pages for some readers: whose they are stands in their names, and only their owner may open them."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.private import private_folder, write_private_pages
from asana_intel.settings import Settings, load_settings

WEEK = "2026-11-16"


def written(inputs: ReportInputs, settings: Settings) -> dict[str, Path]:
    return {path.name: path for path in write_private_pages(inputs, settings, WEEK)}


@pytest.fixture
def inputs(full_inputs: ReportInputs) -> ReportInputs:
    """Two managers, and one whom nobody knows."""
    ada, dana = frozenset({"2000", "2003", "2004"}), frozenset({"2003", "2001"})
    return replace(full_inputs, circles={"2000": ada, "2003": dana, "99": frozenset({"99", "2005"})})


def test_there_is_one_page_for_leaders_and_one_for_each_manager(inputs: ReportInputs, tmp_path: Path) -> None:
    pages = written(inputs, load_settings(home=tmp_path))
    assert set(pages) == {f"{WEEK}-leaders.html", f"{WEEK}-manager-2000.html", f"{WEEK}-manager-2003.html"}
    assert "Made for Ada Berg: figures of people are of the 3 people" in pages[f"{WEEK}-manager-2000.html"].read_text()
    assert "Made for Dana Ek: figures of people are of the 2 people" in pages[f"{WEEK}-manager-2003.html"].read_text()
    leaders = pages[f"{WEEK}-leaders.html"].read_text()
    assert not [name for name in inputs.people["name"].drop_nulls() if name in leaders]


def test_only_their_owner_may_open_them(inputs: ReportInputs, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    folder = private_folder(settings)
    folder.mkdir(parents=True, mode=0o755)  # made by hand, open to many
    pages = written(inputs, settings)
    assert {stat.S_IMODE(path.stat().st_mode) for path in pages.values()} == {0o600}
    assert {path.parent for path in pages.values()} == {folder}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_where_managers_may_not_be_given_figures_only_the_page_for_leaders_is_written(
    inputs: ReportInputs, tmp_path: Path
) -> None:
    settings = load_settings(home=tmp_path, audience={"roles": ["lead", "self"]})
    assert set(written(inputs, settings)) == {f"{WEEK}-leaders.html"}


def test_the_weekly_run_writes_none_unless_that_is_set() -> None:
    assert not load_settings().audience.weekly_pages
