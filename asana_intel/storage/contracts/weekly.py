"""The shape of the tables of insights: what every one of them says of its week; which there are, others say."""

from asana_intel.storage.contracts.contract import DAY, INSTANT, Spec, TableContract, columns

_AS_OF = (
    ("as_of_on!", DAY, "Monday of the week it belongs to."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)


def insight_table(name: str, grain: str, unique: tuple[str, ...], *specs: Spec) -> TableContract:
    """A table of the stage insights, overwritten one `as_of_on` week at a time."""
    return TableContract("insights", name, grain, unique, columns(*_AS_OF, *specs), "as_of_on")
