from __future__ import annotations

import pickle

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from asana_intel.asana.redaction import REDACTED, Redactor

SECRET = "2/access/CANARY:x"


@given(before=st.text(), after=st.text())
def test_a_secret_is_replaced_wherever_it_stands_and_whatever_stands_around_it(before: str, after: str) -> None:
    redactor = Redactor((SecretStr(SECRET),))
    assert SECRET not in redactor.text(before + SECRET + after)
    assert SECRET.encode() not in redactor.content((before + SECRET + after).encode())


@pytest.mark.parametrize("spelling", [SECRET, "2%2Faccess%2FCANARY%3Ax", "2\\/access\\/CANARY:x"])
def test_a_secret_is_found_as_part_of_an_address_and_as_json_may_write_it(spelling: str) -> None:
    redactor = Redactor((SecretStr(SECRET),))
    assert redactor.text(f"at {spelling}.") == f"at {REDACTED}."
    assert redactor.content(f"at {spelling}.".encode()) == f"at {REDACTED}.".encode()


def test_what_is_no_secret_stays_as_it_is() -> None:
    page = orjson.dumps([{"gid": "1", "name": "Größe"}])
    assert Redactor((SecretStr(SECRET), SecretStr("gid"))).content(page) == page


def test_what_knows_secrets_shows_none_and_refuses_to_be_pickled() -> None:
    redactor = Redactor((SecretStr(SECRET),))
    assert "CANARY" not in repr(redactor)
    with pytest.raises(TypeError):
        pickle.dumps(redactor)
