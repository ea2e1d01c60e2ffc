from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.changes import audit, heads
from asana_intel.errors import ConfigError, PermanentError
from asana_intel_tests.conftest import NOW
from asana_intel_tests.unit.changes.signed_chain import PUBLIC, chain, signed

CHAIN = chain(30)


@pytest.fixture
def folder(database, tmp_path):
    """A ledger of 5 entries, signed after the third and the fifth."""
    for n in range(1, 6):
        with database.transaction() as connection:
            audit.append(connection, NOW, "ada", "row_done", {"n": n})
        if n in {3, 5}:
            heads.sign(database, tmp_path, NOW)
    return tmp_path


def found(database, folder):
    return [fault.message for fault in heads.check_stored(database, folder, NOW + timedelta(hours=1)).faults]


def tamper(database, statement):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)


(LINE,) = signed(CHAIN[-1])
OTHER = {
    "seq": 99, "at": NOW - timedelta(days=1), "actor": "eve", "event": "other", "body": {}, "prev": "x", "hash": "y"
}  # fmt: skip


@pytest.mark.fault("F38")
@settings(max_examples=1000)
@given(
    st.sampled_from([*OTHER, "swap", "delete", "truncate"]),
    st.integers(0, len(CHAIN) - 1),
    st.integers(1, len(CHAIN) - 1),
)
def test_any_single_mutation_of_a_signed_chain_is_found(kind, at, distance):
    rows = list(CHAIN)
    other = (at + distance) % len(rows)
    if kind == "swap":
        rows[at], rows[other] = rows[other], rows[at]
    elif kind == "delete":
        del rows[at]
    elif kind == "truncate":
        del rows[-distance:]
    else:
        rows[at] = rows[at]._replace(**{kind: OTHER[kind]})
    assert heads.check(CHAIN, [LINE, b""], PUBLIC, NOW).faults == ()
    assert heads.check(rows, [LINE, b""], PUBLIC, NOW).faults


def test_a_signed_chain_holds_and_only_the_owner_reads_the_key(database, folder):
    verdict = heads.check_stored(database, folder, NOW + timedelta(hours=1))
    assert (verdict.entries, verdict.faults, verdict.notes) == (5, (), ())
    assert verdict.head is not None
    assert verdict.head.seq == 5
    assert (folder / heads.KEY).stat().st_mode & 0o777 == 0o600


@pytest.mark.fault("F38")
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE seq = 2", "Entry 2 was changed"),
        ("DELETE FROM audit WHERE seq = 2", "Entry 2 is missing"),
        ("UPDATE audit SET prev = hash WHERE seq = 4", "Entry 4 does not follow"),
        ("DELETE FROM audit WHERE seq > 4", "stands for entry 5, which is gone"),
        ("TRUNCATE audit", "stands for entry 3, which is gone"),
    ],
)
def test_tampering_in_the_database_is_told_in_its_own_words(database, folder, statement, told):
    tamper(database, statement)
    assert told in found(database, folder)[0]


@pytest.mark.fault("F38")
def test_a_tail_that_was_cut_off_is_not_signed_over(database, folder):
    tamper(database, "DELETE FROM audit WHERE seq = 5")
    with pytest.raises(PermanentError, match="no longer holds entry 5"):
        heads.sign(database, folder, NOW)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a, b: b + a, "does not follow"),
        (lambda a, b: b, "does not follow"),
        (lambda a, b: a + b.replace(b'"seq": 5', b'"seq": 4'), "forged"),
        (lambda a, b: a + b"{}\n", "is not a head"),
        (lambda a, b: b"", "no signed head"),
    ],
)
def test_forged_reordered_and_missing_heads_are_told(database, folder, change, told):
    path = folder / heads.HEADS
    path.write_bytes(change(*path.read_bytes().splitlines(keepends=True)))
    assert told in " ".join(found(database, folder))


def test_another_public_key_is_told(database, folder):
    (folder / heads.PUBLIC_KEY).write_bytes(PUBLIC)
    assert "wrong public key" in found(database, folder)[0]


def test_a_line_cut_off_by_a_crash_is_told_and_survived(database, folder):
    path = folder / heads.HEADS
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"at": "2026')
    assert len(heads.check_stored(database, folder, NOW).notes) == 1
    with database.transaction() as connection:
        audit.append(connection, NOW, "ada", "row_done", {})
    heads.sign(database, folder, NOW)
    verdict = heads.check_stored(database, folder, NOW)
    assert path.read_bytes().startswith(whole)
    assert (verdict.faults, len(verdict.notes)) == ((), 1)


def test_a_lost_or_readable_key_is_refused(database, folder):
    with database.transaction() as connection:
        audit.append(connection, NOW, "ada", "row_done", {})
    (folder / heads.KEY).chmod(0o644)
    with pytest.raises(ConfigError, match="read by others"):
        heads.sign(database, folder, NOW)
    (folder / heads.KEY).unlink()
    with pytest.raises(ConfigError, match="missing, though heads were signed"):
        heads.sign(database, folder, NOW)
