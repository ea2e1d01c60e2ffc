"""Values of goal metrics that come from the company's own SQL."""

from pathlib import Path

import polars as pl
import pytest

from asana_intel.changes.measures import measure_goals
from asana_intel.errors import ConfigError
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore


@pytest.fixture
def tables(tmp_path: Path) -> TableStore:
    store = TableStore(str(tmp_path))
    schema = CONTRACTS["staging/teams"].schema
    store.overwrite("staging/teams", pl.DataFrame({"team_gid": ["1", "2"], "name": ["A", "B"]}, schema=schema))
    return store


def test_a_statement_gives_the_value_of_its_goal(tables: TableStore) -> None:
    measured = measure_goals(tables, {"7": "select count(*) from staging.teams", "8": "select 0.25"})
    assert dict(measured.select("goal_gid", "value").iter_rows()) == {"7": 2.0, "8": 0.25}


def test_a_statement_without_a_number_leaves_the_goal_alone(tables: TableStore) -> None:
    assert measure_goals(tables, {"7": "select null"}).is_empty()
    assert measure_goals(tables, {}).is_empty()


@pytest.mark.parametrize("statement", ["select 1, 2", "select team_gid from staging.teams", "select 'many'"])
def test_anything_but_one_number_names_the_goal_and_the_mend(tables: TableStore, statement: str) -> None:
    with pytest.raises(ConfigError, match="goal 7") as told:
        measure_goals(tables, {"7": statement})
    assert told.value.fix is not None
