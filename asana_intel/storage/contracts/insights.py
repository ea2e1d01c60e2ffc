"""Contracts of the insight tables: overwritten one `as_of_on` week at a time."""

from asana_intel.storage.contracts.contract import DAY, INSTANT, Spec, TableContract, columns

_AS_OF = (
    ("as_of_on!", DAY, "Monday of the week it belongs to."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)


def _table(name: str, grain: str, unique: tuple[str, ...], *specs: Spec) -> TableContract:
    return TableContract("insights", name, grain, unique, columns(*_AS_OF, *specs), "as_of_on")


INSIGHT_TABLES: tuple[TableContract, ...] = ()
