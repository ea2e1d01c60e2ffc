"""A chain with signed heads in memory, for tests that change it: nothing here asserts."""

import base64
from dataclasses import replace
from datetime import timedelta

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from asana_intel.changes import audit
from asana_intel.changes.audit import GENESIS, Entry
from asana_intel.changes.heads import Head
from asana_intel_tests.conftest import NOW

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)


def chain(count):
    """So many entries, a second apart."""
    return rehashed(
        Entry(seq, NOW + timedelta(seconds=seq), "ada", "row_done", {"n": seq, "gid": "1"}, "", "")
        for seq in range(1, count + 1)
    )


def rehashed(entries, prev=GENESIS):
    """The entries as a forger would put them: each with the hash that fits it and the one before."""
    fitting = []
    for entry in entries:
        fitting.append(entry._replace(prev=prev, hash=audit._hash(*entry[:5], prev)))
        prev = fitting[-1].hash
    return fitting


def signed(*entries):
    """Lines of heads that stand for these entries."""
    lines, prev = [], ""
    for entry in entries:
        head = Head(NOW.isoformat(), entry.hash, prev, entry.seq)
        prev = base64.b64encode(KEY.sign(head.signed())).decode()
        lines.append(replace(head, signature=prev).line().encode())
    return lines
