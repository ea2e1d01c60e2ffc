"""Whatever happens to an exported chain is found by its check, down to the byte."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.changes.audit import GENESIS, Entry
from asana_intel.changes.audit_file import check_file, export
from asana_intel.errors import RetriableError
from asana_intel.storage.postgres import Database
from asana_intel_tests.conftest import NOW
from asana_intel_tests.unit.changes.signed_chain import PUBLIC, chain, rehashed, signed

CHAIN = chain(30)
HEADS = signed(CHAIN[9], CHAIN[29])
LINES = [*HEADS, *(entry.line().encode() for entry in CHAIN)]
WHOLE = b"".join(line + b"\n" for line in LINES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def verdict_of(tmp_path_factory):
    """Checks bytes as a file."""
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"

    def check(content, first=1):
        path.write_bytes(content if isinstance(content, bytes) else b"".join(line + b"\n" for line in content))
        return check_file(path, PUBLIC, first)

    return check


def test_the_whole_file_is_intact(verdict_of):
    verdict = verdict_of(WHOLE)
    assert (verdict.entries, verdict.faults, verdict.notes, verdict.head.seq) == (30, (), (), 30)


@settings(max_examples=700)
@given(at=st.integers(0, 29), column=st.sampled_from(Entry._fields), value=JSON)
def test_any_other_value_in_any_column_of_any_entry_is_found(verdict_of, at, column, value):
    row = json.loads(LINES[2 + at])
    if repr(row[column]) == repr(value):
        return
    row[column] = value
    forged = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    lines = [*LINES[: 2 + at], forged.encode(errors="replace"), *LINES[3 + at :]]
    assert verdict_of(lines).faults


@settings(max_examples=200)
@given(
    at=st.integers(0, 29),
    column=st.sampled_from(["actor", "event", "body", "at"]),
    first=st.sampled_from([1, 5]),
)
def test_entries_that_were_hashed_anew_from_a_forged_one_on_do_not_reach_the_signed_head(verdict_of, at, column, first):
    forged = {"actor": "eve", "event": "row_failed", "body": {}, "at": NOW}
    at = max(at, first - 1)
    before = CHAIN[at - 1].hash if at else GENESIS
    entries = [*CHAIN[:at], *rehashed([CHAIN[at]._replace(**{column: forged[column]}), *CHAIN[at + 1 :]], before)]
    found = verdict_of([*HEADS, *(entry.line().encode() for entry in entries[first - 1 :])], first).faults
    assert any("is not the one that was signed" in fault.message for fault in found)


@settings(max_examples=700)
@given(st.sampled_from(["replace", "insert", "delete", "cut"]), st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_byte_that_was_changed_added_or_lost_is_found(verdict_of, kind, at, other):
    byte = bytes([(WHOLE[at] + other) % 256])
    behind = {"replace": byte + WHOLE[at + 1 :], "insert": byte + WHOLE[at:], "delete": WHOLE[at + 1 :], "cut": b""}
    changed = WHOLE[:at] + behind[kind]
    if changed != WHOLE:
        assert verdict_of(changed).faults


@settings(max_examples=300)
@given(st.sampled_from(["swap", "double", "delete"]), st.integers(0, len(LINES) - 1), st.integers(1, len(LINES) - 1))
def test_lines_that_were_reordered_doubled_or_removed_are_found(verdict_of, kind, at, distance):
    lines, other = list(LINES), (at + distance) % len(LINES)
    if kind == "swap":
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "double":
        lines.insert(other, lines[at])
    elif lines[at] == HEADS[-1]:
        return  # without the newest head it is the file of an earlier day; see below
    else:
        del lines[at]
    if lines != LINES:
        assert verdict_of(lines).faults


def test_without_its_newest_heads_a_file_says_that_it_is_signed_less_far(verdict_of):
    verdict = verdict_of([HEADS[0], *LINES[2:]])
    assert verdict.faults == ()
    assert verdict.head.seq == 10


def test_a_file_from_an_entry_on_is_held_to_the_entry_it_must_begin_with(verdict_of):
    part = [*HEADS, *LINES[2 + 10 :]]
    assert verdict_of(part, 11).faults == ()
    assert verdict_of([*HEADS, *LINES[2 + 20 :]], 21).faults == ()  # the entry before it is no signed one
    assert "Entry 11 is missing" in verdict_of([*HEADS, *LINES[2 + 11 :]], 11).faults[0].message
    assert "Entry 1 is missing" in verdict_of(part).faults[0].message
    assert verdict_of(part, 10).faults


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\x00\xff" * 50,
        b"[" * 100_000,
        b'{"signature":1}\n',
        b"null\n",
        b'{"at":"0001-01-01T00:00:00+14:00"}\n',
    ],
)
def test_what_is_no_exported_chain_is_found_and_breaks_nothing(verdict_of, content):
    assert verdict_of(content).faults


def test_a_signature_has_one_spelling(verdict_of):
    """The last letter of base64 before `==` holds four bits that count for nothing."""
    at = HEADS[1].rindex(b"==") - 1
    spelled = HEADS[1][:at] + bytes([HEADS[1][at] + 1]) + HEADS[1][at + 1 :]
    assert "forged" in verdict_of([HEADS[0], spelled, *LINES[2:]]).faults[0].message


def test_a_head_has_one_spelling(verdict_of):
    spaced = HEADS[1].replace(b'"seq":', b'"seq": 99, "seq":')
    assert "Line 2 is not as it was exported" in verdict_of([HEADS[0], spaced, *LINES[2:]]).faults[0].message


def test_unsigned_entries_behind_a_head_are_held_to_it(verdict_of):
    tail = chain(33)[30:]
    assert verdict_of([*HEADS, *(entry.line().encode() for entry in tail)], 31).faults == ()
    forged = rehashed(tail, GENESIS)
    found = verdict_of([*HEADS, *(entry.line().encode() for entry in forged)], 31).faults
    assert "Entry 31 does not follow" in found[0].message


def test_an_export_that_breaks_off_leaves_no_file(tmp_path):
    with pytest.raises(RetriableError):
        export(Database("postgresql://127.0.0.1:9/nothing"), tmp_path, tmp_path / "audit.jsonl")
    assert list(tmp_path.iterdir()) == []
