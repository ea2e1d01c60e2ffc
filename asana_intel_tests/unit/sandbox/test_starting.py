"""Starting a sandbox alone: what is refused, in one line with a mend, and what a damaged journal costs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from asana_intel.errors import ConfigError
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import serve
from asana_intel_tests.unit.sandbox.board import NOW, board
from asana_intel_tests.unit.sandbox.worlds import Api


@pytest.fixture
def world(tmp_path: Path) -> Path:
    board(tmp_path / "world")
    return tmp_path / "world"


def test_a_port_that_is_taken_or_none_at_all_is_named(world: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}") as caught:
            serve(world, NOW, port)
    assert "another port" in str(caught.value.fix)
    with pytest.raises(ConfigError, match="cannot listen on"):
        serve(world, NOW, 70_000)


@pytest.mark.parametrize("line", ["{}", "[]", "12", '{"method": "PUT", "path": "/tasks/10"}', "nonsense"])
def test_a_line_that_is_no_journal_entry_is_named(world: Path, tmp_path: Path, line: str) -> None:
    state = tmp_path / "state.jsonl"
    state.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"state\.jsonl, line 2: not a journal entry"):
        Sandbox(world, NOW, state)


@pytest.mark.parametrize("place", ["world", "world/tasks.jsonl/state.jsonl"])
def test_a_journal_that_cannot_be_written_is_refused_before_anything_is(world: Path, place: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read and written"):
        Sandbox(world, NOW, world.parent / place)


def test_what_is_written_after_a_line_that_a_crash_cut_is_not_lost(world: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    Api(Sandbox(world, NOW, state)).write("PUT", "/tasks/10", name="cut")
    state.write_bytes(state.read_bytes()[:-10])
    Api(Sandbox(world, NOW, state)).write("PUT", "/tasks/11", name="after the crash")
    third = Api(Sandbox(world, NOW, state))
    assert (third.get("/tasks/10")["name"], third.get("/tasks/11")["name"]) == ("T10", "after the crash")


def test_a_journal_without_a_last_line_end_is_whole(world: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    Api(Sandbox(world, NOW, state)).write("PUT", "/tasks/10", name="first")
    state.write_bytes(state.read_bytes()[:-1])
    Api(Sandbox(world, NOW, state)).write("PUT", "/tasks/11", name="second")
    third = Api(Sandbox(world, NOW, state))
    assert (third.get("/tasks/10")["name"], third.get("/tasks/11")["name"]) == ("first", "second")


def test_a_world_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        generate_world(tmp_path / "file" / "world", seed=1, people=2, projects=1, tasks=3, goals=0, weeks=20)
