"""The product's own PostgreSQL schema: connections and migrations. Queries live with the stage that owns them."""

import contextlib
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit, urlunsplit

from asana_intel.errors import ConfigError, RetriableError
from asana_intel.settings import Settings
from asana_intel.storage.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

SCHEMA = "asana_intel"
Role = Literal["planner", "approver", "worker", "auditor"]
"""What one may be in the ledger; what each may do stands in roles.sql."""


def database_url(settings: Settings) -> str:
    """SQLAlchemy URL of the database: the configured one, or the embedded server's (started if need be)."""
    if settings.pg_url is None:
        return EmbeddedPostgres(settings.home).ensure_running()
    return _with_driver(settings.pg_url.get_secret_value())


class Database:
    """Short transactions on the product's schema.

    Args:
        url: SQLAlchemy URL; the driver part is dropped for psycopg2.
    """

    def __init__(self, url: str) -> None:
        self._dsn = url.replace("postgresql+psycopg2://", "postgresql://", 1)
        self._has_roles: bool | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "Database":
        """Connect as configured and bring the schema up to date."""
        database = cls(database_url(settings))
        database.migrate()
        return database

    def __repr__(self) -> str:
        return "Database(…)"  # the address holds a password

    @contextlib.contextmanager
    def transaction(self, role: Role | None = None) -> Iterator["Connection"]:
        """A connection whose work is committed at the end, or rolled back on an error; see `connect`."""
        connection = self.connect(role)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def connect(self, role: Role | None = None) -> "Connection":
        """A fresh connection whose search path is the product's schema; the caller closes it.

        Args:
            role: Give up all rights but this role's, where the database has the roles; None = the login's own.
        """
        import psycopg2

        taken = f" -c role={SCHEMA}_{role}" if role is not None and self.has_roles() else ""
        try:
            return psycopg2.connect(self._dsn, options=f"-c search_path={SCHEMA},public{taken}", connect_timeout=10)
        except psycopg2.OperationalError as down:
            raise RetriableError(
                f"PostgreSQL does not answer: {_without_address(str(down))}", fix="check ASANA_INTEL_PG_URL"
            ) from None

    def has_roles(self) -> bool:
        """Whether the login may take the ledger's roles; without them every program has the login's own rights."""
        if self._has_roles is None:
            with self.transaction() as connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)"
                    " AND pg_has_role(current_user, oid, 'MEMBER')",
                    ([f"{SCHEMA}_{role}" for role in get_args(Role)],),
                )
                self._has_roles = cursor.fetchall() == [(len(get_args(Role)),)]
        return self._has_roles

    def migrate(self) -> list[str]:
        """Apply the migrations that are not in yet, in order, each in its own transaction; returns their names."""
        applied: list[str] = []
        with self.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('asana_intel.migrate'))")
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations"
                " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
            )
            cursor.execute("SELECT name FROM schema_migrations")
            done = {name for (name,) in cursor.fetchall()}
            for name, statements in _migrations():
                if name not in done:
                    cursor.execute(statements)
                    cursor.execute("INSERT INTO schema_migrations (name) VALUES (%s)", (name,))
                    applied.append(name)
            if applied:
                cursor.execute((files("asana_intel.storage") / "roles.sql").read_text())
        return applied


def _migrations() -> list[tuple[str, str]]:
    folder = files("asana_intel.storage") / "migrations"
    return sorted((f.name, f.read_text()) for f in folder.iterdir() if f.name.endswith(".sql"))


def _with_driver(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres", "postgresql+psycopg2"}:
        raise ConfigError("ASANA_INTEL_PG_URL is not a PostgreSQL address", fix="postgresql://user@host/database")
    return urlunsplit(("postgresql+psycopg2", *parts[1:]))


def _without_address(message: str) -> str:
    return message.strip().splitlines()[-1].split('"')[-1].strip(" :") or "no connection"
