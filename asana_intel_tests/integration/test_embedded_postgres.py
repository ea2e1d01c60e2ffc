"""The PostgreSQL that comes along: it starts anywhere, lets nobody else in, and comes back after every accident."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest

from asana_intel.errors import ConfigError, RetriableError
from asana_intel.settings import load_settings
from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.postgres import Database, database_url


def remove(server: EmbeddedPostgres) -> None:
    """Stop the server and remove all that it left on the machine."""
    server.stop()
    for folder in (server._sockets, server._cluster.parent, server.home):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running server whose home has a path that is far too long for a socket."""
    home = tmp_path_factory.mktemp("home") / ("a folder with a very long name " * 5).strip() / "Übung" / ("x" * 60)
    running = EmbeddedPostgres(home)
    running.ensure_running()
    yield running
    remove(running)


@pytest.fixture(autouse=True)
def no_password_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", "/dev/null")


def parts(server: EmbeddedPostgres) -> dict[str, str]:
    address = urlsplit(server.url)
    return {
        "host": parse_qs(address.query)["host"][0],
        "user": address.username or "",
        "password": address.password or "",
        "dbname": address.path[1:],
    }


def ask(server: EmbeddedPostgres, query: str) -> str:
    with contextlib.closing(psycopg2.connect(**parts(server))) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        (value,) = cursor.fetchone() or ("",)
        return str(value)


def pid(server: EmbeddedPostgres) -> int:
    return int((server._cluster / "postmaster.pid").read_text().split()[0])


def test_it_starts_in_a_home_with_a_long_path(server: EmbeddedPostgres) -> None:
    assert len(str(server.home)) > 220
    assert len(parts(server)["host"]) < 80
    assert ask(server, "SELECT current_database()") == "asana_intel"
    assert ask(server, "SHOW server_encoding") == "UTF8"


def test_its_socket_and_its_password_belong_to_one_account(server: EmbeddedPostgres) -> None:
    sockets = Path(parts(server)["host"])
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE((sockets / ".s.PGSQL.5432").stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server._cluster.stat().st_mode) == 0o700
    assert list(sockets.glob("initial")) == []  # the password that initdb read


def test_it_listens_on_no_network(server: EmbeddedPostgres) -> None:
    assert ask(server, "SHOW listen_addresses") == ""


@pytest.mark.parametrize("password", [None, "", "guess"])
def test_nobody_enters_without_the_password(server: EmbeddedPostgres, password: str | None) -> None:
    wrong = {k: v for k, v in (parts(server) | {"password": password}).items() if v is not None}
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(**wrong)


def test_a_second_program_attaches_to_the_running_server(server: EmbeddedPostgres) -> None:
    before = pid(server)
    other = EmbeddedPostgres(server.home)
    assert other.ensure_running() == server.url
    assert pid(other) == before


def test_a_program_with_another_folder_for_temporary_files_attaches_too(
    server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pid(server)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = EmbeddedPostgres(server.home)
    other.ensure_running()
    assert pid(other) == before
    assert ask(other, "SELECT 1") == "1"


def test_two_programs_that_start_together_share_one_server(server: EmbeddedPostgres) -> None:
    server.stop()
    urls: list[str] = []
    programs = [
        threading.Thread(target=lambda: urls.append(EmbeddedPostgres(server.home).ensure_running())) for _ in range(2)
    ]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert urls == [server.url] * 2


def test_stopping_ends_it_and_stopping_again_does_nothing(server: EmbeddedPostgres) -> None:
    server.stop()
    with pytest.raises(psycopg2.OperationalError):
        ask(server, "SELECT 1")
    server.stop()
    server.ensure_running()


def test_what_was_committed_survives_a_killed_server(server: EmbeddedPostgres) -> None:
    with contextlib.closing(psycopg2.connect(**parts(server))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    for _ in range(2):
        os.kill(pid(server), signal.SIGKILL)
        server.ensure_running()
        assert ask(server, "SELECT n FROM kept") == "42"


def test_a_stale_pid_file_does_not_stop_it_from_starting(server: EmbeddedPostgres) -> None:
    left = (server._cluster / "postmaster.pid").read_text().splitlines()
    server.stop()
    file = server._cluster / "postmaster.pid"
    file.write_text("\n".join(["4194200", *left[1:]]))  # a process that does not exist
    os.chown(file, server._cluster.stat().st_uid, server._cluster.stat().st_gid)
    server.ensure_running()
    assert ask(server, "SELECT 1") == "1"


def test_a_removed_home_starts_anew_and_keeps_the_old_cluster_aside(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "home")
    try:
        server.ensure_running()
        old = server.url
        shutil.rmtree(server.home)
        server.ensure_running()
        assert server.url != old
        assert ask(server, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == "0"
        if server._cluster.parent != server.home:
            assert [f.name for f in server._cluster.parent.glob("*orphaned*")] == ["postgres.orphaned-1"]
    finally:
        remove(server)


def test_an_initialisation_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "home")
    cut = EmbeddedPostgres(tmp_path / "home")

    def killed(program: str, *arguments: str, check: bool = True) -> None:
        folder = Path(arguments[arguments.index("-D") + 1])
        (folder / "PG_VERSION").write_text("18")  # the first thing initdb writes
        raise KeyboardInterrupt

    cut._run = killed  # type: ignore[method-assign]
    try:
        with pytest.raises(KeyboardInterrupt):
            cut.ensure_running()
        server.ensure_running()
        assert ask(server, "SELECT 1") == "1"
    finally:
        remove(server)


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = EmbeddedPostgres(tmp_path / "home")
    (tmp_path / "elsewhere").mkdir()
    server.home.mkdir()
    server._cluster.mkdir(parents=True)
    try:
        (server.home / "postgres.password").write_text("known")
        server._sockets.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(ConfigError, match="belongs to someone else"):
            server.ensure_running()
    finally:
        shutil.rmtree(server._cluster.parent)


def test_a_given_address_is_used_and_gets_its_driver() -> None:
    assert database_url(load_settings(pg_url="postgresql://u:p@db.example:5433/x?sslmode=require")) == (
        "postgresql+psycopg2://u:p@db.example:5433/x?sslmode=require"
    )
    with pytest.raises(ConfigError, match="not a PostgreSQL address") as refusal:
        database_url(load_settings(pg_url="mysql://u:canary@db.example/x"))
    assert "canary" not in str(refusal.value)


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    database = Database("postgresql+psycopg2://u:canary@127.0.0.1:9/x")
    with pytest.raises(RetriableError, match="does not answer") as told:
        database.connect()
    assert "canary" not in str(told.value)
    assert "canary" not in repr(database)


def test_the_schema_is_brought_up_to_date_once(server: EmbeddedPostgres) -> None:
    database = Database(server.url)
    assert database.migrate() == sorted(database_migrations())
    assert database.migrate() == []


def database_migrations() -> list[str]:
    import asana_intel.storage

    folder = Path(asana_intel.storage.__file__).parent / "migrations"
    return [file.name for file in folder.glob("*.sql")]
