"""Signed heads of the audit chain, kept in a file outside the database: sign and check.

Entries are in audit.py, the chain as a file for others in audit_file.py.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from asana_intel.changes import audit
from asana_intel.changes.audit import Entry, Fault
from asana_intel.errors import ConfigError, PermanentError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from asana_intel.storage.postgres import Database

SIGN_EVERY = timedelta(minutes=5)  # a chain older than this without any head is suspicious
HEADS, KEY, PUBLIC_KEY = "heads.jsonl", "signing.key", "signing.pub"
_BACKUP = "the chain was rewritten: restore a backup"
_FIND_COPY = "compare the heads with a copy kept elsewhere"


@dataclass(frozen=True)
class Head:
    """The chain's last entry at an instant, signed; `prev` is the signature of the head before, base64."""

    at: str
    hash: str
    prev: str
    seq: int
    signature: str = ""

    def signed(self) -> bytes:
        """What the signature stands for: canonical JSON of at, hash, prev, seq."""
        fields = {"at": self.at, "hash": self.hash, "prev": self.prev, "seq": self.seq}
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()

    def line(self) -> str:
        """The head as it stands in the file of heads, and in an exported chain."""
        return json.dumps(self.__dict__, sort_keys=True)


@dataclass(frozen=True)
class Verdict:
    """What a check found: entries walked, the last good head, what is wrong, and what is only worth telling."""

    entries: int
    head: Head | None
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def sign(database: Database, folder: Path, now: datetime) -> Head | None:
    """Sign the chain's last entry and append the head to the file; nothing where it is signed already.

    Args:
        database: The ledger.
        folder: Where the heads and the keys lie; made, with a key pair, at the first call.
        now: Ledger time, UTC.

    Returns:
        The last head; None while the chain is empty.

    Raises:
        PermanentError: The chain no longer holds the entry that was signed last.
        ConfigError: The key is missing or readable by others, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / HEADS).open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            content = file.read()
            return _append(database, folder, file.fileno(), content, now)
    except OSError as wrong:
        raise ConfigError(f"No head can be written to {folder}: {wrong.strerror}", fix="mend the folder") from None


def check(
    entries: Iterable[Entry], lines: Sequence[bytes], public_key: bytes, now: datetime | None, first: int = 1
) -> Verdict:
    """Hold a chain against its signed heads.

    Args:
        entries: The chain, in order; read after the lines.
        lines: Lines of the file of heads, the last one empty where the file ends with a line break.
        public_key: PEM; may be empty where there are no lines.
        now: Ledger time, UTC; None where a head must be there however young the chain is.
        first: Number of the entry from which the chain is looked at.
    """
    heads, faults, notes = _check_lines(lines, public_key)
    before = next((head.hash for head in heads if head.seq == first - 1), None) if first > 1 else audit.GENESIS
    signed = {head.seq: head for head in heads if head.seq >= first}
    count, first_at = 0, None
    for entry, fault in audit.check(entries, first, before):
        count, first_at = count + 1, first_at or entry.at
        if fault is not None:
            faults.append(fault)
        head = signed.pop(entry.seq, None)
        if head is not None and head.hash != entry.hash:
            faults.append(Fault(entry.seq, f"Entry {entry.seq} is not the one that was signed at {head.at}", _BACKUP))
    for head in signed.values():
        message = f"The head signed at {head.at} stands for entry {head.seq}, which is gone: entries were cut off"
        faults.append(Fault(head.seq, message, f"restore a backup made after {head.at}"))
    if not heads and (now is None or (first_at is not None and now - first_at > SIGN_EVERY)):
        message = f"{count} entries have no signed head at all: none was ever made, or the file was removed"
        faults.append(Fault(count, message, "bring the file back from its copy; if there never was one: audit sign"))
    return Verdict(count, heads[-1] if heads else None, tuple(faults), tuple(notes))


def check_stored(database: Database, folder: Path, now: datetime, public_key: bytes | None = None) -> Verdict:
    """`check` of the ledger against the heads in a folder.

    Args:
        database: The ledger.
        folder: Where the heads lie; of the keys there only the public one is read, and only where none is given.
        now: Ledger time, UTC.
        public_key: PEM that was kept elsewhere: the one in the folder could have been replaced together with the heads.

    Raises:
        ConfigError: There are heads but no public key.
    """
    lines, key = stored_lines(folder), folder / PUBLIC_KEY
    if public_key is None and any(lines) and not key.exists():
        raise ConfigError(f"{key} is missing", fix="bring the public key back from its copy")
    if public_key is None:
        public_key = key.read_bytes() if key.exists() else b""
    with audit.reading(database) as entries:
        return check(entries, lines, public_key, now)


def stored_lines(folder: Path) -> list[bytes]:
    """Lines of the file of heads in a folder; none where it does not exist."""
    path = folder / HEADS
    return path.read_bytes().split(b"\n") if path.exists() else []


def last_head(folder: Path) -> Head | None:
    """The newest head in a folder, as it stands there; None where nothing was signed yet."""
    return next((head for head in map(parsed, reversed(stored_lines(folder))) if head is not None), None)


def parsed(line: bytes) -> Head | None:
    """The head that a line holds, its signature unchecked; None where it holds none."""
    try:
        head = Head(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    return head if type(head.seq) is int and all(isinstance(v, str) for v in (head.prev, head.signature)) else None


def _append(database: Database, folder: Path, descriptor: int, content: bytes, now: datetime) -> Head | None:
    heads = [head for head in map(parsed, content.split(b"\n")) if head is not None]
    last = heads[-1] if heads else None
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        newest = cursor.fetchone()
        cursor.execute("SELECT hash FROM audit WHERE seq = %s", (last.seq if last else 0,))
        held = cursor.fetchone()
    if last is not None and held != (last.hash,):
        raise PermanentError(f"The chain no longer holds entry {last.seq} as signed", fix="asana-intel audit verify")
    if newest is None or (last is not None and newest[0] == last.seq):
        return last
    key = _private_key(folder, create=last is None)
    unsigned = Head(now.astimezone(UTC).isoformat(), newest[1], last.signature if last else "", newest[0])
    head = Head(**{**unsigned.__dict__, "signature": base64.b64encode(key.sign(unsigned.signed())).decode()})
    # A line that a crash cut off is ended first, and so stays where everyone sees it.
    start = b"\n" if content and not content.endswith(b"\n") else b""
    line = start + head.line().encode() + b"\n"
    if os.write(descriptor, line) != len(line):
        raise ConfigError(f"The head was written in part only: {folder} is full", fix="make room, then sign again")
    os.fsync(descriptor)
    _sync_folder(folder)
    return head


def _check_lines(lines: Sequence[bytes], public_key: bytes) -> tuple[list[Head], list[Fault], list[str]]:
    heads: list[Head] = []
    faults: list[Fault] = []
    notes: list[str] = []
    key = _public_key(public_key) if any(lines) else None
    prev, refused = "", 0
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        head = parsed(line)
        if head is None:
            is_survived = any(parsed(later) is not None for later in lines[number:])
            if is_survived or number == len(lines):
                notes.append(f"Line {number} of the heads was cut off while it was written")
            else:
                faults.append(Fault(0, f"Line {number} of the heads is not a head", _FIND_COPY))
        elif key is None or not _is_signed(head, key):
            refused += 1
            faults.append(Fault(head.seq, f"Line {number} of the heads is forged: not signed with the key", _FIND_COPY))
        else:
            if head.prev != prev or (heads and head.seq <= heads[-1].seq):
                message = f"Line {number} of the heads does not follow the one before it: removed or reordered"
                faults.append(Fault(head.seq, message, _FIND_COPY))
            heads.append(head)
            prev = head.signature
    if refused and not heads:
        message = "No head was signed with this key: the heads were replaced, or it is the wrong public key"
        faults = [Fault(0, message, _FIND_COPY)]
    return heads, faults, notes


def _is_signed(head: Head, key: Ed25519PublicKey) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        signature = base64.b64decode(head.signature, validate=True)
        key.verify(signature, head.signed())
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(signature).decode() == head.signature  # several spellings mean the same bytes


def _public_key(pem: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError("The public key is not an Ed25519 key in PEM", fix="bring it back from its copy")
    return key


def _private_key(folder: Path, *, create: bool) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / KEY
    if not path.exists():
        if not create:
            raise ConfigError(f"{path} is missing, though heads were signed", fix="bring it back from a backup")
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        _write_once(path, pem, 0o600)
        public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
        _write_once(folder / PUBLIC_KEY, public, 0o644)
        return key
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path} can be read by others", fix=f"chmod 600 {path}")
    try:
        key = form.load_pem_private_key(path.read_bytes(), None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path} is not an Ed25519 key", fix="bring it back from a backup")
    return key


def _write_once(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
