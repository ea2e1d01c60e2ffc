"""Gids are read as names where the tables know them, and stay as they are where not."""

import json
from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.naming import gids_in, names_of, with_names
from asana_intel.storage.tables import TableStore

AT = datetime(2026, 5, 4, tzinfo=UTC)
FIELD = {"gid": "7", "name": "Priority", "enum_options": [{"gid": "71", "name": "High"}, {"gid": "72", "name": None}]}


FILLED = {pl.Boolean: False, pl.String: "x", pl.Int64: 0, pl.Float64: 0.0}


def _written(store: TableStore, key: str, **row: str) -> None:
    """A row with what is told, and anything in what else must stand in it."""
    columns = CONTRACTS[key].columns
    filled = {c.name: FILLED.get(c.dtype.base_type(), AT) if c.required else None for c in columns}
    store.append(key, pl.DataFrame([filled | row], schema=CONTRACTS[key].schema))


def test_a_task_a_person_and_an_option_are_called_by_their_names_and_the_unknown_by_none(tables: TableStore) -> None:
    _written(tables, "staging/tasks", task_gid="11", name="Fix the gate")
    _written(tables, "marts/dim_person", person_gid="21", name="Ada")
    _written(tables, "raw/custom_fields", gid="7", record=json.dumps(FIELD))
    assert names_of(tables, ["11", "21", "71", "72", "99"]) == {"11": "Fix the gate", "21": "Ada", "71": "High"}


def test_a_value_is_read_with_names_wherever_a_gid_stands_in_it() -> None:
    names = {"21": "Ada", "71": "High"}
    assert with_names('"71"', names) == '"High"'
    assert with_names('["21","99"]', names) == '["Ada","99"]'
    assert with_names('{"assignee":"21","hours":21}', names) == '{"assignee":"Ada","hours":21}'


def test_a_text_that_is_no_json_stays_as_it_is() -> None:
    assert with_names('she said "21" twice', {"21": "Ada"}) == 'she said "21" twice'


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_value_without_known_gids_stays_as_it_is(value) -> None:
    text = json.dumps(value)
    names = {gid: "x" for gid in ("1", "2") if gid not in gids_in([text])}
    assert with_names(text, names) == text
