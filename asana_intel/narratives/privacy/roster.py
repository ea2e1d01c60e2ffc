"""Which names of the workspace are replaced before a text leaves: people, teams, clients, work; nothing is replaced."""

import polars as pl

from asana_intel.narratives.narrated import Read
from asana_intel.narratives.privacy.stand_ins import Roster

_TABLES = {
    "PERSON": "staging/users",
    "TEAM": "staging/teams",
    "PROJECT": "staging/projects",
    "PORTFOLIO": "staging/portfolios",
    "GOAL": "staging/goals",
}
_FIELDS = "staging/custom_field_values"
_CLIENT_FIELD = r"(?i)\b(?:client|customer|account|kunde)"
READS = (*_TABLES.values(), _FIELDS)


def roster_of(read: Read) -> Roster:
    """All names by what they name; clients are the values of custom fields that are called client, customer, account.

    Args:
        read: Reads the tables of `READS`.
    """
    names = {noun: _sorted(read(key)["name"]) for noun, key in _TABLES.items()}
    clients = read(_FIELDS).filter(pl.col("field_name").str.contains(_CLIENT_FIELD))["display_value"]
    return names | {"CLIENT": _sorted(clients)}


def _sorted(names: pl.Series) -> list[str]:
    return sorted(name for name in names.drop_nulls().unique() if name.strip())
